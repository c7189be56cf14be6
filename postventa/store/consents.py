"""Consent and contact: what customers have agreed or objected to, as a book that is only added to, and who is never written to.

The suppression list knows people by a keyed hash of their address, so that it outlives their erasure.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from postventa.store.base import Base, BigId


class ConsentRow(Base):
    """One thing a customer agreed or objected to, when, where and in which words; rows are only ever added."""

    __tablename__ = "consents"
    __table_args__ = (
        UniqueConstraint("shop", "reference"),
        UniqueConstraint("shop", "source", "source_ref", "message_class"),
        Index("ix_consents_shop_contact", "shop", "contact"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    shop: Mapped[str] = mapped_column(String(64))
    reference: Mapped[str] = mapped_column(String(32))
    """The number the customer gets, gapless, as `O-2026-000123` (LGDCU art. 96.5)."""
    contact: Mapped[str] = mapped_column(String(64))
    """The keyed hash of the address."""
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id", ondelete="SET NULL"))
    message_class: Mapped[str] = mapped_column(String(16))
    """`relationship`, `commercial`, or `all` of the two."""
    said: Mapped[str] = mapped_column(String(16))
    """`consented`, `soft_opt_in`, `objected`."""
    source: Mapped[str] = mapped_column(String(32))
    """`order`, `page`, `one_click`, `mail`, `desk`, `import`."""
    source_ref: Mapped[str] = mapped_column(String(128))
    wording: Mapped[str] = mapped_column(String(64))
    """The version of the text that was agreed to; empty for an objection."""
    said_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class SuppressionRow(Base):
    """Somebody who is not written to any more, by class; kept for good, and by nothing but a hash."""

    __tablename__ = "suppressions"

    shop: Mapped[str] = mapped_column(String(64), primary_key=True)
    contact: Mapped[str] = mapped_column(String(64), primary_key=True)
    message_class: Mapped[str] = mapped_column(String(16), primary_key=True)
    reason: Mapped[str] = mapped_column(String(32))
    """`objected`, `hard_bounce`, `exclusion_list`."""
    reference: Mapped[str] = mapped_column(String(32))
    since_at: Mapped[datetime]


class BounceRow(Base):
    """A mail that came back, by what its receiver's server said."""

    __tablename__ = "bounces"
    __table_args__ = (UniqueConstraint("source_ref"), Index("ix_bounces_contact", "shop", "contact"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    shop: Mapped[str] = mapped_column(String(64))
    contact: Mapped[str] = mapped_column(String(64))
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id", ondelete="SET NULL"))
    source_ref: Mapped[str] = mapped_column(String(200))
    code: Mapped[str] = mapped_column(String(16))
    """The enhanced status code, as `5.1.1`."""
    is_hard: Mapped[bool]
    words: Mapped[str] = mapped_column(String(400))
    bounced_at: Mapped[datetime]
