"""Killed between building and publishing, on a full disk, or side by side: readers have yesterday's, whole."""

import resource
import signal
import subprocess
import sys
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from a_toml import as_toml
from an_order import fill, raw_order
from some_datasets import SomeDatasets

from postventa import clock
from postventa.cli import run
from postventa.datasets import _checking, load
from postventa.datasets._drafting import draft_night
from postventa.datasets._manifest import LATEST, published, waiting
from postventa.datasets._publishing import publish_night
from postventa.datasets._shelf import Shelf, ShelfTrouble
from postventa.rules.nightly import NotThisNight
from postventa.settings import settings_from
from postventa.store import migrate
from postventa.turns import take_turn
from postventa.workplace import Workplace

THURSDAY = datetime(2026, 11, 5, 3, tzinfo=UTC)
A_DAY = timedelta(days=1)
SUPPORT = Path(__file__).parents[1] / "support"


@pytest.fixture
def store_url(tmp_path):
    return f"sqlite:///{tmp_path / 'postventa.db'}"


@pytest.fixture
def here(own_store, place, configuration, tmp_path, monkeypatch):
    """A workplace with an order on each of three days, and yesterday's night published."""
    monkeypatch.setattr(_checking, "validate", lambda _frame, _contract: [])
    made = SomeDatasets(tmp_path / "some", monkeypatch)
    configuration["datasets"] = {"path": str(tmp_path / "datasets"), "days_back": 2}
    configuration["store"] = {"url": place.settings.store.url}
    workplace = Workplace(settings_from(configuration), place.store)
    for day in (2, 3, 4):
        placed = datetime(2026, 11, day, 9, tzinfo=UTC)
        fill(workplace, [raw_order(day, at=placed, placed=placed)], placed)
    a_night(workplace)
    yield workplace
    made.forget()


def a_night(workplace, at=THURSDAY):
    with clock.clock_set_to(at):
        return publish_night(workplace, draft_night(workplace).manifest.run).manifest


def path_of(workplace):
    return Path(workplace.settings.datasets.path)


def ours(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


# Kills itself at the worst moment: everything is written but the manifest that readers begin with.
KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
import pytest
from pathlib import Path
from datetime import datetime
from some_datasets import SomeDatasets
from postventa import clock
from postventa.cli import run
from postventa.datasets import _checking, _publishing
from postventa.datasets._drafting import draft_night
from postventa.datasets._shelf import Shelf
from postventa.settings import read_settings
from postventa.store.database import open_store
from postventa.workplace import Workplace
import postventa.contracts, postventa.datasets
some = Path(sys.argv[2])
postventa.datasets.__path__ = [str(some / "code")]
postventa.contracts.shipped = lambda _: some / "contracts"
_checking.validate = lambda frame, contract: []
settings = read_settings(sys.argv[3])
place = Workplace(settings, open_store(settings.store.url))
write = Shelf.write
def write_and_die(shelf, name, data):
    if name == _publishing.LATEST:
        os.kill(os.getpid(), signal.SIGKILL)
    write(shelf, name, data)
Shelf.write = write_and_die
with clock.clock_set_to(datetime.fromisoformat(sys.argv[4])):
    _publishing.publish_night(place, draft_night(place).manifest.run)
"""


def test_a_crash_between_building_and_publishing_changes_nothing_and_is_swept_away_by_the_next_night(
    here, configuration, tmp_path
):
    config = tmp_path / "postventa.toml"
    config.write_text(as_toml(configuration))
    folder = path_of(here)
    before, manifest = ours(folder), (folder / LATEST).read_bytes()
    at = (THURSDAY + A_DAY).isoformat()
    words = [sys.executable, "-c", KILLED, SUPPORT, tmp_path / "some", config, at]
    killed = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    assert (folder / LATEST).read_bytes() == manifest
    assert len(load("order_timeline", path=str(folder))) == 3
    assert ours(folder) > before
    after = a_night(here, THURSDAY + A_DAY)
    assert after.night == date(2026, 11, 5)
    runs = {path.name for path in (folder / "history").iterdir()}
    assert runs == {path.parent.name for path in folder.glob("history/*/manifest.json")}
    assert waiting(Shelf(str(folder))) == []


def test_with_the_disk_full_the_night_ends_with_a_sentence_and_yesterdays_stays(here):
    """The largest file that this process may write is smaller than the night's."""
    folder = path_of(here)
    manifest = (folder / LATEST).read_bytes()
    some_more = [
        raw_order(n, at=THURSDAY + timedelta(hours=9), placed=THURSDAY + timedelta(hours=9))
        for n in range(100, 160)
    ]
    fill(here, some_more, THURSDAY + timedelta(hours=9))
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with clock.clock_set_to(THURSDAY + A_DAY):
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
        try:
            with pytest.raises(ShelfTrouble, match="the disk is full: make room"):
                draft_night(here)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, before)
    assert (folder / LATEST).read_bytes() == manifest
    assert not [path for path in folder.rglob("*") if path.name.startswith(".")]
    assert a_night(here, THURSDAY + A_DAY).datasets["order_timeline"].rows == 63


def test_readers_never_see_half_a_night(here):
    """Each night adds a day; whoever reads meanwhile finds orders and their rollup of one and the same night."""
    folder, seen, wrong, over = str(path_of(here)), set(), [], threading.Event()

    def read():
        while not over.is_set():
            manifest = published(Shelf(folder))
            from postventa.datasets._loading import table

            orders = table(Shelf(folder), manifest, "order_timeline").num_rows
            counted = sum(table(Shelf(folder), manifest, "orders_by_day")["orders"].to_pylist())
            seen.add(orders)
            if orders != counted:
                wrong.append((orders, counted))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(1, 4):
            placed = THURSDAY + number * A_DAY - timedelta(hours=12)
            fill(here, [raw_order(50 + number, at=placed, placed=placed)], placed)
            a_night(here, THURSDAY + number * A_DAY)
    finally:
        over.set()
        reader.join()
    assert wrong == []
    assert {3, 6} & seen
    assert len(load("order_timeline", path=folder)) == 6


def test_of_two_nights_at_once_the_one_that_was_begun_first_is_not_published_over_the_other(here):
    """The turn keeps them apart; should it be taken over, the manifest does."""
    with take_turn(here, "nightly") as first, take_turn(here, "nightly") as second:
        assert (first, second) == (True, False)
    with clock.clock_set_to(THURSDAY + A_DAY):
        slow = draft_night(here)
        fast = draft_night(here)  # sweeps the other's files away, as one does whose turn it is
        publish_night(here, fast.manifest.run)
        with pytest.raises(NotThisNight):
            publish_night(here, slow.manifest.run)
        again = publish_night(here, fast.manifest.run)
    assert again.manifest.run == fast.manifest.run
    assert load("order_timeline", path=str(path_of(here)))["day"].max() == date(2026, 11, 4)


def test_a_dead_nights_files_of_another_major_version_are_swept_too(here):
    folder = path_of(here)
    left = (
        folder / "order_timeline/v9/history/20261101T010101Z-0badcafe/day=2026-11-01/order_timeline.parquet"
    )
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    a_night(here, THURSDAY + A_DAY)
    assert not left.exists()
    assert not (folder / "order_timeline/v9").exists()


def test_the_nights_steps_by_hand(here, configuration, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(migrate, "version", lambda _store: migrate.Version("x", "x"))
    config = tmp_path / "postventa.toml"
    config.write_text(as_toml(configuration))
    words = ["--config", str(config), "--now", "2026-11-06T03:00:00Z"]
    assert run(["datasets", "build", *words]) == 0
    assert "waits: postventa datasets publish" in capsys.readouterr().out
    assert run(["datasets", "check", "--day", "2026-11-04", *words]) == 0
    with take_turn(here, "nightly"):
        assert run(["datasets", "build", *words]) == 1
    assert "is being built at this moment" in capsys.readouterr().err
    assert run(["datasets", "publish", *words]) == 0
    assert (tmp_path / "datasets" / "reports" / "2026-11-05.html").is_file()
    assert run(["datasets", "list", "--json", *words]) == 0
    assert '"rows": 3' in capsys.readouterr().out
    assert run(["datasets", "check", *words]) == 0
    assert run(["datasets", "publish", "--day", "2026-11-06", *words]) == 1
    assert "is not over yet" in capsys.readouterr().err
    part = next((tmp_path / "datasets").glob("order_timeline/**/*.parquet"))
    part.write_bytes(b"spoiled")
    assert run(["datasets", "check", *words]) == 1
    assert "files_are_whole" in capsys.readouterr().err
