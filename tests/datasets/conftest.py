"""A seeded month, drawn and saved once for all the tests that only read it, and every dataset built of it once."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from a_month import FIRST, KEY, KEY_ENV, LAST, NOW, AMonth, a_month, month_settings
from a_rollup import built_at_once
from sqlalchemy import Engine

from postventa import clock, report
from postventa.datasets import _checking, _round, builder, in_sequence, names
from postventa.datasets._drafting import draft_night
from postventa.datasets._manifest import Manifest
from postventa.datasets._night import Night, Span
from postventa.datasets._pseudonyms import Pseudonyms
from postventa.datasets._publishing import publish_night
from postventa.datasets._shelf import Shelf
from postventa.store.database import create_tables, open_store
from postventa.workplace import Workplace

EVER = Span(date(2026, 4, 1), NOW.date())


@pytest.fixture(autouse=True)
def the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_ENV, KEY)


@pytest.fixture(scope="session")
def month_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AMonth, Engine]]:
    """The month in a store of its own. Nobody may write in it."""
    engine = open_store(f"sqlite:///{tmp_path_factory.mktemp('month') / 'month.db'}")
    create_tables(engine)
    yield a_month(engine), engine
    engine.dispose()


@pytest.fixture(scope="session")
def month(month_store: tuple[AMonth, Engine]) -> AMonth:
    return month_store[0]


@pytest.fixture
def october() -> Span:
    return Span(FIRST, LAST)


@pytest.fixture
def a_night() -> Callable[..., Night]:
    """A night over a store or over DuckDB."""
    return _night


@pytest.fixture
def night(month_store: tuple[AMonth, Engine]) -> Iterator[Night]:
    """The night after the month, over the seeded store."""
    with month_store[1].connect().execution_options(reads_only=True) as connection:
        yield _night(connection)


@pytest.fixture(scope="session")
def month_tables(month_store: tuple[AMonth, Engine]) -> dict[str, pa.Table]:
    """Every dataset of every day up to the night, as its contract says it."""
    made: dict[str, pa.Table] = {}
    with pytest.MonkeyPatch.context() as environment, duckdb.connect() as duck:
        environment.setenv(KEY_ENV, KEY)
        with month_store[1].connect().execution_options(reads_only=True) as connection:
            night = _night(connection, duck)
            for one in in_sequence(builder(name) for name in names()):
                made[one.name] = built_at_once(night, one.name, EVER)
                duck.register(one.name, made[one.name])
    return made


@pytest.fixture
def rows(month_tables: dict[str, pa.Table]) -> Callable[[str], list[dict[str, Any]]]:
    """The rows of a dataset, of every day."""
    return lambda name: month_tables[name].to_pylist()


@pytest.fixture
def duck() -> Iterator[Any]:
    with duckdb.connect() as connection:
        yield connection


def _night(connection: Any = None, duck: Any = None, **more: Any) -> Night:
    settings = month_settings()
    facts = {"settings": settings, "now": NOW, "pseudonyms": Pseudonyms.by(settings)} | more
    return Night(**facts, connection=connection, duck=duck)


@pytest.fixture(scope="session")
def published_month(
    month_store: tuple[AMonth, Engine], tmp_path_factory: pytest.TempPathFactory
) -> tuple[AMonth, Workplace, Path, Manifest]:
    """The last weeks of the month, as readers have it, with its report; Great Expectations has tests of its own."""
    month, store = month_store
    folder = tmp_path_factory.mktemp("published")
    settings = month_settings(str(store.url))
    datasets = settings.datasets.model_copy(update={"path": str(folder)})
    place = Workplace(settings.model_copy(update={"datasets": datasets}), store)
    with pytest.MonkeyPatch.context() as patch, clock.clock_set_to(NOW + timedelta(hours=1)):
        patch.setenv(KEY_ENV, KEY)
        patch.setattr(_round, "first_day", lambda _connection, _settings: date(2026, 10, 12))
        patch.setattr(_checking, "validate", lambda _frame, _contract: [])
        manifest = publish_night(place, draft_night(place).manifest.run).manifest
        report.write(Shelf(str(folder)), manifest, place.settings)
    return month, place, folder, manifest
