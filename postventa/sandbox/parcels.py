"""The way of a parcel: its scans, computed up front from its number, told as time passes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo


class Journey(StrEnum):
    """How a parcel fares."""

    STRAIGHT = "straight"
    FAILED_ONCE = "failed_once"
    PICKUP_POINT = "pickup_point"
    DELAYED = "delayed"
    RETURNED = "returned"
    SILENT = "silent"
    """Picked up, and never a scan again."""
    UNKNOWN_CODE = "unknown_code"
    PARTIAL = "partial"
    """One of two pieces first, the other a day later."""


JOURNEYS = {
    Journey.STRAIGHT: 84,
    Journey.PICKUP_POINT: 5,
    Journey.FAILED_ONCE: 4,
    Journey.DELAYED: 3,
    Journey.RETURNED: 1,
    Journey.SILENT: 1,
    Journey.UNKNOWN_CODE: 1,
    Journey.PARTIAL: 1,
}


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel on its way to one order's customer."""

    number: str
    order_id: int
    label_at: datetime
    shipped_at: datetime
    journey: Journey
    city: str
    postcode: str
    country: str
    pieces: int = 1


@dataclass(frozen=True, slots=True)
class Scan:
    """One event. `said` is a key of the carrier's wordings."""

    at: datetime
    said: str
    city: str
    country: str


HUBS = ("Barcelona", "Madrid", "Zaragoza", "Vitoria-Gasteiz")


def drawn_journey(rng: Random) -> Journey:
    return rng.choices(tuple(JOURNEYS), tuple(JOURNEYS.values()))[0]


def expected_at(parcel: Parcel, zone: ZoneInfo) -> datetime:
    """What the carrier promises at the label: the third day, by the end of the working day."""
    day = (parcel.shipped_at + timedelta(days=3)).astimezone(zone)
    return day.replace(hour=20, minute=0, second=0)


@lru_cache(maxsize=100_000)
def scans(parcel: Parcel, seed: int, zone: ZoneInfo) -> tuple[Scan, ...]:
    """Every scan the parcel will ever have, oldest first."""
    rng = Random(f"{seed}:{parcel.number}")
    end = _in_daytime(rng, parcel.shipped_at, 24, 72, zone)
    hub = rng.choice(HUBS)
    told = [
        Scan(parcel.label_at, "label", "Barcelona", "ES"),
        Scan(parcel.shipped_at + timedelta(minutes=rng.randint(20, 180)), "picked_up", "Barcelona", "ES"),
    ]
    if parcel.journey is Journey.SILENT:
        return tuple(told)
    if parcel.journey is Journey.DELAYED:
        end = _in_daytime(rng, expected_at(parcel, zone), 24, 96, zone)
    half = parcel.shipped_at + (end - parcel.shipped_at) * rng.uniform(0.3, 0.6)
    out = end - timedelta(minutes=rng.randint(90, 300))
    told.append(Scan(half.replace(microsecond=0), "transit", hub, "ES"))
    if parcel.journey is Journey.UNKNOWN_CODE:
        told.append(Scan(half.replace(microsecond=0) + timedelta(hours=2), "unknown_code", hub, "ES"))
    told += [Scan(at, said, parcel.city, parcel.country) for at, said in _ending(rng, parcel, out, end, zone)]
    return tuple(told)


def _ending(
    rng: Random, parcel: Parcel, out: datetime, end: datetime, zone: ZoneInfo
) -> list[tuple[datetime, str]]:
    """From the van to the last scan."""
    next_day = _in_daytime(rng, end, 18, 30, zone)
    next_out = next_day - timedelta(minutes=rng.randint(90, 240))
    match parcel.journey:
        case Journey.FAILED_ONCE:
            return [(out, "out"), (end, "failed"), (next_out, "out"), (next_day, "delivered")]
        case Journey.PICKUP_POINT:
            collected = _in_daytime(rng, end, 4, 60, zone)
            return [(out, "to_pickup"), (end, "pickup"), (collected, "collected")]
        case Journey.RETURNED:
            back = _in_daytime(rng, next_day, 60, 100, zone)
            return [(out, "out"), (end, "refused"), (next_day, "returning"), (back, "returned")]
        case Journey.PARTIAL:
            return [(out, "out"), (end, "partial"), (next_out, "out"), (next_day, "delivered")]
        case _:
            return [(out, "out"), (end, "delivered")]


def _in_daytime(rng: Random, since: datetime, low: float, high: float, zone: ZoneInfo) -> datetime:
    """An instant `low` to `high` hours after `since` at which couriers ring: 8 to 20 on the local clock."""
    for _ in range(12):
        at = since + timedelta(seconds=round(3600 * rng.uniform(low, high)))
        if 8 <= at.astimezone(zone).hour < 20:
            return at
    return since + timedelta(seconds=round(3600 * (low + high) / 2))
