"""One store on each database for a whole run of tests, emptied before each: making tables anew costs more than a test.

A test that changes the tables or settings of its store, or ends its connections, asks for `own_store`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from a_postgres import APostgres
from an_empty_store import empty
from sqlalchemy import Engine

from postventa.store.database import create_tables, open_store

__all__ = ["kept_stores", "own_store", "store", "store_url"]


class KeptStores:
    """The addresses of the kept stores, and every engine that was opened on them."""

    def __init__(self, folder: Path, postgres: APostgres) -> None:
        self._make = {"sqlite": lambda: f"sqlite:///{folder / 'kept.db'}", "postgresql": postgres.database}
        self._urls: dict[str, str] = {}
        self._engines: dict[int, Engine] = {}

    def url(self, kind: str) -> str:
        if kind not in self._urls:
            self._urls[kind] = self._make[kind]()
            create_tables(self._opened(self._urls[kind]))
        return self._urls[kind]

    def empty(self, url: str) -> Engine:
        engine = self._opened(url)
        empty(engine)
        return engine

    def close(self) -> None:
        for engine in self._engines.values():
            engine.dispose()

    def _opened(self, url: str) -> Engine:
        engine = open_store(url)
        self._engines[id(engine)] = engine
        return engine


@pytest.fixture(scope="session")
def kept_stores(tmp_path_factory: pytest.TempPathFactory, postgres: APostgres) -> Iterator[KeptStores]:
    kept = KeptStores(tmp_path_factory.mktemp("kept"), postgres)
    yield kept
    kept.close()


@pytest.fixture
def own_store() -> bool:
    """Asked for by tests whose store is theirs alone."""
    return True


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, kept_stores: KeptStores, tmp_path: Path) -> str:
    """A database, once on SQLite and once on PostgreSQL."""
    if "own_store" not in request.fixturenames:
        return kept_stores.url(request.param)
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'postventa.db'}"
    return request.getfixturevalue("postgres").database()


@pytest.fixture
def store(store_url: str, kept_stores: KeptStores, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A store with its tables, and nothing in them."""
    if "own_store" not in request.fixturenames:
        yield kept_stores.empty(store_url)
        return
    engine = open_store(store_url)
    create_tables(engine)
    yield engine
    engine.dispose()
