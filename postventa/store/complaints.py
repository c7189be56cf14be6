"""Complaints: what a case of the family `complaint` has beside a case."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from postventa.store.base import Base, BigId


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
