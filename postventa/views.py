"""What a message may speak of: the values that templates are rendered with, ready to be read, in the shop's zone.

Templates see nothing else, so nothing else can leak into a mail. Amounts are Decimal in `order.currency`, gross
of tax as the customer pays them; instants carry the shop's zone.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from postventa.settings import Company


@dataclass(frozen=True, slots=True)
class LineView:
    """A line as the customer reads it: `unit_price` and `total` gross, before the order's discount."""

    name: str
    sku: str
    quantity: Decimal
    unit_price: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class AmountView:
    """A named amount: a shipping method, a fee, a tax rate."""

    label: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class OrderView:
    """The copy of the order. lines + charges - discount + rounding = total, to the cent; taxes are contained."""

    number: str
    placed_at: datetime
    currency: str
    lines: tuple[LineView, ...]
    discount: Decimal
    coupons: tuple[str, ...]
    shipping: tuple[AmountView, ...]
    fees: tuple[AmountView, ...]
    rounding: Decimal
    total: Decimal
    taxes: tuple[AmountView, ...]
    tax_total: Decimal
    payment_method: str
    is_paid: bool
    billing_address: tuple[str, ...]
    shipping_address: tuple[str, ...]
    """Lines to print; empty where nothing is shipped."""


@dataclass(frozen=True, slots=True)
class ParcelView:
    """One parcel; empty strings where carrier, number or link are not known."""

    carrier: str
    tracking_number: str
    tracking_url: str
    expected_on: date | None
    pickup_point: str
    position: int
    count: int


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """The shop's invoice of an order, as the PDF prints it."""

    number: str
    issued_on: date
    customer_name: str
    customer_tax_id: str


@dataclass(frozen=True, slots=True)
class MessageView:
    """Everything one message is rendered from."""

    language: str
    shop_name: str
    shop_url: str
    company: Company
    customer_name: str
    order: OrderView
    parcel: ParcelView | None = None
    """The parcel that a shipping message is about; None for a message about the whole order."""
    all_shipped: bool = False
    all_delivered: bool = False
    incident: str = ""
    """`delivery_failed`, `on_hold`, `exception`, `return_to_sender` or `delayed`."""
    invoice_attached: bool = False
