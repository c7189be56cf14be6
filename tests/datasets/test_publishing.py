"""A night is published whole or not at all, the same night is the same bytes, and what fails keeps yesterday's."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest
from an_order import fill, raw_order
from some_datasets import SomeDatasets
from sqlalchemy import delete, update

from postventa import __version__, clock
from postventa.datasets import _checking, load
from postventa.datasets._drafting import draft_night
from postventa.datasets._manifest import LATEST, history_name, published
from postventa.datasets._publishing import publish_night
from postventa.datasets._shelf import Shelf, ShelfTrouble
from postventa.rules.nightly import NotThisNight
from postventa.settings import settings_from
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow
from postventa.workplace import Workplace

pytestmark = pytest.mark.xdist_group(
    "great-expectations"
)  # Great Expectations takes seconds to come: once for them all
THURSDAY = datetime(2026, 11, 5, 3, tzinfo=UTC)
A_DAY = timedelta(days=1)


@pytest.fixture
def store_url(request, kept_stores):
    """SQLite, unless a test asks for the other."""
    return kept_stores.url(getattr(request, "param", "sqlite"))


@pytest.fixture
def some(request, tmp_path, monkeypatch):
    """Great Expectations looks where a test asks for it: elsewhere the same rules are checked by SQL alone."""
    if "with_gx" not in request.fixturenames:
        monkeypatch.setattr(_checking, "validate", lambda _frame, _contract: [])
    made = SomeDatasets(tmp_path / "some", monkeypatch)
    yield made
    made.forget()


@pytest.fixture
def with_gx():
    """Asked for by tests in which it looks too."""


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "datasets"


@pytest.fixture
def here(place, configuration, folder, some, monkeypatch):
    """A workplace with orders on Sunday, Monday and Wednesday, and a configuration that says where datasets go."""
    configuration["datasets"] = {"path": str(folder), "days_back": 2}
    workplace = Workplace(settings_from(configuration), place.store)
    sell(workplace, 1, "2026-11-01T09:00:00Z")
    sell(workplace, 2, "2026-11-02T09:00:00Z")
    sell(workplace, 3, "2026-11-02T23:30:00Z")  # Tuesday in Madrid
    sell(workplace, 4, "2026-11-04T09:00:00Z")
    return workplace


def sell(workplace, ref, at):
    placed = datetime.fromisoformat(at)
    fill(workplace, [raw_order(ref, at=placed, placed=placed)], placed + timedelta(minutes=5))


def a_night(workplace, at=THURSDAY, day=None):
    """Drafts and publishes; answers what readers have then."""
    with clock.clock_set_to(at):
        draft = draft_night(workplace, day)
        return publish_night(workplace, draft.manifest.run).manifest


def parquet(folder):
    """Every data file's bytes by dataset and day, whatever the run."""
    return {
        (path.parts[-6], path.parent.name): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*.parquet")
    }


def broken(manifest):
    return [(check.dataset, check.rule) for check in manifest.failed]


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
def test_a_shops_first_day_is_the_first_that_its_first_night_publishes_by_its_own_clock(
    here, folder, with_gx
):
    manifest = a_night(here)

    assert manifest.failed == ()
    assert manifest.night == date(2026, 11, 4)
    assert manifest.datasets["order_timeline"].first == date(2026, 11, 1)
    days = {day.day: part.rows for day, part in manifest.datasets["order_timeline"].partitions.items()}
    assert days == {1: 1, 2: 1, 3: 1, 4: 1}
    rollup = load("orders_by_day", path=str(folder))
    assert rollup["orders"].tolist() == [1, 1, 1, 1]
    assert str(rollup.dtypes["orders"]) == "int64[pyarrow]"
    assert load("order_timeline", "2026-11-03", date(2026, 11, 3), path=str(folder))["day"].tolist() == [
        date(2026, 11, 3)
    ]


def test_the_same_night_twice_is_the_same_bytes_and_a_night_from_nothing_is_too(here, folder, tmp_path):
    first = a_night(here)
    before = parquet(folder)
    again = a_night(here, THURSDAY + timedelta(hours=2))
    assert again == first
    assert parquet(folder) == before

    anew = tmp_path / "elsewhere"
    datasets = here.settings.datasets.model_copy(update={"path": str(anew)})
    other = Workplace(here.settings.model_copy(update={"datasets": datasets}), here.store)
    a_night(other, THURSDAY + timedelta(hours=5))
    assert parquet(anew) == before
    for name in ("order_timeline.csv", "orders_by_day.csv"):
        assert (anew / "latest" / name).read_bytes() == (folder / "latest" / name).read_bytes()


def test_the_manifest_says_which_contract_code_and_run_made_it_and_what_is_in_every_file(here, folder):
    a_night(here)
    said = json.loads((folder / LATEST).read_text("utf-8"))
    assert said["code"] == __version__
    assert (folder / history_name(said["run"])).read_bytes() == (folder / LATEST).read_bytes()
    for name, one in said["datasets"].items():
        assert (one["version"], one["run"]) == ("1.0.0", said["run"])
        parts = [part for part in one["partitions"].values() if part["file"]]
        assert one["rows"] == sum(part["rows"] for part in parts) == 4, name
        for part in parts:
            data = (folder / part["file"]).read_bytes()
            assert (part["sha256"], part["size"]) == (hashlib.sha256(data).hexdigest(), len(data))
    for name, one in said["laptop"].items():
        assert one["sha256"] == hashlib.sha256((folder / "latest" / name).read_bytes()).hexdigest()


def test_a_day_that_came_out_as_it_was_keeps_its_file_and_a_new_one_is_added(here, folder):
    first = a_night(here).datasets["order_timeline"].partitions
    sell(here, 5, "2026-11-05T10:00:00Z")
    manifest = a_night(here, THURSDAY + A_DAY)
    after = manifest.datasets["order_timeline"].partitions
    assert {day: after[day] for day in first} == first
    assert manifest.changes["order_timeline"].added == (date(2026, 11, 5),)
    assert manifest.changes["order_timeline"].unchanged >= 1


def test_an_empty_day_is_published_as_a_day_with_no_rows(here, folder):
    manifest = a_night(here, THURSDAY + 2 * A_DAY)
    assert manifest.datasets["order_timeline"].partitions[date(2026, 11, 5)].rows == 0
    assert len(load("order_timeline", "2026-11-05", path=str(folder))) == 0
    assert load("order_timeline", "2026-11-05", path=str(folder)).columns.tolist() == [
        *("day", "shop", "order_id", "stage")
    ]
    with duckdb.connect(str(folder / "latest/postventa.duckdb"), read_only=True) as laptop:
        assert laptop.execute("SELECT count(*) FROM order_timeline").fetchone() == (4,)


def test_an_order_heard_late_or_changed_long_after_finds_its_day_again(here, folder):
    a_night(here)
    later = THURSDAY + 9 * A_DAY
    a_night(here, later)  # the first days are beyond the window now
    sell(here, 6, "2026-11-01T10:00:00Z")
    with here.store.begin() as connection:
        connection.execute(update(OrderRow).where(OrderRow.ref == "2").values(stage="delivered"))
    manifest = a_night(here, later + A_DAY)
    assert manifest.failed == ()
    assert manifest.changes["order_timeline"].changed == (date(2026, 11, 1), date(2026, 11, 2))
    assert load("orders_by_day", path=str(folder))["orders"].tolist() == [2, 1, 1, 1]
    assert "delivered" in load("order_timeline", path=str(folder))["stage"].tolist()


def test_what_has_gone_from_the_store_goes_from_the_dataset(here, folder):
    a_night(here, THURSDAY + 9 * A_DAY)
    with here.store.begin() as connection:
        connection.execute(delete(OutboxRow))
        connection.execute(delete(OrderRow).where(OrderRow.ref == "1"))
    a_night(here, THURSDAY + 10 * A_DAY)
    assert len(load("order_timeline", path=str(folder))) == 3


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


def test_a_day_can_be_built_again_and_the_newer_ones_stay(here, folder):
    a_night(here)
    with here.store.begin() as connection:
        connection.execute(update(OrderRow).where(OrderRow.ref == "1").values(stage="delivered"))
    manifest = a_night(here, THURSDAY + timedelta(hours=1), date(2026, 11, 1))
    assert manifest.night == date(2026, 11, 4)
    assert manifest.changes["order_timeline"].changed == (date(2026, 11, 1),)
    assert len(load("order_timeline", path=str(folder))) == 4


def test_a_new_version_of_a_contract_is_built_from_the_first_day_on_beside_the_old_one(here, folder, some):
    old = a_night(here)
    some.promise("order_timeline", "2.0.0")
    manifest = a_night(here, THURSDAY + timedelta(hours=1))
    assert {part.file.split("/")[1] for part in manifest.datasets["order_timeline"].partitions.values()} == {
        "v2"
    }
    assert old.files <= {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_days_older_than_the_contract_keeps_are_dropped_and_states_older_than_the_settings_keep_too(
    here, folder, some
):
    first = a_night(here)
    some.promise("order_timeline", keep="2 d")
    manifest = a_night(here, THURSDAY + A_DAY)
    assert sorted(manifest.datasets["order_timeline"].partitions) == [
        date(2026, 11, 3),
        date(2026, 11, 4),
        date(2026, 11, 5),
    ]
    # What was computed of them stays: its contract keeps it for longer.
    assert load("orders_by_day", path=str(folder))["orders"].tolist() == [1, 1, 1, 1]
    assert (folder / history_name(first.run)).exists()
    a_night(here, THURSDAY + 40 * A_DAY)
    a_night(here, THURSDAY + 41 * A_DAY)
    assert not (folder / history_name(first.run)).exists()
    there = {str(path.relative_to(folder)) for path in folder.rglob("*.parquet")}
    assert there == {file for file in published(Shelf(str(folder))).files if file.endswith(".parquet")} | {
        file
        for path in folder.glob("history/*/manifest.json")
        for file in type(first).model_validate_json(path.read_bytes()).files
        if file.endswith(".parquet")
    }


def test_a_new_version_takes_along_the_days_whose_facts_are_gone(here, folder, some):
    a_night(here)
    some.promise("order_timeline", keep="2 d")
    a_night(here, THURSDAY + A_DAY)
    edited, code = some.contracts / "orders_by_day.odcs.yaml", some.code / "orders_by_day.py"
    new = "      - {name: twice, logicalType: integer, description: Twice as many.}\nslaProperties:"
    some.promise("orders_by_day", "1.1.0")
    edited.write_text(edited.read_text().replace("slaProperties:", new))
    some.write("orders_by_day", code.read_text().replace("AS orders", "AS orders, count(*) * 2 AS twice"))
    manifest = a_night(here, THURSDAY + 2 * A_DAY)
    assert manifest.failed == ()
    rows = load("orders_by_day", path=str(folder))
    assert rows["orders"].tolist() == [1, 1, 1, 1]
    assert rows["twice"].fillna(0).tolist() == [0, 0, 0, 2]

    edited.write_text(edited.read_text().replace("name: twice", "name: double").replace("1.1.0", "1.2.0"))
    some.write("orders_by_day", code.read_text().replace("AS twice", "AS double"))
    (wrong,) = a_night(here, THURSDAY + 2 * A_DAY + timedelta(hours=1)).failed
    assert "twice has gone or has another type" in wrong.sentence
    assert load("orders_by_day", path=str(folder))["orders"].tolist() == [1, 1, 1, 1]


def test_nothing_that_is_not_ours_is_ever_deleted(here, folder):
    mine = folder / "order_timeline/v1/history/notes.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("an analyst's")
    a_night(here)
    a_night(here, THURSDAY + 40 * A_DAY)
    assert mine.read_text() == "an analyst's"


def test_a_file_that_was_changed_afterwards_is_not_read(here, folder):
    a_night(here)
    part = next(folder.glob("order_timeline/**/*.parquet"))
    part.write_bytes(part.read_bytes()[:-1] + b"!")
    with pytest.raises(ShelfTrouble, match="was changed after it was published"):
        load("order_timeline", path=str(folder))


def test_datasets_can_be_kept_on_any_storage(here, tmp_path):
    datasets = here.settings.datasets.model_copy(update={"path": "memory://bucket/datasets"})
    there = Workplace(here.settings.model_copy(update={"datasets": datasets}), here.store)
    shelf = Shelf("memory://bucket/datasets")
    try:
        a_night(there)
        manifest = a_night(there, THURSDAY + A_DAY)
        assert manifest.failed == ()
        assert load("orders_by_day", path=shelf.url)["orders"].tolist() == [1, 1, 1, 1]
        assert "latest/order_timeline.csv" in shelf.names()
    finally:
        shelf.storage.rm("/bucket", recursive=True)
