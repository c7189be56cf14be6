"""What managers are told of figures: whether a change is sure, and whether one carrier or product differs from the others."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import hypot

from postventa.rules.satisfaction import Estimate

WEEKS = 13
"""How far back trends go."""
PERIOD = 4
"""Weeks: periods of 28 days have the same weekdays, so that a Sunday more does not look like a change."""
A_WEEK = timedelta(days=7)


class Told(StrEnum):
    """What is said of a difference."""

    BETTER = "better"
    WORSE = "worse"
    UNSURE = "unsure"
    """There is one, and chance alone may have made it."""


@dataclass(frozen=True, slots=True)
class Change:
    """By how much a figure differs from what it was, between which bounds that lies (95 %), and what is said of it."""

    value: float
    low: float
    high: float
    told: Told


@dataclass(frozen=True, slots=True)
class Week:
    """Seven local days that end with a night's day, or so many weeks earlier."""

    number: int
    """0 is the last."""
    first: date
    last: date


def weeks_until(night: date, count: int = WEEKS) -> tuple[Week, ...]:
    """The weeks that end with a night's day, the latest first."""
    return tuple(
        Week(number, night - A_WEEK * (number + 1) + timedelta(days=1), night - A_WEEK * number)
        for number in range(count)
    )


def change(now: Estimate, before: Estimate) -> Change | None:
    """How an estimate differs from an earlier one; None where one of them is not shown.

    Bounds of the difference of two independent figures by their own bounds: Newcombe, Statistics in Medicine 17
    (1998), p. 873, method 10. Of all figures here more is better.
    """
    if None in (now.value, now.low, now.high, before.value, before.low, before.high):
        return None
    value, low, high = _numbers(now)
    was, was_low, was_high = _numbers(before)
    by = value - was
    least, most = by - hypot(value - low, was_high - was), by + hypot(high - value, was - was_low)
    told = Told.BETTER if least > 0 else Told.WORSE if most < 0 else Told.UNSURE
    return Change(by, least, most, told)


def stands_out(part: Estimate, rest: Estimate) -> Told:
    """Whether a part clearly differs from the rest: only where their intervals do not touch, for many are looked at."""
    if None in (part.low, part.high, rest.low, rest.high):
        return Told.UNSURE
    _, low, high = _numbers(part)
    _, rest_low, rest_high = _numbers(rest)
    return Told.BETTER if low > rest_high else Told.WORSE if high < rest_low else Told.UNSURE


def _numbers(one: Estimate) -> tuple[float, float, float]:
    return one.value or 0.0, one.low or 0.0, one.high or 0.0
