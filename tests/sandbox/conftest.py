import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from requests_oauthlib import OAuth1

from postventa.sandbox.server import Sandbox
from postventa.sandbox.settings import SandboxSettings

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture(scope="session")
def sample():
    """A payload captured from a real server, by its name."""
    return lambda name: json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


@dataclass
class Visitor:
    """Somebody at the sandbox's doors, with keys."""

    sandbox: Sandbox
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False

    def shop(self, path: str, **asked: Any) -> requests.Response:
        settings = self.sandbox.settings
        return self.session.get(
            f"{self.sandbox.url}/wp-json/{path}",
            params=asked,
            auth=OAuth1(settings.key, settings.secret, signature_method="HMAC-SHA256"),
            timeout=10,
        )

    def orders(self, **asked: Any) -> Any:
        return self.shop("wc/v3/orders", **asked).json()

    def every_order(self, **asked: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        page = 1
        while rows := self.orders(per_page=100, page=page, **asked):
            found += rows
            page += 1
        return found

    def parcel(self, number: str, key: str = "sandbox") -> requests.Response:
        return self.session.get(
            f"{self.sandbox.url}/dhl/track/shipments",
            params={"trackingNumber": number},
            headers={"DHL-API-Key": key},
            timeout=10,
        )

    def get(self, path: str, **asked: Any) -> requests.Response:
        return self.session.get(self.sandbox.url + path, params=asked, timeout=10)

    def post(self, path: str, body: Any) -> requests.Response:
        return self.session.post(self.sandbox.url + path, json=body, timeout=10)

    def at(self, instant: datetime) -> None:
        assert self.post("/sandbox/clock", {"now": instant.isoformat()}).status_code == 200


def opened(**settings: Any) -> Iterator[Visitor]:
    """A sandbox whose clock stands at the end of its story."""
    with Sandbox(SandboxSettings(**{"start": START, **settings})) as sandbox:
        visitor = Visitor(sandbox)
        visitor.at(START + timedelta(days=30))
        yield visitor
        visitor.session.close()


@pytest.fixture(scope="session")
def grown() -> Iterator[Visitor]:
    """500 orders whose lives are over; read only."""
    yield from opened(orders=500)


@pytest.fixture(scope="session")
def _shared() -> Iterator[Visitor]:
    yield from opened(orders=40)


@pytest.fixture
def small(_shared) -> Visitor:
    """40 orders, for tests that turn the clock or the weather: each finds them at the end, in fair weather."""
    _shared.post("/sandbox/faults", {})
    _shared.at(START + timedelta(days=30))
    _shared.sandbox.mailbox.clear()
    return _shared


@pytest.fixture
def fresh() -> Iterator[Visitor]:
    """40 orders for one test alone, which changes them for good."""
    yield from opened(orders=40)
