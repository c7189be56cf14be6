"""Asks a WooCommerce list for the next rows while the walk is still busy with the ones before them.

A walk turns no pages, because pages drift. What lies ahead is asked for in windows that overlap: after rows
1 to 100 come 97 to 192 (page 2 of 96), then 185 to 276 (page 3 of 92). A window counts only where it reaches back
to a second that the walk has read to its end: then nothing can lie between the two, whatever was edited
meanwhile. Any other window is thrown away, and the walk asks as if there had been none.
"""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self

from postventa.connectors.errors import ConnectorError
from postventa.connectors.shops import _woocommerce_walk as walking
from postventa.connectors.shops._woocommerce_fields import instant, need
from postventa.news import NotUnderstood

WINDOWS = 3
"""How many questions are on their way at once, beside the walk's own."""
NARROWER = 4
"""By how many rows each window is narrower than the one before: so far it reaches back, and further each time."""

Rows = tuple[Sequence[Any], int | None]


class AskFor(Protocol):
    """`walking.Ask`, for pages of any width."""

    def __call__(self, after: datetime, page: int, per_page: int = ..., /) -> Rows: ...


class Ahead:
    """Answers as the shop would, at `(after, page)`; a context manager, for it keeps threads."""

    def __init__(self, ask: AskFor) -> None:
        self._ask = ask
        self._coming: deque[tuple[int, Future[Rows]]] = deque()
        self._left = 0
        self._windows = WINDOWS
        self._threads = ThreadPoolExecutor(WINDOWS, thread_name_prefix="ask-ahead")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)

    def __call__(self, after: datetime, page: int) -> Rows:
        answer = self._window(after) if page == 1 and self._coming else None
        if answer is None:
            answer = self._anew(after, page)
        rows, total = answer
        self._left = (total or 0) - len(rows) if page == 1 else 0
        return answer

    def _anew(self, after: datetime, page: int) -> Rows:
        for _, unused in self._coming:
            unused.cancel()
        self._coming.clear()
        if page == 1:
            self._look_ahead(after, self._left)
        rows, total = self._ask(after, page, walking.PER_PAGE)
        if page == 1 and not self._coming:
            self._look_ahead(after, total or 0)
        return rows, total

    def _look_ahead(self, after: datetime, expected: int) -> None:
        for place in range(1, self._windows + 1):
            width = walking.PER_PAGE - place * NARROWER
            start = place * width
            if width > 0 and start + NARROWER * place < expected:
                self._coming.append((start, self._threads.submit(self._ask, after, place + 1, width)))

    def _window(self, after: datetime) -> Rows | None:
        """The next window's rows after `after`, if it leaves no gap; None if the shop must be asked anew."""
        start, coming = self._coming.popleft()
        try:
            rows, total = coming.result()
        except ConnectorError:
            self._windows = (
                0  # too much at once for this shop, or for good: the walk's own question will tell
            )
            return None
        stamps = [_stamp(row) for row in rows]
        known = [stamp for stamp in stamps if stamp is not None]
        if not known or total is None or min(known) > after or max(known) - walking.SECOND <= after:
            return None
        fresh = [row for row, stamp in zip(rows, stamps, strict=True) if stamp is None or stamp > after]
        return fresh, total - start - (len(rows) - len(fresh))


def _stamp(row: Any) -> datetime | None:
    try:
        return instant(need(row, "date_modified_gmt"), "date_modified_gmt")
    except (NotUnderstood, TypeError):
        return None
