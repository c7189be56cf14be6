"""The rhythm of the story: at which hours the clock stops, and what is looked at there.

Where the timetable looks every few minutes, the story looks when something has happened: often while orders are packed
and parcels travel, and every other day once only opinions are left to come.
"""

from collections.abc import Iterator
from dataclasses import dataclass

DAY = 24.0
DAYS = 21
DESK_HOUR = 8.0
"""Hours from the morning at which the story begins: late in the afternoon, when no mail is too late for anybody."""
ASKED_FROM = 5
"""Before that day nobody has had their goods for long enough to be asked for a review."""
PROOF_DAY = 9
"""On that day the shop and its carrier are held against the store: late enough that parcels have come and gone."""
END = DAYS * DAY + DESK_HOUR


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some days with the same hours; `goods` are the days on which the shop and the carrier are asked, too."""

    days: range
    hours: tuple[float, ...]
    goods: range


STRETCHES = (
    Stretch(range(3), (0, 4, DESK_HOUR, 12), goods=range(3)),
    Stretch(range(3, 6), (4, DESK_HOUR), goods=range(3, 6)),
    Stretch(range(6, 10), (0, DESK_HOUR), goods=range(6, 10)),
    Stretch(range(11, DAYS + 1, 2), (DESK_HOUR,), goods=range(13, DAYS + 1, 4)),
)


def shortly_before(day: int, hour: float) -> float:
    """When to write to the shop so that the stop at that hour answers within the hour, as the timetable would."""
    return day * DAY + hour - 0.5


@dataclass(frozen=True, slots=True)
class Stop:
    """An hour of the story, from its beginning, and what is looked at beside the mail that is owed."""

    hour: float
    has_goods: bool
    has_desk: bool
    has_voices: bool
    has_proof: bool


def stops(days: int) -> Iterator[Stop]:
    """Every stop of a story that ends in the afternoon of day `days`, the first one's morning left out."""
    for stretch in STRETCHES:
        for day in stretch.days:
            for hour in stretch.hours:
                at, is_desk = day * DAY + hour, hour == DESK_HOUR
                if 0 < at <= days * DAY + DESK_HOUR:
                    is_proof = is_desk and day == PROOF_DAY
                    yield Stop(at, day in stretch.goods, is_desk, is_desk and day >= ASKED_FROM, is_proof)
