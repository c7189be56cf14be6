"""Complaints: what a case of the family `complaint` has beside a case."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Connection, ForeignKey, Row, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from postventa.store.base import Base, BigId
from postventa.store.cases import CaseRow


class ComplaintRow(Base):
    """A query, a complaint, a claim or an incident, and what was answered."""

    __tablename__ = "complaints"

    case_id: Mapped[int] = mapped_column(BigId, ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    topic: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    """What the customer wrote, as plain text."""
    is_official_form: Mapped[bool]
    """Filed on a region's official form (hoja de reclamaciones), which has clocks of its own."""
    points: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """The points raised: `{"text": ..., "reason": ...}`; an answer gives each its reason."""
    outcome: Mapped[str | None] = mapped_column(String(32))
    acknowledged_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    asked_for_more_at: Mapped[datetime | None]
    reopened_at: Mapped[datetime | None]
    reopened: Mapped[int]
    """How many times; part of what makes its clocks' occasion unique."""


def complaint_of(connection: Connection, case_id: int) -> Row[Any] | None:
    """A complaint with the columns of its case; None if the case is none."""
    cases: Any = CaseRow.__table__
    mine: Any = ComplaintRow.__table__
    columns = [column for column in mine.c if column.name != "case_id"]
    wanted = select(cases, *columns).join(mine, mine.c.case_id == cases.c.id).where(cases.c.id == case_id)
    return connection.execute(wanted).one_or_none()


def topics_of(connection: Connection) -> dict[int, str]:
    """What each complaint that is not closed is about, by its case."""
    cases, mine = CaseRow.__table__.c, ComplaintRow.__table__.c
    is_open = cases.closed_at.is_(None)
    wanted = select(mine.case_id, mine.topic).join(CaseRow, cases.id == mine.case_id).where(is_open)
    return {row.case_id: row.topic for row in connection.execute(wanted)}
