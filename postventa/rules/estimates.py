"""When a parcel is likely to arrive, learned from those before it, and how it does against what was first said.

An estimate of ours is no promise of the carrier's: nobody is told that a parcel is late because of it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from postventa.rules.counting import Holidays, UnknownYear, days_between, working_days_later
from postventa.rules.reconciliation import nearest_rank
from postventa.rules.shipments import DELAY_GRACE, FINAL, ShipmentStatus

LEAST_DELIVERIES = 10
"""Fewer say nothing of the next one."""
NOON = time(12)
"""An estimate is a day; it is kept as the middle of it, from which the half day of grace leads to its end."""
LONGEST_JOURNEY = 60
"""Days; whatever took longer was lost and found, and teaches nothing."""

Where = Callable[[str], tuple[ZoneInfo, Holidays] | None]
"""A region's zone and holidays; None where nothing can be counted there."""


class OnTimeStatus(StrEnum):
    """How a parcel does against the first estimate that there was of it."""

    ON_TRACK = "on_track"
    WILL_BE_LATE = "will_be_late"
    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"
    NO_EDD = "no_edd"


@dataclass(frozen=True, slots=True)
class Journey:
    """A parcel that left and arrived; `region` is empty where its address tells none."""

    carrier: str
    region: str
    left_at: datetime
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class Usual:
    """What a carrier usually needs to a place, in working days: half of the parcels, and nine of ten."""

    carrier: str
    place: str
    deliveries: int
    p50_days: int
    p90_days: int


@dataclass(frozen=True, slots=True)
class Followed:
    """A parcel as far as its estimates ask."""

    status: ShipmentStatus
    first_estimated_at: datetime | None
    estimated_at: datetime | None
    guessed_at: datetime | None
    delivered_at: datetime | None

    @property
    def original(self) -> datetime | None:
        """The first that the carrier said, else our own."""
        return self.first_estimated_at or self.guessed_at

    @property
    def latest(self) -> datetime | None:
        """What holds now: the carrier knows better than we do."""
        return self.estimated_at or self.first_estimated_at or self.guessed_at

    @property
    def is_ours(self) -> bool:
        """Whether the carrier has said nothing, and what holds is what we have learned."""
        return self.latest is not None and self.estimated_at is None and self.first_estimated_at is None


def learn(journeys: Iterable[Journey], where: Where) -> list[Usual]:
    """What the journeys say of each carrier and region, and of the country as a whole."""
    taken: dict[tuple[str, str], list[int]] = {}
    count = lru_cache(maxsize=None)(_working_days)
    for one in journeys:
        there = where(one.region) if one.region else None
        if there is None or one.arrived_at < one.left_at:
            continue
        zone, holidays = there
        left, arrived = (at.astimezone(zone).date() for at in (one.left_at, one.arrived_at))
        if (arrived - left).days > LONGEST_JOURNEY:
            continue
        try:
            took = count(left, arrived, holidays)
        except UnknownYear:
            continue
        for place in {one.region, _country(one.region)}:
            taken.setdefault((one.carrier, place), []).append(took)
    return [
        Usual(carrier, place, len(days), int(nearest_rank(days, 50)), int(nearest_rank(days, 90)))
        for (carrier, place), found in sorted(taken.items())
        if len(days := sorted(found)) >= LEAST_DELIVERIES
    ]


def usual_for(carrier: str, region: str, known: dict[tuple[str, str], Usual]) -> Usual | None:
    """What is known of the carrier and the region, else of the country; None where too few have gone there."""
    return known.get((carrier, region)) or known.get((carrier, _country(region)))


def guess(usual: Usual, left_at: datetime, zone: ZoneInfo, holidays: Holidays) -> datetime:
    """The day by which nine of ten such parcels had arrived, at noon there, in UTC."""
    left = left_at.astimezone(zone).date()
    day = working_days_later(left, usual.p90_days, holidays, only_national=False)
    return datetime.combine(day, NOON, zone).astimezone(UTC)


def on_time_status(parcel: Followed, now: datetime, zone: ZoneInfo) -> OnTimeStatus:
    """How it does against the original estimate, with the same half day of grace as wherever we say late."""
    promised, latest = parcel.original, parcel.latest
    if promised is None or latest is None:
        return OnTimeStatus.NO_EDD
    by = promised + DELAY_GRACE
    if parcel.delivered_at is not None:
        arrived_on, promised_on = (at.astimezone(zone).date() for at in (parcel.delivered_at, promised))
        if arrived_on < promised_on:
            return OnTimeStatus.EARLY
        return OnTimeStatus.ON_TIME if parcel.delivered_at <= by else OnTimeStatus.LATE
    if parcel.status in FINAL:
        return OnTimeStatus.LATE if now > by else OnTimeStatus.ON_TRACK
    return OnTimeStatus.WILL_BE_LATE if max(latest, now) > by else OnTimeStatus.ON_TRACK


def working_days_since(then: date, until: date, holidays: Holidays) -> int:
    """The working days after `then`, up to and with `until`."""
    return _working_days(then, until, holidays)


def _working_days(first: date, last: date, holidays: Holidays) -> int:
    return sum(holidays.is_working_day(day, only_national=False) for day in days_between(first, last))


def _country(region: str) -> str:
    return region.partition("-")[0]
