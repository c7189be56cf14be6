"""The right to withdraw: since when the customer holds the goods, until when the right lasts, and what it excludes.

No clock runs out that has not begun: without the last parcel's delivery there is no end, whatever day it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from postventa.rules.counting import A_SECOND, Holidays
from postventa.rules.deadlines import deadline
from postventa.rules.shipments import ShipmentStatus
from postventa.rules.statutes import Rule

UNSCANNED_FOR = timedelta(days=30)
"""A delivery that nobody has recorded for so long after shipping is a question for a person."""
_NEVER_HELD = frozenset({ShipmentStatus.CANCELLED, ShipmentStatus.RETURN_TO_SENDER})
"""Parcels that never came into the customer's hands."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel of the order, and when it came into the customer's hands: at home or over a pickup point's counter."""

    status: ShipmentStatus
    arrived_at: datetime | None


@dataclass(frozen=True, slots=True)
class Possession:
    """The events that start the period, a parcel each; none of them where it has not begun, with the reason."""

    since: tuple[datetime, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """When the right ends: `closes_at` is the first instant that is too late, None where it has not begun."""

    closes_at: datetime | None
    article: str
    working: str
    """The arithmetic in words, or why there is none."""

    def is_open(self, at: datetime) -> bool:
        return self.closes_at is None or at < self.closes_at


def possession(
    parcels: Sequence[Parcel],
    *,
    needs_shipping: bool,
    is_all_shipped: bool,
    placed_at: datetime,
    handed_over_at: datetime | None,
) -> Possession:
    """Since when the customer has everything. `handed_over_at` is the shop's own word for goods without a parcel.

    Services and digital content count from the contract. A parcel that waits at a pickup point has not arrived.
    """
    if not needs_shipping:
        return Possession((placed_at,))
    if not is_all_shipped:
        return Possession((), "not everything has left yet")
    held = [parcel for parcel in parcels if parcel.status not in _NEVER_HELD]
    if not parcels and handed_over_at is not None:
        return Possession((handed_over_at,))
    return _arrival(held) if held else Possession((), "nobody has recorded a delivery")


def _arrival(held: Sequence[Parcel]) -> Possession:
    arrived = tuple(
        parcel.arrived_at
        for parcel in held
        if parcel.status is ShipmentStatus.DELIVERED and parcel.arrived_at is not None
    )
    if len(arrived) == len(held):
        return Possession(arrived)
    missing = f"{len(held) - len(arrived)} of {len(held)} parcels"
    if any(parcel.status is ShipmentStatus.READY_FOR_PICKUP for parcel in held):
        return Possession((), f"{missing} not collected or not delivered yet")
    return Possession((), f"no delivery is recorded of {missing}")


def ending(
    held: Possession,
    period: Rule,
    extension: Rule,
    zone: ZoneInfo | None,
    holidays: Holidays,
    *,
    was_informed: bool,
) -> Ending:
    """Until when the customer may withdraw: the period, and twelve months more where nobody told them of it."""
    if not held.since:
        return Ending(None, period.article, f"not started: {held.reason}")
    first = deadline(period, held.since, zone, holidays)
    if was_informed:
        return Ending(first.due_at, period.article, first.working)
    longer = deadline(extension, [first.due_at - A_SECOND], zone, holidays)
    return Ending(longer.due_at, extension.article, f"{first.working} {longer.working}")


def exemption(sku: str, exemptions: Mapping[str, Iterable[str]]) -> str:
    """The letter of LGDCU 103 that the shop's policy gives for a SKU; empty where there is none."""
    for letter, patterns in exemptions.items():
        if sku and any(fnmatchcase(sku.casefold(), pattern.casefold()) for pattern in patterns):
            return letter.lower()
    return ""


def is_unscanned(shipped_at: datetime | None, held: Possession, now: datetime) -> bool:
    """Whether a person must be asked when the goods arrived: shipped long ago, and nobody has recorded it."""
    return shipped_at is not None and not held.since and now - shipped_at > UNSCANNED_FOR
