"""Where a parcel can be: the fourteen statuses every carrier's codes are translated into, and what follows.

A status is never guessed: a code without a row in its carrier's table is `unknown`. A parcel at a pickup
point and a partial delivery are not `delivered`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class ShipmentStatus(StrEnum):
    """The status axis of a parcel."""

    PENDING = "pending"
    INFO_RECEIVED = "info_received"
    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_FOR_PICKUP = "ready_for_pickup"
    DELIVERED = "delivered"
    DELIVERY_FAILED = "delivery_failed"
    ON_HOLD = "on_hold"
    EXCEPTION = "exception"
    RETURN_TO_SENDER = "return_to_sender"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


_S = ShipmentStatus
FINAL = frozenset({_S.DELIVERED, _S.RETURN_TO_SENDER, _S.CANCELLED, _S.EXPIRED})
MOVING = frozenset(
    {_S.PICKED_UP, _S.IN_TRANSIT, _S.OUT_FOR_DELIVERY, _S.READY_FOR_PICKUP, _S.DELIVERED, _S.DELIVERY_FAILED}
    | {_S.ON_HOLD, _S.EXCEPTION, _S.RETURN_TO_SENDER}
)
"""Statuses that prove the carrier has the parcel, whatever the shop says."""

NOTICES = {
    _S.OUT_FOR_DELIVERY: "out_for_delivery",
    _S.READY_FOR_PICKUP: "ready_for_pickup",
    _S.DELIVERY_FAILED: "incident",
    _S.ON_HOLD: "incident",
    _S.EXCEPTION: "incident",
    _S.RETURN_TO_SENDER: "incident",
}
"""What the customer is told when a parcel comes to a status; the rest is told by the chain or not at all."""

LOOK_AGAIN = {
    _S.OUT_FOR_DELIVERY: timedelta(minutes=30),
    _S.DELIVERY_FAILED: timedelta(hours=1),
    _S.READY_FOR_PICKUP: timedelta(hours=3),
}
"""How long until a carrier is asked again; two hours where nothing is said, never after a final status."""
LOOK_USUALLY = timedelta(hours=2)
GIVE_UP_AFTER = timedelta(days=30)
"""A parcel without news for so long has expired; asking further helps nobody."""
REUSED_AFTER = timedelta(days=30)
"""Carriers give a number out again after a year or so: what was scanned longer than this before the order was placed
happened to an earlier parcel of the same number."""
DELAY_GRACE = timedelta(hours=12)
"""An estimate is a promise by the day: a parcel is late when the half day after it has passed too."""


@dataclass(frozen=True, slots=True)
class ParcelMove:
    """What a scan does to a parcel: its next status, the notice owed (if any) and the reason if nothing moves."""

    status: ShipmentStatus
    tell: str | None = None
    reason: str = ""


def heard_scan(before: ShipmentStatus, scan: ShipmentStatus) -> ParcelMove:
    """What a new scan means for a parcel at status `before`.

    From `delivered` nothing leads back but the return to the sender; an unknown code changes nothing.
    """
    if scan is ShipmentStatus.UNKNOWN:
        return ParcelMove(before, None, "the carrier's code is unknown")
    if before in FINAL and scan not in {ShipmentStatus.RETURN_TO_SENDER, ShipmentStatus.DELIVERED}:
        return ParcelMove(before, None, f"late: the parcel is {before} already")
    if before is ShipmentStatus.RETURN_TO_SENDER:
        return ParcelMove(before, None, "late: the parcel went back to the sender")
    if scan is before:
        return ParcelMove(before, NOTICES.get(scan), "the same status once more")
    return ParcelMove(scan, NOTICES.get(scan))


def is_another_parcel(scanned_at: datetime, placed_at: datetime) -> bool:
    """Whether a scan is too old to be of a parcel of an order placed at `placed_at`."""
    return scanned_at < placed_at - REUSED_AFTER


def next_look(status: ShipmentStatus, now: datetime, last_news: datetime) -> datetime | None:
    """When to ask the carrier again; None if never: the status is final, or nothing came for thirty days."""
    if status in FINAL or now - last_news > GIVE_UP_AFTER:
        return None
    return now + LOOK_AGAIN.get(status, LOOK_USUALLY)


def is_late(status: ShipmentStatus, estimated_at: datetime | None, now: datetime) -> bool:
    """Whether a parcel should have arrived by now: past its first estimate and neither final nor at a pickup point."""
    if estimated_at is None or status in FINAL or status is ShipmentStatus.READY_FOR_PICKUP:
        return False
    return now > estimated_at + DELAY_GRACE
