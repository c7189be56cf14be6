"""What it means that a shop and we say the same of an order, how late news was, and which order numbers are missing."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from math import ceil

GRACE = timedelta(hours=1)
"""What changed within it may simply be on its way: the next poll hears of it."""
JUMP = timedelta(hours=1)
"""A cursor that is so much further ahead of our clock than usual has jumped."""
LEAST_POLLS = 3
DENSE = 0.8
"""Numbers are given out one after the other where at least so many of those between the first and the last are there."""
LEAST_JUDGED = 10
_NUMBER = re.compile(r"(.*?)(\d{1,18})")


class Difference(StrEnum):
    """How the shop's orders and ours differ."""

    MISSED = "missed"
    """The shop has an order that we never heard of."""
    STALE = "stale"
    """We hold an earlier state of it than the shop shows."""
    GONE = "gone"
    """We hold an order as alive that the shop has no more."""
    GAP = "gap"
    """Order numbers that neither of the two knows, in a row of numbers without others."""
    PARCEL = "parcel"
    """A carrier recorded something before our last look, and we did not have it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An order as far as the comparison asks, in the shop or with us."""

    modified_at: datetime
    raw_status: str = ""
    parcels: frozenset[str] = frozenset()


def difference(shop: Seen, ours: Seen | None) -> Difference | None:
    """How our order differs from the shop's. Parcels that we alone know are no difference: lists leave some out."""
    if ours is None:
        return Difference.MISSED
    if shop.modified_at > ours.modified_at:
        return Difference.STALE
    if shop.modified_at < ours.modified_at:
        return None  # changed again while the list was read
    is_same = shop.raw_status == ours.raw_status and shop.parcels <= ours.parcels
    return None if is_same else Difference.STALE


def is_on_its_way(modified_at: datetime, cursor: datetime, overlap: timedelta, now: datetime) -> bool:
    """Whether the next poll would have heard of it by itself, soon enough."""
    return modified_at > cursor - overlap and now - modified_at < GRACE


@dataclass(frozen=True, slots=True)
class Lag:
    """How long after its change in the shop something was with us, in seconds."""

    p50: float
    p95: float
    longest: float


def lag_of(seconds: Iterable[float]) -> Lag | None:
    """By the nearest rank; None where nothing came. A shop's clock that runs ahead makes nothing early."""
    found = sorted(max(one, 0.0) for one in seconds)
    return Lag(nearest_rank(found, 50), nearest_rank(found, 95), found[-1]) if found else None


def nearest_rank(values: Sequence[float], percent: int) -> float:
    """The value at that percentile of sorted values: always one of them."""
    return values[max(ceil(len(values) * percent / 100), 1) - 1]


def has_jumped(ahead: timedelta, lately: Sequence[timedelta]) -> bool:
    """Whether a cursor stands so far ahead of our clock as it does not usually stand.

    A shop whose clock is wrong is always ahead by the same, and loses nothing; one stamp that is ahead of all the
    others takes the cursor with it, and the poll passes over what changes until then. Where little is known, clocks
    are right.
    """
    usual = sorted(lately)[(len(lately) - 1) // 2] if len(lately) >= LEAST_POLLS else timedelta()
    return ahead - max(usual, timedelta()) > JUMP


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers from the first to the last of which none is there; `prefix` is what stands before them."""

    prefix: str
    first: int
    last: int

    @property
    def numbers(self) -> list[str]:
        return [f"{self.prefix}{number}" for number in range(self.first, self.last + 1)]

    def __str__(self) -> str:
        return (
            f"{self.prefix}{self.first}"
            if self.first == self.last
            else f"{self.prefix}{self.first}-{self.last}"
        )


def is_counted(number: str) -> bool:
    """Whether an order number ends in a count: PrestaShop's references are letters by chance, and its ids count."""
    return _NUMBER.fullmatch(number) is not None


def gaps(numbers: Iterable[str]) -> list[Gap]:
    """The holes in rows of order numbers, each prefix by itself.

    A shop that numbers its orders together with its pages and products has more holes than orders: its numbers prove
    nothing, and no hole is told.
    """
    rows: dict[str, set[int]] = {}
    for written in numbers:
        if match := _NUMBER.fullmatch(written):
            rows.setdefault(match[1], set()).add(int(match[2]))
    return [gap for prefix, row in sorted(rows.items()) for gap in _holes(prefix, sorted(row))]


def _holes(prefix: str, row: Sequence[int]) -> list[Gap]:
    if len(row) < LEAST_JUDGED or len(row) / (row[-1] - row[0] + 1) < DENSE:
        return []
    beside = pairwise(row)
    return [Gap(prefix, before + 1, after - 1) for before, after in beside if after - before > 1]
