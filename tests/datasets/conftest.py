"""A seeded month, drawn and saved once for all the tests that only read it, and a night that reads it."""

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest
from a_month import FIRST, KEY, KEY_ENV, LAST, NOW, AMonth, a_month, month_settings
from sqlalchemy import Engine

from postventa.contracts import conform, contract
from postventa.datasets import builder
from postventa.datasets._night import Night, Span
from postventa.datasets._pseudonyms import Pseudonyms
from postventa.store.database import create_tables, open_store


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
def night(month_store: tuple[AMonth, Engine]) -> Iterator[Night]:
    """The night after the month, over the seeded store."""
    with month_store[1].connect().execution_options(reads_only=True) as connection:
        yield a_night(connection)


def a_night(connection: Any = None, duck: Any = None) -> Night:
    settings = month_settings()
    return Night(
        settings=settings,
        now=NOW,
        pseudonyms=Pseudonyms.by(settings),
        connection=connection,
        duck=duck,
    )


@pytest.fixture
def built(night: Night, october: Span) -> Callable[..., list[dict[str, Any]]]:
    """Builds a dataset, brings it into its contract's columns, and answers its rows."""

    def rows(name: str, span: Span = october, over: Night = night) -> list[dict[str, Any]]:
        return conform(builder(name).build(over, span), contract(name)).to_pylist()

    return rows


@pytest.fixture
def duck() -> Iterator[Any]:
    with duckdb.connect() as connection:
        yield connection
