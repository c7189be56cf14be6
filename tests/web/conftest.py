"""The customers' pages on a loopback port, over a store with two orders, and one real browser for the session."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from a_visitor import Visitor
from an_order import PLACED, fill, raw_order, two_parcels
from sqlalchemy import Engine

from postventa import clock
from postventa.settings import Settings, settings_from
from postventa.store.database import create_tables, open_store
from postventa.web.serving import Pages
from postventa.workplace import Workplace

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NOW = datetime(2026, 11, 10, 9, tzinfo=UTC)
SECRET = "a-secret-that-only-these-tests-sign-with"
API_KEY = "a key of the tests"


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    """Pages are the same on every database: what they stand on is tested there."""
    return f"sqlite:///{tmp_path / 'postventa.db'}"


@pytest.fixture
def settings(
    configuration: dict, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    monkeypatch.setenv("POSTVENTA_WEB_SECRET", SECRET)
    monkeypatch.setenv("POSTVENTA_API_KEY", API_KEY)
    configuration["shops"]["tienda"]["display_name"] = "Tienda Ejemplo"
    configuration["web"] = {
        "url": "https://posventa.tienda.example/ayuda",
        "api_key_env": "POSTVENTA_API_KEY",
        "requests_per_minute": 1000,
    } | configuration.get("web", {})
    configuration["files"] = {"path": str(tmp_path / "files"), "max_megabytes": 1}
    return settings_from({**configuration, "store": {"url": store_url}})


@pytest.fixture
def place(settings: Settings) -> Iterator[Workplace]:
    """A store with an order on its way in two parcels (7001) and one that was only paid (7002, in Catalan)."""
    engine: Engine = open_store(settings.store.url)
    create_tables(engine)
    workplace = Workplace(settings, engine)
    catalan = raw_order(7002, meta_data=[{"id": 1, "key": "wpml_language", "value": "ca"}])
    with clock.clock_set_to(NOW):
        fill(workplace, [two_parcels(7001), catalan], PLACED)
        yield workplace
    engine.dispose()
    open_store.cache_clear()


@pytest.fixture
def pages(place: Workplace) -> Iterator[Pages]:
    with Pages(place) as served:
        yield served


@pytest.fixture
def visitor(place: Workplace, pages: Pages) -> Iterator[Visitor]:
    with Visitor(place, pages.url) as session:
        yield session
