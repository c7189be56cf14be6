"""The outbox: every message owed, what became of it, and every attempt to hand it over."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from postventa.store.base import Base, BigId

OPEN = "outcome IN ('waiting', 'deferred')"
OPEN_OF_CASES = "case_id IS NOT NULL AND outcome IN ('waiting', 'deferred')"
OPEN_ALONE = "coalesce(order_id, case_id) IS NULL AND outcome IN ('waiting', 'deferred')"
STUCK = "(outcome IN ('failed', 'uncertain') OR reason = 'amount_mismatch')"
TEXTS = "channel = 'sms'"
WITHOUT_PROOF = "outcome = 'sent' AND (message_id IS NULL OR settled_at IS NULL)"
"""Questions with an index of their own. They are asked in these very words: values that are bound when the question
is asked hide from the databases that the index answers it."""


def _where(words: str) -> dict[str, Any]:
    return {"sqlite_where": text(words), "postgresql_where": text(words)}


class OutboxRow(Base):
    """A message that is owed, by its unique key `shop:order:parcel|-:message:occasion` or `shop:case:message:occasion`;
    what is owed as a text beside its mail ends in `:sms`.

    It belongs to an order or to a case, never to both: that is whose turn it keeps. What is about neither, as the
    summary of a night, keeps no turn, and begins its key with `-:-:-`.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("key"),
        # Small ones on what is open, held or in trouble, so that a claim costs the same whatever has been sent.
        Index("ix_outbox_open", "due_at", "id", **_where(OPEN)),
        Index("ix_outbox_open_of_cases", "due_at", "id", **_where(OPEN_OF_CASES)),
        Index("ix_outbox_open_alone", "channel", "due_at", "id", **_where(OPEN_ALONE)),
        Index("ix_outbox_sender", "sender", **_where("sender IS NOT NULL")),
        Index("ix_outbox_stuck", "id", **_where(STUCK)),
        Index("ix_outbox_without_proof", "id", **_where(WITHOUT_PROOF)),
        # All that the ledger counts.
        Index("ix_outbox_message_outcome_reason", "message", "outcome", "reason"),
        # Without the outcome, which every mark would have to write here as well; an order owes a handful.
        Index("ix_outbox_order_id", "order_id"),
        Index("ix_outbox_case_id", "case_id", **_where("case_id IS NOT NULL")),
        Index("ix_outbox_texts", "outcome", "settled_at", **_where(TEXTS)),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    key: Mapped[str] = mapped_column(String(400))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    recipient: Mapped[str | None] = mapped_column(String(64))
    """A name in [desk.people]; None where it goes to the customer."""
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What a message about a case says beside the case, fixed when it was owed."""
    shipment_id: Mapped[int | None] = mapped_column(ForeignKey("shipments.id", ondelete="CASCADE"))
    message: Mapped[str] = mapped_column(String(64))
    occasion: Mapped[str] = mapped_column(String(64))
    happened_at: Mapped[datetime]
    """When the news behind it happened."""
    owed_at: Mapped[datetime]
    due_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(64))
    words: Mapped[str] = mapped_column(String(400))
    """What the server said, or what a person should know."""
    attempts: Mapped[int]
    sender: Mapped[str | None] = mapped_column(String(64))
    """Who has claimed it and until when; a claim that has run out is a dead sender's."""
    claimed_until: Mapped[datetime | None]
    message_id: Mapped[str | None] = mapped_column(String(200))
    settled_at: Mapped[datetime | None]
    channel: Mapped[str] = mapped_column(String(16), server_default="email", init=False)
    """`email` or `sms`; each keeps its own turn."""


class AttemptRow(Base):
    """One attempt to hand a message over, with the server's answer; rows are only ever added."""

    __tablename__ = "outbox_attempts"
    __table_args__ = (Index("ix_outbox_attempts_outbox_id", "outbox_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id", ondelete="CASCADE"))
    attempted_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(16))
    words: Mapped[str] = mapped_column(String(400))
    sender: Mapped[str] = mapped_column(String(64))
