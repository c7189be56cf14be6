"""What a pause does to a promise of the shop's own: it ends later by what was left out. No clock of the law pauses."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from postventa.rules.counting import A_DAY, A_SECOND, Holidays
from postventa.rules.office_hours import OfficeHours, office_time_later
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
    days = (resumed_at.astimezone(zone).date() - paused_at.astimezone(zone).date()).days + 1
    last = due_at.astimezone(zone).date() + days * A_DAY
    return datetime.combine(last, time(), tzinfo=zone).astimezone(due_at.tzinfo)


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
