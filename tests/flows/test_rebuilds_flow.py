"""Many days built again at once: on a cluster of two workers they come out as they were, byte for byte."""

import hashlib
import shutil

import distributed
import pytest
from a_month import FIRST, LAST, NOW, a_month
from prefect_dask.task_runners import DaskTaskRunner
from some_datasets import SomeDatasets
from sqlalchemy import update

from postventa import clock
from postventa.datasets import _checking
from postventa.datasets._drafting import draft_night
from postventa.datasets._manifest import published
from postventa.datasets._night import Span
from postventa.datasets._publishing import publish_night
from postventa.datasets._shelf import Shelf
from postventa.store.orders import OrderRow

pytestmark = pytest.mark.prefect
OCTOBER = Span(FIRST, LAST)


@pytest.fixture
def here(house, configuration, tmp_path, monkeypatch, in_prefect):
    """A month that was published, and has changed since without anybody hearing of it."""
    monkeypatch.setattr(_checking, "validate", lambda _frame, _contract: [])
    some = SomeDatasets(tmp_path / "some", monkeypatch)
    shop = configuration["shops"]["tienda"]
    configuration["shops"] = {"tienda": shop, "islas": shop | {"timezone": "Atlantic/Canary"}}
    configuration["datasets"] = {"path": str(tmp_path / "datasets"), "formats": []}
    place = house()
    a_month(place.store)
    with clock.clock_set_to(NOW):
        publish_night(place, draft_night(place).manifest.run)
        with place.store.begin() as connection:
            connection.execute(update(OrderRow).where(OrderRow.id % 3 == 0).values(stage="refunded"))
        yield place
    some.forget()


def parquet(place):
    """What readers have of every dataset and day, by its bytes."""
    shelf = Shelf(place.settings.datasets.path)
    return {
        (name, day): hashlib.sha256(shelf.read(part.file)).hexdigest()
        for name, one in published(shelf).datasets.items()
        for day, part in one.partitions.items()
        if part.file
    }


def test_a_month_built_again_on_two_workers_is_the_same_bytes_as_by_one(
    here, house, configuration, tmp_path, monkeypatch
):
    from flows.nightly import rebuild_datasets
    from tasks import rebuilds as pieces

    before = parquet(here)
    shutil.copytree(tmp_path / "datasets", tmp_path / "alone")
    built_by = tmp_path / "built by"
    built_by.mkdir()

    def watched(*piece, build=pieces.build_piece):  # a worker has its own copy of all but the disk
        (built_by / f"{distributed.get_worker().name} {piece[-1].first}").touch()
        build(*piece)

    two = {"n_workers": 2, "threads_per_worker": 1, "processes": False, "dashboard_address": None}
    monkeypatch.setattr(pieces, "build_piece", watched)
    monkeypatch.setattr(pieces, "workers", lambda: DaskTaskRunner(cluster_kwargs=two))
    state = rebuild_datasets(FIRST, LAST, return_state=True)
    assert state.is_completed(), state.message
    who = [path.name[0] for path in built_by.iterdir()]
    assert (set(who), len(who)) == ({"0", "1"}, 5)
    together = parquet(here)

    configuration["datasets"]["path"] = str(tmp_path / "alone")
    alone = house()
    publish_night(alone, draft_night(alone, again=OCTOBER).manifest.run)
    assert together == parquet(alone)
    changed = {day for name, day in together if together[name, day] != before.get((name, day))}
    assert len(changed & set(OCTOBER.days)) > 20


def test_only_published_days_are_built_again(here):
    from flows.nightly import rebuild_datasets

    state = rebuild_datasets(FIRST, NOW.date(), return_state=True)
    assert state.is_failed()
    assert "only published ones can, and the last one is 2026-11-01" in state.message
