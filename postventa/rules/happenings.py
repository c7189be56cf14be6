"""What a shop's description of an order means: the events that lie between what we knew and what it says now."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from postventa.rules.orders import STOPPED, Event, FulfilmentState, OrderState, PaymentState, Stage
from postventa.rules.shipments import ShipmentStatus

_PAID = frozenset({PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED})
ALL_LEFT = frozenset({FulfilmentState.SHIPPED, FulfilmentState.DELIVERED})
"""States in which nothing is left to send; a partial delivery may have more to come."""
_LEFT = ALL_LEFT | {FulfilmentState.PARTIALLY_SHIPPED, FulfilmentState.PARTIALLY_DELIVERED}


@dataclass(frozen=True, slots=True)
class Said:
    """What the shop says of an order at `at` (its own stamp of the change)."""

    order_state: OrderState
    payment_state: PaymentState
    fulfilment_state: FulfilmentState
    needs_shipping: bool
    placed_at: datetime
    paid_at: datetime | None
    at: datetime
    completed_at: datetime | None = None
    parcels: Mapping[str, datetime | None] = field(default_factory=dict)
    """Tracking number -> when the shop says the parcel left, if it says so."""


@dataclass(frozen=True, slots=True)
class Known:
    """What we knew of the order: its stage and payment, whether it was held, its parcels and whether all had left."""

    stage: Stage = Stage.NEW
    payment_state: PaymentState | None = None
    is_held: bool = False
    is_all_shipped: bool = False
    parcels: Mapping[str, ShipmentStatus] = field(default_factory=dict)
    left: frozenset[str] = frozenset()
    """Tracking numbers of the parcels whose leaving is recorded."""
    was_delivered: bool = False
    """Everything had arrived once: what arrives now is a further parcel."""

    def after(self, stage: Stage, parcel: str, status: ShipmentStatus, *, has_left: bool) -> "Known":
        """The same order after one of its parcels came to `status`: for its next parcel in the same batch."""
        left = self.left | {parcel} if has_left else self.left
        return replace(self, stage=stage, parcels={**self.parcels, parcel: status}, left=left)


@dataclass(frozen=True, slots=True)
class Happening:
    """An event, when it happened (UTC) and the parcel it happened to, if to one."""

    event: Event
    at: datetime
    parcel: str | None = None


def happenings(known: Known, said: Said) -> tuple[Happening, ...]:
    """The events that lead from what is known to what the shop says, in the order of the chain.

    A draft has not been placed: nothing happens. An order that stops while it is still new is heard of for the
    first time as stopped, and nobody is told. A failed payment neither places an order nor reopens it. What the
    shop says of a reopened order is heard anew.
    """
    if said.order_state is OrderState.DRAFT:
        return ()
    stop = _stop(said)
    if stop is not None:
        return (
            () if known.stage in STOPPED and stop.value == known.stage.value else (Happening(stop, said.at),)
        )
    found: list[Happening] = []
    if known.stage in {Stage.NEW, *STOPPED} and said.payment_state is PaymentState.FAILED:
        return (Happening(Event.PAYMENT_FAILED, said.at),)
    if known.stage in STOPPED:
        found.append(Happening(Event.REOPENED, said.at))
        known = replace(known, payment_state=None, is_all_shipped=False)
    elif known.stage is Stage.NEW:
        found.append(Happening(Event.ORDER_PLACED, said.placed_at))
        said = replace(said, at=_last_dated(said))
    found.extend(_payment(known, said))
    found.extend(_goods(known, said))
    return tuple(found)


def parcel_arrived(known: Known, parcel: str, at: datetime) -> tuple[Happening, ...]:
    """The arrival of a parcel: the last one of a wholly shipped order completes it, any other is one of several.

    A further parcel, after everything had arrived once, is both: the order's own arrival has been told.
    """
    others = [status for number, status in known.parcels.items() if number != parcel]
    is_last = known.is_all_shipped and all(status is ShipmentStatus.DELIVERED for status in others)
    one_of_several, the_last = (
        Happening(event, at, parcel) for event in (Event.PARCEL_DELIVERED, Event.ALL_DELIVERED)
    )
    if not is_last:
        return (one_of_several,)
    return (one_of_several, the_last) if known.was_delivered else (the_last,)


def _last_dated(said: Said) -> datetime:
    """When an order that was never heard of came to where it stands, as far back as that can be.

    Its stamp says when it was last touched, which may be years after it was shipped: an old order that somebody
    edits is not news to its customer.
    """
    return max(at for at in (said.placed_at, said.paid_at, said.completed_at) if at is not None)


def _stop(said: Said) -> Event | None:
    if said.payment_state is PaymentState.REFUNDED:
        return Event.REFUNDED
    if said.order_state in {OrderState.CANCELLED, OrderState.EXPIRED}:
        return Event.CANCELLED
    return None


def _payment(known: Known, said: Said) -> list[Happening]:
    if said.payment_state in _PAID and known.payment_state not in _PAID:
        return [Happening(Event.PAYMENT_RECEIVED, said.paid_at or said.at)]
    if said.payment_state is PaymentState.FAILED and known.payment_state is not PaymentState.FAILED:
        return [Happening(Event.PAYMENT_FAILED, said.at)]
    return []


def _goods(known: Known, said: Said) -> list[Happening]:
    found: list[Happening] = []
    if said.fulfilment_state in {FulfilmentState.ON_HOLD, FulfilmentState.BACKORDERED}:
        if not known.is_held:
            found.append(Happening(Event.HELD, said.at))
    elif known.is_held:
        found.append(Happening(Event.RESUMED, said.at))
    if said.fulfilment_state is FulfilmentState.IN_PREPARATION:
        found.append(Happening(Event.PREPARATION_STARTED, said.at))
    if said.fulfilment_state is FulfilmentState.READY_TO_SHIP:
        found.append(Happening(Event.PACKED, said.at))
    if not said.needs_shipping and said.fulfilment_state in ALL_LEFT:
        return [*found, Happening(Event.COMPLETED_UNSHIPPED, said.at)]
    found.extend(_parcels(known, said))
    if said.fulfilment_state in ALL_LEFT and not known.is_all_shipped:
        numbers = said.parcels or known.parcels
        found.append(Happening(Event.ALL_SHIPPED if numbers else Event.SHIPPED_UNTRACKED, said.at))
    if said.fulfilment_state is FulfilmentState.DELIVERED or _all_arrived(known, said):
        found.append(Happening(Event.ALL_DELIVERED, said.at))
    return found


def _parcels(known: Known, said: Said) -> list[Happening]:
    left = said.fulfilment_state in _LEFT
    return [
        Happening(Event.PARCEL_SHIPPED, shipped_at or said.at, number)
        for number, shipped_at in said.parcels.items()
        if number not in known.left and (left or shipped_at is not None)
    ]


def _all_arrived(known: Known, said: Said) -> bool:
    """Every parcel had arrived before the shop said that these were all of them."""
    return (
        said.fulfilment_state in ALL_LEFT
        and bool(known.parcels)
        and set(said.parcels) <= set(known.parcels)
        and all(status is ShipmentStatus.DELIVERED for status in known.parcels.values())
    )
