"""What an order is owed before it is in its customer's hands: to be acknowledged, and to be delivered in time.

Which duty begins, from when it counts, and what has become of it: asked anew at every look, so that a cancelled
order that is reopened, or a further parcel after everything had arrived, is under its deadline again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from postventa.rules.counting import A_DAY
from postventa.rules.escalation import ClockState
from postventa.rules.orders import STOPPED, Stage, rank

UNDER_WAY_FOR = timedelta(days=30)
"""What was ordered longer before our time than this is not ours to watch."""


@dataclass(frozen=True, slots=True)
class Sold:
    """An order as far as its deadlines ask: instants in UTC, None for what has not happened or nobody knows."""

    stage: Stage
    placed_at: datetime
    paid_at: datetime | None = None
    needs_shipping: bool = True
    stopped_at: datetime | None = None
    """The shop's stamp of the order as it stands, where it is cancelled or repaid."""
    acknowledged_at: datetime | None = None
    arrived_at: datetime | None = None
    """Since when the customer has everything that was to be sent."""
    is_all_shipped: bool = False
    is_followed: bool = True
    """Whether anybody could ever tell us of an arrival: a carrier that we ask, for a parcel at least."""


@dataclass(frozen=True, slots=True)
class Fate:
    """How a duty stands: it runs on without an end, else it ended as that then. In the shadow it wakes nobody."""

    state: ClockState
    ended_at: datetime | None = None
    is_shadow: bool = False

    @property
    def runs(self) -> bool:
        return self.ended_at is None


RUNS = Fate(ClockState.RUNNING)


def must_acknowledge(sold: Sold, backfill_since: datetime) -> bool:
    """Whether the copy of the order is owed: it was placed, it was not stopped when we first heard of it, and not before our time."""
    return sold.placed_at >= backfill_since and sold.stage not in {Stage.NEW, *STOPPED}


def must_deliver(sold: Sold, backfill_since: datetime) -> bool:
    """Whether goods must be delivered: they are to be sent, and the shop does not lawfully wait for the money (CC 1466).

    Of the orders before our time, those that were on their way when it began and whose time was not over then.
    """
    if not sold.needs_shipping or sold.stage in STOPPED or rank(sold.stage) < rank(Stage.PAID):
        return False
    is_ours = sold.placed_at >= backfill_since
    return is_ours or (sold.arrived_at is None and contracted_at(sold) + UNDER_WAY_FOR > backfill_since)


def contracted_at(sold: Sold) -> datetime:
    """From when the time for delivery counts: the order, or its payment where the shop had to wait for that for days."""
    if sold.paid_at is not None and sold.paid_at - sold.placed_at > A_DAY:
        return sold.paid_at
    return sold.placed_at


def fate_of_receipt(sold: Sold, due_at: datetime) -> Fate:
    """What has become of the duty to acknowledge. Once everything has arrived it is too late for that, whatever the hour."""
    if sold.acknowledged_at is not None:
        return _done(sold.acknowledged_at, due_at)
    if sold.stopped_at is not None:
        return Fate(ClockState.NOT_APPLICABLE, sold.stopped_at)
    if sold.arrived_at is not None:
        return Fate(ClockState.MISSED, sold.arrived_at)
    return RUNS


def fate_of_delivery(sold: Sold, due_at: datetime) -> Fate:
    """What has become of the duty to deliver.

    Where everything has left and no carrier is asked for any of it, nobody will ever tell us that it has arrived:
    a person is asked when it did, once, and the clock is kept in the shadow.
    """
    if sold.stopped_at is not None:
        return Fate(ClockState.NOT_APPLICABLE, sold.stopped_at)
    if sold.arrived_at is not None:
        return _done(sold.arrived_at, due_at)
    return Fate(ClockState.RUNNING, is_shadow=sold.is_all_shipped and not sold.is_followed)


def _done(at: datetime, due_at: datetime) -> Fate:
    return Fate(ClockState.MET if at < due_at else ClockState.MISSED, at)
