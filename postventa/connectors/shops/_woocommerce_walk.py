"""Walks a WooCommerce list by modification time so that an edit on the way hides nothing.

Pages drift while orders are edited: whoever turns pages 1, 2, 3 misses orders. This walk asks for page 1
only, each time from one second before the newest change it has seen, and turns pages only inside a second
that holds more than a page. It knows nothing of HTTP.
"""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from postventa.connectors.shops._woocommerce_fields import ident, instant, need
from postventa.news import Heard, NotUnderstood

logger = logging.getLogger(__name__)

PER_PAGE = 100
SECOND = timedelta(seconds=1)  # the grain of the shop's filter, which is strictly greater

Ask = Callable[[datetime, int], tuple[Sequence[Any], int | None]]
"""(modified after, page) -> the rows, oldest change first, and how many there are in all, if the shop says."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """What one answer of the shop brought that had not been heard on this walk."""

    heard: tuple[Heard, ...]
    refused: tuple[tuple[Any, str], ...]
    is_last: bool


def walk(ask: Ask, start: datetime, kind: str = "order") -> Iterator[Leaf]:
    """Everything modified at `start` or later; at least one leaf, the last one marked."""
    after, page, go_again = start.replace(microsecond=0) - SECOND, 1, True
    seen: set[tuple[str, datetime]] = set()
    refused_before: set[str] = set()
    turned: tuple[tuple[str, datetime], ...] = ()
    while True:
        rows, total = ask(after, page)
        filed, refused = file_rows(rows, kind, "date_modified_gmt", refused_before)
        filed = [heard for heard in filed if heard.modified_at > after]  # older ones were not asked for
        keys = tuple((heard.ref, heard.modified_at) for heard in filed)
        if page > 1 and rows and keys == turned:
            logger.warning("the shop answers every page alike: is there a cache before its API?")
            rows, filed, keys, go_again = (), [], (), False
        turned = keys
        fresh = tuple(heard for heard in filed if (heard.ref, heard.modified_at) not in seen)
        seen.update(keys)
        go_again = go_again or any(heard.modified_at == after + SECOND for heard in fresh)
        newest = max((moment for _, moment in keys), default=after)
        # Plugins may hide rows, so a page that is not full is the last one only if the total agrees.
        is_end = not rows or (len(rows) < PER_PAGE and (total or 0) <= (page - 1) * PER_PAGE + len(rows))
        if not is_end and newest - SECOND <= after:
            page += 1
        elif page > 1 and go_again:
            page, go_again = 1, False  # once more: rows of one second may swap between pages, or move up
            is_end = False
        elif page > 1 and newest > after + SECOND:
            after, page, go_again = after + SECOND, 1, True  # what came behind it on later pages has gaps
            is_end = False
        elif not is_end:
            after, page, go_again = newest - SECOND, 1, True
            seen = {key for key in seen if key[1] > after}
        yield Leaf(fresh, refused, is_end)
        if is_end:
            return


def file_rows(
    rows: Sequence[Any], kind: str, stamp: str, refused_before: set[str]
) -> tuple[list[Heard], tuple[tuple[Any, str], ...]]:
    """Rows by id and time; what has neither is refused with the reason, once."""
    filed: list[Heard] = []
    refused: list[tuple[Any, str]] = []
    for row in rows:
        try:
            filed.append(file_row(row, kind, stamp))
        except NotUnderstood as reason:
            written = json.dumps(row, sort_keys=True, default=str)
            if written not in refused_before:
                refused_before.add(written)
                refused.append((row if isinstance(row, dict) else written, str(reason)))
    return filed, tuple(refused)


def file_row(row: Any, kind: str, stamp: str) -> Heard:
    """One row by id and time. Raises NotUnderstood if it cannot even be filed."""
    if not isinstance(row, dict):
        raise NotUnderstood(f"a row of the {kind} list is not an object")
    ref = ident(row, "id")
    order_ref = ident(row, "parent_id") if kind == "refund" else ref
    return Heard(kind, ref, instant(need(row, stamp), stamp), row, order_ref)
