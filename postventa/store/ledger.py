"""The ledger: what is owed and what became of it, counted. It always adds up, or says that it does not."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from postventa.rules.messages import Outcome
from postventa.store.messages import OPEN, TEXTS, WITHOUT_PROOF, OutboxRow

_BOX = OutboxRow.__table__.c


@dataclass(frozen=True, slots=True)
class Ledger:
    """Counts of messages. `waiting` includes those that are being handed over at this moment."""

    owed: int
    sent: int
    suppressed: dict[str, int]
    deferred: dict[str, int]
    failed: dict[str, int]
    uncertain: int
    waiting: int
    by_message: dict[str, dict[str, int]] = field(default_factory=dict)
    oldest_waiting: datetime | None = None
    texts: dict[str, int] = field(default_factory=dict)
    """Of all these, what is owed as a text, by outcome."""
    incomplete: int = 0
    """Messages marked as sent that lack their Message-ID or instant: there must be none."""

    @property
    def is_balanced(self) -> bool:
        """Whether owed = sent + suppressed + deferred + failed + uncertain + waiting, and every sent one has its proof."""
        parts = sum(self.suppressed.values()) + sum(self.deferred.values()) + sum(self.failed.values())
        return self.owed == self.sent + parts + self.uncertain + self.waiting and not self.incomplete


def ledger(connection: Connection, order_id: int | None = None) -> Ledger:
    """The ledger of everything, or of one order."""
    scope = _BOX.order_id == order_id if order_id is not None else _BOX.id.is_not(None)
    counted = select(_BOX.message, _BOX.outcome, _BOX.reason, func.count()).where(scope)
    by_outcome: dict[str, Counter[str]] = {outcome: Counter() for outcome in Outcome}
    by_message: dict[str, Counter[str]] = {}
    for message, outcome, reason, count in connection.execute(
        counted.group_by(_BOX.message, _BOX.outcome, _BOX.reason)
    ):
        by_outcome.setdefault(outcome, Counter())[reason] += count
        by_message.setdefault(message, Counter())[outcome] += count
    as_texts = select(_BOX.outcome, func.count()).where(scope, text(TEXTS)).group_by(_BOX.outcome)
    oldest = select(func.min(_BOX.due_at)).where(scope, text(OPEN), _BOX.outcome == Outcome.WAITING)
    return Ledger(
        owed=connection.execute(select(func.count()).select_from(OutboxRow).where(scope)).scalar_one(),
        sent=by_outcome[Outcome.SENT].total(),
        suppressed=dict(by_outcome[Outcome.SUPPRESSED]),
        deferred=dict(by_outcome[Outcome.DEFERRED]),
        failed=dict(by_outcome[Outcome.FAILED]),
        uncertain=by_outcome[Outcome.UNCERTAIN].total(),
        waiting=by_outcome[Outcome.WAITING].total() + by_outcome[Outcome.BEGUN].total(),
        by_message={message: dict(counts) for message, counts in by_message.items()},
        texts=dict(connection.execute(as_texts).tuples().all()),
        oldest_waiting=connection.execute(oldest).scalar_one(),
        incomplete=connection.execute(select(func.count()).where(scope, text(WITHOUT_PROOF))).scalar_one(),
    )


def due_count(connection: Connection, now: datetime, *, at_most: int) -> int:
    """How many messages are due, those in a sender's hands included; counted no further than asked."""
    some = select(_BOX.id).where(text(OPEN), _BOX.due_at <= now).limit(at_most).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())
