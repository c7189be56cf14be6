"""Many days built again at once: on a cluster of two workers every dataset comes out as by one, byte for byte."""

import os
import shutil
from datetime import timedelta

import distributed
import pytest
from a_month import KEY, KEY_ENV, LAST, NOW, a_month
from prefect_dask.task_runners import DaskTaskRunner
from sqlalchemy import update

from postventa import clock
from postventa.datasets import _checking, _round, names
from postventa.datasets._drafting import draft_night
from postventa.datasets._manifest import published
from postventa.datasets._night import Span
from postventa.datasets._publishing import publish_night
from postventa.datasets._shelf import Shelf
from postventa.store.asks import AnswerRow
from postventa.store.orders import OrderRow

pytestmark = pytest.mark.prefect
FIRST = LAST - timedelta(days=14)
WEEKS = Span(FIRST, LAST)


@pytest.fixture
def there(house, configuration, tmp_path, monkeypatch, in_prefect):
    """A month in the store, of which nothing is published yet."""
    monkeypatch.setenv(KEY_ENV, KEY)
    monkeypatch.setattr(_checking, "validate", lambda _frame, _contract: [])
    monkeypatch.setattr(_round, "first_day", lambda _connection, _settings: FIRST)
    shop = configuration["shops"]["tienda"]
    configuration["shops"] = {"tienda": shop, "islas": shop | {"timezone": "Atlantic/Canary"}}
    configuration["datasets"] = {"path": str(tmp_path / "datasets"), "formats": []}
    place = house()
    a_month(place.store, orders=120)
    with clock.clock_set_to(NOW):
        yield place


@pytest.fixture
def here(there):
    """Two weeks that were published, and have changed since without anybody hearing of it."""
    publish_night(there, draft_night(there).manifest.run)
    with there.store.begin() as connection:
        connection.execute(update(OrderRow).where(OrderRow.id % 3 == 0).values(stage="refunded"))
        connection.execute(update(AnswerRow).where(AnswerRow.number == 5).values(number=2))
    return there


def files(place):
    """What readers have of every dataset and day, by its bytes."""
    shelf = Shelf(place.settings.datasets.path)
    return {
        (name, day): shelf.read(part.file)
        for name, one in published(shelf).datasets.items()
        for day, part in one.partitions.items()
        if part.file
    }


@pytest.mark.parametrize(
    "processes", [False, pytest.param(True, marks=pytest.mark.large)], ids=["threads", "processes"]
)
def test_weeks_built_again_by_two_workers_are_the_same_bytes_of_every_dataset_as_by_one(
    processes, here, house, configuration, tmp_path, monkeypatch
):
    from flows.nightly import rebuild_datasets
    from tasks import rebuilds as pieces

    before = files(here)
    shutil.copytree(tmp_path / "datasets", tmp_path / "alone")
    built_by = tmp_path / "built by"
    built_by.mkdir()

    def watched(*piece, build=pieces.build_piece):  # a worker has its own copy of all but the disk
        (built_by / f"{distributed.get_worker().name}-{os.getpid()} {piece[-1].first}").touch()
        build(*piece)

    two = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "processes": processes}
    monkeypatch.setattr(pieces, "build_piece", watched)
    monkeypatch.setattr(pieces, "workers", lambda: DaskTaskRunner(cluster_kwargs=two))
    state = rebuild_datasets(FIRST, LAST, return_state=True)
    assert state.is_completed(), state.message
    who = [path.name.partition(" ")[0] for path in built_by.iterdir()]
    assert (len(set(who)), len(who)) == (2, 3)
    assert len({one.partition("-")[2] for one in who} - {f"{os.getpid()}"}) == (2 if processes else 0)
    together = files(here)

    configuration["datasets"]["path"] = str(tmp_path / "alone")
    alone = house()
    publish_night(alone, draft_night(alone, again=WEEKS).manifest.run)
    assert together == files(alone)
    assert {name for name, _ in together} == set(names())
    changed = [(name, day) for name, day in together if together[name, day] != before.get((name, day))]
    assert len({day for name, day in changed if name == "order_timeline"} & set(WEEKS.days)) > 8
    assert "survey_responses" in {name for name, _ in changed}


def test_only_published_days_are_built_again(there):
    from flows.nightly import rebuild_datasets

    publish_night(there, draft_night(there, wanted={"order_timeline"}).manifest.run)
    state = rebuild_datasets(FIRST, NOW.date(), return_state=True)
    assert state.is_failed()
    assert "only published ones can, and the last one is 2026-11-01" in state.message
