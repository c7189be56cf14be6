"""Whom a clock calls and when: the ladder before its deadline, in the desk's hours, and the daily call after it.

A call is planned at a share of the clock's length and moved into the desk's hours where that leaves time to act.
It is a plan and no alarm: what fell due while nothing ran is answered all the same, by the first who asks.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import chain, count
from zoneinfo import ZoneInfo

from postventa.rules.counting import A_DAY, Holidays
from postventa.rules.office_hours import OfficeHours, Span

AN_HOUR = timedelta(hours=1)
LATE_AFTER = AN_HOUR
"""A call made longer than this after its plan was missed by everybody who should have made it."""
OVERDUE = "overdue"
USUAL = (50, 75, 90)
"""The ladder that the law's files name where they have no other: there the desk's own counts."""


class Role(StrEnum):
    """Who is called, from the bottom of the ladder."""

    OWNER = "owner"
    TEAM_LEAD = "team_lead"
    MANAGER = "manager"


class Voice(StrEnum):
    """How loud a clock is."""

    FULL = "full"
    """The ladder, and every day after the deadline: the clock that drives."""
    LADDER = "ladder"
    """The ladder and the deadline, and nothing after it: a duty of a day, of which nobody is told for weeks."""
    ONCE = "once"
    """Only when its deadline passes: an earlier clock of the same case does the calling."""
    SILENT = "silent"
    """Never: it is kept and shown."""


class ClockState(StrEnum):
    """How a clock stands. The first three tick."""

    RUNNING = "running"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    MET = "met"
    MISSED = "missed"
    NOT_APPLICABLE = "not_applicable"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class DeskHours:
    """When somebody is at the desk, and where that is."""

    office: OfficeHours
    zone: ZoneInfo
    holidays: Holidays

    def on_day_of(self, instant: datetime, days_later: int = 0) -> Span | None:
        """The open hours of the local day of `instant`, or some days later; None on a day off."""
        day = instant.astimezone(self.zone).date() + days_later * A_DAY
        return self.office.on(day, self.zone, self.holidays)

    def opening_on_day_of(self, instant: datetime, days_later: int) -> datetime:
        """When the desk opens on that day, or would if it were no day off."""
        day = instant.astimezone(self.zone).date() + days_later * A_DAY
        return datetime.combine(day, self.office.opens, tzinfo=self.office.zone or self.zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a clock: its name (`owner`, `overdue:2`), whom it is for, and when it was planned."""

    name: str
    role: Role
    planned_at: datetime

    @property
    def is_overdue(self) -> bool:
        return self.name.startswith(OVERDUE)

    def is_late(self, made_at: datetime) -> bool:
        return made_at - self.planned_at > LATE_AFTER


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a clock finds: how it stands, the calls to make now, and when to look again (None: never)."""

    state: ClockState
    calls: tuple[Call, ...]
    next_at: datetime | None
    ended_at: datetime | None = None
    """When what it wanted was done; None while it ticks."""


def shares_for(of_rule: Sequence[int], of_desk: Sequence[int]) -> tuple[int, ...]:
    """The shares of a clock's length at which the three are called: the rule's own where they are earlier."""
    if tuple(of_rule) in {(), USUAL}:
        return tuple(of_desk)
    wanted = (*of_rule, *of_desk[len(of_rule) :])
    return tuple(sorted(min(own, desk) for own, desk in zip(wanted, of_desk, strict=False)))


def look_at(
    started_at: datetime,
    due_at: datetime,
    now: datetime,
    *,
    desk: DeskHours,
    shares: Sequence[int],
    voice: Voice = Voice.FULL,
    made: AbstractSet[str] = frozenset(),
) -> Look:
    """How a ticking clock stands at `now`; `made` are the names of the calls that were made already."""
    steps = ladder(started_at, due_at, desk, shares)
    fell_due: list[Call] = []
    next_at = None
    planned = chain(steps, after_the_deadline(due_at, desk))
    for call in planned:  # pragma: no branch - there is always a next day
        if voice is not Voice.FULL and call.planned_at > due_at:
            break
        if call.planned_at > now:
            next_at = call.planned_at
            break
        fell_due.append(call)
    heard = {
        Voice.FULL: fell_due,
        Voice.LADDER: fell_due,
        Voice.ONCE: [call for call in fell_due if call.is_overdue],
        Voice.SILENT: [],
    }[voice]
    state = ClockState.RUNNING
    if now >= due_at:
        state = ClockState.OVERDUE
    elif fell_due:
        state = ClockState.DUE_SOON
    return Look(state, tuple(call for call in heard if call.name not in made), next_at)


def ladder(
    started_at: datetime, due_at: datetime, desk: DeskHours, shares: Sequence[int]
) -> tuple[Call, ...]:
    """The calls before the deadline, in order: never before the start, never after the desk's last hour."""
    latest = _latest(started_at, due_at, desk)
    calls = []
    for role, share in zip(Role, shares, strict=True):
        planned = started_at + (due_at - started_at) * share / 100
        if latest is not None:
            planned = min(_in_desk_hours(planned, latest, desk), latest)
        calls.append(Call(str(role), role, planned))
    return tuple(calls)


def after_the_deadline(due_at: datetime, desk: DeskHours) -> Iterator[Call]:
    """`overdue:1` the moment it is too late, and one more on every day that follows, at the hour when the desk opens.

    On days off too: the law is being broken on them, and a long weekend is too long to be told nothing.
    """
    yield Call(f"{OVERDUE}:1", Role.MANAGER, due_at)
    for days in count(1):  # pragma: no branch - there is always a next day
        yield Call(f"{OVERDUE}:{days + 1}", Role.MANAGER, desk.opening_on_day_of(due_at, days))


def _latest(started_at: datetime, due_at: datetime, desk: DeskHours) -> datetime | None:
    """The beginning of the last hour before the deadline in which somebody is there; None if there is no such hour."""
    days_back = 0
    while True:
        hours = desk.on_day_of(due_at, -days_back)
        if hours and hours[0] < due_at:
            opens, closes = hours
            last = min(closes, due_at)
            return max(started_at, opens, last - AN_HOUR) if last > started_at else None
        if due_at - days_back * A_DAY < started_at - A_DAY:
            return None
        days_back += 1


def _in_desk_hours(planned: datetime, latest: datetime, desk: DeskHours) -> datetime:
    """`planned`, or the next opening of the desk where nobody is there; no further than `latest`."""
    days = 0
    while planned + days * A_DAY <= latest + A_DAY:
        hours = desk.on_day_of(planned, days)
        if hours and planned < hours[1]:
            return max(planned, hours[0])
        days += 1
    return latest
