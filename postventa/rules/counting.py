"""How a period is counted: arithmetic on local dates, with the holidays handed in as plain sets of days.

Nothing here adds 24 hours for a day: a day of 23 or 25 hours is a day.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

A_DAY = timedelta(days=1)
A_SECOND = timedelta(seconds=1)
SATURDAY = 5


class UnknownYear(LookupError):
    """A period reaches into a year whose holidays nobody handed in."""


@dataclass(frozen=True, slots=True)
class Holidays:
    """The holidays of a place, for the years it covers: the nation's, and all (with the region's and the town's)."""

    national: frozenset[date]
    all: frozenset[date]
    years: frozenset[int]
    place: str = "ES"

    def has(self, day: date, *, only_national: bool) -> bool:
        """Whether `day` is a holiday. Raises UnknownYear rather than guess."""
        if day.year not in self.years:
            raise UnknownYear(
                f"the holidays of {self.place} in {day.year} are not known: no working day can be counted there"
            )
        return day in (self.national if only_national else self.all)

    def is_working_day(self, day: date, *, only_national: bool) -> bool:
        return day.weekday() < SATURDAY and not self.has(day, only_national=only_national)


def months_later(day: date, months: int) -> date:
    """From date to date; where the month has no such day, its last one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def working_days_later(day: date, count: int, holidays: Holidays, *, only_national: bool) -> date:
    """The `count`th working day after `day`, which itself is not counted."""
    while count:
        day += A_DAY
        count -= holidays.is_working_day(day, only_national=only_national)
    return day


def rolled(day: date, holidays: Holidays) -> date:
    """`day`, or the next working day where it is none: all holidays count, the region's and the town's too."""
    while not holidays.is_working_day(day, only_national=False):
        day += A_DAY
    return day


def days_between(first: date, last: date) -> Iterator[date]:
    """The days after `first`, up to and with `last`."""
    return (first + timedelta(days=number) for number in range(1, (last - first).days + 1))


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) that is no longer `day` in that zone."""
    return datetime.combine(day + A_DAY, time(), tzinfo=zone).astimezone(UTC)


def hours_of(day: date, zone: ZoneInfo) -> float:
    """How long `day` is there: 24 hours, but for the two days when the clocks change."""
    return (end_of(day, zone) - end_of(day - A_DAY, zone)) / timedelta(hours=1)
