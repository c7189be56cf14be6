"""A shop's first days, lived once by the tasks themselves, and the command line to ask about them."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from a_toml import as_toml

from postventa import cli, clock
from postventa.sandbox.server import Sandbox
from postventa.sandbox.settings import SandboxSettings
from postventa.settings import ENVIRONMENT_KEY
from postventa.store import migrate
from postventa.store.database import open_store

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
STEP = timedelta(hours=7)
STEPS, UNSENT = 20, 7
ORDERS = 25


@dataclass(frozen=True)
class Story:
    """Where the story left its store, and the sandbox it happened in."""

    config: Path
    sandbox: Sandbox
    now: datetime


def configuration(sandbox: Sandbox, store: Path) -> dict[str, Any]:
    return {
        "store": {"url": f"sqlite:///{store}"},
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
                "url": sandbox.url,
                "key_env": "TIENDA_KEY",
                "secret_env": "TIENDA_SECRET",
                "requests_per_second": 1000,
                "backfill_since": START - timedelta(days=1),
                "default_carrier": "dhl",
            }
        },
        "carriers": {
            "dhl": {
                "adapter": "dhl",
                "url": f"{sandbox.url}/dhl",
                "key_env": "DHL_KEY",
                "requests_per_second": 1000,
            }
        },
        "channels": {
            "email": {
                "adapter": "smtp",
                "host": "127.0.0.1",
                "port": sandbox.smtp_port,
                "from": "Tienda Ejemplo <pedidos@tienda.example>",
            }
        },
    }


_going_on = ExitStack()


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    yield _going_on.enter_context(_lived(tmp_path_factory.mktemp("story")))
    _going_on.close()


@pytest.hookimpl(trylast=True)  # after the fixtures that still ask about it
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """The story's servers end with the last test that asks about it."""
    if nextitem is None or "story" not in getattr(nextitem, "fixturenames", ()):
        _going_on.close()


@contextmanager
def _lived(folder: Path) -> Iterator[Story]:
    """Six days of a shop with 25 orders: polled, moved, looked after and, but for the end, mailed."""
    from tasks.messages import send_messages
    from tasks.orders import move_orders, poll_orders, reread_orders
    from tasks.shipments import look_at_parcels

    now = START
    with Sandbox(SandboxSettings(orders=ORDERS, start=START)) as sandbox:
        config = folder / "postventa.toml"
        config.write_text(as_toml(configuration(sandbox, folder / "postventa.db")), encoding="utf-8")
        store = open_store(f"sqlite:///{folder / 'postventa.db'}")
        migrate.upgrade(store)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(ENVIRONMENT_KEY, str(config))
            for number in range(STEPS):
                now += STEP
                with clock.clock_set_to(now):
                    poll_orders.fn("tienda")
                    reread_orders.fn("tienda")
                    move_orders.fn("tienda")
                    look_at_parcels.fn("dhl")
                    if number < STEPS - UNSENT:
                        send_messages.fn("email")
        yield Story(config, sandbox, now)
        store.dispose()
        open_store.cache_clear()


@dataclass(frozen=True)
class Answer:
    """What a command printed, and the code it ended with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def ask(story: Story, capsys: pytest.CaptureFixture[str], monkeypatch) -> Callable[..., Answer]:
    """`ask("ledger", "--json")` runs `postventa ledger --json` where the story ended."""
    monkeypatch.setenv(ENVIRONMENT_KEY, str(story.config))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    return _asking(capsys, ["--now", story.now.isoformat()])


@pytest.fixture
def ask_anywhere(capsys: pytest.CaptureFixture[str], monkeypatch, tmp_path) -> Callable[..., Answer]:
    """The same in an empty folder, without a configuration."""
    monkeypatch.delenv(ENVIRONMENT_KEY, raising=False)
    monkeypatch.chdir(tmp_path)
    return _asking(capsys, [])


def _asking(capsys: pytest.CaptureFixture[str], more: list[str]) -> Callable[..., Answer]:
    def ask(*words: str) -> Answer:
        capsys.readouterr()
        code = cli.run([*words, *([] if "--now" in words else more)])
        printed = capsys.readouterr()
        return Answer(code, printed.out, printed.err)

    return ask


@pytest.hookimpl(tryfirst=True)  # before names are given to groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The story is lived once: tests that ask about it share a worker."""
    for item in items:
        if "story" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("story"))
