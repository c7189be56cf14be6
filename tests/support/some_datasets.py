"""Two small datasets with their contracts: orders as they lie in the store, and a rollup computed from them."""

import sys
from pathlib import Path

import pytest

import postventa.contracts
import postventa.datasets
import postventa.night_summary
import postventa.report_figures
from postventa.datasets import _drafting, _publishing, _reading, _rechecking

FOUND_BEFORE = (
    _drafting,
    _publishing,
    _reading,
    _rechecking,
    postventa.night_summary,
    postventa.report_figures,
)
"""Modules that would not be found any more once the folder is another."""

ORDERS = '''
"""Orders placed, one row each."""
from typing import Any
import pandas as pd
from sqlalchemy import select
from postventa.datasets._reading import local_day, per_shop, read
from postventa.store.orders import OrderRow

READS = ()
DAY = "day"
_ORDERS: Any = OrderRow.__table__.c


def build(night, span):
    return per_shop(night, span, rows)


def rows(night, window):
    wanted = select(_ORDERS.id, _ORDERS.stage, _ORDERS.placed_at)
    found = read(night, wanted.where(_ORDERS.shop == window.shop, window.holds(_ORDERS.placed_at)))
    return pd.DataFrame({
        "day": local_day(found["placed_at"], window),
        "shop": pd.Series([window.shop] * len(found), dtype="str"),
        "order_id": night.pseudonyms.of("order", found["id"]),
        "stage": found["stage"],
    })
'''
ROLLUP = '''
"""Orders by day, counted where they lie."""
READS = ("order_timeline",)
DAY = "day"


def build(night, span):
    return night.duck.execute(
        "SELECT day, shop, count(*) AS orders FROM order_timeline WHERE day BETWEEN ? AND ? GROUP BY ALL",
        [span.first, span.last],
    ).df()
'''
HEAD = """
apiVersion: v3.1.0
kind: DataContract
id: postventa-{name}
name: {name}
version: {version}
status: active
description: {{purpose: To be tested., usage: Read it., limitations: None.}}
schema:
  - name: {name}
    physicalType: table
    description: Rows of a test.
    dataGranularityDescription: One row each.
    properties:
      - {{name: day, logicalType: date, required: true, primaryKey: true, primaryKeyPosition: 1, description: Local day.}}
      - {{name: shop, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 2, description: Shop.}}
"""
ORDERS_COLUMNS = """
      - {name: order_id, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 3, description: Order.}
      - {name: stage, logicalType: string, required: true, description: Stage.}
"""
ROLLUP_COLUMNS = """
      - {name: orders, logicalType: integer, required: true, description: Orders., logicalTypeOptions: {minimum: 0}}
"""
RULE = """
    quality:
      - {{id: {id}, type: sql, description: {said}, query: "{query}", mustBe: 0, severity: {severity}}}
"""
SLA = """
slaProperties:
  - {{property: retention, value: {years}, unit: {unit}, element: {name}.day}}
"""


class SomeDatasets:
    """The datasets of a test, to be spoiled at will. While they are there no others are."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.code, self.contracts = folder / "code", folder / "contracts"
        self.code.mkdir(parents=True)
        self.contracts.mkdir()
        monkeypatch.setenv("POSTVENTA_DATASETS_KEY", "a key of the tests, long enough to hide people")
        monkeypatch.setattr(postventa.datasets, "__path__", [str(self.code)])
        monkeypatch.setattr(postventa.contracts, "shipped", lambda _: self.contracts)
        self.write("order_timeline", ORDERS)
        self.write("orders_by_day", ROLLUP)
        self.promise("order_timeline")
        self.promise("orders_by_day")

    def write(self, name: str, code: str) -> None:
        (self.code / f"{name}.py").write_text(code, encoding="utf-8")
        sys.modules.pop(f"postventa.datasets.{name}", None)

    def promise(
        self, name: str, version: str = "1.0.0", *, rule: dict[str, str] | None = None, keep: str = "3 y"
    ) -> None:
        columns = ORDERS_COLUMNS if name == "order_timeline" else ROLLUP_COLUMNS
        years, unit = keep.split()
        text = HEAD.format(name=name, version=version).rstrip() + columns.rstrip() + "\n"
        if rule:
            text += RULE.format(**rule).lstrip("\n")
        text += SLA.format(name=name, years=years, unit=unit)
        (self.contracts / f"{name}.odcs.yaml").write_text(text, encoding="utf-8")

    def forget(self) -> None:
        for name in [
            name for name in sys.modules if name.startswith("postventa.datasets.") and "._" not in name
        ]:
            if str(self.code) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]
