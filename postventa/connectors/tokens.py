"""Access tokens of OAuth 2: asked for once, used by every thread, and asked for anew before they end or when refused."""

import threading
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, TypeVar

from postventa.connectors.errors import Refused

Got = TypeVar("Got")

_UNSAID = 300.0
"""Seconds that a token is used where nobody says how long it lives."""
_USED = 0.8
"""The share of its life in which a token is used: an answer that is on its way must not find it dead."""


class Token:
    """The token of one account. `ask` sends the wish for a new one and answers what the other side said."""

    def __init__(self, owner: str, ask: Callable[[], Any]) -> None:
        self._owner = owner
        self._ask = ask
        self._turn = threading.Lock()
        self._token = ""
        self._until = 0.0

    def used_for(self, request: Callable[[Mapping[str, str]], Got]) -> Got:
        """Makes the request with a token in its headers; with a new one, once, where the token is refused."""
        token = self._current()
        try:
            return request(_header(token))
        except Refused as refused:
            if refused.status != 401:
                raise
            self._forget(token)
            return request(_header(self._current()))

    def _current(self) -> str:
        with self._turn:
            if not self._token or monotonic() >= self._until:
                said = self._ask()
                token = said.get("access_token") if isinstance(said, dict) else None
                if not isinstance(token, str) or not token:
                    raise Refused(f"{self._owner}: the answer to the login holds no access token")
                self._token, self._until = token, monotonic() + _USED * _lifetime(said.get("expires_in"))
            return self._token

    def _forget(self, token: str) -> None:
        with self._turn:
            if self._token == token:  # another thread may have renewed it meanwhile
                self._token = ""


def _header(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _lifetime(said: Any) -> float:
    """Seconds; UPS writes them as a text."""
    return float(said) if str(said).isdecimal() else _UNSAID
