"""What a rule of a contract counts, made of one element under `quality`; how much it may come to is `contract_rules`'."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from open_data_contract_standard.model import DataQuality

from postventa.contract_measures import Empty, Measure, NotAbove, NotAmong, Query, Repeated, Rows, Unlike
from postventa.contract_terms import Column, Kind, Place

ABOVE = "expect_column_pair_values_a_to_be_greater_than_b"
_UNFIT = re.compile(r"\(\?|\\[1-9A-Za-z]")
"""What engines lack or read differently: groups that look around, references back, classes by a letter."""
_PYTHON: Mapping[Kind, type | tuple[type, ...]] = {
    Kind.STRING: str,
    Kind.INTEGER: int,
    Kind.NUMBER: (int, float),
    Kind.BOOLEAN: bool,
    Kind.DATE: date,
    Kind.TIMESTAMP: datetime,
}


def measure_of(said: DataQuality, column: Column | None, columns: Sequence[Column], place: Place) -> Measure:
    if said.type in {None, "library"}:
        make = _METRICS.get(said.metric or "")
        if make is None:
            raise place.at("metric").error(f"must be one of {', '.join(_METRICS)}")
        _only(said, {"metric", "arguments"}, place)
        return make(said.arguments or {}, column, columns, place.at("arguments"))
    if said.type == "sql":
        _only(said, {"query"}, place)
        query = " ".join((said.query or "").split())
        if "{object}" not in query or not query.lower().startswith("select "):
            raise place.at("query").error("must be one SELECT over {object}, which stands for the table")
        return Query(query)
    if said.type == "custom":
        _only(said, {"engine", "implementation"}, place)
        return _custom(said, columns, place)
    raise place.at("type").error("must be library, sql or custom: nobody can check a text")


def _only(said: DataQuality, allowed: set[str], place: Place) -> None:
    for name in {"metric", "arguments", "query", "engine", "implementation"} - allowed:
        if getattr(said, name) is not None:
            raise place.at(name).error(f"has no meaning in a rule of type {said.type}")


def _custom(said: DataQuality, columns: Sequence[Column], place: Place) -> Measure:
    if said.engine != "greatExpectations":
        raise place.at("engine").error("must be greatExpectations")
    here, spec = place.at("implementation"), said.implementation
    if not isinstance(spec, dict) or set(spec) != {"type", "kwargs"} or spec["type"] != ABOVE:
        raise here.error(f"must be type: {ABOVE} with its kwargs; write everything else as type: sql")
    kwargs = spec["kwargs"]
    if not {"column_A", "column_B"} <= set(kwargs) <= {"column_A", "column_B", "or_equal", "ignore_row_if"}:
        raise here.at("kwargs").error("must be column_A, column_B and, where they may be equal, or_equal")
    if kwargs.get("ignore_row_if", "either_value_is_missing") != "either_value_is_missing":
        raise here.at("kwargs").error("may leave out a row only if either_value_is_missing")
    upper, lower = (
        _known(kwargs[name], columns, here.at(f"kwargs.{name}")) for name in ("column_A", "column_B")
    )
    if _family(upper.kind) != _family(lower.kind):
        raise here.error(f"compares a {upper.kind} with a {lower.kind}")
    return NotAbove(upper.name, lower.name, bool(kwargs.get("or_equal", False)))


Arguments = Mapping[str, Any]


def _empty(arguments: Arguments, column: Column | None, _columns: Sequence[Column], place: Place) -> Measure:
    _allow(arguments, set(), place)
    return Empty(_of(column, place).name)


def _missing(
    arguments: Arguments, column: Column | None, _columns: Sequence[Column], place: Place
) -> Measure:
    _allow(arguments, {"missingValues"}, place)
    words = tuple(str(one) for one in arguments.get("missingValues", []) if one is not None)
    if words and _of(column, place).kind is not Kind.STRING:
        raise place.at("missingValues").error("may name words only where the column holds text")
    return Empty(_of(column, place).name, words)


def _invalid(
    arguments: Arguments, column: Column | None, _columns: Sequence[Column], place: Place
) -> Measure:
    _allow(arguments, {"validValues", "pattern"}, place)
    here = _of(column, place)
    if set(arguments) == {"pattern"} and here.kind is Kind.STRING:
        return Unlike(here.name, pattern_of(arguments["pattern"], place.at("pattern")))
    values = arguments.get("validValues")
    if set(arguments) != {"validValues"} or not isinstance(values, list) or not values:
        raise place.error("must be validValues, a list that is not empty, or for text a pattern")
    return NotAmong(here.name, tuple(scalar_of(one, here, place.at("validValues")) for one in values))


def _repeated(
    arguments: Arguments, column: Column | None, columns: Sequence[Column], place: Place
) -> Measure:
    _allow(arguments, set() if column else {"properties"}, place)
    names = [column.name] if column else arguments.get("properties") or []
    if not names:
        raise place.at("properties").error("is missing: name the columns")
    return Repeated(tuple(_known(name, columns, place.at("properties")).name for name in names))


def _rows(arguments: Arguments, column: Column | None, _columns: Sequence[Column], place: Place) -> Measure:
    _allow(arguments, set(), place)
    if column:
        raise place.error("rowCount belongs to the table, not to a column")
    return Rows()


_METRICS: Mapping[str, Callable[[Arguments, Column | None, Sequence[Column], Place], Measure]] = {
    "nullValues": _empty,
    "missingValues": _missing,
    "invalidValues": _invalid,
    "duplicateValues": _repeated,
    "rowCount": _rows,
}


def _allow(arguments: Arguments, allowed: set[str], place: Place) -> None:
    for name in arguments:
        if name not in allowed:
            raise place.at(name).error(
                f"is not understood: {', '.join(sorted(allowed)) or 'nothing'} may stand there"
            )


def _of(column: Column | None, place: Place) -> Column:
    if column is None:
        raise place.error("belongs to a column: put the rule under its quality")
    return column


def _known(name: Any, columns: Sequence[Column], place: Place) -> Column:
    for column in columns:
        if column.name == name:
            return column
    raise place.error(f"names {name!r}, and there is no such column")


def _family(kind: Kind) -> str:
    return "number" if kind in {Kind.INTEGER, Kind.NUMBER} else kind


def scalar_of(value: Any, column: Column, place: Place) -> Any:
    """A value of the column's kind. The standard writes dates as text; YAML reads them as dates."""
    if isinstance(value, str) and column.kind in {Kind.DATE, Kind.TIMESTAMP}:
        try:
            value = date.fromisoformat(value) if column.kind is Kind.DATE else datetime.fromisoformat(value)
        except ValueError:
            raise place.error("must be written as 2026-01-31, an instant with its zone") from None
    wanted = _PYTHON.get(column.kind, ())
    if not isinstance(value, wanted) or (isinstance(value, bool) and column.kind is not Kind.BOOLEAN):
        raise place.error(f"must be a {column.kind}, as the column is")
    if isinstance(value, datetime) and value.tzinfo is None:
        raise place.error("must have a zone")
    return value


def pattern_of(written: Any, place: Place) -> str:
    """A pattern that means the same to everyone who checks it: whole text, no looking around."""
    if not isinstance(written, str) or not re.fullmatch(r"\^.*\$", written) or _UNFIT.search(written):
        raise place.error("must begin with ^ and end with $, with classes as [0-9] and without (?")
    try:
        re.compile(written)
    except re.error as wrong:
        raise place.error(f"is no regular expression: {wrong}") from None
    return written
