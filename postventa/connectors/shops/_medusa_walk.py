"""Walks a Medusa list by modification time so that neither an edit on the way nor a lost microsecond hides anything.

The database keeps microseconds and JSON milliseconds: asking for what is after the last stamp seen may bring that row
again, and may leave out another of the same millisecond. So each question reaches back to the whole millisecond, and a
millisecond that fills a page is gone through by ids. No page is ever turned. It knows nothing of HTTP.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from postventa.connectors.errors import Refused
from postventa.connectors.fields import moment, need
from postventa.connectors.shops._medusa_fields import known_by
from postventa.news import NotUnderstood

PER_PAGE = 50
TICK = timedelta(milliseconds=1)

Ask = Callable[[Mapping[str, Any]], tuple[Sequence[Any], int]]
"""Filters, order and limit, as Medusa reads them -> the rows, and how many there are in all."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """What one answer brought that this walk had not heard, each row with its stamp."""

    rows: tuple[tuple[Mapping[str, Any], datetime], ...]
    refused: tuple[tuple[Any, str], ...]


def walk(ask: Ask, start: datetime) -> Iterator[Leaf]:
    """Everything that was modified at `start` or later, oldest change first."""
    low = _whole(start)
    seen: set[tuple[str, datetime]] = set()
    refused_before: set[str] = set()
    while True:
        asked = {"updated_at[$gt]": shown(low - TICK), "order": "updated_at", "limit": PER_PAGE}
        rows, count = ask(asked)
        filed, refused = _filed(rows, refused_before)
        yield _fresh(filed, refused, seen)
        newest = max((stamp for _, stamp in filed), default=low)
        if len(rows) >= count or not filed:
            return
        if newest > low:
            low = newest
            seen = {key for key in seen if key[1] >= low}
            continue
        for crowd in _crowd(ask, low):
            filed, refused = _filed(crowd, refused_before)
            yield _fresh(filed, refused, seen)
        low += TICK


def _crowd(ask: Ask, at: datetime) -> Iterator[Sequence[Any]]:
    """A millisecond in which more was changed than fits on a page."""
    window = {
        "updated_at[$gt]": shown(at - TICK),
        "updated_at[$lt]": shown(at + TICK),
        "order": "id",
        "limit": PER_PAGE,
    }
    before: list[str] = []
    while True:
        rows, _ = ask({**window, "id[$gt]": before[-1]} if before else window)
        yield rows
        ids = [row["id"] for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)]
        if len(rows) < PER_PAGE or not ids:
            return
        if ids == before:
            raise Refused(
                f"more than {PER_PAGE} orders were changed within one millisecond, and this Medusa cannot list them by "
                "their ids: update it (2.21 can), or change one of them"
            )
        before = ids


def shown(at: datetime) -> str:
    """As Medusa reads it. With an offset instead of the Z its plus sign would come out as a space."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _filed(
    rows: Sequence[Any], refused_before: set[str]
) -> tuple[list[tuple[Mapping[str, Any], datetime]], tuple[tuple[Any, str], ...]]:
    filed: list[tuple[Mapping[str, Any], datetime]] = []
    refused: list[tuple[Any, str]] = []
    for row in rows:
        try:
            filed.append(_dated(row))
        except NotUnderstood as reason:
            written = json.dumps(row, sort_keys=True)
            if written not in refused_before:
                refused_before.add(written)
                refused.append((row if isinstance(row, dict) else written, str(reason)))
    return filed, tuple(refused)


def _dated(row: Any) -> tuple[Mapping[str, Any], datetime]:
    if not isinstance(row, dict):
        raise NotUnderstood("a row of the list is not an object")
    known_by(row)
    return row, moment(need(row, "updated_at"), "updated_at")


def _fresh(
    filed: list[tuple[Mapping[str, Any], datetime]],
    refused: tuple[tuple[Any, str], ...],
    seen: set[tuple[str, datetime]],
) -> Leaf:
    rows = tuple((row, stamp) for row, stamp in filed if (known_by(row), stamp) not in seen)
    seen.update((known_by(row), stamp) for row, stamp in rows)
    return Leaf(rows, refused)
