"""Refunds, fulfilments, tracking rows and notes: what the shop keeps beside an order."""

from typing import Any
from zoneinfo import ZoneInfo

from postventa.sandbox import rows
from postventa.sandbox.basket import money
from postventa.sandbox.lives import Change
from postventa.sandbox.orders import Order
from postventa.sandbox.parcels import Parcel
from postventa.sandbox.payloads import ROWS, gmt, local, reason, refund_id, refunded, tracking_id

READ = ["GET", "DELETE"]


def refund_payload(order: Order, place: int, site: str, zone: ZoneInfo) -> dict[str, Any]:
    """One refund. `amount` is positive, the rows are negative, and a full refund has no rows."""
    change = order.happened.refunds[place]
    own = f"{site}/wp-json/wc/v3/orders/{order.id}"
    ref = refund_id(order, place)
    return {
        "id": ref,
        "date_created": local(change.at, zone),
        "date_created_gmt": gmt(change.at),
        "amount": money(sum(amount.gross for amount in refunded(order, change.value))),
        "reason": reason(change.value),
        "refunded_by": 1,
        "refunded_payment": False,
        "meta_data": [
            {"id": ref * 10, "key": "_refund_type", "value": "full" if change.value == "all" else "partial"}
        ],
        "line_items": _refunded_lines(order, change, ref),
        "shipping_lines": [],
        "tax_lines": _refunded_taxes(order, change, ref),
        "fee_lines": [],
        "_links": {
            "self": [{"href": f"{own}/refunds/{ref}", "targetHints": {"allow": READ}}],
            "collection": [{"href": f"{own}/refunds"}],
            "up": [{"href": own}],
        },
    }


def _refunded_lines(order: Order, change: Change, ref: int) -> list[dict[str, Any]]:
    if change.value == "all":
        return []
    place = int(change.value)
    item = rows.line_item(order.basket.lines[place], ref * 10 + 1, order.language)
    item["quantity"] = -item["quantity"]
    for key in ("subtotal", "subtotal_tax", "total", "total_tax"):
        item[key] = f"-{item[key]}"
    item["taxes"] = [
        {"id": tax["id"], "total": f"-{tax['total']}", "subtotal": f"-{tax['subtotal']}"}
        for tax in item["taxes"]
    ]
    origin = str(order.id * ROWS + place + 1)
    item["meta_data"] = [
        {
            "id": ref * 10 + 2,
            "key": "_refunded_item_id",
            "value": origin,
            "display_key": "_refunded_item_id",
            "display_value": origin,
        }
    ]
    return [item]


def _refunded_taxes(order: Order, change: Change, ref: int) -> list[dict[str, Any]]:
    if change.value == "all":
        return []
    paid = order.basket.lines[int(change.value)].after
    return [rows.tax_line(paid.rate, ref * 10 + 3, -paid.tax, 0)] if paid.rate else []


def fulfilments(order: Order) -> list[dict[str, Any]]:
    """Core fulfilments, as the bare list that GET answers; `is_fulfilled` is text there."""
    found = []
    for place, parcel in enumerate(order.happened.fulfilled):
        first = order.id * ROWS + 80 + place * 6
        at = f"{gmt(parcel.shipped_at)}Z"
        kept = (
            ("_items", _items(order, parcel)),
            ("_tracking_number", parcel.number),
            ("_shipment_provider", "dhl"),
            ("_provider_name", "DHL"),
            ("_tracking_url", f"https://www.dhl.com/es-es/home/tracking.html?tracking-id={parcel.number}"),
            ("_date_fulfilled", at),
        )
        found.append(
            {
                "id": first,
                "entity_type": "WC_Order",
                "entity_id": str(order.id),
                "status": "fulfilled",
                "is_fulfilled": "1",
                "date_updated": at,
                "date_deleted": None,
                "meta_data": [
                    {"id": first * 10 + at_row, "key": key, "value": value}
                    for at_row, (key, value) in enumerate(kept)
                ],
            }
        )
    return found


def _items(order: Order, parcel: Parcel) -> list[dict[str, Any]]:
    """Which lines travel in this parcel: of two parcels, the first line is in the one and the rest in the other."""
    lines = [
        {"item_id": order.id * ROWS + place, "qty": line.quantity}
        for place, line in enumerate(order.basket.lines, 1)
    ]
    parcels = order.parcels
    if len(parcels) == 1 or len(lines) == 1:
        return lines
    return lines[:1] if parcel == parcels[0] else lines[1:]


def shipment_trackings(order: Order, site: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The tracking plugin's own list: what is in the meta, and what only the plugin knows."""
    own = f"{site}/wp-json/wc-shipment-tracking/v3/orders/{order.id}"
    return [
        {
            "tracking_id": tracking_id(parcel.number),
            "tracking_provider": "DHL",
            "tracking_link": f"https://www.dhl.com/es-es/home/tracking.html?tracking-id={parcel.number}",
            "tracking_number": parcel.number,
            "date_shipped": parcel.shipped_at.astimezone(zone).date().isoformat(),
            "_links": {
                "self": [
                    {
                        "href": f"{own}/shipment-trackings/{tracking_id(parcel.number)}",
                        "targetHints": {"allow": READ},
                    }
                ],
                "collection": [{"href": f"{own}/shipment-trackings"}],
                "up": [{"href": own}],
            },
        }
        for parcel in (*order.happened.tracked, *order.happened.listed)
    ]


def notes(order: Order, site: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The shop's private notes, newest first."""
    own = f"{site}/wp-json/wc/v3/orders/{order.id}"
    first = order.id * ROWS
    return [
        {
            "id": first + place,
            "author": "WooCommerce",
            "date_created": local(at, zone),
            "date_created_gmt": gmt(at),
            "note": text,
            "customer_note": False,
            "_links": {
                "self": [{"href": f"{own}/notes/{first + place}", "targetHints": {"allow": READ}}],
                "collection": [{"href": f"{own}/notes"}],
                "up": [{"href": own}],
            },
        }
        for place, (at, text) in reversed(list(enumerate(order.happened.notes)))
    ]
