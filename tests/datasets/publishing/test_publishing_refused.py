"""What fails is not published: readers keep yesterday's, and are told what is wrong."""

from datetime import date, timedelta

import pytest
from a_published_night import A_DAY, THURSDAY, a_night, broken, parquet, sell

from postventa.datasets import load
from postventa.datasets._manifest import LATEST
from postventa.datasets._shelf import ShelfTrouble
from postventa.rules.nightly import NotThisNight

# Great Expectations takes seconds to come: once for them all.
pytestmark = pytest.mark.xdist_group("great-expectations")


def test_a_failing_contract_keeps_yesterdays_with_what_is_computed_from_it_and_says_why(here, folder, some):
    a_night(here)
    before = (folder / LATEST).read_bytes()
    some.promise(
        "order_timeline",
        rule={
            "id": "nothing_is_new",
            "said": "No order is new.",
            "query": "SELECT count(*) FROM {object}",
            "severity": "error",
        },
    )
    sell(here, 5, "2026-11-05T10:00:00Z")
    manifest = a_night(here, THURSDAY + A_DAY)

    assert broken(manifest) == [
        ("order_timeline", "nothing_is_new"),
        ("orders_by_day", "has_what_it_reads"),
    ]
    assert "No order is new." in manifest.failed[0].sentence
    assert len(load("order_timeline", path=str(folder))) == 4
    assert manifest.datasets["order_timeline"].night == date(2026, 11, 4)
    assert len(parquet(folder)) == 8
    assert b"nothing_is_new" not in before

    some.promise("order_timeline")
    manifest = a_night(here, THURSDAY + A_DAY + timedelta(hours=1))
    assert manifest.failed == ()
    assert len(load("order_timeline", path=str(folder))) == 5


def test_what_is_computed_from_others_is_built_again_where_they_changed_and_wholly_after_it_failed(
    here, folder, some
):
    a_night(here)
    some.write(
        "orders_by_day",
        (some.code / "orders_by_day.py").read_text().replace("count(*) AS", "count(*) + 1 AS"),
    )
    sell(here, 5, "2026-11-02T11:00:00Z")
    a_night(here, THURSDAY + 9 * A_DAY)
    counts = load("orders_by_day", path=str(folder))["orders"].tolist()
    assert counts[:2] == [1, 3]  # two and one more; the day before was left alone

    some.promise("orders_by_day", rule={"id": "no", "said": "No.", "query": "SELECT 1", "severity": "error"})
    sell(here, 6, "2026-11-03T11:00:00Z")
    a_night(here, THURSDAY + 10 * A_DAY)
    some.promise("orders_by_day")
    manifest = a_night(here, THURSDAY + 11 * A_DAY)
    assert manifest.failed == ()
    assert load("orders_by_day", path=str(folder))["orders"].tolist() == [2, 3, 3, 2]


def test_a_warning_is_told_and_publishes(here, some):
    rule = {"id": "odd", "said": "Odd.", "query": "SELECT count(*) + 3 FROM {object}", "severity": "warning"}
    some.promise("order_timeline", rule=rule)
    manifest = a_night(here)
    assert manifest.failed == ()
    assert [(check.rule, check.observed) for check in manifest.checks if not check.passed] == [("odd", 7)]


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (
            lambda some: (some.contracts / "order_timeline.odcs.yaml").write_text("kind: ["),
            "contract_is_read",
        ),
        (lambda some: some.write("order_timeline", "def build(night, span): return 1 / 0"), "was_built"),
        (
            lambda some: some.promise(
                "order_timeline",
                rule={
                    "id": "x",
                    "said": "x",
                    "query": "SELECT sum(nonsense) FROM {object}",
                    "severity": "error",
                },
            ),
            "can_be_checked",
        ),
    ],
    ids=["a contract that cannot be read", "a builder that fails", "a rule that cannot be asked"],
)
def test_whatever_breaks_one_dataset_is_told_by_name_and_ends_no_night(here, folder, some, spoil, rule):
    a_night(here)
    spoil(some)
    manifest = a_night(here, THURSDAY + A_DAY)
    assert broken(manifest)[0] == ("order_timeline", rule)
    assert len(load("order_timeline", path=str(folder))) == 4


def test_a_contract_edited_to_be_impossible_keeps_yesterdays_and_says_what_cannot_be(here, folder, some):
    a_night(here)
    sell(here, 5, "2026-11-05T10:00:00Z")
    edited = some.contracts / "orders_by_day.odcs.yaml"
    edited.write_text(edited.read_text().replace("minimum: 0", "minimum: 5, maximum: 1"))
    manifest = a_night(here, THURSDAY + A_DAY)
    (wrong,) = manifest.failed
    assert (wrong.dataset, wrong.rule) == ("orders_by_day", "contract_is_read")
    assert "nothing lies between 5 and 1" in wrong.sentence
    assert len(load("order_timeline", path=str(folder))) == 5
    assert load("orders_by_day", path=str(folder))["orders"].tolist() == [1, 1, 1, 1]

    # Each rule could be kept, and both together cannot: a stage is required, and must not be there.
    rule = {"id": "no_stage", "said": "No order has a stage.", "severity": "error"}
    some.promise("order_timeline", rule=rule | {"query": "SELECT count(stage) FROM {object}"})
    manifest = a_night(here, THURSDAY + 2 * A_DAY)
    assert ("order_timeline", "no_stage") in broken(manifest)
    assert manifest.datasets["order_timeline"].night == date(2026, 11, 5)


def test_a_dataset_that_does_not_add_up_with_the_store_is_not_published_and_both_numbers_are_named(
    here, some
):
    text = (some.code / "order_timeline.py").read_text()
    some.write("order_timeline", text.replace("wanted.where(", "wanted.where(_ORDERS.ref != '2', "))
    (wrong, _) = a_night(here).failed
    assert wrong.rule == "adds_up_with_the_store"
    assert "3 in the dataset, 4 in the store" in wrong.sentence
    assert "on 2026-11-02" in wrong.sentence


def test_a_clock_that_was_set_back_publishes_nothing(here, folder):
    a_night(here, THURSDAY + A_DAY)
    before = (folder / LATEST).read_bytes()
    with pytest.raises(NotThisNight, match="set back"):
        a_night(here, THURSDAY)
    with pytest.raises(NotThisNight, match="is not over yet"):
        a_night(here, THURSDAY + A_DAY, date(2026, 11, 6))
    assert (folder / LATEST).read_bytes() == before


def test_a_file_that_was_changed_afterwards_is_not_read(here, folder):
    a_night(here)
    part = next(folder.glob("order_timeline/**/*.parquet"))
    part.write_bytes(part.read_bytes()[:-1] + b"!")
    with pytest.raises(ShelfTrouble, match="was changed after it was published"):
        load("order_timeline", path=str(folder))
