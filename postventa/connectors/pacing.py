"""How often an account may be asked: evenly paced before sending, instead of being refused and asked to wait.

Every thread of the process that asks for the same account shares one pace, whichever door it came through.
"""

import threading
import time

_USED = 0.988
"""The share of the limit that is used: the rest absorbs threads that wake up late and uneven ways to the server."""
_LATE = 0.004
"""Seconds of lateness that the next request may catch up; well below what `_USED` leaves in a second."""


class Pace:
    """Lets one request through at a time, never more than `per_second` in any second."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1 / (per_second * _USED)
        self._turn = threading.Lock()
        self._next = 0.0
        self._held_until = 0.0

    def wait(self) -> None:
        """Returns when the next request may be sent."""
        with self._turn:
            while (wait := max(self._next, self._held_until) - time.monotonic()) > 0:
                time.sleep(wait)
            self._next = max(self._next, time.monotonic() - _LATE) + self._gap

    def hold(self, seconds: float) -> None:
        """Lets nobody through for a while: the account was told to wait."""
        self._held_until = max(self._held_until, time.monotonic() + seconds)


_paces: dict[tuple[str, float], Pace] = {}
_registering = threading.Lock()


def pace_of(account: str, per_second: float) -> Pace:
    """The one pace of this account in this process."""
    with _registering:
        return _paces.setdefault((account, per_second), Pace(per_second))
