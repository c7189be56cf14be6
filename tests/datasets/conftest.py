"""A seeded month, drawn and saved once for all the tests that only read it, and every dataset built of it once."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from a_month import FIRST, KEY, KEY_ENV, LAST, NOW, AMonth, a_month, month_settings
from sqlalchemy import Engine

from postventa.contracts import conform, contract
from postventa.datasets import builder, in_sequence, names
from postventa.datasets._night import Night, Span
from postventa.datasets._pseudonyms import Pseudonyms
from postventa.store.database import create_tables, open_store

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
                made[one.name] = conform(one.build(night, EVER), contract(one.name))
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
