"""What a pause does to a promise of the shop's own: it ends later by what was left out. No clock of the law pauses."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from postventa.rules.counting import A_DAY, A_SECOND, Holidays, end_of
from postventa.rules.office_hours import OfficeHours, office_time_later
from postventa.rules.periods import after_standing
from postventa.rules.statutes import Counting, Rule


def due_after_pause(
    rule: Rule, due_at: datetime, pause: tuple[datetime, datetime], zone: ZoneInfo, holidays: Holidays
) -> datetime:
    """The new end of a clock that stood still from the first instant of `pause` to the second."""
    paused_at, resumed_at = pause
    if rule.counting is Counting.ELAPSED:
        return due_at + (resumed_at - paused_at)
    if rule.counting is Counting.OFFICE_HOURS:
        left = _open_time(paused_at, due_at - A_SECOND, rule.office, zone, holidays)
        return office_time_later(resumed_at, left, rule.office, zone, holidays) + A_SECOND
    last, paused_on, resumed_on = (
        one.astimezone(zone).date() for one in (due_at - A_SECOND, paused_at, resumed_at)
    )
    return end_of(after_standing(rule, last, paused_on, resumed_on, holidays), zone)


def told_pause(pause: tuple[datetime, datetime], due_at: datetime, zone: ZoneInfo) -> str:
    """A pause in words, for the arithmetic that its clock keeps."""
    paused, resumed, last = (
        f"{one.astimezone(zone):%Y-%m-%d %H:%M:%S}" for one in (*pause, due_at - A_SECOND)
    )
    return f"It stood still from {paused} to {resumed} ({zone}), so its last good second is {last}."


def _open_time(
    start: datetime, end: datetime, office: OfficeHours, zone: ZoneInfo, holidays: Holidays
) -> timedelta:
    day, found = start.astimezone(zone).date(), timedelta()
    while day <= end.astimezone(zone).date():
        hours = office.on(day, zone, holidays)
        if hours:
            found += max(min(hours[1], end) - max(hours[0], start), timedelta())
        day += A_DAY
    return found
