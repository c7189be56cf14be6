"""What may still be asked of Shopify: points that a question costs and that come back with time, and how long to wait.

Shopify counts points and not questions, and takes the *requested* cost, which is known only after the first answer of
its kind. Every thread of the process that asks the same shop shares one budget.
"""

import threading
import time
from typing import Any

LONGEST_WAIT = 60.0
"""Seconds; a bucket is full again long before."""


class Budget:
    """The bucket of one shop, as its last answer showed it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._costs: dict[str, float] = {}
        self._available, self._most, self._rate = 0.0, 0.0, 0.0
        self._seen_at = 0.0

    def wait_for(self, question: str) -> None:
        """Returns when the bucket should hold what this question asked for the last time, and takes it out."""
        with self._lock:
            wait = self._missing(question)
        if wait > 0:
            time.sleep(min(wait, LONGEST_WAIT))
        with self._lock:
            if self._rate:
                self._available = self._now() - self._costs.get(question, 0.0)
                self._seen_at = time.monotonic()

    def note(self, question: str, cost: Any) -> None:
        """Learns from `extensions.cost` of an answer, good or bad; anything else teaches nothing."""
        status = cost.get("throttleStatus") if isinstance(cost, dict) else None
        if not isinstance(status, dict):
            return
        asked, rate = _number(cost.get("requestedQueryCost")), _number(status.get("restoreRate"))
        with self._lock:
            if asked:
                self._costs[question] = asked
            if rate:
                self._rate, self._most = rate, _number(status.get("maximumAvailable"))
                self._available = _number(status.get("currentlyAvailable"))
                self._seen_at = time.monotonic()

    def seconds_missing(self, question: str) -> float:
        """How long until this question can be paid for; 0 where that is not known."""
        with self._lock:
            return self._missing(question)

    def _missing(self, question: str) -> float:
        cost = min(self._costs.get(question, 0.0), self._most)
        return max(0.0, (cost - self._now()) / self._rate) if self._rate else 0.0

    def _now(self) -> float:
        return min(self._most, self._available + (time.monotonic() - self._seen_at) * self._rate)


def _number(said: Any) -> float:
    return float(said) if isinstance(said, int | float) and not isinstance(said, bool) else 0.0


_budgets: dict[str, Budget] = {}
_registering = threading.Lock()


def budget_of(account: str) -> Budget:
    """The one budget of this account in this process."""
    with _registering:
        return _budgets.setdefault(account, Budget())
