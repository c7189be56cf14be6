"""What every test may ask for: a store on each database, a configuration, a clock that stands still."""

import os

os.environ.update(
    DO_NOT_TRACK="1",
    PREFECT_SERVER_ANALYTICS_ENABLED="false",
    PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW="ignore",
    PREFECT_LOGGING_LEVEL="ERROR",
    TIENDA_KEY="ck_sandbox",
    TIENDA_SECRET="cs_sandbox",
    DHL_KEY="sandbox",
)

import copy
import gc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from a_kept_store import kept_stores, own_store, store, store_url  # noqa: F401 - fixtures
from a_postgres import APostgres
from a_toml import as_toml
from hypothesis import settings as properties
from measured_once import (  # noqa: F401 - hooks
    pytest_collection,
    pytest_collection_modifyitems,
    pytest_make_collect_report,
    pytest_runtest_protocol,
)
from sqlalchemy import Engine

from postventa import clock
from postventa.settings import Settings, settings_from
from postventa.workplace import Workplace

# The same code is tried with the same values, so that the gate says the same twice; STORIES=1000 tries as many, others each time.
properties.register_profile(
    "postventa",
    deadline=None,
    derandomize="STORIES" not in os.environ,
    max_examples=int(os.environ.get("STORIES", "150")),
)
properties.load_profile("postventa")

# Half a million objects of tests and libraries are not looked through all the time.
gc.set_threshold(20_000, 20, 10)

MONDAY = datetime(2026, 11, 2, 8, tzinfo=UTC)

CONFIGURATION = {
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
            "url": "http://127.0.0.1:9",
            "key_env": "TIENDA_KEY",
            "secret_env": "TIENDA_SECRET",
            "backfill_since": datetime(2026, 11, 1, tzinfo=UTC),
            "requests_per_second": 1000,
            "default_carrier": "dhl",
        }
    },
    "carriers": {
        "dhl": {
            "adapter": "dhl",
            "url": "http://127.0.0.1:9/dhl",
            "key_env": "DHL_KEY",
            "requests_per_second": 1000,
        }
    },
    "channels": {
        "email": {"adapter": "smtp", "port": 9, "from": "Tienda Ejemplo <pedidos@tienda.example>"},
    },
}


@pytest.fixture(scope="session")
def postgres() -> Iterator[APostgres]:
    server = APostgres()
    yield server
    server.stop()


@pytest.fixture
def configuration(tmp_path: Path) -> dict:
    """A configuration as read from TOML, to be changed at will."""
    return copy.deepcopy(CONFIGURATION) | {"files": {"path": str(tmp_path / "files")}}


@pytest.fixture
def settings(configuration: dict, store_url: str) -> Settings:  # noqa: F811 - a fixture by its name
    return settings_from({**configuration, "store": {"url": store_url}})


@pytest.fixture
def place(settings: Settings, store: Engine) -> Workplace:  # noqa: F811 - a fixture by its name
    """A workplace on each database."""
    return Workplace(settings, store)


@pytest.fixture
def house(
    place: Workplace, configuration: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Workplace]:
    """Writes the configuration where tasks and commands look for it; call it again after changing it.

    `house(shop_url=..., carrier_url=..., smtp_port=...)` points it at servers of the test.
    """

    def furnish(shop_url: str = "", carrier_url: str = "", smtp_port: int = 0) -> Workplace:
        configuration["store"] = {"url": place.settings.store.url}
        if shop_url:
            configuration["shops"]["tienda"]["url"] = shop_url
        if carrier_url:
            configuration["carriers"]["dhl"]["url"] = carrier_url
        if smtp_port:
            configuration["channels"]["email"]["port"] = smtp_port
        path = tmp_path / "postventa.toml"
        path.write_text(as_toml(configuration), encoding="utf-8")
        monkeypatch.setenv("POSTVENTA_CONFIG", str(path))
        return Workplace(settings_from(configuration), place.store)

    return furnish


@pytest.fixture
def monday() -> Iterator[datetime]:
    """The clock stands at 09:00 in Madrid on Monday, 2 November 2026."""
    with clock.clock_set_to(MONDAY):
        yield MONDAY
