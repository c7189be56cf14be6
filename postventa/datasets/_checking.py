"""Checking: whether what was built meets its contract, by SQL over every row and by Great Expectations over the newest."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa

from postventa.contract_checks import check_rows, judge
from postventa.contract_measures import Rows
from postventa.contract_suites import validate
from postventa.contracts import Contract, ContractError, Result, arrow_schema
from postventa.datasets._builders import Builder
from postventa.datasets._loading import read_partition
from postventa.datasets._manifest import Check, Partition
from postventa.datasets._shelf import Shelf
from postventa.datasets._views import show

ROWS_FOR_GX = 100_000
"""Great Expectations looks at the newest days that have no more rows than this, and at one day whatever it has."""
BUILT = "was_built"
"""The name of the rule that a builder breaks by failing."""


def check(
    duck: Any,
    shelf: Shelf,
    builder: Builder,
    contract: Contract,
    built: Mapping[date, Partition],
    *,
    rows: int,
) -> list[Check]:
    """What became of every rule of the contract over these days; `rows` is how many the whole dataset has.

    A rule that cannot be checked has not been kept.
    """
    relation = f"checked_{builder.name}"
    newest = _newest(shelf, contract, built)
    try:
        if newest.num_rows == sum(part.rows for part in built.values()):
            duck.register(relation, newest)  # they are in memory: files are opened once, not by every rule
        else:
            show(duck, shelf, relation, built.values(), schema=arrow_schema(contract), day=builder.day)
        results = check_rows(duck, f'"{relation}"', contract)
        frame: pd.DataFrame = newest.to_pandas(types_mapper=pd.ArrowDtype)
        results += validate(frame, contract)
    except ContractError as wrong:
        return [failure(builder.name, "can_be_checked", str(wrong))]
    counts_rows = {rule.id: rule for rule in contract.rules if isinstance(rule.counts, Rows)}
    judged = [judge(counts_rows[one.rule], rows, rows) if one.rule in counts_rows else one for one in results]
    return checks_of(builder.name, judged)


def failure(dataset: str, rule: str, sentence: str) -> Check:
    """Something other than a rule of the contract that keeps a dataset from being published."""
    return Check(dataset=dataset, rule=rule, passed=False, severity="error", sentence=sentence)


def checks_of(dataset: str, results: Iterable[Result]) -> list[Check]:
    """A rule is checked twice; where the two disagree, the one that failed is told."""
    worst: dict[str, Result] = {}
    for one in results:
        if one.rule not in worst or not one.passed:
            worst[one.rule] = one
    return [
        Check(
            dataset=dataset,
            rule=one.rule,
            passed=one.passed,
            severity=str(one.severity),
            sentence=one.sentence,
            observed=one.observed,
            rows=one.rows,
        )
        for one in worst.values()
    ]


def _newest(shelf: Shelf, contract: Contract, built: Mapping[date, Partition]) -> pa.Table:
    """The newest days with rows, as they were written."""
    tables: list[pa.Table] = []
    rows = 0
    for _, part in sorted(built.items(), reverse=True):
        if part.file and (not tables or rows + part.rows <= ROWS_FOR_GX):
            tables.append(read_partition(shelf, part))
            rows += part.rows
    return pa.concat_tables(tables) if tables else arrow_schema(contract).empty_table()
