"""Cases: what a customer has told us and is owed an answer to; complaints and returns are kinds of it.

A case is a file in the desk's cabinet: a number, a key for its customer, a human owner, what was said in it, and a
log whose lines are chained so that a changed or a missing one shows.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from postventa.store.base import Base, BigId


class CaseRow(Base):
    """A case. Who it is from is written down as it was said: the customer row may know less, or be missing."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("shop", "number"),
        UniqueConstraint("key"),
        # The same mail, form or call twice is one case.
        UniqueConstraint("shop", "source", "source_ref"),
        Index("ix_cases_order_id", "order_id"),
        Index("ix_cases_family_state", "family", "state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    shop: Mapped[str] = mapped_column(String(64))
    family: Mapped[str] = mapped_column(String(16))
    """`complaint` or `return`: which table tells the rest."""
    number: Mapped[str] = mapped_column(String(32))
    """Gapless for each shop, family and year, as `R-2026-000123` (complaints) and `D-2026-000001` (returns)."""
    key: Mapped[str] = mapped_column(String(40))
    """The identification key that only the customer and the shop know."""
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    name: Mapped[str] = mapped_column(String(400))
    email: Mapped[str] = mapped_column(String(320))
    phone: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    region: Mapped[str] = mapped_column(String(8))
    """ISO 3166-2 of the consumer's home, as `ES-CT`; empty where it is not known."""
    zone: Mapped[str] = mapped_column(String(64))
    """The consumer's time zone; empty where it is not known."""
    source: Mapped[str] = mapped_column(String(16))
    """`web`, `desk`, `mail`, `api` or `shop`."""
    source_ref: Mapped[str] = mapped_column(String(200))
    """What makes the same message heard twice one case: a form's ticket, a mail's Message-ID, a caller's own key."""
    state: Mapped[str] = mapped_column(String(32))
    owner: Mapped[str | None] = mapped_column(String(64))
    """A name in [desk.people]."""
    opened_at: Mapped[datetime]
    """When it reached us, which starts its clocks."""
    recorded_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    log_length: Mapped[int]
    log_head: Mapped[str] = mapped_column(String(64))
    """The number of lines in the log and the last one's hash."""


class CaseEntryRow(Base):
    """One thing said in a case, by its customer, the desk or the clock; rows are only ever added."""

    __tablename__ = "case_entries"
    __table_args__ = (UniqueConstraint("case_id", "occasion"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    occasion: Mapped[str] = mapped_column(String(200))
    """What makes saying it twice the same: `statement`, `answer:1`, `mail:<id>`."""
    kind: Mapped[str] = mapped_column(String(32))
    """`statement`, `addition`, `note`, `holding`, `asked_for_more`, `answer`, `state`, `escalation`, `remedy` ..."""
    author: Mapped[str] = mapped_column(String(64))
    """`customer`, `clock`, or a name in [desk.people]."""
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSON)


class CaseLogRow(Base):
    """One line of a case's log: its hash covers the line and the hash before it."""

    __tablename__ = "case_log"
    __table_args__ = (UniqueConstraint("case_id", "position"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    position: Mapped[int]
    """From 1, without a gap."""
    at: Mapped[datetime]
    what: Mapped[str] = mapped_column(String(64))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Ids, states, instants and digests of what was said; never what was said."""
    hash_before: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AttachmentRow(Base):
    """A file that belongs to a case; its bytes are in [files], under their digest."""

    __tablename__ = "attachments"
    __table_args__ = (UniqueConstraint("case_id", "digest", "role"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("case_entries.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(32))
    """`evidence` (a customer's file), `letter` (a message as sent), `receipt`."""
    digest: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    stored_at: Mapped[datetime]


class SeriesRow(Base):
    """The last number given in a series; whoever takes the next one locks the row until it is saved."""

    __tablename__ = "series"

    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    """`shop:family:year`."""
    last: Mapped[int]
