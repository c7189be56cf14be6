"""What a spreadsheet would run as a formula is a text in the CSV, and as it is everywhere else."""

import csv
from datetime import date

import pytest
from some_datasets import SomeDatasets

from postventa.contracts import arrow_schema, contract
from postventa.datasets._laptop import _harmless, _sorted
from postventa.datasets._views import open_duck


@pytest.fixture
def some(tmp_path, monkeypatch):
    made = SomeDatasets(tmp_path / "some", monkeypatch)
    yield made
    made.forget()


def test_a_cell_that_would_be_a_formula_has_an_apostrophe_in_the_csv_alone(some, tmp_path):
    risky = ["=HYPERLINK(1)", "-1+1", "@SUM(1)", "+1", "\t=1", "\r=1"]
    cells = [*risky, "paid", "a=b", ""]
    promised = contract("order_timeline")
    rows = [
        {"day": date(2026, 11, 1), "shop": "tienda", "order_id": f"{number}", "stage": cell}
        for number, cell in enumerate(cells)
    ]
    target = tmp_path / "order_timeline.csv"
    with open_duck(tmp_path) as duck:
        duck.register("laptop_order_timeline", arrow_schema(promised).empty_table().from_pylist(rows))
        duck.execute(f"COPY ({_sorted(promised, _harmless)}) TO '{target}' (FORMAT csv, HEADER)")
        as_it_is = [row[3] for row in duck.execute(_sorted(promised)).fetchall()]
    with target.open(encoding="utf-8", newline="") as file:
        written = [row["stage"] for row in csv.DictReader(file)]
    assert as_it_is == cells
    assert written == [f"'{cell}" for cell in risky] + ["paid", "a=b", ""]
