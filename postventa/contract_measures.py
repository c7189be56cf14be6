"""What rules of a contract can count, and what a count must come to: plain values that every engine translates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

Scalar = str | int | float | bool | date


@dataclass(frozen=True, slots=True)
class Empty:
    """Rows whose column is empty, or holds a text that stands for nothing."""

    column: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Repeated:
    """Rows whose columns, taken together, stand in another row as well; a row with one of them empty is left out."""

    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outside:
    """Rows whose value lies outside; empty ones are left out, here and below."""

    column: str
    least: Scalar | None
    most: Scalar | None
    is_least_out: bool = False
    is_most_out: bool = False


@dataclass(frozen=True, slots=True)
class LengthOutside:
    """Rows whose text is too short or too long, in characters."""

    column: str
    least: int | None
    most: int | None


@dataclass(frozen=True, slots=True)
class Unlike:
    """Rows whose text is not, from its first to its last character, of this pattern."""

    column: str
    pattern: str


@dataclass(frozen=True, slots=True)
class NotAmong:
    """Rows whose value is none of these."""

    column: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class NotAbove:
    """Rows where `upper` is not above `lower` (or equal, where that is allowed)."""

    upper: str
    lower: str
    may_be_equal: bool


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows."""


@dataclass(frozen=True, slots=True)
class Query:
    """What a query over `{object}` answers: one number."""

    sql: str


Measure = Empty | Repeated | Outside | LengthOutside | Unlike | NotAmong | NotAbove | Rows | Query
"""What a rule counts."""

MUST: Mapping[str, Callable[[Any, Any], bool]] = {
    "mustBe": lambda found, said: found == said,
    "mustNotBe": lambda found, said: found != said,
    "mustBeGreaterThan": lambda found, said: found > said,
    "mustBeGreaterOrEqualTo": lambda found, said: found >= said,
    "mustBeLessThan": lambda found, said: found < said,
    "mustBeLessOrEqualTo": lambda found, said: found <= said,
    "mustBeBetween": lambda found, said: said[0] <= found <= said[1],
    "mustNotBeBetween": lambda found, said: not said[0] <= found <= said[1],
}


@dataclass(frozen=True, slots=True)
class Bound:
    """What a measure must come to, as a number of rows or as a percentage of all of them."""

    operator: str = "mustBe"
    said: Any = 0
    is_percent: bool = False

    def holds(self, found: float, rows: int) -> bool:
        """Whether a measure is as it must be; of no rows, no row is nought percent."""
        if self.is_percent:
            found = 100 * found / rows if rows else 0
        return MUST[self.operator](found, self.said)

    @property
    def is_none_at_all(self) -> bool:
        """Whether not one row may be counted."""
        return (self.operator, self.said) == ("mustBe", 0)
