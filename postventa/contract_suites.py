"""A contract's rules as a Great Expectations suite, run over a frame before it is published.

Great Expectations is imported where it is first used: that alone takes seconds. What it has no expectation for, a
rule in SQL, is asked of DuckDB over the same frame.
"""

import logging
import warnings
from collections.abc import Mapping
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from postventa.contract_checks import check_rows, judge
from postventa.contract_measures import (
    Bound,
    Empty,
    LengthOutside,
    NotAbove,
    NotAmong,
    Outside,
    Query,
    Repeated,
    Rows,
    Unlike,
)
from postventa.contract_schemas import conform
from postventa.contract_terms import Contract, ContractError, Result, Rule, Severity

SEVERITIES: Mapping[Severity, str] = {
    Severity.ERROR: "critical",
    Severity.WARNING: "warning",
    Severity.INFO: "info",
}
_COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}
"""No value of a row is kept beside the result."""
_TALKATIVE = ("great_expectations.data_context.types.base",)
"""They set a level of their own and tell of every folder that they make."""


def suite(contract: Contract) -> Any:
    """The rules that Great Expectations can check, as its ExpectationSuite."""
    gx = _great_expectations()
    made = [_expectation(rule) for rule in contract.rules if _is_expected(rule)]
    return gx.ExpectationSuite(
        name=contract.name, expectations=made, meta={"contract_version": contract.version}
    )


def _is_expected(rule: Rule) -> bool:
    """Whether Great Expectations has an expectation for it; everything else is SQL's."""
    return not (isinstance(rule.counts, Query) or (isinstance(rule.counts, Empty) and rule.counts.words))


def validate(frame: pd.DataFrame, contract: Contract) -> list[Result]:
    """What became of every rule of the contract over this frame, in the contract's sequence.

    Raises ContractError where the frame does not even have the contract's columns.
    """
    table = conform(frame, contract)
    exact = table.to_pandas(types_mapper=_whole)
    counted = _counted(exact, contract)
    asked = [rule for rule in contract.rules if rule.id not in counted]
    by_sql = {one.rule: one for one in _asked(table, contract)} if asked else {}
    return [
        judge(rule, counted[rule.id], len(exact)) if rule.id in counted else by_sql[rule.id]
        for rule in contract.rules
    ]


def _whole(kind: pa.DataType) -> pd.Int64Dtype | None:
    """Whole numbers stay whole where some are missing."""
    return pd.Int64Dtype() if pa.types.is_integer(kind) else None


def _counted(frame: pd.DataFrame, contract: Contract) -> dict[str, int]:
    """What Great Expectations counted, by rule."""
    gx = _great_expectations()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    context.variables.analytics_enabled = False
    source = context.data_sources.add_pandas("published").add_dataframe_asset(contract.name)
    batch = source.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own, about pandas
        outcome = batch.validate(suite(contract), result_format=_COUNTS_ONLY)
    counted = {}
    for one in outcome.results:
        rule = one.expectation_config.meta["rule"]
        found = one.result.get("unexpected_count", one.result.get("observed_value"))
        if found is None:
            raise ContractError(f"{contract.file}: the rule {rule} cannot be checked by Great Expectations")
        counted[rule] = int(found)
    return counted


def _asked(table: pa.Table, contract: Contract) -> list[Result]:
    with duckdb.connect() as duck:
        duck.register("published", table)
        return check_rows(duck, "published", contract)


def _expectation(rule: Rule) -> Any:
    name, kwargs = _compiled(rule)
    make = getattr(_great_expectations().expectations, name)
    return make(
        **kwargs, meta={"rule": rule.id}, severity=SEVERITIES[rule.severity], description=rule.sentence
    )


def _compiled(rule: Rule) -> tuple[str, dict[str, Any]]:
    """The name of an expectation and what it is told."""
    made: tuple[str, dict[str, Any]]
    match rule.counts:
        case Empty(column, ()):
            made = "ExpectColumnValuesToNotBeNull", {"column": column}
        case Repeated((column,)):
            made = "ExpectColumnValuesToBeUnique", {"column": column}
        case Repeated(columns):
            several = {"column_list": list(columns), "ignore_row_if": "any_value_is_missing"}
            made = "ExpectCompoundColumnsToBeUnique", several
        case Outside(column, least, most, is_least_out, is_most_out):
            ends = {
                "min_value": least,
                "max_value": most,
                "strict_min": is_least_out,
                "strict_max": is_most_out,
            }
            made = "ExpectColumnValuesToBeBetween", {"column": column, **ends}
        case LengthOutside(column, least, most):
            ends = {"min_value": least, "max_value": most}
            made = "ExpectColumnValueLengthsToBeBetween", {"column": column, **ends}
        case Unlike(column, pattern):
            whole = rf"\A(?:{pattern[1:-1]})\z"  # $ would let a line's end through
            made = "ExpectColumnValuesToMatchRegex", {"column": column, "regex": whole}
        case NotAmong(column, values):
            made = "ExpectColumnValuesToBeInSet", {"column": column, "value_set": list(values)}
        case NotAbove(upper, lower, may_be_equal):
            pair = {"column_A": upper, "column_B": lower, "or_equal": may_be_equal}
            made = (
                "ExpectColumnPairValuesAToBeGreaterThanB",
                pair | {"ignore_row_if": "either_value_is_missing"},
            )
        case Rows():
            return "ExpectTableRowCountToBeBetween", _between(rule.must)
        case _:
            raise AssertionError(rule.counts)
    return made[0], made[1] | _mostly(rule.must)


def _mostly(must: Bound) -> dict[str, float]:
    """The share of rows that must be good, for those who run the suite by themselves."""
    if must.is_percent and must.operator in {"mustBeLessThan", "mustBeLessOrEqualTo"}:
        return {"mostly": 1 - must.said / 100}
    return {}


def _between(must: Bound) -> dict[str, int]:
    """A row count's bounds; none where it must only be something else."""
    if must.operator == "mustBeBetween":
        return {"min_value": must.said[0], "max_value": must.said[1]}
    return {
        "mustBe": {"min_value": must.said, "max_value": must.said},
        "mustBeGreaterThan": {"min_value": must.said, "strict_min": True},
        "mustBeGreaterOrEqualTo": {"min_value": must.said},
        "mustBeLessThan": {"max_value": must.said, "strict_max": True},
        "mustBeLessOrEqualTo": {"max_value": must.said},
    }.get(must.operator, {})


def _great_expectations() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own, about its dependencies
        import great_expectations
    for noisy in _TALKATIVE:
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return great_expectations
