"""The outbox after a claim: what became of each message is saved with the batch's end, and what dead senders held is taken back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, select, update

from postventa.rules.messages import Outcome
from postventa.store.messages import AttemptRow, OutboxRow
from postventa.store.senders import is_gone

_OUTBOX: Any = OutboxRow.__table__
_BOX: Any = _OUTBOX.c


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
        connection.execute(AttemptRow.__table__.insert(), made)  # type: ignore[attr-defined]  # a mapped class's table is a Table
    connection.execute(
        update(_OUTBOX)
        .where(_BOX.sender == sender, _BOX.outcome != Outcome.BEGUN)
        .values(sender=None, claimed_until=None)
    )
