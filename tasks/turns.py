"""Turns of flows: a run holds one while it works, and another that finds it taken ends at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from postventa.turns import take_turn
from postventa.workplace import open_workplace


@contextmanager
def turn(name: str) -> Iterator[bool]:
    """Holds the turn `name` for as long as the block runs; yields False, at once, if another run has it."""
    with take_turn(open_workplace(), name) as is_ours:
        yield is_ours
