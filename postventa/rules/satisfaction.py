"""The pinned formulae of satisfaction: what NPS, CSAT and CES are here, how sure they are, and when too few have answered.

Vendors differ on all of them, so each is said once, here; the contracts of the datasets cite these names, and the
rollups in SQL must give the same numbers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

FORMULAE = "1"
"""Their version: a change that changes a number is another one, and a major version of every dataset that cites it."""
LEAST_SHOWN = 5
"""Fewer answers than this are not shown: a mean of three is somebody's opinion, and somebody may know whose."""
Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution: intervals of 95 %."""
DETRACTOR_AT_MOST, PROMOTER_AT_LEAST = 6, 9
"""Of 0 to 10. A zero is a detractor, although some tools begin at 1."""
CONTENT_AT_LEAST = 4
"""Of 1 to 5: CSAT is the top two boxes."""
EASY_AT_LEAST = 5
"""Of 1 to 7, where 7 is easy."""
DIMENSIONS = ("order_condition", "delivery_time", "customer_care", "overall_experience")
BANDS = ((100, "100+"), (30, "30-99"), (10, "10-29"), (LEAST_SHOWN, "5-9"), (1, "1-4"))
"""What is said of a count instead of it, the largest first."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval and how many answers it rests on; nothing but a band where they are too few."""

    n: int | None
    band: str
    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_masked(self) -> bool:
        """Whether there were answers, and too few to be shown."""
        return self.n is None


def share(hits: int, n: int) -> Estimate:
    """How many of `n`, as a share from 0 to 1."""
    return _shown(n, hits / n, *wilson(hits, n)) if n >= LEAST_SHOWN else _hidden(n)


def csat(ratings: Sequence[int]) -> Estimate:
    """The share of 4 and 5 among ratings of 1 to 5 (not their mean)."""
    return share(sum(rating >= CONTENT_AT_LEAST for rating in ratings), len(ratings))


def easy(efforts: Sequence[int]) -> Estimate:
    """The share of 5 to 7 among efforts of 1 to 7."""
    return share(sum(effort >= EASY_AT_LEAST for effort in efforts), len(efforts))


def ces(efforts: Sequence[int]) -> Estimate:
    """The mean of efforts of 1 to 7; `easy` is the share that goes with it."""
    return mean(efforts)


def mean(ratings: Sequence[int]) -> Estimate:
    """The mean of one dimension, without an interval: its steps are no measure, and n says how far to trust it."""
    n = len(ratings)
    return _shown(n, sum(ratings) / n) if n >= LEAST_SHOWN else _hidden(n)


def four_dimensions(means: Iterable[Estimate]) -> float | None:
    """The mean of the four dimensions' means, each counting the same; None while one of them is not shown."""
    values = [one.value for one in means]
    shown = [value for value in values if value is not None]
    return sum(shown) / len(shown) if shown and len(shown) == len(values) else None


def nps(scores: Sequence[int]) -> Estimate:
    """The percentage of 9 and 10 less that of 0 to 6, from -100 to 100."""
    promoters = sum(score >= PROMOTER_AT_LEAST for score in scores)
    detractors = sum(score <= DETRACTOR_AT_MOST for score in scores)
    return nps_of(promoters, detractors, len(scores))


def nps_of(promoters: int, detractors: int, n: int) -> Estimate:
    """The same of scores that are counted already."""
    if n < LEAST_SHOWN:
        return _hidden(n)
    return _shown(n, 100 * (promoters - detractors) / n, *nps_interval(promoters, detractors, n))


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The Wilson score interval of a share: it stays within 0 and 1, and means something where all answers are equal."""
    if not 0 <= hits <= n or n == 0:
        raise ValueError(f"{hits} of {n} is no share")
    p, zz = hits / n, Z * Z
    middle = p + zz / (2 * n)
    half = Z * sqrt(p * (1 - p) / n + zz / (4 * n * n))
    low, high = (middle - half) / (1 + zz / n), (middle + half) / (1 + zz / n)
    # Where all or none are hits the bound is exact; a rest of the arithmetic must not say 1e-17.
    return (0.0 if hits == 0 else low), (1.0 if hits == n else high)


def nps_interval(promoters: int, detractors: int, n: int) -> tuple[float, float]:
    """The interval of an NPS, from the Wilson intervals of both shares.

    They are parts of one whole, so more of the one is less of the other: Newcombe's interval for the difference of
    two such shares (Statistics in Medicine 17, 1998, p. 2635), with their correlation.
    """
    p, d = promoters / n, detractors / n
    (p_low, p_high), (d_low, d_high) = wilson(promoters, n), wilson(detractors, n)
    spread = (1 - p) * (1 - d)
    together = -sqrt(p * d / spread) if spread > 0 else 0.0
    below = _aside(p - p_low, d_high - d, together)
    above = _aside(p_high - p, d - d_low, together)
    return max(-100.0, 100 * (p - d - below)), min(100.0, 100 * (p - d + above))


def band_of(n: int) -> str:
    """A count, told no closer than it may be known."""
    return next((name for least, name in BANDS if n >= least), "0")


def _aside(one: float, other: float, together: float) -> float:
    return sqrt(one * one - 2 * together * one * other + other * other)


def _shown(n: int, value: float, low: float | None = None, high: float | None = None) -> Estimate:
    return Estimate(n, band_of(n), value, low, high)


def _hidden(n: int) -> Estimate:
    """Without answers there is nothing to hide, and nothing to say."""
    return Estimate(None if n else 0, band_of(n))
