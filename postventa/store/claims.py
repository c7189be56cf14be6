"""Claims: senders take what is due from the outbox, order by order, and nobody overtakes anybody.

A claim takes all the due messages of an order or none, so the steps of one order are always in one sender's
hands. A message that waits for its turn blocks what the same order owes after it; a settled one does not. Cases
are claimed in the same way, before orders: somebody is waiting for a receipt. What is about neither keeps no turn,
and is asked for when nothing else is due.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, or_, select, text, update

from postventa.rules.messages import WAITS_ALONE, Outcome
from postventa.store.batches import among
from postventa.store.cases import CaseRow
from postventa.store.messages import OPEN, OPEN_ALONE, OPEN_OF_CASES, OutboxRow
from postventa.store.orders import OrderRow

CLAIM_FOR = timedelta(minutes=10)
ASK_AGAIN = 50
MEANWHILE_SECONDS = 0.02
"""A claim takes some hundredths of a second; whoever comes meanwhile finds other orders after it."""
_OUTBOX: Any = OutboxRow.__table__
_BOX: Any = _OUTBOX.c
_UNSETTLED = (Outcome.WAITING, Outcome.DEFERRED, Outcome.BEGUN)


@dataclass(frozen=True, slots=True)
class _Lane:
    """What messages keep their turn within: their column in the outbox, what it points to, and which are open."""

    of: Any
    parent: Any
    open: str


_LANES = (
    _Lane(_BOX.case_id, CaseRow.id, OPEN_OF_CASES),
    _Lane(_BOX.order_id, OrderRow.id, OPEN),
    _Lane(_BOX.id, OutboxRow.id, OPEN_ALONE),
)


def claim(
    connection: Connection, sender: str, now: datetime, wall: datetime, limit: int, *, channel: str = "email"
) -> Sequence[Row[Any]]:
    """Claims up to about `limit` due messages for `sender`, case by case or order by order, in the sequence in which
    they were owed: of cases if any are due, else of orders, else what is about neither. Each channel keeps a turn of
    its own.
    """
    if connection.dialect.name == "postgresql":
        # A claim that dies with the machine has claimed nothing: it need not wait for the disk, its batch's end does.
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
    is_free = or_(_BOX.claimed_until.is_(None), _BOX.claimed_until < wall)
    taken: list[Row[Any]] = []
    for lane in _LANES:
        due = (
            select(lane.of)
            .where(
                text(lane.open), _BOX.due_at <= now, is_free, lane.of.is_not(None), _BOX.channel == channel
            )
            .order_by(_BOX.due_at, _BOX.id)
            .limit(limit)
        )
        taken = _take(connection, lane, due, now, wall, limit=limit, channel=channel)
        if taken:
            break
    if taken:
        connection.execute(
            update(_OUTBOX)
            .where(among(connection, _BOX.id, [row.id for row in taken]))
            .values(sender=sender, claimed_until=wall + CLAIM_FOR)
        )
    return taken


def _take(
    connection: Connection,
    lane: _Lane,
    due: Select[tuple[int]],
    now: datetime,
    wall: datetime,
    *,
    limit: int,
    channel: str,
) -> list[Row[Any]]:
    """Due messages whose orders (or cases) nobody else holds, the orders locked.

    Where others are claiming everything that is due, they are waited for and left out. Where they were quicker
    between our question and our lock, what is locked is theirs, and the question is asked again.
    """
    theirs: set[int] = set()
    for _ in range(ASK_AGAIN):
        wanted = list(dict.fromkeys(connection.execute(due).scalars()))
        if theirs.issuperset(wanted):
            break
        locked = _lock(connection, lane, wanted)
        unsettled = _unsettled(connection, lane, channel, locked)
        taken: list[Row[Any]] = []
        for one in wanted:
            if len(taken) >= limit:  # the others are another sender's: an order may owe several
                break
            taken += _in_turn(unsettled.get(one, ()), now, wall)
        if taken:
            return taken
        theirs.update(locked)
        if not locked:
            time.sleep(MEANWHILE_SECONDS)
    return []


def _unsettled(
    connection: Connection, lane: _Lane, channel: str, ids: Sequence[int]
) -> dict[int, list[Row[Any]]]:
    """What each of these orders owes, in the sequence in which it was owed."""
    by_order: dict[int, list[Row[Any]]] = {}
    if not ids:
        return by_order
    rows = connection.execute(
        _OUTBOX.select()
        .where(
            among(connection, lane.of, ids),
            _BOX.outcome.in_(_UNSETTLED),
            _BOX.channel == channel,
        )
        .order_by(lane.of, _BOX.id)
    )
    for row in rows:
        by_order.setdefault(row._mapping[lane.of], []).append(row)  # noqa: SLF001 - SQLAlchemy's public name for it
    return by_order


def _lock(connection: Connection, lane: _Lane, ids: Sequence[int]) -> list[int]:
    """Locks the orders that no other sender is claiming at this moment; on SQLite the write lock is held already."""
    if connection.dialect.name == "sqlite" or not ids:
        return list(ids)
    free = (
        select(lane.parent)
        .where(among(connection, lane.parent, ids))
        .order_by(lane.parent)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return list(connection.execute(free).scalars())


def _in_turn(rows: Sequence[Row[Any]], now: datetime, wall: datetime) -> list[Row[Any]]:
    """The due messages of one order up to the first that must wait; none while another sender holds the order.

    Letters to the desk wait for nothing: what is held up may be the very thing that they tell of.
    """
    if any(row.outcome == Outcome.BEGUN or (row.claimed_until and row.claimed_until >= wall) for row in rows):
        return []
    taken, must_wait = [], False
    for row in rows:
        is_to_staff = row.recipient is not None
        if row.due_at <= now and (is_to_staff or not must_wait):
            taken.append(row)
        elif row.outcome == Outcome.DEFERRED and row.reason not in WAITS_ALONE and not is_to_staff:
            must_wait = True
    return taken
