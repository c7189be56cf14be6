"""The customers' pages on a loopback port over a store with two orders: served once, emptied of cases between tests."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from a_visitor import Visitor
from an_order import PLACED, fill, raw_order, two_parcels

from postventa import clock
from postventa.settings import settings_from
from postventa.store.base import Base
from postventa.store.database import create_tables, open_store
from postventa.web.serving import Pages
from postventa.workplace import Workplace

NOW = datetime(2026, 11, 10, 9, tzinfo=UTC)
KEPT = {"customers", "orders", "order_lines", "order_events", "shipments", "inbox"}
"""The tables of the two orders; whatever a test adds to others is taken away again."""
ENVIRONMENT = {
    "POSTVENTA_WEB_SECRET": "a-secret-that-only-these-tests-sign-with",
    "POSTVENTA_API_KEY": "a key of the tests",
    "TIENDA_WEBHOOK_SECRET": "agreed on with the shop",
}


def configuration(folder: Path) -> dict:
    return {
        "store": {"url": f"sqlite:///{folder / 'postventa.db'}"},
        "files": {"path": str(folder / "files"), "max_megabytes": 1},
        "web": {
            "url": "https://posventa.tienda.example/ayuda",
            "api_key_env": "POSTVENTA_API_KEY",
            "requests_per_minute": 10_000,
        },
        "company": {
            "legal_name": "Tienda Ejemplo, S.L.",
            "tax_id": "B00000000",
            "address": "Carrer Major 1, 08001 Barcelona",
            "email": "hola@tienda.example",
            "phone": "+34 930 000 000",
            "registry": "Registro Mercantil de Barcelona, T 1, F 1, H B-1",
        },
        "shops": {
            "tienda": {
                "platform": "woocommerce",
                "url": "https://tienda.example",
                "key_env": "TIENDA_KEY",
                "secret_env": "TIENDA_SECRET",
                "webhook_secret_env": "TIENDA_WEBHOOK_SECRET",
                "backfill_since": datetime(2026, 11, 1, tzinfo=UTC),
                "display_name": "Tienda Ejemplo",
            }
        },
    }


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workplace, Pages]]:
    """A store with an order on its way in two parcels (7001) and one that was only paid (7002, in Catalan)."""
    with ExitStack() as opened:
        with pytest.MonkeyPatch.context() as patched:
            for name, value in ENVIRONMENT.items():
                patched.setenv(name, value)
            settings = settings_from(configuration(tmp_path_factory.mktemp("web")))
            engine = open_store(settings.store.url)
            create_tables(engine)
            place = Workplace(settings, engine)
            catalan = raw_order(7002, meta_data=[{"id": 1, "key": "wpml_language", "value": "ca"}])
            with clock.clock_set_to(NOW):
                fill(place, [two_parcels(7001), catalan], PLACED)
            pages = opened.enter_context(Pages(place))
        yield place, pages
    engine.dispose()
    open_store.cache_clear()


@pytest.fixture
def place(served: tuple[Workplace, Pages], monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    place, _ = served
    with clock.clock_set_to(NOW):
        yield place
    with place.store.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name not in KEPT:
                connection.execute(table.delete())


@pytest.fixture
def settings(place: Workplace):
    return place.settings


@pytest.fixture
def pages(served: tuple[Workplace, Pages]) -> Pages:
    return served[1]


@pytest.fixture
def visitor(place: Workplace, pages: Pages) -> Iterator[Visitor]:
    with Visitor(place, pages.url) as session:
        yield session


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser():
    """One real browser for all tests of pages."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: `make browser` installs it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
        )
        yield started
        started.close()
