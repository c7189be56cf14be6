"""The formulae in SQL say what the pinned ones say, cell by cell, on the seeded month and on whatever hypothesis thinks of."""

from datetime import date, timedelta
from itertools import product as pairs
from types import SimpleNamespace

import duckdb
import pyarrow as pa
import pytest
from a_rollup import built_at_once
from hypothesis import given, settings
from hypothesis import strategies as st

from postventa.contracts import arrow_schema, contract
from postventa.datasets._night import Span
from postventa.rules import satisfaction as pinned

DAY = date(2026, 10, 25)
SCORES = dict.fromkeys((*pinned.DIMENSIONS, "csat"), (1, 5)) | {"nps": (0, 10), "ces": (1, 7)}
SHEETS = st.lists(
    st.fixed_dictionaries(
        {"language": st.sampled_from(["es", "ca"]), "carrier": st.sampled_from(["dhl", "none"])}
        | {"day": st.sampled_from([DAY, date(2026, 10, 26), date(2026, 11, 1)])}
        | {name: st.none() | st.integers(*scale) for name, scale in SCORES.items()}
    ),
    max_size=80,
)


def expected(sheets):
    """A cell's figures by the pinned formulae."""

    def of(name):
        return [sheet[name] for sheet in sheets if sheet[name] is not None]

    means = {name: pinned.mean(of(name)) for name in pinned.DIMENSIONS}
    estimates = {
        **means,
        "csat": pinned.csat(of("overall_experience")),
        "case_csat": pinned.csat(of("csat")),
        "nps": pinned.nps(of("nps")),
        "ces": pinned.ces(of("ces")),
        "easy": pinned.easy(of("ces")),
    }
    cell = {"responses_band": pinned.band_of(len(sheets)), "is_masked": 0 < len(sheets) < pinned.LEAST_SHOWN}
    for name, one in estimates.items():
        cell |= {name: one.value, f"{name}_n": one.n}
        if name in {"csat", "case_csat", "nps", "easy"}:
            cell |= {f"{name}_low": one.low, f"{name}_high": one.high}
    return cell | {"four_dimensions": pinned.four_dimensions(means.values())}


def assert_same(cell, wanted):
    for name, value in wanted.items():
        close = pytest.approx(value, abs=1e-9) if isinstance(value, float) else value
        assert cell[name] == close, (cell["day"], cell["language"], cell["carrier"], name)


def cells_of(sheets):
    """The sheets of each cell, those that sum up among them."""
    found = {}
    for sheet in sheets:
        for language, carrier in pairs((sheet["language"], "all"), (sheet["carrier"], "all")):
            found.setdefault((sheet["shop"], sheet["day"], language, carrier), []).append(sheet)
    return found


def test_the_months_cells_are_what_the_pinned_formulae_make_of_its_answers(rows):
    cells = {
        (row["shop"], row["day"], row["language"], row["carrier"]): row for row in rows("daily_satisfaction")
    }
    wanted = cells_of(row for row in rows("survey_responses") if row["is_counted"])

    assert len(wanted) > 100
    for key, sheets in wanted.items():
        assert_same(cells[key], expected(sheets))
    # A cell without answers is there because somebody was asked.
    assert all(row["requests"] and row["responses"] == 0 for key, row in cells.items() if key not in wanted)


def of_october(sheets):
    """Whole rows of survey_responses out of what a test says of them."""
    promise = contract("survey_responses")
    usual = {column.name: None for column in promise.columns}
    usual |= {"shop": "tienda", "day": DAY, "language": "es", "carrier": "dhl", "survey": "delivery"}
    usual |= {"is_counted": True}
    return [usual | sheet | {"response_id": f"{number:024x}"} for number, sheet in enumerate(sheets)]


def rolled_up(whole):
    """What daily_satisfaction makes of them where nobody was asked."""
    with duckdb.connect() as duck:
        answers = pa.Table.from_pylist(whole, schema=arrow_schema(contract("survey_responses")))
        duck.register("survey_responses", answers)
        duck.register("message_ledger", arrow_schema(contract("message_ledger")).empty_table())
        span = Span(DAY, date(2026, 11, 1))
        return built_at_once(SimpleNamespace(duck=duck), "daily_satisfaction", span).to_pylist()


def test_no_responses_are_no_rows_and_one_response_is_told_as_few_without_what_it_says():
    assert rolled_up([]) == []
    for row in rolled_up(of_october([{"nps": 3, "overall_experience": 1}])):
        assert (row["responses_band"], row["responses"], row["is_masked"]) == ("1-4", None, True)
        assert [row[name] for name in ("nps", "nps_n", "csat", "csat_n", "overall_experience")] == [None] * 5
        assert row["ces_n"] == 0  # nobody was asked that, which is nothing to hide


def test_where_every_response_is_equal_the_intervals_are_those_of_the_pinned_formulae():
    sheets = of_october([{"nps": 10, "overall_experience": 5, "ces": 1}] * 7)

    for row in rolled_up(sheets):
        assert (row["nps"], row["nps_high"], row["csat"], row["csat_high"], row["easy_low"]) == (
            100,
            100,
            1,
            1,
            0,
        )
        assert_same(row, expected(sheets))


def test_an_answer_that_does_not_count_is_in_no_figure():
    counted, not_counted = {"nps": 10}, {"nps": 0, "is_counted": False}

    for row in rolled_up(of_october([counted] * 5 + [not_counted] * 5)):
        assert (row["responses"], row["nps"]) == (5, 100)


def test_a_request_is_answered_in_the_cell_and_on_the_day_that_it_was_asked_within_31_days(duck):
    asked = [
        {"day": DAY, "request_id": f"{number:024x}", "language": "es", "carrier": "none", "outcome": outcome}
        for number, outcome in enumerate(["sent", "sent", "sent", "suppressed"])
    ]
    # On the same day; as late as a link lives, on a page in another language; a day later; and without a request.
    said = [(0, 0, "es"), (1, 31, "ca"), (2, 32, "es"), (3, 1, "es")]
    answers = of_october(
        {"request_id": f"{number:024x}", "day": DAY + timedelta(days=late), "language": language}
        for number, late, language in said
    )
    usual = {"shop": "tienda", "message": "review_requested", "channel": "email"}
    for name, rows in (("survey_responses", answers), ("message_ledger", [usual | one for one in asked])):
        duck.register(name, pa.Table.from_pylist(rows, schema=arrow_schema(contract(name))))
    span = Span(DAY, DAY + timedelta(days=40))
    cells = built_at_once(SimpleNamespace(duck=duck), "daily_satisfaction", span).to_pylist()

    found = {(one["day"], one["language"], one["carrier"]): one for one in cells if one["requests"]}
    assert set(found) == {
        (DAY, language, carrier) for language in ("es", "all") for carrier in ("none", "all")
    }
    assert {(one["requests"], one["requests_answered"]) for one in found.values()} == {(3, 2)}


@settings(max_examples=10)
@given(SHEETS)
def test_any_answers_give_the_same_figures_in_sql_as_by_the_pinned_formulae(sheets):
    whole = of_october(sheets)
    cells = rolled_up(whole)
    wanted = cells_of(whole)

    assert len(cells) == len(wanted)
    for row in cells:
        assert_same(row, expected(wanted[row["shop"], row["day"], row["language"], row["carrier"]]))
