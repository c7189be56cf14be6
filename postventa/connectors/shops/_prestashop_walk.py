"""Walks a PrestaShop list by modification time and id, so that an edit on the way hides nothing.

The list has offsets and no totals, and pages drift while orders are edited. So no page is ever turned: each question
begins where the last answer ended, and inside a second that fills a page it goes on by the ids. It knows no HTTP.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from postventa.connectors.fields import ident, need
from postventa.connectors.shops._prestashop_access import Row
from postventa.connectors.shops._prestashop_time import shown_in
from postventa.news import NotUnderstood

PER_PAGE = 100
SECOND = timedelta(seconds=1)

Ask = Callable[[datetime, str | None], Sequence[Row]]
"""(shown at or after, None) -> rows by time and id; (shown at, id) -> rows of that second with a higher id."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """The rows of one answer that had not been heard on this walk, each with what the wall said."""

    rows: tuple[tuple[Row, datetime], ...]
    refused: tuple[tuple[Row, str], ...]


def walk(ask: Ask, start: datetime) -> Iterator[Leaf]:
    """Everything that was touched at `start` or later, by the shop's wall."""
    low, after_id = start, None
    seen: set[tuple[str, datetime]] = set()
    refused_before: set[str] = set()
    while True:
        rows = ask(low, after_id)
        filed, refused = _filed(rows, refused_before)
        yield Leaf(tuple(one for one in filed if _key(one) not in seen), refused)
        is_full = len(rows) >= PER_PAGE and bool(filed)
        if not is_full and after_id is None:
            return
        newest = max((shown for _, shown in filed), default=low)
        seen = {key for key in (*seen, *map(_key, filed)) if key[1] >= newest}
        if after_id is None and newest > low:
            low = newest
        elif is_full:
            after_id = str(max(int(ident(row, "id")) for row, _ in filed))
        else:
            low, after_id = low + SECOND, None


def _key(one: tuple[Row, datetime]) -> tuple[str, datetime]:
    row, shown = one
    return ident(row, "id"), shown


def _filed(
    rows: Sequence[Row], refused_before: set[str]
) -> tuple[list[tuple[Row, datetime]], tuple[tuple[Row, str], ...]]:
    """Rows that have an id and a time; the others with the reason, once."""
    filed: list[tuple[Row, datetime]] = []
    refused: list[tuple[Row, str]] = []
    for row in rows:
        try:
            ident(row, "id")
            filed.append((row, shown_in(need(row, "date_upd"), "date_upd")))
        except NotUnderstood as reason:
            mark = json.dumps(row, sort_keys=True)
            if mark not in refused_before:
                refused_before.add(mark)
                refused.append((row, str(reason)))
    return filed, tuple(refused)
