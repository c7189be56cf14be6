"""What a data contract says, typed: tables, columns, rules and service levels; how it is written is `contract_reading`'s."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from postventa.contract_measures import Bound, Measure


class ContractError(ValueError):
    """A contract, or data that was promised to meet it, is wrong: the sentence says where and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a contract something stands, for the sentence that says what is wrong with it."""

    file: str
    path: str = ""

    def at(self, path: str) -> "Place":
        """A place within this one."""
        return Place(
            self.file, f"{self.path}.{path}" if self.path and not path.startswith("[") else self.path + path
        )

    def error(self, said: str) -> ContractError:
        """What is wrong here."""
        return ContractError(f"{self.file}: {f'{self.path} ' if self.path else ''}{said}")


class Kind(StrEnum):
    """What a column holds; the words are the standard's."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    ARRAY = "array"
    OBJECT = "object"


class Severity(StrEnum):
    """An error keeps a dataset from being published; a warning or a remark is told."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Rule:
    """One promise about the data: what is counted, and what it must come to."""

    id: str
    counts: Measure
    must: Bound
    severity: Severity
    sentence: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what it holds, in which unit, and whether it may be empty."""

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    is_required: bool = False
    key_position: int | None = None
    decimals: tuple[int, int] | None = None
    """Digits and decimals of an exact number; None for one that is not."""
    is_partition: bool = False
    is_personal: bool = False
    examples: tuple[str, ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    """Where its formula stands: a word on it and a link."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: what a row of it is, its columns and its rules."""

    name: str
    meaning: str
    grain: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell its rows apart, in their sequence."""
        found = [column for column in self.columns if column.key_position is not None]
        return tuple(column.name for column in sorted(found, key=lambda column: column.key_position or 0))


@dataclass(frozen=True, slots=True)
class Sla:
    """What is promised about time: how fresh the data is, how long it is kept, how often it comes."""

    freshness: timedelta | None = None
    freshness_of: str | None = None
    """The column whose newest instant counts; None: the moment of publication."""
    retention_years: int = 0
    retention_days: int = 0
    retention_of: str | None = None
    frequency: str = ""
    available_by: str = ""

    def kept_from(self, today: date) -> date | None:
        """The first day that is still kept on `today`; None where nothing says how long."""
        if not (self.retention_years or self.retention_days):
            return None
        day = today - timedelta(days=self.retention_days)
        leap = (day.month, day.day) == (2, 29)
        return day.replace(year=day.year - self.retention_years, day=28 if leap else day.day)


@dataclass(frozen=True, slots=True)
class Contract:
    """A data contract: who promises what, in which version. A dataset's has one table, named as it is."""

    name: str
    version: str
    status: str
    purpose: str
    usage: str
    limitations: str
    owner: str
    contact: str
    sla: Sla
    tables: tuple[Table, ...]
    sources: tuple[tuple[str, str], ...]
    file: str
    """The path it was read from, for sentences."""

    @property
    def table(self) -> Table:
        """The one table of a dataset."""
        return self.tables[0]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The dataset's columns in their sequence."""
        return self.table.columns

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell the dataset's rows apart."""
        return self.table.key

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Everything that is promised about the dataset's rows."""
        return self.table.rules

    @property
    def grain(self) -> str:
        """What one row of the dataset is."""
        return self.table.grain

    @property
    def major(self) -> int:
        """The first number of its version."""
        return int(self.version.partition(".")[0])


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one rule: passed or not, and the number that was found."""

    rule: str
    passed: bool
    severity: Severity
    sentence: str
    observed: float | None
    """None where the query of a rule answered nothing."""
    rows: int = 0

    @property
    def blocks(self) -> bool:
        """Whether the dataset must not be published."""
        return not self.passed and self.severity is Severity.ERROR
