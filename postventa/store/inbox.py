"""What was heard before it was understood: the inbox with its cursors, the quarantine, and the parked orders."""

from datetime import datetime

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from postventa.store.base import Base, BigId


class InboxRow(Base):
    """A raw payload, filed once: hearing the same news twice changes nothing."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("shop", "kind", "ref", "modified_at", "digest"),
        Index(
            "ix_inbox_unread",
            "shop",
            "id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
        Index("ix_inbox_shop_order_ref", "shop", "order_ref"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    shop: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    ref: Mapped[str] = mapped_column(String(64))
    """The shop's id of the order or of the refund."""
    order_ref: Mapped[str] = mapped_column(String(64))
    modified_at: Mapped[datetime]
    digest: Mapped[str] = mapped_column(String(32))
    raw: Mapped[str] = mapped_column(Text)
    heard_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(32))
    """`` while unread, then `applied`, `outdated`, `quarantined` or `gone`."""


class CursorRow(Base):
    """How far a walk has come, in the shop's own stamps."""

    __tablename__ = "cursors"

    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    at: Mapped[datetime]
    moved_at: Mapped[datetime]
    walked_at: Mapped[datetime | None] = mapped_column(default=None)
    """When the last walk began that has come to its end, by our clock: all that had changed by then is heard."""


class QuarantineRow(Base):
    """Something heard that does not meet what we accept; the same thing heard again only counts."""

    __tablename__ = "quarantine"
    __table_args__ = (UniqueConstraint("source", "fingerprint"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    source: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    ref: Mapped[str] = mapped_column(String(128))
    fingerprint: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(500))
    raw: Mapped[str] = mapped_column(Text)
    heard_at: Mapped[datetime]
    last_heard_at: Mapped[datetime]
    times: Mapped[int]


class ParkedRow(Base):
    """An order set aside because it could not be moved; its news waits until somebody says `parked retry`."""

    __tablename__ = "parked"
    __table_args__ = (Index("ix_parked_shop_order_ref_resolved_at", "shop", "order_ref", "resolved_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    shop: Mapped[str] = mapped_column(String(64))
    order_ref: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(500))
    parked_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]


class LeaseRow(Base):
    """A turn that one run holds until it gives it back or dies and the time runs out."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    held_until: Mapped[datetime]
