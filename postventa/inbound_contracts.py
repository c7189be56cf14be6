"""What the outside world sends, row by row, against its contract: plain Python, a few microseconds an order.

The contract is read once. A row that breaks a rule is told by the rule's name and sentence; its door hands it on to
the quarantine, and good rows go on.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from postventa.contract_measures import Empty, LengthOutside, Measure, NotAmong, Outside, Unlike
from postventa.contract_reading import read_contract
from postventa.contract_terms import ContractError, Table
from postventa.shipped import shipped

Check = tuple[str, Callable[[Any], bool], str]
"""A field, whether its value (which is there) is as promised, and what is said where it is not."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """One table of an inbound contract, compiled."""

    needed: tuple[tuple[str, str], ...]
    checks: tuple[Check, ...]
    columns: tuple[str, ...] = ()
    """Every column that is described."""

    def broken(self, row: Mapping[str, Any]) -> str | None:
        """The first rule that the row breaks, by name, with its sentence; None where it keeps them all."""
        for field, said in self.needed:
            if row.get(field) is None:
                return said
        for field, keeps, said in self.checks:
            value = row.get(field)
            if value is not None and not keeps(value):
                return said
        return None


@cache
def inbound(sender: str, table: str) -> Inbound:
    """What `data_contracts/inbound/<sender>.odcs.yaml` promises of a table. Raises ContractError."""
    found = read_contract(shipped("data_contracts") / "inbound" / f"{sender}.odcs.yaml")
    for one in found.tables:
        if one.name == table:
            return _compiled(one, found.file)
    raise ContractError(f"{found.file}: there is no schema {table}")


def broken_rules(promised: Inbound, rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The rules that some of the rows break, each once."""
    return tuple(dict.fromkeys(said for row in rows if (said := promised.broken(row))))


def _compiled(table: Table, file: str) -> Inbound:
    needed: list[tuple[str, str]] = []
    checks: list[Check] = []
    for rule in table.rules:
        match rule.counts:
            case Empty(column, ()):
                needed.append((column, f"{rule.id}: {column} is missing"))
            case Outside() | LengthOutside() | Unlike() | NotAmong():
                checks.append((rule.counts.column, _keeps(rule.counts), f"{rule.id}: {rule.sentence}"))
            case _ if rule.id != "key_unique":  # the same thing twice is what the inbox is for
                raise ContractError(
                    f"{file}: {rule.id} is about several rows: only single rows are checked here"
                )
    return Inbound(tuple(needed), tuple(checks), tuple(column.name for column in table.columns))


def _keeps(counts: Measure) -> Callable[[Any], bool]:
    match counts:
        case Unlike(_, pattern):
            whole = re.compile(pattern[1:-1]).fullmatch
            return lambda value: isinstance(value, str) and whole(value) is not None
        case NotAmong(_, values):
            return frozenset(values).__contains__
        case LengthOutside(_, least, most):
            low, high = least or 0, float("inf") if most is None else most
            return lambda value: isinstance(value, str) and low <= len(value) <= high
        case Outside():
            return partial(_lies_within, counts)
    raise AssertionError(counts)


def _lies_within(ends: Outside, value: Any) -> bool:
    least: Any = ends.least
    most: Any = ends.most
    return (
        isinstance(value, int | float)
        and (least is None or (value > least if ends.is_least_out else value >= least))
        and (most is None or (value < most if ends.is_most_out else value <= most))
    )
