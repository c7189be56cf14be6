"""What a door says when it has translated the outside world: the news of an order, a refund or a parcel.

A connector turns a raw payload into one of these values and nothing else; everything after the door speaks
only of them. Instants are UTC, money is Decimal in the order's currency, and what the shop did not say is
None rather than a guess.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

from postventa.rules.incidents import IncidentReason
from postventa.rules.orders import FulfilmentState, OrderState, PaymentState
from postventa.rules.shipments import ShipmentStatus

Raw = Mapping[str, Any]
"""A payload as the outside world sent it."""


class NotUnderstood(ValueError):
    """A payload that does not meet what we accept: it goes to quarantine with this sentence as the reason."""


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address as the shop keeps it; fields that were not given are empty."""

    name: str
    company: str
    lines: tuple[str, ...]
    postcode: str
    city: str
    region: str
    country: str


@dataclass(frozen=True, slots=True)
class CustomerNews:
    """Who bought. A guest has no `ref`; without an e-mail address nobody can be written to."""

    ref: str | None
    email: str
    name: str
    phone: str
    einvoice_consent: bool | None
    wants_advertising: bool | None = None
    """What the checkout's box says; None where it has none, or says nothing."""


@dataclass(frozen=True, slots=True)
class LineNews:
    """One line of the order. `net` and `tax` are after discounts, `net_before` and `tax_before` are not."""

    ref: str
    product_ref: str
    sku: str
    name: str
    quantity: Decimal
    net_before: Decimal
    tax_before: Decimal
    net: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class ChargeNews:
    """Shipping or a fee (which may be negative)."""

    kind: str
    """`shipping` or `fee`."""
    title: str
    net: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class TaxNews:
    """One tax rate of the order and what it comes to, shipping included."""

    label: str
    percent: Decimal | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class RefundNews:
    """Money given back; `amount` is positive. `at` is None where the shop's order only lists the refund."""

    ref: str
    order_ref: str
    amount: Decimal
    reason: str
    at: datetime | None
    line_refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParcelNews:
    """A parcel the shop knows of. `carrier` is the shop's own word for the carrier, not yet ours."""

    tracking_number: str
    carrier: str
    tracking_url: str
    shipped_at: datetime | None
    line_refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderNews:
    """An order as its shop describes it at `modified_at`, on our three axes."""

    ref: str
    """The shop's id of the order."""
    number: str
    """What the customer sees as the order's number; may differ from `ref`."""
    raw_status: str
    order_state: OrderState
    payment_state: PaymentState
    fulfilment_state: FulfilmentState
    placed_at: datetime
    modified_at: datetime
    paid_at: datetime | None
    completed_at: datetime | None
    currency: str
    language: str | None
    """Two letters, or None where the shop does not say."""
    customer: CustomerNews
    billing: Address
    shipping: Address | None
    lines: tuple[LineNews, ...]
    charges: tuple[ChargeNews, ...]
    taxes: tuple[TaxNews, ...]
    coupons: tuple[str, ...]
    discount: Decimal
    """Net of tax, positive."""
    total: Decimal
    tax_total: Decimal
    prices_include_tax: bool
    payment_method: str
    needs_shipping: bool
    parcels: tuple[ParcelNews, ...]
    refunds: tuple[RefundNews, ...]
    invoice_number: str | None


@dataclass(frozen=True, slots=True)
class ScanNews:
    """One event of a parcel. `zone_known` is False where the carrier gave a time without a zone."""

    status: ShipmentStatus
    raw_code: str
    raw_text: str
    at: datetime
    zone_known: bool
    place: str
    reason: IncidentReason | None = None
    """Why, where the carrier's code says it."""


@dataclass(frozen=True, slots=True)
class TrackingNews:
    """What a carrier says of one parcel, its scans oldest first. `mapped_by` names the code table's version."""

    tracking_number: str
    status: ShipmentStatus
    raw_code: str
    raw_text: str
    at: datetime | None
    estimated_at: datetime | None
    pickup_point: str
    tracking_url: str
    scans: tuple[ScanNews, ...]
    mapped_by: str
    refused: tuple[str, ...] = ()
    """Rules of the carrier's contract that some scans broke; those scans are left out, and the rest is read."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One raw payload of a page: its kind (`order` or `refund`), ids, and when the shop last touched it.

    `order_ref` is the order that a refund belongs to; an order is its own.
    """

    kind: str
    ref: str
    modified_at: datetime
    raw: Raw
    order_ref: str = ""


def _nothing() -> None:
    """What most doors do when a page is safe."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of news and the point from which the next poll may start.

    `refused` holds what could not even be filed (no id, no time), each with the reason. `kept` is called once the page
    is safe in the store: a door that has something to put away does it then, and never before.
    """

    heard: Sequence[Heard]
    refused: Sequence[tuple[Raw | str, str]]
    cursor: datetime
    kept: Callable[[], None] = _nothing


class Shop(Protocol):
    """A shop's door: one module in `postventa/connectors/shops/` whose `connect(name, settings)` answers this."""

    def changed_orders(self, since: datetime) -> Iterator[Page]:
        """Pages of orders modified after `since`, oldest change first, each page with its new cursor."""
        ...

    def changed_refunds(self, since: datetime) -> Iterator[Page]:
        """Pages of refunds made after `since`; for shops whose refunds may not touch the order."""
        ...

    def order(self, ref: str) -> Heard | None:
        """One order with everything a list leaves out (tracking, fulfilments); None if the shop has it no more."""
        ...

    def read_order(self, raw: Raw) -> OrderNews:
        """Translates a raw order. Raises NotUnderstood with a sentence that names the field."""
        ...

    def read_refund(self, raw: Raw) -> RefundNews:
        """Translates a raw refund. Raises NotUnderstood with a sentence that names the field."""
        ...

    def check(self) -> str:
        """Reaches the shop with the configured secrets; answers one line. Raises ConnectorError if it can't."""
        ...


@runtime_checkable
class ReadsTogether(Protocol):
    """A shop that reads many orders in little more time than one."""

    def orders(self, refs: Sequence[str]) -> Mapping[str, Heard]:
        """These orders as `Shop.order` reads them; those that the shop has no more are left out."""
        ...


@runtime_checkable
class TellsInPieces(Protocol):
    """A shop that tells of an order bit by bit and once only: it cannot be asked again what it has told.

    So it is never compared with us, and what it does not show is not gone.
    """

    def read_with(self, raw: Raw, before: Sequence[Raw]) -> OrderNews:
        """Translates a raw order as `read_order` does, together with what was told of it before, oldest first."""
        ...


class Carrier(Protocol):
    """A carrier's door: one module in `postventa/connectors/carriers/` whose `connect(name, settings)` answers this."""

    def track(self, tracking_number: str) -> TrackingNews | None:
        """What the carrier says of a parcel; None if it does not know the number (yet)."""
        ...

    def check(self) -> str:
        """Reaches the carrier with the configured key; answers one line. Raises ConnectorError if it can't."""
        ...
