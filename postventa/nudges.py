"""A nudge: a shop says that it has news, and its next poll is asked for at once instead of in some minutes.

The poll is asked of Prefect's API over HTTP. Polling stays the truth: where nobody can be asked, it comes by itself.
"""

import logging
import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import requests

from postventa import clock
from postventa.settings import Settings, secret

WINDOW = timedelta(seconds=20)
"""All nudges of a shop within it are one poll, at its end: a shop that changes many orders says so many times."""
PATIENCE = 5

log = logging.getLogger(__name__)


class Knock(StrEnum):
    """Who knocks at the door that a shop's webhooks come to."""

    NEWS = "news"
    """The shop itself, by its signature."""
    HELLO = "hello"
    """Whoever sets up a webhook, to see that somebody answers: nothing follows from it."""
    STRANGER = "stranger"


Doorkeeper = Callable[[Mapping[str, str], bytes, str], Knock]
"""Looks at headers, body and the secret that was agreed on."""


class CannotAsk(RuntimeError):
    """No poll could be asked for; the sentence says why. The next one comes by itself."""


def check_secrets(settings: Settings) -> list[str]:
    """The shops whose webhooks are taken. Raises BadConfiguration where a secret is named and not set.

    A shop gives up a webhook for good after five refusals: that must not wait for its first call.
    """
    taken = {name: env for name, shop in settings.shops.items() if (env := shop.webhook_secret_env)}
    for name, env in taken.items():
        secret(env, f"shops.{name}.webhook_secret_env")
    return sorted(taken)


class Bell:
    """Rings for polls, once for each shop and window. Safe to use from several threads."""

    def __init__(self) -> None:
        self._rung: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def ring(self, shop: str) -> None:
        """Asks for a poll of this shop at the end of the window, unless that has been done. Never raises."""
        at = _end_of_window(clock.wall())
        with self._lock:
            if self._rung.get(shop) == at:
                return
            self._rung[shop] = at
        try:
            ask_for_poll(shop, at)
        except CannotAsk as reason:
            log.warning("a webhook of shops.%s brings no poll forward: %s", shop, reason)


def ask_for_poll(shop: str, at: datetime) -> str:
    """Asks Prefect for a run of this shop's orders at `at` and answers its id; asking twice is one run."""
    api = os.environ.get("PREFECT_API_URL", "").rstrip("/")
    if not api:
        raise CannotAsk("PREFECT_API_URL is not set where `postventa web` runs")
    try:
        with requests.Session() as session:
            session.trust_env = False
            _show_key(session)
            tags = {"all_": ["orders", f"shop:{shop}"]}
            found = _asked(session, f"{api}/deployments/filter", {"deployments": {"tags": tags}, "limit": 1})
            if not found:
                raise CannotAsk(f"no deployment has the tags orders and shop:{shop}")
            run = _asked(
                session,
                f"{api}/deployments/{found[0]['id']}/create_flow_run",
                {
                    "state": {"type": "SCHEDULED", "state_details": {"scheduled_time": at.isoformat()}},
                    "idempotency_key": f"nudge:{shop}:{at.isoformat()}",
                },
            )
            return str(run["id"])
    except (requests.RequestException, ValueError, KeyError, TypeError) as down:
        raise CannotAsk(f"Prefect's server does not answer as it should ({type(down).__name__})") from down


def _asked(session: requests.Session, url: str, body: object) -> Any:
    answer = session.post(url, json=body, timeout=PATIENCE)
    answer.raise_for_status()
    return answer.json()


def _show_key(session: requests.Session) -> None:
    """As Prefect's own client does."""
    if basic := os.environ.get("PREFECT_API_AUTH_STRING"):
        user, _, password = basic.partition(":")
        session.auth = (user, password)
    elif key := os.environ.get("PREFECT_API_KEY"):
        session.headers["Authorization"] = f"Bearer {key}"


def _end_of_window(now: datetime) -> datetime:
    seconds = WINDOW.total_seconds()
    return datetime.fromtimestamp((now.timestamp() // seconds + 1) * seconds, now.tzinfo)
