"""The outbox at work: senders claim what is due, order by order, and nobody overtakes anybody.

A claim takes all the due messages of an order or none, so the steps of one order are always in one sender's
hands. A message that waits for its turn blocks what the same order owes after it; a settled one does not.
"""

import hashlib
import os
import socket
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, bindparam, or_, select, text, update

from postventa.rules.messages import Outcome
from postventa.store.messages import OPEN, AttemptRow, OutboxRow
from postventa.store.orders import OrderRow

CLAIM_FOR = timedelta(minutes=10)
ASK_AGAIN = 50
MEANWHILE_SECONDS = 0.02
"""A claim takes some hundredths of a second; whoever comes meanwhile finds other orders after it."""
_OUTBOX: Any = OutboxRow.__table__
_BOX: Any = _OUTBOX.c
_OPEN = (Outcome.WAITING, Outcome.DEFERRED)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one message in a batch, to be saved at the batch's end."""

    id: int
    outcome: Outcome
    reason: str = ""
    words: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One hand-over and its answer."""

    outbox_id: int
    at: datetime
    outcome: Outcome
    words: str


def new_sender() -> str:
    """A name for a sender that tells later whether it can still be alive."""
    return f"{_machine()}:{os.getpid()}:{token_hex(4)}"


def is_gone(sender: str) -> bool:
    """Whether a sender is certainly dead: it ran among the processes we can see, and is no more among them."""
    machine, pid, _ = sender.rsplit(":", 2)
    if machine != _machine():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@cache
def _machine() -> str:
    """The machine since its last start, and the container in it: two may share a name and number alike."""
    traits = [socket.gethostname()]
    with suppress(OSError):
        traits.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii"))
        traits.append(str(Path("/proc/self/ns/pid").readlink()))
    return f"{traits[0][:24]}-{hashlib.blake2b(''.join(traits).encode(), digest_size=4).hexdigest()}"


def claim(
    connection: Connection, sender: str, now: datetime, wall: datetime, limit: int
) -> Sequence[Row[Any]]:
    """Claims up to about `limit` due messages for `sender`, by order and in the sequence in which they were owed."""
    is_free = or_(_BOX.claimed_until.is_(None), _BOX.claimed_until < wall)
    due = (
        select(_BOX.order_id)
        .where(text(OPEN), _BOX.due_at <= now, is_free)
        .order_by(_BOX.due_at, _BOX.id)
        .limit(limit)
    )
    taken = _take(connection, due, now, wall)
    if taken:
        connection.execute(
            update(_OUTBOX)
            .where(_BOX.id.in_([row.id for row in taken]))
            .values(sender=sender, claimed_until=wall + CLAIM_FOR)
        )
    return taken


def recover(connection: Connection, wall: datetime, now: datetime, policy: Literal["ask", "resend"]) -> int:
    """Takes back what dead senders held; answers how many messages are left in doubt.

    A message that was begun may have gone: by the policy it waits for a person, or goes again under the same
    Message-ID. What was only claimed is free again.
    """
    held = select(_BOX.sender).where(_BOX.sender.is_not(None)).distinct()
    gone = [sender for sender in connection.execute(held).scalars() if is_gone(sender)]
    # Asked again by the statements themselves: another sender may be recovering the same messages right now.
    is_held_by_the_dead = _BOX.sender.in_(gone) | (_BOX.sender.is_not(None) & (_BOX.claimed_until < wall))
    outcome, reason = (
        (Outcome.UNCERTAIN, "sender_died") if policy == "ask" else (Outcome.WAITING, "sent_again_after_doubt")
    )
    in_doubt = connection.execute(
        update(_OUTBOX)
        .where(is_held_by_the_dead, _BOX.outcome == Outcome.BEGUN)
        .values(
            outcome=outcome,
            reason=reason,
            words="the sender died between the hand-over and the answer",
            due_at=now,
            settled_at=now if policy == "ask" else None,
            sender=None,
            claimed_until=None,
        )
    )
    connection.execute(
        update(_OUTBOX)
        .where(is_held_by_the_dead, _BOX.outcome != Outcome.BEGUN)
        .values(sender=None, claimed_until=None)
    )
    return in_doubt.rowcount


def finish(
    connection: Connection,
    sender: str,
    settled: Iterable[Settled],
    attempts: Iterable[Attempt],
    now: datetime,
) -> None:
    """Saves the end of a batch: what was decided without a hand-over, the attempts, and the claims given back."""
    rows = [
        {
            "row": one.id,
            "outcome": one.outcome,
            "reason": one.reason[:64],
            "words": one.words[:400],
            "until": one.due_at or now,
            "settled": None if one.outcome is Outcome.DEFERRED else now,
        }
        for one in settled
    ]
    if rows:
        statement = update(_OUTBOX).where(
            _BOX.id == bindparam("row"), _BOX.sender.is_not_distinct_from(sender)
        )
        connection.execute(
            statement.values(
                outcome=bindparam("outcome"),
                reason=bindparam("reason"),
                words=bindparam("words"),
                due_at=bindparam("until"),
                settled_at=bindparam("settled"),
            ),
            rows,
        )
    made = [
        {
            "outbox_id": one.outbox_id,
            "attempted_at": one.at,
            "outcome": one.outcome,
            "words": one.words[:400],
            "sender": sender,
        }
        for one in attempts
    ]
    if made:
        connection.execute(AttemptRow.__table__.insert(), made)  # type: ignore[attr-defined]
    connection.execute(
        update(_OUTBOX)
        .where(_BOX.sender == sender, _BOX.outcome != Outcome.BEGUN)
        .values(sender=None, claimed_until=None)
    )


def _take(connection: Connection, due: Select[tuple[int]], now: datetime, wall: datetime) -> list[Row[Any]]:
    """Due messages whose orders nobody else holds, the orders locked.

    Where others are claiming everything that is due, they are waited for and left out. Where they were quicker
    between our question and our lock, what is locked is theirs, and the question is asked again.
    """
    theirs: set[int] = set()
    for _ in range(ASK_AGAIN):
        wanted = list(dict.fromkeys(connection.execute(due).scalars()))
        if theirs.issuperset(wanted):
            break
        lanes = _lock_lanes(connection, wanted)
        taken = [row for rows in _unsettled(connection, lanes) for row in _in_turn(rows, now, wall)]
        if taken:
            return taken
        theirs.update(lanes)
        if not lanes:
            time.sleep(MEANWHILE_SECONDS)
    return []


def _unsettled(connection: Connection, lanes: Sequence[int]) -> Iterable[list[Row[Any]]]:
    """What these orders owe, order by order, in the sequence in which it was owed."""
    if not lanes:
        return ()
    rows = connection.execute(
        _OUTBOX.select()
        .where(_BOX.order_id.in_(lanes), _BOX.outcome.in_((*_OPEN, Outcome.BEGUN)))
        .order_by(_BOX.order_id, _BOX.id)
    )
    by_order: dict[int, list[Row[Any]]] = {}
    for row in rows:
        by_order.setdefault(row.order_id, []).append(row)
    return by_order.values()


def _lock_lanes(connection: Connection, order_ids: Sequence[int]) -> list[int]:
    """Locks the orders that no other sender is claiming at this moment; on SQLite the write lock is held already."""
    if connection.dialect.name == "sqlite" or not order_ids:
        return list(order_ids)
    free = (
        select(OrderRow.id)
        .where(OrderRow.id.in_(order_ids))
        .order_by(OrderRow.id)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return list(connection.execute(free).scalars())


def _in_turn(rows: Sequence[Row[Any]], now: datetime, wall: datetime) -> list[Row[Any]]:
    """The due messages of one order up to the first that must wait; none while another sender holds the order."""
    if any(row.outcome == Outcome.BEGUN or (row.claimed_until and row.claimed_until >= wall) for row in rows):
        return []
    taken = []
    for row in rows:
        if row.due_at <= now:
            taken.append(row)
        elif row.outcome == Outcome.DEFERRED:
            break
    return taken
