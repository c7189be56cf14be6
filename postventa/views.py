"""What a message may speak of: the values that templates are rendered with, ready to be read, in the shop's zone.

Templates see nothing else, so nothing else can leak into a mail. Amounts are Decimal in `order.currency`, gross
of tax as the customer pays them; instants carry the shop's zone.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace

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
    is_our_estimate: bool = False
    """The carrier said no day, and `expected_on` is what parcels like this one have taken."""


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """The shop's invoice of an order, as the PDF prints it."""

    number: str
    issued_on: date
    customer_name: str
    customer_tax_id: str


@dataclass(frozen=True, slots=True)
class ReturnLineView:
    """A line that comes back; `amount` is what is owed for it, gross, and `reason` why it is refused, if it is."""

    name: str
    quantity: Decimal
    amount: Decimal
    is_refused: bool
    reason: str


@dataclass(frozen=True, slots=True)
class AdrView:
    """Who settles disputes out of court, and whether the shop takes part; empty strings where nothing is configured."""

    entity: str
    url: str
    is_member: bool
    takes_part: bool


@dataclass(frozen=True, slots=True)
class CaseView:
    """A complaint or a return, in the consumer's zone."""

    number: str
    key: str
    family: str
    kind: str
    topic: str
    """Empty for a return."""
    received_at: datetime
    text: str
    """What the customer wrote."""
    points: tuple[SimpleNamespace, ...]
    """The points raised, each with its `text` and the `reason` that an answer gives it."""
    outcome: str
    answer_by: date | None
    """The last day of the clock that drives."""
    status_url: str
    person: str
    """Who answers for it: its owner's name, else the shop's."""
    currency: str
    lines: tuple[ReturnLineView, ...]
    returns_address: str
    adr: AdrView


@dataclass(frozen=True, slots=True)
class MessageView:
    """Everything one message is rendered from: an order, a case, or a case about an order."""

    language: str
    shop_name: str
    shop_url: str
    company: Company
    customer_name: str
    order: OrderView | None
    parcel: ParcelView | None = None
    """The parcel that a shipping message is about; None for a message about the whole order."""
    all_shipped: bool = False
    all_delivered: bool = False
    incident: str = ""
    """`delivery_failed`, `on_hold`, `exception`, `return_to_sender` or `delayed`."""
    invoice_attached: bool = False
    case: CaseView | None = None
    facts: SimpleNamespace = field(default_factory=SimpleNamespace)
    """What a message about a case says beside the case, as it was when it was owed."""
    is_for_staff: bool = False
    order_url: str = ""
    """The order's own page, where there are pages for customers."""
    opt_out_url: str = ""
    """Where the reader says that they want no more of this; only on messages that may be refused."""

    @property
    def the_order(self) -> OrderView:
        """The order of a message that cannot be without one, such as one with an invoice."""
        if self.order is None:
            raise ValueError("this message is about no order")
        return self.order
