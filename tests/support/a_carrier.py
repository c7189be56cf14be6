"""A carrier of a test: its door opened with the configuration that its kind needs."""

from typing import Any

from pytest_httpserver import HTTPServer
from some_carriers import KINDS, SECRET

from postventa import settings


def a_carrier(name: str, server: HTTPServer, monkeypatch: Any, **more: Any) -> Any:
    """The door of the carrier `name`, pointed at a server of the test."""
    monkeypatch.setenv("CARRIER_KEY", SECRET)
    said = {"adapter": name, "url": server.url_for("/"), "key_env": "CARRIER_KEY"}
    said |= {"requests_per_second": 10_000} | KINDS[name].more | more
    return KINDS[name].adapter.connect(name, settings.Carrier.model_validate(said))
