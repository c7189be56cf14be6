"""An order as its page shows it to whoever holds its link: steps, parcels and contents; no name, address or price."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from postventa.estimates import followed_of
from postventa.rules.orders import CHAIN, STOPPED, Event, Stage
from postventa.rules.places import region_among, zone_of
from postventa.rules.shipments import FINAL, ShipmentStatus
from postventa.settings import Settings
from postventa.store.dossiers import Dossier, dossiers
from postventa.store.orders import EventRow
from postventa.tracking_numbers import link_of, postcode_of

SHOWN = CHAIN[1:]
"""A new order has no step yet."""
_REACHED_BY = {
    Stage.RECEIVED: (Event.ORDER_PLACED,),
    Stage.PAID: (Event.PAYMENT_RECEIVED,),
    Stage.IN_PREPARATION: (Event.PREPARATION_STARTED,),
    Stage.READY_TO_SHIP: (Event.PACKED,),
    Stage.SHIPPED: (Event.PARCEL_SHIPPED, Event.SHIPPED_UNTRACKED, Event.ALL_SHIPPED),
    Stage.DELIVERED: (Event.ALL_DELIVERED,),
}


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of the chain: `done`, `now` or `todo`, and when it was reached where that is known."""

    state: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class TrackedParcel:
    status: str
    carrier: str
    number: str
    url: str
    pickup_point: str
    delivered_at: datetime | None
    expected_on: date | None
    is_our_estimate: bool


@dataclass(frozen=True, slots=True)
class OrderedLine:
    name: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class TrackedOrder:
    """Everything the page knows of an order; instants carry the customer's zone."""

    order_id: int
    shop: str
    ref: str
    number: str
    language: str
    email: str
    region: str
    zone: ZoneInfo
    placed_at: datetime
    steps: tuple[StepView, ...]
    stopped: str
    """`cancelled` or `refunded`; empty while the order lives."""
    is_held: bool
    needs_shipping: bool
    parcels: tuple[TrackedParcel, ...]
    lines: tuple[OrderedLine, ...]


def tracked_order(
    connection: Connection, settings: Settings, order_id: int, shop_zone: ZoneInfo
) -> TrackedOrder | None:
    """The order with this id; None if it is not in the store."""
    dossier = dossiers(connection, [order_id]).get(order_id)
    if dossier is None:
        return None
    order = dossier.order
    region = region_among((order.details.get("shipping"), order.details.get("billing")))
    zone = zone_of(region) or shop_zone
    return TrackedOrder(
        order_id=order.id,
        shop=order.shop,
        ref=order.ref,
        number=order.number,
        language=order.language or "",
        email=dossier.customer.email,
        region=region,
        zone=zone,
        placed_at=order.placed_at.astimezone(zone),
        steps=_steps(connection, order, zone),
        stopped=order.stage if order.stage in STOPPED else "",
        is_held=order.is_held,
        needs_shipping=order.needs_shipping,
        parcels=_parcels(settings, dossier, zone),
        lines=tuple(OrderedLine(line.name, line.quantity) for line in dossier.lines),
    )


def masked(email: str) -> str:
    """An address that its owner knows again and nobody else can read: `a•••@correo.example`."""
    name, at, domain = email.rpartition("@")
    return f"{name[:1]}•••{at}{domain}" if at else ""


def _steps(connection: Connection, order: Any, zone: ZoneInfo) -> tuple[StepView, ...]:
    happened: dict[str, datetime] = {}
    rows = select(EventRow.event, EventRow.happened_at).where(EventRow.order_id == order.id)
    for event, at in connection.execute(rows.order_by(EventRow.id)):
        happened.setdefault(event, at)
    here = _place(order, happened)

    def reached(stage: Stage) -> datetime | None:
        found = [happened[event] for event in _REACHED_BY[stage] if event in happened]
        known = min(found) if found else order.placed_at if stage is Stage.RECEIVED else None
        return known.astimezone(zone) if known else None

    return tuple(
        StepView(
            "done" if place < here else "now" if place == here else "todo",
            reached(stage) if place <= here else None,
        )
        for place, stage in enumerate(SHOWN)
    )


def _place(order: Any, happened: dict[str, datetime]) -> int:
    """Where the order stands in the row of steps; one that was stopped stands where it had come to."""
    if order.stage in SHOWN:
        return SHOWN.index(Stage(order.stage))
    reached = [place for place, stage in enumerate(SHOWN) if any(e in happened for e in _REACHED_BY[stage])]
    return max(reached, default=0 if order.stage != Stage.NEW else -1)


def _parcels(settings: Settings, dossier: Dossier, zone: ZoneInfo) -> tuple[TrackedParcel, ...]:
    postcode = postcode_of(dossier.order)
    return tuple(_parcel(settings, row, zone, postcode) for row in dossier.parcels.values())


def _parcel(settings: Settings, row: Any, zone: ZoneInfo, postcode: str) -> TrackedParcel:
    is_over, followed = ShipmentStatus(row.status) in FINAL, followed_of(row)
    return TrackedParcel(
        status=row.status,
        carrier=settings.carrier_called(row.carrier, row.carrier_word),
        number=row.tracking_number,
        url=link_of(settings, row, postcode),
        pickup_point=row.pickup_point,
        delivered_at=row.delivered_at.astimezone(zone) if row.delivered_at else None,
        expected_on=followed.latest.astimezone(zone).date() if followed.latest and not is_over else None,
        is_our_estimate=followed.is_ours,
    )
