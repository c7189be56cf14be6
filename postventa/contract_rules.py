"""Makes rules of what a contract says: of each column's own options, and of each element under `quality`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from open_data_contract_standard.model import DataQuality, SchemaObject, SchemaProperty

from postventa.contract_measures import (
    MUST,
    Bound,
    Empty,
    LengthOutside,
    Measure,
    NotAbove,
    NotAmong,
    Outside,
    Query,
    Repeated,
    Rows,
    Unlike,
)
from postventa.contract_metrics import measure_of, pattern_of, scalar_of
from postventa.contract_terms import Column, Kind, Place, Rule, Severity

OPTIONS: Mapping[Kind, frozenset[str]] = {
    Kind.STRING: frozenset({"minLength", "maxLength", "pattern"}),
    Kind.INTEGER: frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}),
    Kind.NUMBER: frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}),
    Kind.DATE: frozenset({"minimum", "maximum"}),
    Kind.TIMESTAMP: frozenset({"minimum", "maximum"}),
    Kind.BOOLEAN: frozenset(),
    Kind.ARRAY: frozenset(),
    Kind.OBJECT: frozenset(),
}
DIMENSIONS = (
    *("accuracy", "completeness", "conformity", "consistency", "coverage", "timeliness", "uniqueness"),
)
"""What the standard calls the sides of quality."""


def rules_of(schema: SchemaObject, columns: Sequence[Column], place: Place) -> tuple[Rule, ...]:
    """Every rule of a table, the columns' before the table's own; each has a name of its own."""
    rules: list[Rule] = []
    for column, prop in zip(columns, schema.properties or [], strict=True):
        here = place.at(f"properties[{column.name}]")
        rules += _own(column, prop, here)
        rules += [
            _quality(one, column, columns, here, number) for number, one in enumerate(prop.quality or [])
        ]
    key = [column.name for column in columns if column.key_position is not None]
    if key:
        rules.append(_plain("key_unique", Repeated(tuple(key)), f"No two rows share {_and(key)}."))
    rules += [_quality(one, None, columns, place, number) for number, one in enumerate(schema.quality or [])]
    names = [rule.id for rule in rules]
    for name in names:
        if names.count(name) > 1:
            raise place.at("quality").error(f"has two rules called {name}: give one another id")
    return tuple(rules)


def _own(column: Column, prop: SchemaProperty, place: Place) -> Iterator[Rule]:
    """What required, unique and logicalTypeOptions promise."""
    name, options = column.name, prop.logicalTypeOptions or {}
    if column.is_required:
        yield _plain(f"{name}_required", Empty(name), f"{name} is never empty.")
    if prop.unique:
        yield _plain(f"{name}_unique", Repeated((name,)), f"No value of {name} stands in two rows.")
    here = place.at("logicalTypeOptions")
    for option in options:
        if option not in OPTIONS[column.kind]:
            allowed = ", ".join(sorted(OPTIONS[column.kind])) or "nothing"
            raise here.at(option).error(f"is no option of a {column.kind}: {allowed} may stand there")
    yield from _range(column, options, here)
    least, most = options.get("minLength"), options.get("maxLength")
    if least is not None or most is not None:
        if not all(value is None or (isinstance(value, int) and value >= 0) for value in (least, most)):
            raise here.error("has a length that is no whole number")
        if least is not None and most is not None and least > most:
            raise here.error(f"is impossible: minLength {least} is above maxLength {most}")
        yield _plain(
            f"{name}_length",
            LengthOutside(name, least, most),
            f"{name} has {_from_to(least, most)} characters.",
        )
    if "pattern" in options:
        pattern = pattern_of(options["pattern"], here.at("pattern"))
        yield _plain(f"{name}_pattern", Unlike(name, pattern), f"{name} is written as {pattern}.")


def _range(column: Column, options: Mapping[str, Any], place: Place) -> Iterator[Rule]:
    least, is_least_out = _end("minimum", column, options, place)
    most, is_most_out = _end("maximum", column, options, place)
    if least is None and most is None:
        return
    if (
        least is not None
        and most is not None
        and (least > most or (least == most and (is_least_out or is_most_out)))
    ):
        raise place.error(f"is impossible: nothing lies between {least} and {most}")
    words = [
        *([f"{'above' if is_least_out else 'at least'} {least}"] if least is not None else []),
        *([f"{'below' if is_most_out else 'at most'} {most}"] if most is not None else []),
    ]
    counts = Outside(column.name, least, most, is_least_out, is_most_out)
    yield _plain(f"{column.name}_range", counts, f"{column.name} is {' and '.join(words)}.")


def _end(end: str, column: Column, options: Mapping[str, Any], place: Place) -> tuple[Any, bool]:
    """One end of a range, and whether it lies outside itself."""
    exclusive = f"exclusive{end.capitalize()}"
    if end in options and exclusive in options:
        raise place.at(exclusive).error(f"cannot stand beside {end}")
    said = options.get(end, options.get(exclusive))
    return None if said is None else scalar_of(said, column, place.at(end)), exclusive in options


def _quality(
    said: DataQuality, column: Column | None, columns: Sequence[Column], place: Place, number: int
) -> Rule:
    """One element under `quality`."""
    here = place.at(f"quality[{said.id or number}]")
    metric = said.metric or said.type or ""
    counts = measure_of(said, column, columns, here)
    name = said.id or (f"{column.name}_{_snake(metric)}" if column and said.type == "library" else "")
    if not name or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise here.at("id").error(
            "must be there, in lower case letters, digits and _: a rule fails by its name"
        )
    try:
        severity = Severity(said.severity or Severity.ERROR)
    except ValueError:
        raise here.at("severity").error(f"must be one of {', '.join(Severity)}") from None
    if said.dimension not in {None, *DIMENSIONS}:
        raise here.at("dimension").error(f"must be one of {', '.join(DIMENSIONS)}")
    must = Bound() if isinstance(counts, NotAbove) else _bound(said, counts, here)
    sentence = " ".join((said.description or "").split()) or _sentence(counts)
    if not sentence:
        raise here.at("description").error("is missing: say in a sentence what is promised")
    return Rule(name, counts, must, severity, sentence)


def _bound(said: DataQuality, counts: Measure, place: Place) -> Bound:
    given = {name: value for name in MUST if (value := getattr(said, name)) is not None}
    if len(given) != 1:
        raise place.error(f"must say once what it comes to, by one of {', '.join(MUST)}")
    ((operator, value),) = given.items()
    numbers = value if isinstance(value, list) else [value]
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in numbers):
        raise place.at(operator).error("must be a number")
    if said.unit not in {None, "rows", "percent"}:
        raise place.at("unit").error("must be rows or percent")
    is_percent = said.unit == "percent"
    if is_percent and isinstance(counts, Rows | Query):
        raise place.at("unit").error("must be rows: this does not count some rows among all")
    most = 100 if is_percent else float("inf")
    low, high = min(numbers), max(numbers)
    is_never = {
        "mustBe": low < 0 or high > most,
        "mustBeGreaterThan": low >= most,
        "mustBeGreaterOrEqualTo": low > most,
        "mustBeLessThan": high <= 0,
        "mustBeLessOrEqualTo": high < 0,
        "mustBeBetween": numbers[0] > numbers[-1] or high < 0 or low > most,
    }.get(operator, False)
    if is_never and not isinstance(counts, Query):
        raise place.at(operator).error(f"is impossible: no number of rows can be {value}")
    if operator == "mustBeBetween" and numbers[0] > numbers[1]:
        raise place.at(operator).error(f"is impossible: {numbers[0]} is above {numbers[1]}")
    return Bound(operator, tuple(numbers) if isinstance(value, list) else value, is_percent)


def _plain(name: str, counts: Measure, sentence: str) -> Rule:
    return Rule(name, counts, Bound(), Severity.ERROR, sentence)


def _sentence(counts: Measure) -> str:
    match counts:
        case Empty(column, _):
            return f"{column} is seldom empty."
        case NotAmong(column, values):
            return f"{column} is one of {', '.join(map(str, values))}."
        case Unlike(column, pattern):
            return f"{column} is written as {pattern}."
        case Repeated(columns):
            return f"No two rows share {_and(columns)}."
        case NotAbove(upper, lower, may_be_equal):
            return f"{upper} is {'never below' if may_be_equal else 'above'} {lower}."
    return ""


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _from_to(least: int | None, most: int | None) -> str:
    if least is None or most is None:
        return f"at most {most}" if least is None else f"at least {least}"
    return str(least) if least == most else f"{least} to {most}"


def _snake(word: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", word).lower()
