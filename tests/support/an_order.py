"""Orders as WooCommerce writes them, as small as they can be, and a store filled with them at once."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from postventa.changes import Reader, change_from
from postventa.connectors.doors import open_shop
from postventa.store.changes import save
from postventa.workplace import Workplace

PLACED = datetime(2026, 11, 2, 7, tzinfo=UTC)


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def raw_order(
    ref: int,
    status: str = "processing",
    *,
    at: datetime = PLACED,
    placed: datetime = PLACED,
    parcels: Sequence[str] = (),
    **fields: Any,
) -> dict[str, Any]:
    """An order of one line at 12.10 and shipping at 4.84, taxes included; `at` is the shop's stamp."""
    paid = status in {"processing", "completed", "partial-shipped"} and fields.get("payment_method") != "cod"
    meta = [{"id": 1, "key": "wpml_language", "value": "es"}]
    if parcels:
        items = [
            {"tracking_provider": "DHL", "tracking_number": number, "date_shipped": str(int(at.timestamp()))}
            for number in parcels
        ]
        meta.append({"id": 2, "key": "_wc_shipment_tracking_items", "value": items})
    return {
        "id": ref,
        "number": str(ref),
        "status": status,
        "currency": "EUR",
        "prices_include_tax": True,
        "date_created_gmt": stamp(placed),
        "date_modified_gmt": stamp(at),
        "date_paid_gmt": stamp(placed) if paid else None,
        "date_completed_gmt": stamp(at) if status == "completed" else None,
        "discount_total": "0.00",
        "total": "16.94",
        "total_tax": "2.94",
        "customer_id": 0,
        "payment_method": "stripe",
        "payment_method_title": "Tarjeta",
        "billing": {
            "first_name": "Núria",
            "last_name": f"Soler {ref}",
            "address_1": "Carrer Nou 1",
            "city": "Girona",
            "postcode": "17001",
            "country": "ES",
            "email": f"nuria.{ref}@client.example",
            "phone": "",
        },
        "shipping": {"first_name": "Núria", "address_1": "Carrer Nou 1", "city": "Girona", "country": "ES"},
        "line_items": [
            {
                "id": ref * 10 + 1,
                "product_id": 7,
                "sku": "T-1",
                "name": "Tassa",
                "quantity": 1,
                "subtotal": "10.00",
                "subtotal_tax": "2.10",
                "total": "10.00",
                "total_tax": "2.10",
            }
        ],
        "shipping_lines": [{"id": 1, "method_title": "Enviament", "total": "4.00", "total_tax": "0.84"}],
        "tax_lines": [
            {"id": 1, "label": "IVA", "rate_percent": 21, "tax_total": "2.10", "shipping_tax_total": "0.84"}
        ],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [],
        "meta_data": meta,
        **fields,
    }


def two_parcels(ref: int) -> dict[str, Any]:
    """An order that owes four messages at once: received, paid, and one for each of two parcels."""
    return raw_order(ref, "completed", parcels=(f"JD{ref}A", f"JD{ref}B"))


def fill(place: Workplace, orders: Iterable[dict[str, Any]], now: datetime) -> int:
    """Saves what these orders change as a batch does; answers how many rows the outbox gained."""
    settings = place.settings.shop("tienda")
    door = open_shop("tienda", settings)
    reader = Reader("tienda", settings, lambda _word: "dhl", now)
    changes = [change_from(door.read_order(raw), None, reader) for raw in orders]
    with place.store.begin() as connection:
        return save(connection, changes, now)
