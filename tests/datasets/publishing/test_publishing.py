"""A night is published whole, the same night is the same bytes, and days come, change, age and go."""

import hashlib
import json
from datetime import date, timedelta

import duckdb
import pytest
from a_published_night import A_DAY, THURSDAY, a_night, parquet, sell
from sqlalchemy import delete, update

from postventa import __version__
from postventa.datasets import load
from postventa.datasets._manifest import LATEST, history_name, published
from postventa.datasets._shelf import Shelf
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow
from postventa.workplace import Workplace

# Great Expectations takes seconds to come: once for them all.
pytestmark = pytest.mark.xdist_group("great-expectations")


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
