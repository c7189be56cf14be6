"""Clocks: every legal or promised deadline that runs for a case or an order, and how often it has rung."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, String, Text, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column

from postventa.store.base import Base, BigId

TICKING = "state IN ('running', 'due_soon', 'overdue')"
"""Said in these very words, so that the databases see that the small index answers it."""


class ClockRow(Base):
    """A deadline. `next_at` is when somebody must look at it again; None where nobody ever must."""

    __tablename__ = "clocks"
    __table_args__ = (
        UniqueConstraint("subject", "rule_id", "occasion"),
        Index(
            "ix_clocks_next_at",
            "next_at",
            "id",
            sqlite_where=text("next_at IS NOT NULL"),
            postgresql_where=text("next_at IS NOT NULL"),
        ),
        Index("ix_clocks_due_at", "due_at", sqlite_where=text(TICKING), postgresql_where=text(TICKING)),
        Index("ix_clocks_case_id", "case_id"),
        Index("ix_clocks_order_id", "order_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    subject: Mapped[str] = mapped_column(String(64))
    """`case:12` or `order:7`."""
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    shop: Mapped[str] = mapped_column(String(64))
    rule_id: Mapped[str] = mapped_column(String(32))
    occasion: Mapped[str] = mapped_column(String(64))
    """Empty for the first time; what makes a clock that starts again another clock, as `reopened:1`."""
    article: Mapped[str] = mapped_column(String(200))
    severity: Mapped[str] = mapped_column(String(32))
    is_statutory: Mapped[bool]
    is_shadow: Mapped[bool]
    """Kept and shown, but never the one that drives."""
    direction: Mapped[str] = mapped_column(String(16))
    region: Mapped[str] = mapped_column(String(8))
    zone: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    """Exclusive: at this instant it is too late."""
    working: Mapped[str] = mapped_column(Text)
    """The arithmetic in words."""
    state: Mapped[str] = mapped_column(String(16))
    """`running`, `due_soon`, `overdue`, `met`, `missed`, `not_applicable`, `paused`."""
    paused_at: Mapped[datetime | None]
    """Only a shop's own promise can be paused, never a statutory clock."""
    ended_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    amount: Mapped[Decimal | None]
    """The money at risk, where there is some."""
    currency: Mapped[str] = mapped_column(String(3))


class EscalationRow(Base):
    """One ring of a clock, made once."""

    __tablename__ = "escalations"
    __table_args__ = (UniqueConstraint("clock_id", "rung"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clocks.id", ondelete="CASCADE"))
    rung: Mapped[str] = mapped_column(String(32))
    """`owner`, `team_lead`, `manager`, then `overdue:1`, `overdue:2` ... a day each."""
    to: Mapped[str] = mapped_column(String(64))
    """A name in [desk.people]."""
    planned_at: Mapped[datetime]
    made_at: Mapped[datetime]
    is_late: Mapped[bool]
    """Made more than an hour after it was planned: nothing ran meanwhile."""


def open_clocks(connection: Connection, case_id: int | None = None) -> Sequence[Any]:
    """Clocks that run, the earliest due first; those of one case if asked."""
    clocks = ClockRow.__table__
    wanted = clocks.select().where(text(TICKING)).order_by(clocks.c.due_at, clocks.c.id)
    return connection.execute(wanted if case_id is None else wanted.where(clocks.c.case_id == case_id)).all()


def due_clocks(connection: Connection, now: datetime, limit: int) -> Sequence[Any]:
    """The clocks that somebody must look at now, longest due first; costs what is due, not what is open."""
    clocks = ClockRow.__table__
    return connection.execute(
        clocks.select().where(clocks.c.next_at <= now).order_by(clocks.c.next_at, clocks.c.id).limit(limit)
    ).all()


def rungs_made(connection: Connection, clock_ids: Sequence[int]) -> dict[int, set[str]]:
    """Which rings each clock has made already."""
    made: dict[int, set[str]] = {clock_id: set() for clock_id in clock_ids}
    wanted = select(EscalationRow.clock_id, EscalationRow.rung).where(EscalationRow.clock_id.in_(clock_ids))
    for clock_id, rung in connection.execute(wanted):
        made[clock_id].add(rung)
    return made
