"""Every kind of rule: a frame that keeps it, and a spoiled one that fails by the rule's name, for both engines alike."""

from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from postventa.contract_reading import read_contract
from postventa.contracts import ContractError, Severity, arrow_schema, check_rows, conform, suite, validate

pytestmark = pytest.mark.xdist_group("great-expectations")  # its import takes seconds: once is enough

GOOD = {
    "day": [date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 2)],
    "shop": ["tienda", "botiga", "tienda"],
    "code": ["a1", "b2", "c3"],
    "channel": ["email", "sms", None],
    "note": [None, "x", "y"],
    "sent": [3, 4, 5],
    "answered": [1, None, 5],
    "rate": [0.5, None, 1.0],
    "amount": [Decimal("1.20"), Decimal("0.00"), None],
    "first_at": [datetime(2026, 3, 1, tzinfo=UTC)] * 3,
    "last_at": [datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC), None],
}


def column(name, kind, **more):
    return {"name": name, "logicalType": kind, "description": f"What {name} is."} | more


def rule(name, **more):
    return {"id": name, "mustBe": 0} | more


def pair(upper, lower, **more):
    return {
        "type": "custom",
        "engine": "greatExpectations",
        "implementation": {
            "type": "expect_column_pair_values_a_to_be_greater_than_b",
            "kwargs": {"column_A": upper, "column_B": lower} | more,
        },
    }


def written():
    """A contract with every kind of rule."""
    key = {"required": True, "primaryKey": True}
    few = {"metric": "nullValues", "unit": "percent", "severity": "warning", "description": "few"}
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "postventa-example",
        "name": "example",
        "version": "1.0.0",
        "status": "active",
        "description": {"purpose": "To be broken."},
        "schema": [
            {
                "name": "example",
                "properties": [
                    column(
                        "day",
                        "date",
                        primaryKeyPosition=1,
                        logicalTypeOptions={"minimum": "2020-01-01"},
                        **key,
                    ),
                    column(
                        "shop",
                        "string",
                        primaryKeyPosition=2,
                        logicalTypeOptions={"minLength": 2, "maxLength": 9},
                        **key,
                    ),
                    column("code", "string", unique=True, logicalTypeOptions={"pattern": "^[a-z][0-9]$"}),
                    column(
                        "channel",
                        "string",
                        quality=[
                            rule(
                                "channel_known",
                                metric="invalidValues",
                                arguments={"validValues": ["email", "sms"]},
                            )
                        ],
                    ),
                    column(
                        "note",
                        "string",
                        quality=[
                            {"id": "note_seldom_empty", "mustBeLessOrEqualTo": 50} | few,
                            rule("note_said", metric="missingValues", arguments={"missingValues": ["n/a"]})
                            | {"mustBe": None, "mustBeLessThan": 3, "description": "said"},
                        ],
                    ),
                    column("sent", "integer", logicalTypeOptions={"minimum": 0}),
                    column("answered", "integer"),
                    column("rate", "number", logicalTypeOptions={"exclusiveMinimum": 0, "maximum": 1}),
                    column(
                        "amount", "number", physicalType="decimal(18,2)", logicalTypeOptions={"minimum": 0}
                    ),
                    column("first_at", "timestamp"),
                    column(
                        "last_at", "timestamp", logicalTypeOptions={"maximum": "2100-01-01T00:00:00+00:00"}
                    ),
                ],
                "quality": [
                    {
                        "id": "rows_there",
                        "metric": "rowCount",
                        "mustBeGreaterThan": 0,
                        "description": "There are rows.",
                    },
                    rule(
                        "answered_within_sent",
                        type="sql",
                        description="No more answers.",
                        query="SELECT COUNT(*) FROM {object} WHERE answered > sent",
                    ),
                    {"id": "last_after_first", **pair("last_at", "first_at", or_equal=True)},
                ],
            }
        ],
    }


@pytest.fixture(scope="module")
def a_contract(tmp_path_factory):
    def of(document):
        for one in document["schema"][0]["properties"]:
            for item in one.get("quality", []):
                if item.get("mustBe", 0) is None:
                    del item["mustBe"]
        path = tmp_path_factory.mktemp("contracts") / "example.odcs.yaml"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        return read_contract(path)

    return of


@pytest.fixture(scope="module")
def example(a_contract):
    return a_contract(written())


def by_duckdb(frame, contract):
    with duckdb.connect() as duck:
        duck.register("given", conform(frame, contract))
        return check_rows(duck, "given", contract)


def failed(results):
    return {one.rule: one.observed for one in results if not one.passed}


def test_a_good_frame_keeps_every_rule(example):
    frame = pd.DataFrame(GOOD)
    found = by_duckdb(frame, example)
    assert failed(found) == {}
    assert validate(frame, example) == found
    assert [one.rule for one in found] == [one.id for one in example.rules]


SPOILED = {
    "day_required": ("day", [None, date(2026, 3, 1), date(2026, 3, 2)], 1),
    "day_range": ("day", [date(2019, 12, 31), date(2026, 3, 1), date(2026, 3, 2)], 1),
    "shop_length": ("shop", ["tienda", "b", "ñandú-ñandú"], 2),
    "code_unique": ("code", ["a1", "a1", "c3"], 2),
    "code_pattern": ("code", ["a1", "a1x", "c3\n"], 2),
    "channel_known": ("channel", ["email", "fax", None], 1),
    "note_seldom_empty": ("note", [None, None, "y"], 2),
    "note_said": ("note", [None, "n/a", "n/a"], 3),
    "sent_range": ("sent", [3, -1, 5], 1),
    "rate_range": ("rate", [0.0, 1.5, None], 2),
    "amount_range": ("amount", [Decimal("-0.01"), None, None], 1),
    "answered_within_sent": ("answered", [4, None, 5], 1),
    "last_after_first": ("last_at", [datetime(2026, 2, 28, tzinfo=UTC), None, None], 1),
    "last_at_range": ("last_at", [datetime(2101, 1, 1, tzinfo=UTC), None, None], 1),
}


def test_a_spoiled_frame_fails_by_the_name_of_its_rule_and_no_other(example):
    """All at once for DuckDB; Great Expectations is asked below, where it costs less."""
    for name, (spoiled, values, count) in SPOILED.items():
        found = failed(by_duckdb(pd.DataFrame(GOOD | {spoiled: pd.Series(values)}), example))
        assert name in found, name
        assert found[name] == count
        assert set(found) - {name} <= {"answered_within_sent"}, name
    twice = pd.DataFrame(GOOD | {"shop": ["tienda"] * 3, "day": [date(2026, 3, 1)] * 3})
    assert failed(by_duckdb(twice, example)) == {"key_unique": 3}
    assert "rows_there" in failed(by_duckdb(pd.DataFrame(GOOD).iloc[:0], example))


def test_every_rule_of_the_example_is_spoiled_somewhere(example):
    natural = {"shop_required", "key_unique", "rows_there"}
    assert {one.id for one in example.rules} == set(SPOILED) | natural


def test_great_expectations_counts_what_duckdb_counts_on_a_frame_with_everything_wrong(example):
    wrong = pd.DataFrame({name: pd.Series(values) for name, (_, values, _) in SPOILED.items()})
    columns = {}
    for spoiled, values, _ in SPOILED.values():
        columns.setdefault(spoiled, []).extend(values)
    longest = max(map(len, columns.values()))
    good = {name: values * longest for name, values in GOOD.items()}
    frame = pd.DataFrame(
        {name: pd.Series((columns.get(name, []) + good[name])[:longest], dtype=object) for name in GOOD}
    )
    assert len(wrong) == 3
    found = by_duckdb(frame, example)
    assert validate(frame, example) == found
    assert len(failed(found)) >= 12


@settings(max_examples=5, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a1", "b2", "ñ3", "٣", "a1\n", None]),
            st.sampled_from(["email", "fax", "", None]),
            st.integers(-2, 2**60) | st.none(),
            st.floats(-2, 2) | st.none(),
        ),
        max_size=6,
    )
)
def test_both_engines_agree_on_any_frame(example, rows):
    given_ = pd.DataFrame({name: pd.Series([GOOD[name][0]] * len(rows), dtype=object) for name in GOOD})
    for number, name in enumerate(("code", "channel", "sent", "rate")):
        given_[name] = pd.Series([row[number] for row in rows], dtype=object)
    assert validate(given_, example) == by_duckdb(given_, example)


def test_the_severity_of_a_rule_is_carried_to_the_suite_and_only_an_error_blocks(example):
    severities = {one.meta["rule"]: one.severity for one in suite(example).expectations}
    assert severities["channel_known"] == "critical"
    assert severities["note_seldom_empty"] == "warning"
    spoiled = by_duckdb(pd.DataFrame(GOOD | {"note": pd.Series([None] * 3, dtype=object)}), example)
    told = {one.rule: one for one in spoiled if not one.passed}
    assert told["note_seldom_empty"].severity is Severity.WARNING
    assert not told["note_seldom_empty"].blocks
    assert told["note_said"].blocks


def test_a_rule_over_an_unknown_column_names_file_and_rule(a_contract):
    document = written()
    document["schema"][0]["quality"][1]["query"] = "SELECT COUNT(*) FROM {object} WHERE nonsense > 1"
    with pytest.raises(
        ContractError, match=r"example\.odcs\.yaml: the rule answered_within_sent cannot be checked"
    ):
        by_duckdb(pd.DataFrame(GOOD), a_contract(document))


# --- columns ---


def test_columns_come_in_the_contracts_sequence_and_types(example):
    table = conform(pd.DataFrame(GOOD)[sorted(GOOD)], example)
    assert table.schema.equals(arrow_schema(example))
    assert [str(kind) for kind in table.schema.types][5:9] == [
        "int64",
        "int64",
        "double",
        "decimal128(18, 2)",
    ]
    assert conform(pd.DataFrame(GOOD).iloc[:0], example).num_rows == 0


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("sent", ["3", "4", "5"]),
        ("sent", [1.5, 2, 3]),
        ("shop", [1, 2, 3]),
        ("day", ["2026-03-01"] * 3),
        ("amount", [1.2, 0.0, 3.0]),
        ("amount", [Decimal("0.001")] * 3),
        ("rate", [float("inf"), 0.1, 0.2]),
        ("first_at", [datetime(2026, 3, 1)] * 3),
    ],
)
def test_a_value_that_is_not_of_its_type_is_refused_by_the_columns_name_without_the_value(
    example, name, values
):
    with pytest.raises(ContractError, match=f"example 1.0.0: the column {name} ") as refused:
        conform(pd.DataFrame(GOOD | {name: pd.Series(values)}), example)
    assert "0.001" not in str(refused.value)


def test_a_column_too_few_or_too_many_is_refused_by_name(example):
    with pytest.raises(ContractError, match="the column rate is missing"):
        conform(pd.DataFrame(GOOD).drop(columns="rate"), example)
    with pytest.raises(ContractError, match="the column email is not in the contract"):
        conform(pd.DataFrame(GOOD | {"email": ["x"] * 3}), example)
