"""Trends: whether what customers say of something has changed, told once with its evidence and not as a stream.

The days before a window are how things were: their median, and how far days usually lie from it (the median
absolute deviation, which a few odd days do not move). Only a window that is worse by a clear margin, with enough
answers in it, is news; it is the same news until things are as they were.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

BEFORE = timedelta(days=56)
WINDOW = timedelta(days=7)
LEAST_BEFORE = 20
"""So many answers before, on so many days, say how things were."""
LEAST_DAYS = 8
LEAST_NOW = 8
"""So many answers in the window, from so many days at least, are more than bad luck."""
LEAST_DAYS_NOW = 3
BOUND = 4.0
"""In usual deviations (MAD x 1.4826, a standard deviation where days are spread evenly)."""
SCALE = 1.4826
LEAST_SPREAD = 0.15
"""On a scale of five: where every day was the same, the next must still differ by something."""
LEAST_DROP = 0.5


@dataclass(frozen=True, slots=True)
class Day:
    """What was said on one day: how many, and their mean."""

    count: int
    mean: float


@dataclass(frozen=True, slots=True)
class Change:
    """A change for the worse: since when, and by what it is known."""

    since: date
    before: float
    now: float
    bound: float
    count_before: int
    count_now: int

    @property
    def evidence(self) -> str:
        """The arithmetic in words."""
        return (
            f"{self.count_now} answers since {self.since} with a mean of {self.now:.2f}; "
            f"{self.count_before} in the eight weeks before, with a median day of {self.before:.2f}; "
            f"below {self.bound:.2f} it is no chance"
        )


def days_of(said: Iterable[tuple[date, float]]) -> dict[date, Day]:
    """Single answers as days."""
    sums: dict[date, tuple[int, float]] = {}
    for day, number in said:
        count, total = sums.get(day, (0, 0.0))
        sums[day] = (count + 1, total + number)
    return {day: Day(count, total / count) for day, (count, total) in sums.items()}


def change_in(days: Mapping[date, Day], today: date) -> Change | None:
    """Whether the week that ends with `today` is worse than the eight weeks before it; None where it is not, or
    where too few have answered to say.
    """
    return _judge(days, _opens(today), today)


def is_over(days: Mapping[date, Day], since: date, today: date) -> bool:
    """Whether a change that began at `since` has gone: enough have answered this week, and it is no worse than then."""
    return _are_enough(_between(days, _opens(today), today)) and _judge(days, since, today) is None


def _judge(days: Mapping[date, Day], before: date, today: date) -> Change | None:
    """Compares this week with the eight weeks that ended before a day."""
    now = _between(days, _opens(today), today)
    earlier = list(_between(days, before - BEFORE, before - timedelta(days=1)).values())
    if _count(earlier) < LEAST_BEFORE or len(earlier) < LEAST_DAYS or not _are_enough(now):
        return None
    means = [one.mean for one in earlier]
    level = median(means)
    spread = max(SCALE * median(abs(mean - level) for mean in means), LEAST_SPREAD)
    # The mean of n days strays less than one day does.
    bound = level - max(BOUND * spread / len(now) ** 0.5, LEAST_DROP)
    mean = _mean(list(now.values()))
    if mean >= bound:
        return None
    since = next(day for day, one in now.items() if one.mean < level)
    return Change(since, level, mean, bound, _count(earlier), _count(list(now.values())))


def _opens(today: date) -> date:
    return today - WINDOW + timedelta(days=1)


def _between(days: Mapping[date, Day], first: date, last: date) -> dict[date, Day]:
    return {day: days[day] for day in sorted(days) if first <= day <= last}


def _are_enough(now: Mapping[date, Day]) -> bool:
    return _count(list(now.values())) >= LEAST_NOW and len(now) >= LEAST_DAYS_NOW


def _count(days: Sequence[Day]) -> int:
    return sum(one.count for one in days)


def _mean(days: Sequence[Day]) -> float:
    return sum(one.count * one.mean for one in days) / _count(days)
