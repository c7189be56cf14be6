"""A contract's rules as SQL for DuckDB: every row is counted where it lies, however many there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from postventa.contract_measures import (
    Empty,
    LengthOutside,
    Measure,
    NotAbove,
    NotAmong,
    Outside,
    Query,
    Repeated,
    Rows,
    Scalar,
    Unlike,
)
from postventa.contract_schemas import arrow_schema
from postventa.contract_terms import Contract, ContractError, Result, Rule


@dataclass(frozen=True, slots=True)
class RowCheck:
    """One rule as a query over `{object}` that answers one number."""

    rule: Rule
    sql: str
    condition: str | None
    """What is true of the rows that are counted; checks that have one share a single scan."""


def row_checks(contract: Contract) -> list[RowCheck]:
    """Every rule of the dataset as a query."""
    return [_check(rule) for rule in contract.rules]


def check_rows(duck: duckdb.DuckDBPyConnection, relation: str, contract: Contract) -> list[Result]:
    """What became of each rule over a relation: a table, a view, or whatever else may stand after FROM.

    Raises ContractError, naming the rule, where a query cannot be run.
    """
    checks = row_checks(contract)
    together = [check for check in checks if check.condition is not None]
    counts = ["count(*)", *(f"count(*) FILTER (WHERE {check.condition})" for check in together)]
    rows, *found = _ask(duck, f"SELECT {', '.join(counts)} FROM {relation}", contract, "its columns")
    counted = {check.rule.id: number for check, number in zip(together, found, strict=True)}
    for check in checks:
        if check.condition is None:
            sql = check.sql.replace("{object}", relation)
            (counted[check.rule.id],) = _ask(duck, sql, contract, f"the rule {check.rule.id}")
    return [judge(check.rule, counted[check.rule.id], rows or 0) for check in checks]


def judge(rule: Rule, found: float | None, rows: int) -> Result:
    """Whether a number is what its rule wants; a query that answers nothing has not passed."""
    passed = found is not None and rule.must.holds(found, rows)
    return Result(rule.id, passed, rule.severity, rule.sentence, found, rows)


def try_rules(contract: Contract) -> None:
    """Runs every rule over no rows at all. Raises ContractError for the first that cannot be run."""
    with duckdb.connect() as duck:
        duck.register("nothing", arrow_schema(contract).empty_table())
        check_rows(duck, "nothing", contract)


def _ask(duck: duckdb.DuckDBPyConnection, sql: str, contract: Contract, what: str) -> list[Any]:
    try:
        found = duck.execute(sql).fetchall()
    except duckdb.Error as wrong:
        said = str(wrong).partition("\n")[0]
        raise ContractError(f"{contract.file}: {what} cannot be checked: {said}") from None
    # Sums of whole numbers come as Decimal from some queries.
    numbers = [float(one) if isinstance(one, Decimal) else one for one in (found[0] if found else ())]
    if len(found) != 1 or not all(isinstance(one, int | float | None) for one in numbers):
        raise ContractError(f"{contract.file}: {what} must answer one row of numbers")
    return numbers


def _check(rule: Rule) -> RowCheck:
    match rule.counts:
        case Query(sql):
            return RowCheck(rule, sql, None)
        case Repeated(columns):
            return RowCheck(rule, _repeated(columns), None)
        case Rows():
            condition = "true"
        case _:
            condition = _condition(rule.counts)
    return RowCheck(rule, f"SELECT count(*) FROM {{object}} WHERE {condition}", condition)


def _repeated(columns: tuple[str, ...]) -> str:
    names = [_name(column) for column in columns]
    is_whole = " AND ".join(f"{name} IS NOT NULL" for name in names)
    groups = f"SELECT count(*) AS n FROM {{object}} WHERE {is_whole} GROUP BY {', '.join(names)} HAVING count(*) > 1"
    return f"SELECT coalesce(sum(n), 0)::BIGINT FROM ({groups})"


def _condition(counts: Measure) -> str:
    match counts:
        case Empty(column, words):
            is_word = f" OR {_name(column)} IN ({_list(words)})" if words else ""
            return f"({_name(column)} IS NULL{is_word})"
        case Outside(column, least, most, is_least_out, is_most_out):
            return _outside(_name(column), least, most, is_least_out=is_least_out, is_most_out=is_most_out)
        case LengthOutside(column, least, most):
            return _outside(f"length({_name(column)})", least, most)
        case Unlike(column, pattern):
            return f"NOT regexp_full_match({_name(column)}, {_literal(pattern[1:-1])}, 's')"
        case NotAmong(column, values):
            return f"{_name(column)} NOT IN ({_list(values)})"
        case NotAbove(upper, lower, may_be_equal):
            return f"{_name(upper)} {'<' if may_be_equal else '<='} {_name(lower)}"
    raise AssertionError(counts)


def _outside(
    what: str,
    least: Scalar | None,
    most: Scalar | None,
    *,
    is_least_out: bool = False,
    is_most_out: bool = False,
) -> str:
    ends = []
    if least is not None:
        ends.append(f"{what} {'<=' if is_least_out else '<'} {_literal(least)}")
    if most is not None:
        ends.append(f"{what} {'>=' if is_most_out else '>'} {_literal(most)}")
    return f"({' OR '.join(ends)})"


def _list(values: Sequence[Scalar]) -> str:
    return ", ".join(map(_literal, values))


def _literal(value: Scalar) -> str:
    if isinstance(value, bool | int | float):
        return str(value).lower()
    if isinstance(value, datetime):
        return f"TIMESTAMPTZ '{value.isoformat()}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    return "'" + value.replace("'", "''") + "'"


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
