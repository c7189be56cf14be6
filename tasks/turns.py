"""Turns of flows: a run holds one while it works, and another that finds it taken ends at once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from postventa.turns import take_turn
from postventa.workplace import open_workplace

ASK_AGAIN_SECONDS = 1.0


@contextmanager
def turn(name: str, *, wait_seconds: float = 0) -> Iterator[bool]:
    """Holds the turn `name` for as long as the block runs; yields False if another run has it, and has not ended in time."""
    place, until = open_workplace(), time.monotonic() + wait_seconds
    while True:
        with take_turn(place, name) as is_ours:
            if is_ours or time.monotonic() >= until:
                yield is_ours
                return
        time.sleep(ASK_AGAIN_SECONDS)
