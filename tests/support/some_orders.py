"""An order's row to begin with."""

from datetime import UTC, datetime
from decimal import Decimal

MONDAY = datetime(2026, 11, 2, 8, tzinfo=UTC)
ORDER = {
    "shop": "tienda",
    "raw_status": "processing",
    "order_state": "open",
    "payment_state": "paid",
    "fulfilment_state": "unfulfilled",
    "stage": "paid",
    "is_held": False,
    "is_all_shipped": False,
    "needs_shipping": True,
    "placed_at": MONDAY,
    "modified_at": MONDAY,
    "paid_at": MONDAY,
    "shipped_at": None,
    "delivered_at": None,
    "currency": "EUR",
    "total": Decimal("21.50"),
    "tax_total": Decimal("3.73"),
    "discount": Decimal(0),
    "language": "es",
    "invoice_number": None,
    "details": {"lines_digest": ""},
    "heard_at": MONDAY,
    "reread_at": None,
}
