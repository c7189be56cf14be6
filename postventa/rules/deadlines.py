"""When a clock ends: a rule, what started it, where, and the holidays in; the last moment and the arithmetic out.

A trader's duty ends as early as can be defended, a consumer's right as late (docs/decisions/0013). What a rule
is stands in `statutes.py`, how a period is counted in `periods.py`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from postventa.rules.counting import A_SECOND, Holidays, UnknownYear, end_of, hours_of
from postventa.rules.office_hours import OfficeHours, Span, office_time_later
from postventa.rules.periods import after_standing, last_day, written_day, written_period
from postventa.rules.statutes import (
    HOME_ZONES,
    Counting,
    Default,
    Direction,
    NoSuchRule,
    Rule,
    Unit,
    applicable,
    rule_in_force,
)


class NoClock(ValueError):
    """There is nothing to count: the rule has no period, or nothing has started it."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a clock ends, and why then."""

    rule: Rule
    events: tuple[datetime, ...]
    started_at: datetime
    """The event that counts, in UTC."""
    zone: ZoneInfo
    last_day: date | None
    """The last good day; None where hours are counted."""
    due_at: datetime
    """The first instant (UTC) that is too late."""
    working: str
    """The arithmetic in words."""

    @property
    def last_valid_instant(self) -> datetime:
        """The last good second, in the zone."""
        return (self.due_at - A_SECOND).astimezone(self.zone)


def deadline(
    rule: Rule,
    events: Iterable[datetime],
    zone: ZoneInfo | None,
    holidays: Holidays,
    pauses: Sequence[Span] = (),
) -> Deadline:
    """The end of `rule`'s clock. Several events are several parcels: the last one starts it.

    Raises NoClock if there is nothing to count, UnknownYear if a holiday is asked for that nobody handed in.
    """
    if not rule.has_period:
        raise NoClock(f"{rule.rule_id} ({rule.article}) sets no period that could be counted: {rule.title}")
    if pauses and not rule.may_pause:
        raise NoClock(
            f"{rule.rule_id} ({rule.article}) never pauses: it runs on, whatever is being waited for"
        )
    given = _in_utc(rule, events)
    started_at = min(given) if rule.of_several == "first" else max(given)
    ends = [_end(rule, started_at, one, holidays, pauses) for one in ((zone,) if zone else HOME_ZONES)]
    found = min(ends, key=_due) if rule.is_trader_duty else max(ends, key=_due)
    words = list(found.steps)
    if len(given) > 1:
        words.append(f"of {len(given)} events the {rule.of_several} one started the clock")
    if zone is None:
        which = "earlier" if rule.is_trader_duty else "later"
        words.append(
            f"the customer's zone is unknown: the {which} end of {' and '.join(map(str, HOME_ZONES))}"
        )
    return Deadline(rule, given, started_at, found.zone, found.last_day, found.due_at, f"{'; '.join(words)}.")


def binding(deadlines: Iterable[Deadline]) -> Deadline:
    """The one that a case is escalated by: the earliest of those that can drive. Raises NoClock if none can."""
    driving = [one for one in deadlines if one.rule.drives]
    if not driving:
        raise NoClock("none of these clocks can drive a case")
    return min(driving, key=lambda one: one.due_at)


@dataclass(frozen=True, slots=True)
class _End:
    zone: ZoneInfo
    last_day: date | None
    due_at: datetime
    steps: tuple[str, ...]


def _due(end: _End) -> datetime:
    return end.due_at


def _in_utc(rule: Rule, events: Iterable[datetime]) -> tuple[datetime, ...]:
    given = tuple(events)
    if not given:
        raise NoClock(
            f"{rule.rule_id} has not begun: without its event ({rule.trigger}) no clock may run out"
        )
    if any(event.tzinfo is None for event in given):
        raise NoClock(f"{rule.rule_id} cannot start at a time without a zone")
    return tuple(event.astimezone(UTC).replace(microsecond=0) for event in given)


def _end(
    rule: Rule, started_at: datetime, zone: ZoneInfo, holidays: Holidays, pauses: Sequence[Span]
) -> _End:
    local = started_at.astimezone(zone)
    intro = f"{rule.rule_id} ({rule.article}): the event was on {_written(local)} in {zone}"
    if rule.counting in {Counting.ELAPSED, Counting.OFFICE_HOURS}:
        last, step = _hours(rule, started_at, zone, holidays, pauses)
        end = f"the last good second is {_written(last.astimezone(zone))}"
        return _End(zone, None, last + A_SECOND, (intro, step, end))
    day, steps = last_day(rule, local.date(), holidays)
    if pauses:
        off = [(_day(begin, zone), _day(end, zone)) for begin, end in pauses]
        suspended = sum((resumed_on - paused_on).days + 1 for paused_on, resumed_on in off)
        for paused_on, resumed_on in sorted(off):
            day = after_standing(rule, day, paused_on, resumed_on, holidays)
        steps.append(f"suspended for {suspended} days, it ends on {written_day(day)}")
    end = f"it ends with the last second of {written_day(day)}"
    if hours_of(day, zone) != 24:
        end += f", a day of {hours_of(day, zone):g} hours"
    return _End(zone, day, end_of(day, zone), (intro, *steps, end))


def _hours(
    rule: Rule, started_at: datetime, zone: ZoneInfo, holidays: Holidays, pauses: Sequence[Span]
) -> tuple[datetime, str]:
    """The last good second of a period in hours, and how one comes to it."""
    if not rule.length:
        alarm = timedelta(minutes=rule.alarm_minutes)
        return (
            started_at + alarm,
            f"it is due at once, and after {rule.alarm_minutes} minutes a person is called",
        )
    if rule.counting is Counting.OFFICE_HOURS:
        length = timedelta(hours=rule.length)
        last = office_time_later(started_at, length, rule.office, zone, holidays, pauses=pauses)
        step = f"{written_period(rule)} pass while the shop is open"
    else:
        length = timedelta(minutes=rule.length) if rule.unit is Unit.MINUTE else timedelta(hours=rule.length)
        last = _elapsed(started_at, length, pauses)
        step = f"{written_period(rule)} pass, whatever the clocks on the wall do"
    return last, f"{step}, {len(pauses)} pauses left out" if pauses else step


def _elapsed(started_at: datetime, length: timedelta, pauses: Sequence[Span]) -> datetime:
    end = started_at + length
    for paused, resumed in sorted(pauses):
        if paused < end:
            end += max(resumed - max(paused, started_at), timedelta())
    return end


def _day(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def _written(local: datetime) -> str:
    return f"{written_day(local.date())} at {local:%H:%M:%S}"


__all__ = [
    "Counting",
    "Deadline",
    "Default",
    "Direction",
    "Holidays",
    "NoClock",
    "NoSuchRule",
    "OfficeHours",
    "Rule",
    "Unit",
    "UnknownYear",
    "applicable",
    "binding",
    "deadline",
    "rule_in_force",
]
