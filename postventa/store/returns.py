"""Returns: what a case of the family `return` has beside a case, its lines, and the money given back for it."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from postventa.store.base import Base, BigId


class ReturnRow(Base):
    """A withdrawal or another return, from the statement to the money."""

    __tablename__ = "returns"
    __table_args__ = (
        Index(
            "ix_returns_look_at",
            "look_at",
            sqlite_where=text("look_at IS NOT NULL"),
            postgresql_where=text("look_at IS NOT NULL"),
        ),
    )

    case_id: Mapped[int] = mapped_column(BigId, ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    statement: Mapped[str] = mapped_column(Text)
    """What the customer declared, word for word; the acknowledgement repeats it."""
    informed_at: Mapped[datetime]
    """When the customer sent the statement, which decides whether it was in time (LGDCU 106.2)."""
    acknowledged_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    article: Mapped[str] = mapped_column(String(64))
    """Why it was declined: the article; empty otherwise."""
    is_collected: Mapped[bool]
    """The shop fetches the goods: the refund may not wait for them (LGDCU 107.3)."""
    carrier: Mapped[str] = mapped_column(String(64))
    tracking_number: Mapped[str] = mapped_column(String(128))
    look_at: Mapped[datetime | None]
    """When its carrier is asked about the parcel; None where nobody need ask."""
    proof_at: Mapped[datetime | None]
    """Proof that the goods are on their way."""
    goods_received_at: Mapped[datetime | None]
    inspected_at: Mapped[datetime | None]
    deducted_amount: Mapped[Decimal] = mapped_column(server_default="0")
    """What the goods have lost by handling beyond trying them (LGDCU 108.2); less is due by it."""
    refund_due_amount: Mapped[Decimal | None]
    currency: Mapped[str] = mapped_column(String(3))
    refunded_amount: Mapped[Decimal]
    refunded_at: Mapped[datetime | None]
    """When the whole of it was back."""


class ReturnLineRow(Base):
    """How much of an order line comes back."""

    __tablename__ = "return_lines"
    __table_args__ = (UniqueConstraint("case_id", "line_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    line_id: Mapped[int] = mapped_column(ForeignKey("order_lines.id"), index=True)
    quantity: Mapped[Decimal]
    amount: Mapped[Decimal]
    """What is owed for it, gross."""
    is_refused: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(200))
    """Why it is refused: the letter of LGDCU 103 and the evidence."""


class RemedyRow(Base):
    """The compensation ledger: what was proposed, approved or given for a case, and out of whose budget."""

    __tablename__ = "remedies"
    __table_args__ = (UniqueConstraint("case_id", "occasion"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    occasion: Mapped[str] = mapped_column(String(64))
    remedy: Mapped[str] = mapped_column(String(32))
    incident: Mapped[str] = mapped_column(String(64))
    fault: Mapped[str] = mapped_column(String(16))
    amount: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(16))
    """`proposed`, `approved`, `given`, `refused`."""
    budget: Mapped[str] = mapped_column(String(32))
    """The shop and month whose budget it is paid from, as `tienda:2026-11`."""
    approved_by: Mapped[str] = mapped_column(String(64))
    proposed_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
