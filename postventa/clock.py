"""The one clock of the service: everything that asks for "now" asks here.

Tests freeze it, `--now` sets it for a command, and the demo lets it run fast. A fast clock is shared by
every process that has the same `POSTVENTA_CLOCK` in its environment, because it is computed from the real
time and nothing else: no process has to tell another what time it is.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

ENVIRONMENT_KEY = "POSTVENTA_CLOCK"


class NotAClock(ValueError):
    """`POSTVENTA_CLOCK` or `--now` holds something that is not an instant with a zone."""


@dataclass(frozen=True, slots=True)
class Clock:
    """An instant `start` that stood at real time `since` (epoch seconds) and runs `speed` times as fast.

    Speed 0 is a frozen clock.
    """

    start: datetime
    since: float
    speed: float

    def now(self) -> datetime:
        return self.start + timedelta(seconds=(time.time() - self.since) * self.speed)

    def written(self) -> str:
        """The clock as text that `read_clock` reads back, for the environment of another process."""
        return f"{self.start.isoformat()}@{self.since!r}x{self.speed!r}"


_set: Clock | None = None


def now() -> datetime:
    """The present instant, in UTC."""
    if _set is not None:
        return _set.now()
    written = os.environ.get(ENVIRONMENT_KEY)
    return read_clock(written).now() if written else datetime.now(UTC)


def wall() -> datetime:
    """The real time in UTC, whatever the clock is set to: for leases and claims, which ask who is still alive."""
    return datetime.now(UTC)


def written() -> str:
    """The clock that this process goes by, for the environment of another one; empty if it is the real time."""
    return _set.written() if _set is not None else os.environ.get(ENVIRONMENT_KEY, "")


def read_clock(written: str) -> Clock:
    """Reads `2026-11-02T08:00:00Z` (frozen) or `INSTANTxSPEED` with `@EPOCH` before the `x` (running).

    Raises NotAClock if the text is not one of the two or the instant has no zone.
    """
    instant, _, running = written.partition("@")
    since, _, speed = running.partition("x")
    try:
        start = read_instant(instant)
        return Clock(start, float(since or 0), float(speed or 0))
    except ValueError as wrong:
        raise NotAClock(
            f"{written!r} is not a clock: write an instant with its zone, such as 2026-11-02T08:00:00Z"
        ) from wrong


def read_instant(written: str) -> datetime:
    """Reads an ISO 8601 instant that names its zone and answers it in UTC. Raises NotAClock otherwise."""
    try:
        instant = datetime.fromisoformat(written.strip())
    except ValueError as wrong:
        raise NotAClock(f"{written!r} is not an ISO 8601 instant, such as 2026-11-02T08:00:00Z") from wrong
    if instant.tzinfo is None:
        raise NotAClock(f"{written!r} has no zone: end it with Z or an offset such as +01:00")
    return instant.astimezone(UTC)


@contextmanager
def clock_set_to(clock: Clock | datetime) -> Iterator[None]:
    """Sets the clock of this process for a while: an instant freezes it."""
    global _set  # noqa: PLW0603 - one clock a process is the point
    before = _set
    _set = clock if isinstance(clock, Clock) else Clock(clock.astimezone(UTC), time.time(), 0)
    try:
        yield
    finally:
        _set = before
