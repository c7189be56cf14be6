"""An order as the store hands it to a desk: rows without a store."""

from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from postventa.news import Address
from postventa.store.dossiers import Dossier

MONDAY = datetime(2026, 11, 2, 8, tzinfo=UTC)
ADDRESS = Address("Ana Puig", "", ("Carrer Nou 3",), "08001", "Barcelona", "Barcelona", "ES")


def a_line(**more: Any) -> SimpleNamespace:
    facts = {
        "name": "Taza",
        "sku": "TZ-1",
        "quantity": Decimal(2),
        "net_before": Decimal("20.00"),
        "tax_before": Decimal("4.20"),
        "net": Decimal("18.00"),
        "tax": Decimal("3.78"),
    }
    return SimpleNamespace(**facts | more)


def a_parcel(number: str = "A1", **more: Any) -> SimpleNamespace:
    facts = {
        "id": 11,
        "tracking_number": number,
        "carrier_word": "DHL",
        "carrier": "dhl",
        "tracking_url": f"https://carrier.example/{number}",
        "first_estimated_at": None,
        "estimated_at": None,
        "guessed_at": None,
        "pickup_point": "",
        "shipped_at": MONDAY,
        "delivered_at": None,
        "status": "in_transit",
    }
    return SimpleNamespace(**facts | more)


def an_order(**more: Any) -> SimpleNamespace:
    """21.78 of goods after a discount of 2.42, and 4.84 of shipping: 26.62 in all."""
    facts = {
        "id": 7,
        "shop": "tienda",
        "ref": "7",
        "number": "N7",
        "stage": "in_preparation",
        "payment_state": "paid",
        "is_held": False,
        "is_all_shipped": False,
        "needs_shipping": True,
        "placed_at": MONDAY,
        "modified_at": MONDAY,
        "paid_at": MONDAY,
        "currency": "EUR",
        "language": "es",
        "total": Decimal("26.62"),
        "tax_total": Decimal("4.62"),
        "invoice_number": None,
        "details": {
            "billing": asdict(ADDRESS),
            "shipping": asdict(ADDRESS),
            "charges": [{"kind": "shipping", "title": "Envío", "net": "4.00", "tax": "0.84"}],
            "taxes": [
                {"label": "IVA", "percent": "21.0000", "amount": "4.62"},
                {"label": "RE", "percent": None, "amount": "0"},
            ],
            "coupons": ["OTOÑO"],
            "payment_method": "Tarjeta",
            "lines_digest": "",
        },
    }
    return SimpleNamespace(**facts | more)


def a_customer(**more: Any) -> SimpleNamespace:
    facts = {
        "id": 3,
        "email": "ana@correo.example",
        "name": "Ana Puig",
        "hard_bounced_at": None,
        "einvoice_consent_at": None,
    }
    return SimpleNamespace(**facts | more)


def a_dossier(order: Any = None, customer: Any = None, parcels: Any = (), told: Any = ()) -> Dossier:
    return Dossier(
        order or an_order(),
        customer or a_customer(),
        [a_line()],
        {parcel.id: parcel for parcel in parcels},
        set(told),
    )


def owed(message: str, **more: Any) -> SimpleNamespace:
    """A row of the outbox."""
    facts = {
        "key": f"tienda:7:-:{message}:once",
        "message": message,
        "occasion": "once",
        "shipment_id": None,
        "happened_at": MONDAY,
        "message_id": None,
        "recipient": None,
        "facts": None,
    }
    return SimpleNamespace(**facts | more)
