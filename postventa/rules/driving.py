"""Which clock drives a case, and how loud the others are beside it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, TypeVar

from postventa.rules.counting import A_DAY, A_SECOND
from postventa.rules.escalation import Voice
from postventa.rules.statutes import Direction


class Running(Protocol):
    """A clock that ticks, as far as it matters for who calls."""

    @property
    def id(self) -> int: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def direction(self) -> str: ...
    @property
    def is_shadow(self) -> bool: ...
    @property
    def is_statutory(self) -> bool: ...


T = TypeVar("T", bound=Running)


def is_duty(clock: Running) -> bool:
    """A duty of the shop that is more than shown."""
    return clock.direction == Direction.TRADER_DUTY and not clock.is_shadow


def is_at_once(clock: Running) -> bool:
    """A duty that machines fulfil, such as a receipt; a person is called when they did not."""
    return clock.is_statutory and clock.due_at - clock.started_at < A_DAY


def is_of_a_day(clock: Running) -> bool:
    """A duty of the law for which there is a day."""
    return clock.is_statutory and clock.due_at - clock.started_at <= A_DAY + A_SECOND


def binds(clock: Running) -> bool:
    """Whether a clock can drive its case: a duty of the law, and one for people."""
    return clock.is_statutory and is_duty(clock) and not is_at_once(clock)


def driver(clocks: Iterable[T]) -> T | None:
    """Of the clocks of one case that tick, the one that drives it: the earliest that binds."""
    return min(filter(binds, clocks), key=lambda clock: (clock.due_at, clock.id), default=None)


def voice_of(clock: T, clocks: Iterable[T]) -> Voice:
    """How loud a clock is among those of its case: two ladders at once would call everybody twice."""
    if not is_duty(clock):
        return Voice.SILENT
    if is_at_once(clock):
        return Voice.ONCE
    if is_of_a_day(clock):
        return Voice.LADDER
    drives = driver(clocks)
    return Voice.FULL if drives is None or drives.id == clock.id or not binds(clock) else Voice.ONCE
