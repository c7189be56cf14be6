"""Asks: the customer's voice, order by order; when a customer is asked for a review and a survey, and what came of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from postventa.store.base import Base, BigId


class AskRow(Base):
    """One customer asked about one order, or about one case after it was resolved. A row for each that might be asked:
    those who are not asked have the reason.
    """

    __tablename__ = "asks"
    __table_args__ = (
        UniqueConstraint("subject", "survey"),
        Index(
            "ix_asks_next_at",
            "next_at",
            "id",
            sqlite_where=text("next_at IS NOT NULL"),
            postgresql_where=text("next_at IS NOT NULL"),
        ),
        Index("ix_asks_contact_asked_at", "contact", "asked_at"),
        Index("ix_asks_since_at", "since_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    subject: Mapped[str] = mapped_column(String(64))
    """`order:12` or `case:7`."""
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    shop: Mapped[str] = mapped_column(String(64))
    survey: Mapped[str] = mapped_column(String(32))
    """A file in `postventa/surveys/`: `delivery`, `resolution`."""
    contact: Mapped[str] = mapped_column(String(64))
    """The keyed hash of the customer's address: what caps count by, in one shop."""
    state: Mapped[str] = mapped_column(String(16))
    """`planned`, `held`, `asked`, `reminded`, `answered`, `suppressed`, `closed`."""
    reason: Mapped[str] = mapped_column(String(64))
    since_at: Mapped[datetime]
    """When the last parcel arrived, or the case was resolved: what everything is counted from."""
    next_at: Mapped[datetime | None]
    """When this must be looked at again; None where it never must."""
    expires_at: Mapped[datetime]
    """Exclusive: the link is dead, and nobody may be asked any more."""
    asked_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    first_answer_at: Mapped[datetime | None]
    line_refs: Mapped[str] = mapped_column(Text)
    """The order lines asked about, their refs with commas between; empty until it is asked."""


class AnswerRow(Base):
    """An answer to one question of a survey; changed in place until the link dies."""

    __tablename__ = "answers"
    __table_args__ = (
        UniqueConstraint("source", "source_ref", "question"),
        Index("ix_answers_ask_id", "ask_id"),
        # What else was said about the same order: of several sheets, one counts.
        Index("ix_answers_order_id", "order_id"),
        Index("ix_answers_shop_answered_at", "shop", "answered_at"),
        Index(
            "ix_answers_unreacted",
            "changed_at",
            sqlite_where=text("reacted_at IS NULL"),
            postgresql_where=text("reacted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    shop: Mapped[str] = mapped_column(String(64))
    ask_id: Mapped[int | None] = mapped_column(ForeignKey("asks.id", ondelete="CASCADE"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id", ondelete="SET NULL"))
    source: Mapped[str] = mapped_column(String(32))
    """`page`, or the name of an import."""
    source_ref: Mapped[str] = mapped_column(String(128))
    """What makes a sheet of answers one: the ask's id, or the imported row's own key."""
    survey: Mapped[str] = mapped_column(String(32))
    question: Mapped[str] = mapped_column(String(64))
    number: Mapped[int | None]
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    answered_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    reacted_at: Mapped[datetime | None]
    """When somebody was told, or nobody had to be."""
    testimonial: Mapped[str] = mapped_column(String(16))
    """Of free words: empty, `offered`, `approved`, `declined`."""


def due_asks(connection: Connection, now: datetime, limit: int) -> Sequence[Any]:
    """The asks that must be looked at now, longest due first; costs what is due, not what was ever delivered."""
    asks = AskRow.__table__
    return connection.execute(
        asks.select().where(asks.c.next_at <= now).order_by(asks.c.next_at, asks.c.id).limit(limit)
    ).all()
