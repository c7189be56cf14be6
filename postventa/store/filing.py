"""Filing what was heard: pages into the inbox with their cursor, the unread news of orders, the quarantine."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from postventa.news import Heard, Page, Raw
from postventa.store.inbox import CursorRow, InboxRow, ParkedRow, QuarantineRow
from postventa.store.upsert import insert_new, upsert

_INBOX = InboxRow.__table__.c
_KEPT = 20_000
"""Characters of a refused payload that are kept to be looked at."""


@dataclass(frozen=True, slots=True)
class Unread:
    """One unread payload of the inbox."""

    id: int
    kind: str
    ref: str
    order_ref: str
    raw: str


@dataclass(frozen=True, slots=True)
class Filed:
    """What a page came to: how much of it was news, and how many rows could not be filed and are said for the first time."""

    news: int
    set_aside: int


def file_page(connection: Connection, shop: str, walk: str, page: Page, now: datetime) -> Filed:
    """Files a page with its cursor in one transaction."""
    fresh = file_heard(connection, shop, page.heard, now)
    set_aside = refuse(connection, shop, walk, page.refused, now)
    move_cursor(connection, f"{shop}:{walk}", page.cursor, now)
    return Filed(fresh, set_aside)


def refuse(
    connection: Connection, shop: str, walk: str, refused: Sequence[tuple[Raw | str, str]], now: datetime
) -> int:
    """Sets aside what could not even be filed; answers how many are the first of their kind."""
    return sum(
        quarantine(connection, source=shop, kind=walk, ref="", reason=reason, raw=raw, now=now)
        for raw, reason in refused
    )


def file_heard(connection: Connection, shop: str, heard: Sequence[Heard], now: datetime) -> int:
    """Files payloads that came without a cursor; answers how many of them were news."""
    rows = [_inbox_row(shop, one, now) for one in heard]
    return insert_new(connection, InboxRow, rows, ("shop", "kind", "ref", "modified_at", "digest"))


def cursor(connection: Connection, name: str) -> datetime | None:
    """How far the walk `name` has come; None before its first page."""
    return connection.execute(select(CursorRow.at).where(CursorRow.name == name)).scalar_one_or_none()


def move_cursor(connection: Connection, name: str, at: datetime, now: datetime) -> None:
    """Moves a cursor forward; it never goes back."""
    before = cursor(connection, name)
    if before is None or at > before:
        upsert(connection, CursorRow, [{"name": name, "at": at, "moved_at": now}], ("name",))


def note_walk(connection: Connection, name: str, since: datetime, began_at: datetime) -> None:
    """Notes that a walk has come to its end: the cursor of a quiet shop stands still, and nothing is missed."""
    row = {"name": name, "at": since, "moved_at": began_at, "walked_at": began_at}
    upsert(connection, CursorRow, [row], ("name",), keep=("at", "moved_at"))


def heard_until(connection: Connection, name: str) -> datetime | None:
    """Up to when the walk has heard everything; None before its first page."""
    wanted = select(CursorRow.at, CursorRow.walked_at).where(CursorRow.name == name)
    row = connection.execute(wanted).one_or_none()
    return max(filter(None, row)) if row else None


def orders_with_news(connection: Connection, shop: str, limit: int) -> list[str]:
    """Up to `limit` orders that have unread news and are not parked, those heard of first first."""
    parked = select(ParkedRow.order_ref).where(ParkedRow.shop == shop, ParkedRow.resolved_at.is_(None))
    found = (
        select(_INBOX.order_ref)
        .where(_INBOX.read_at.is_(None), _INBOX.shop == shop, _INBOX.order_ref.not_in(parked))
        .order_by(_INBOX.id)
        .limit(limit)
    )
    return list(dict.fromkeys(connection.execute(found).scalars()))


def unread_news(connection: Connection, shop: str, order_refs: Sequence[str]) -> dict[str, list[Unread]]:
    """The unread news of these orders, each order's in the sequence in which its shop changed it."""
    wanted = (
        select(_INBOX.id, _INBOX.kind, _INBOX.ref, _INBOX.order_ref, _INBOX.raw)
        .where(_INBOX.shop == shop, _INBOX.order_ref.in_(order_refs), _INBOX.outcome == "")
        .order_by(_INBOX.modified_at, _INBOX.id)
    )
    found: dict[str, list[Unread]] = {ref: [] for ref in order_refs}
    for row in connection.execute(wanted):
        found[row.order_ref].append(Unread(row.id, row.kind, row.ref, row.order_ref, row.raw))
    return found


def told(connection: Connection, shop: str, order_refs: Sequence[str]) -> dict[str, list[str]]:
    """What these orders' shop has told of each and was looked at, in the sequence in which it was changed."""
    wanted = (
        select(_INBOX.order_ref, _INBOX.raw)
        .where(
            _INBOX.shop == shop,
            _INBOX.order_ref.in_(order_refs),
            _INBOX.kind == "order",
            _INBOX.outcome != "",
        )
        .order_by(_INBOX.modified_at, _INBOX.id)
    )
    found: dict[str, list[str]] = {}
    for row in connection.execute(wanted):
        found.setdefault(row.order_ref, []).append(row.raw)
    return found


def mark_read(connection: Connection, outcomes: Iterable[tuple[int, str]], now: datetime) -> None:
    """Marks payloads as read, each with what became of it."""
    rows = [{"row": row, "what": what, "now": now} for row, what in outcomes]
    if rows:
        statement = update(InboxRow.__table__).where(_INBOX.id == bindparam("row"))  # type: ignore[arg-type]  # a mapped class's table is a Table
        connection.execute(statement.values(read_at=bindparam("now"), outcome=bindparam("what")), rows)


def quarantine(
    connection: Connection, *, source: str, kind: str, ref: str, reason: str, raw: Raw | str, now: datetime
) -> bool:
    """Sets aside something that was not understood; answers whether it is the first of its kind."""
    written = _storable(raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False, default=str))
    reason, ref = _storable(reason), _storable(ref)
    mark = hashlib.blake2b(f"{kind}\x00{ref}\x00{reason}".encode(), digest_size=16).hexdigest()
    rows = QuarantineRow.__table__.c
    known = connection.execute(
        update(QuarantineRow.__table__)  # type: ignore[arg-type]  # a mapped class's table is a Table
        .where(rows.source == source, rows.fingerprint == mark)
        .values(times=rows.times + 1, last_heard_at=now, raw=written[:_KEPT])
    )
    if known.rowcount:
        return False
    fresh = {
        "source": source,
        "kind": kind,
        "ref": ref[:128],
        "fingerprint": mark,
        "reason": reason[:500],
        "raw": written[:_KEPT],
        "heard_at": now,
        "last_heard_at": now,
        "times": 1,
    }
    return insert_new(connection, QuarantineRow, [fresh], ("source", "fingerprint")) > 0


def read_again(connection: Connection, quarantine_ids: Sequence[int]) -> int:
    """Takes these out of quarantine and answers how many payloads will be read again by the next run.

    What is still not understood comes back by itself. What was never filed, such as a carrier's code, is only
    forgotten: its next news is said anew.
    """
    rows = QuarantineRow.__table__.c
    there = select(rows.source, rows.kind, rows.ref).where(rows.id.in_(quarantine_ids))
    found = connection.execute(there).all()
    connection.execute(delete(QuarantineRow).where(QuarantineRow.id.in_(quarantine_ids)))
    reopened = 0
    for source, kind, ref in found:
        if kind == "mail":  # it lies unread in its mailbox, and is read again because it is no longer here
            reopened += 1
            continue
        is_it = (_INBOX.shop == source) & (_INBOX.kind == kind) & (_INBOX.ref == ref)
        payloads = update(InboxRow).where(is_it, InboxRow.outcome == "quarantined")
        reopened += connection.execute(payloads.values(read_at=None, outcome="")).rowcount
    return reopened


def park(connection: Connection, shop: str, order_ref: str, reason: str, now: datetime) -> None:
    """Sets an order aside with the reason; its news waits until the order is tried again."""
    connection.execute(
        ParkedRow.__table__.insert(),  # type: ignore[attr-defined]  # a mapped class's table is a Table
        {
            "shop": shop,
            "order_ref": order_ref,
            "reason": reason[:500],
            "parked_at": now,
            "resolved_at": None,
        },
    )


def _storable(text: str) -> str:
    """What no database can hold, left out: half a character (a name cut in its middle) becomes `?`, NUL nothing."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def _inbox_row(shop: str, heard: Heard, now: datetime) -> dict[str, Any]:
    raw = _storable(json.dumps(heard.raw, ensure_ascii=False, sort_keys=True, default=str))
    return {
        "shop": shop,
        "kind": heard.kind,
        "ref": heard.ref,
        "order_ref": heard.order_ref or heard.ref,
        "modified_at": heard.modified_at,
        "digest": hashlib.blake2b(raw.encode(), digest_size=16).hexdigest(),
        "raw": raw,
        "heard_at": now,
        "read_at": None,
        "outcome": "",
    }
