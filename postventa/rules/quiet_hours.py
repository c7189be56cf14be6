"""Quiet hours: when a channel may disturb somebody, by the clock on their wall, and when next (LGDCU 96.2)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from postventa.rules.messages import Verdict

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Hours:
    """From when until when a channel may be used; `everyday` if on weekends and holidays too."""

    opens: time = time(9)
    closes: time = time(21)
    """Exclusive."""
    everyday: bool = True


def no_holiday(day: date) -> bool:  # noqa: ARG001 - as a calendar answers
    """The calendar of a channel that is open every day."""
    return False


def next_good(
    hours: Hours, zone: ZoneInfo, now: datetime, is_holiday: Callable[[date], bool] = no_holiday
) -> datetime:
    """`now` if it is a good time there, else the next opening."""
    here = now.astimezone(zone)
    is_today = _is_open_on(here.date(), hours, is_holiday)
    if is_today and hours.opens <= here.time() < hours.closes:
        return now
    day = here.date() if here.time() < hours.opens else here.date() + timedelta(days=1)
    while not _is_open_on(day, hours, is_holiday):
        day += timedelta(days=1)
    # An opening that the clocks jump over is the instant they jump to; one that comes twice is the first.
    return datetime.combine(day, hours.opens, zone).astimezone(UTC)


def may_disturb(
    hours: Hours, zone: ZoneInfo, now: datetime, is_holiday: Callable[[date], bool] = no_holiday
) -> Verdict:
    """Whether now is a good time, else until when it is not."""
    good = next_good(hours, zone, now, is_holiday)
    return Verdict.yes() if good == now else Verdict.later("quiet_hours", good)


def _is_open_on(day: date, hours: Hours, is_holiday: Callable[[date], bool]) -> bool:
    return hours.everyday or (day.weekday() < SATURDAY and not is_holiday(day))
