"""Clocks: every legal or promised deadline that runs for a case or an order, and how often it has rung."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, String, Text, UniqueConstraint, and_, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from postventa.store.base import Base, BigId
from postventa.store.cases import CaseRow

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
    __table_args__ = (
        UniqueConstraint("clock_id", "rung"),
        Index(
            "ix_escalations_announce_at",
            "announce_at",
            "id",
            sqlite_where=text("announce_at IS NOT NULL"),
            postgresql_where=text("announce_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clocks.id", ondelete="CASCADE"))
    rung: Mapped[str] = mapped_column(String(32))
    """`owner`, `team_lead`, `manager`, then `overdue:1`, `overdue:2` ... a day each."""
    to: Mapped[str] = mapped_column(String(64))
    """A name in [desk.people]; empty where nobody is configured."""
    planned_at: Mapped[datetime]
    made_at: Mapped[datetime]
    is_late: Mapped[bool]
    """Made more than an hour after it was planned: nothing ran meanwhile."""
    announce_at: Mapped[datetime | None]
    """When the webhook must hear of it; None once it has, and where there is none."""


def open_clocks(connection: Connection, case_id: int | None = None) -> Sequence[Any]:
    """Clocks that run, the earliest due first; those of one case if asked."""
    clocks = ClockRow.__table__
    wanted = clocks.select().where(text(TICKING)).order_by(clocks.c.due_at, clocks.c.id)
    return connection.execute(wanted if case_id is None else wanted.where(clocks.c.case_id == case_id)).all()


def open_clocks_of(connection: Connection, case_ids: Iterable[int]) -> dict[int, list[Any]]:
    """The clocks that run for these cases, by case, the earliest due first."""
    found: dict[int, list[Any]] = {case_id: [] for case_id in case_ids}
    clocks = ClockRow.__table__
    wanted = clocks.select().where(text(TICKING), clocks.c.case_id.in_(found))
    for row in connection.execute(wanted.order_by(clocks.c.due_at, clocks.c.id)):
        found[row.case_id].append(row)
    return found


def due_clocks(
    connection: Connection, now: datetime, limit: int, after: tuple[datetime, int] | None = None
) -> Sequence[Any]:
    """The clocks that somebody must look at now, longest due first; costs what is due, not what is open.

    `after` is the `next_at` and `id` of the last one seen: what could not be dealt with does not come again.
    """
    clocks = ClockRow.__table__.c
    due = ClockRow.__table__.select().where(clocks.next_at <= now)
    if after is not None:
        at, number = after
        due = due.where(
            clocks.next_at >= at, or_(clocks.next_at > at, and_(clocks.next_at == at, clocks.id > number))
        )
    return connection.execute(due.order_by(clocks.next_at, clocks.id).limit(limit)).all()


def held(connection: Connection, due: Sequence[Any], now: datetime) -> Sequence[Any]:
    """Those of these clocks that are ours to look at, still due and locked until the transaction ends.

    Cases first, as everybody does who writes in one, so that nobody waits in a circle; what others hold is theirs.
    """
    if connection.dialect.name == "sqlite":  # which has locked everything
        return due
    cases = CaseRow.__table__.c
    wanted = sorted({row.case_id for row in due if row.case_id is not None})
    free = select(cases.id).where(cases.id.in_(wanted)).order_by(cases.id)
    ours = connection.execute(free.with_for_update(skip_locked=True, key_share=True)).scalars().all()
    clocks = ClockRow.__table__.c
    still_due = (
        ClockRow.__table__.select()
        .where(clocks.id.in_([row.id for row in due]), clocks.next_at <= now)
        .where(or_(clocks.case_id.is_(None), clocks.case_id.in_(ours)))
        .order_by(clocks.next_at, clocks.id)
    )
    return connection.execute(still_due.with_for_update(skip_locked=True)).all()


def rungs_made(connection: Connection, clock_ids: Sequence[int]) -> dict[int, set[str]]:
    """Which rings each clock has made already."""
    made: dict[int, set[str]] = {clock_id: set() for clock_id in clock_ids}
    wanted = select(EscalationRow.clock_id, EscalationRow.rung).where(EscalationRow.clock_id.in_(clock_ids))
    for clock_id, rung in connection.execute(wanted):
        made[clock_id].add(rung)
    return made
