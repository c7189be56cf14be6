"""The pinned formulae of `postventa.rules.satisfaction` in SQL, for rollups of more answers than fit into memory.

Both say the same: a test holds one against the other, answer by answer.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from postventa.rules.satisfaction import (
    BANDS,
    CONTENT_AT_LEAST,
    DETRACTOR_AT_MOST,
    DIMENSIONS,
    EASY_AT_LEAST,
    LEAST_SHOWN,
    PROMOTER_AT_LEAST,
    Z,
)

ALL = "all"
"""Stands in a column over which a row sums up."""
_ZZ = Z * Z
_MIDDLE, _HALF = (
    f"(k / n + {_ZZ} / (2 * n))",
    f"({Z} * sqrt((k / n) * (1 - k / n) / n + {_ZZ} / (4 * n * n)))",
)
_BAND = " ".join(f"WHEN n >= {least} THEN '{name}'" for least, name in BANDS)
MACROS = f"""
CREATE OR REPLACE TEMP MACRO band_of(n) AS CASE {_BAND} ELSE '0' END;
CREATE OR REPLACE TEMP MACRO counted(n) AS CASE WHEN n = 0 OR n >= {LEAST_SHOWN} THEN n END;
CREATE OR REPLACE TEMP MACRO is_few(n) AS n > 0 AND n < {LEAST_SHOWN};
CREATE OR REPLACE TEMP MACRO wilson_low(k, n) AS
    CASE WHEN k = 0 THEN 0.0::DOUBLE ELSE ({_MIDDLE} - {_HALF}) / (1 + {_ZZ} / n) END;
CREATE OR REPLACE TEMP MACRO wilson_high(k, n) AS
    CASE WHEN k = n THEN 1.0::DOUBLE ELSE ({_MIDDLE} + {_HALF}) / (1 + {_ZZ} / n) END;
CREATE OR REPLACE TEMP MACRO shown(value, n) AS CASE WHEN n >= {LEAST_SHOWN} THEN value END;
CREATE OR REPLACE TEMP MACRO together(p, d, n) AS
    CASE WHEN (n - p) * (n - d) > 0 THEN -sqrt((p / n) * (d / n) / ((1 - p / n) * (1 - d / n))) ELSE 0.0::DOUBLE END;
CREATE OR REPLACE TEMP MACRO aside(a, b, r) AS sqrt(a * a - 2 * r * a * b + b * b);
CREATE OR REPLACE TEMP MACRO nps_low(p, d, n) AS greatest(-100.0::DOUBLE, 100 * (p / n - d / n
    - aside(p / n - wilson_low(p, n), wilson_high(d, n) - d / n, together(p, d, n))));
CREATE OR REPLACE TEMP MACRO nps_high(p, d, n) AS least(100.0::DOUBLE, 100 * (p / n - d / n
    + aside(wilson_high(p, n) - p / n, d / n - wilson_low(d, n), together(p, d, n))));
"""
"""Figures are made of whole numbers, so that they are the same to the last digit however many threads have summed."""


def asked(duck: Any, statement: str, values: Sequence[Any] = ()) -> pd.DataFrame:
    """The rows of a statement that may use the formulae, in types that keep what is missing."""
    duck.execute(MACROS)
    found: pd.DataFrame = (
        duck.execute(statement, list(values)).to_arrow_table().to_pandas(types_mapper=pd.ArrowDtype)
    )
    return found


def sums_of_means(scores: Iterable[str] = DIMENSIONS) -> str:
    """What means are made of."""
    return ", ".join(f"count({name}) AS {name}_n, sum({name}) AS {name}_sum" for name in scores)


def means(scores: Iterable[str] = DIMENSIONS) -> str:
    """A mean and its count for each score."""
    return ", ".join(
        f"shown({name}_sum / {name}_n, {name}_n) AS {name}, counted({name}_n) AS {name}_n" for name in scores
    )


def four_dimensions(scores: Sequence[str] = DIMENSIONS) -> str:
    """The mean of the dimensions' means; one that is not shown hides it."""
    parts = " + ".join(f"shown({name}_sum / {name}_n, {name}_n)" for name in scores)
    return f"({parts}) / {len(scores)} AS four_dimensions"


def hits(name: str, score: str, at_least: int) -> str:
    """What a share is made of: how many, and how many of them are at least so much."""
    return f"count({score}) AS {name}_n, count(*) FILTER (WHERE {score} >= {at_least}) AS {name}_hits"


def csat_hits(name: str, score: str) -> str:
    return hits(name, score, CONTENT_AT_LEAST)


def easy_hits(score: str = "ces") -> str:
    return hits("easy", score, EASY_AT_LEAST)


def share(name: str) -> str:
    """A share with its interval and its count."""
    k, n = f"{name}_hits", f"{name}_n"
    return (
        f"shown({k} / {n}, {n}) AS {name}, shown(wilson_low({k}, {n}), {n}) AS {name}_low, "
        f"shown(wilson_high({k}, {n}), {n}) AS {name}_high, counted({n}) AS {name}_n"
    )


def nps_hits(score: str = "nps") -> str:
    """What an NPS is made of."""
    return (
        f"count({score}) AS nps_n, count(*) FILTER (WHERE {score} >= {PROMOTER_AT_LEAST}) AS promoters, "
        f"count(*) FILTER (WHERE {score} <= {DETRACTOR_AT_MOST}) AS detractors"
    )


def nps() -> str:
    """The NPS with its interval and its count."""
    cell = "promoters, detractors, nps_n"
    return (
        f"shown(100 * (promoters - detractors) / nps_n, nps_n) AS nps, shown(nps_low({cell}), nps_n) AS nps_low, "
        f"shown(nps_high({cell}), nps_n) AS nps_high, counted(nps_n) AS nps_n"
    )
