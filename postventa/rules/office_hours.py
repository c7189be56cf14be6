"""Time that passes only while the shop is open: for promises and internal targets, never for the law's own clocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from postventa.rules.counting import A_DAY, Holidays

Span = tuple[datetime, datetime]
"""From an instant to another, the second not included."""


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When somebody is there: the same hours on each of these weekdays (1 is Monday), holidays apart."""

    opens: time = time(9)
    closes: time = time(18)
    weekdays: frozenset[int] = frozenset({1, 2, 3, 4, 5})
    zone: ZoneInfo | None = None
    """Where the office is; the customer's zone where it is not said."""

    def on(self, day: date, zone: ZoneInfo, holidays: Holidays) -> Span | None:
        """The open hours of `day` as instants in UTC; None on a day off."""
        zone = self.zone or zone
        if day.isoweekday() not in self.weekdays or holidays.has(day, only_national=False):
            return None
        opens, closes = (
            datetime.combine(day, at, tzinfo=zone).astimezone(UTC) for at in (self.opens, self.closes)
        )
        return opens, closes


def office_time_later(
    start: datetime,
    length: timedelta,
    office: OfficeHours,
    zone: ZoneInfo,
    holidays: Holidays,
    *,
    pauses: Sequence[Span] = (),
) -> datetime:
    """The instant (UTC) by which `length` of open time has passed since `start`, pauses left out."""
    day = start.astimezone(office.zone or zone).date()
    while True:
        hours = office.on(day, zone, holidays)
        for opens, closes in _without(pauses, hours) if hours else ():
            begins = max(opens, start)
            passed = max(closes - begins, timedelta())
            if passed >= length:
                return begins + length
            length -= passed
        day += A_DAY


def _without(pauses: Sequence[Span], hours: Span) -> list[Span]:
    """What pauses leave of a day's open hours, in order."""
    begin, end = hours
    left = []
    for paused, resumed in sorted(pauses):
        if paused < end and resumed > begin:
            if paused > begin:
                left.append((begin, paused))
            begin = max(begin, resumed)
    if begin < end:
        left.append((begin, end))
    return left


NINE_TO_SIX = OfficeHours()
