"""Voices: answers and reviews that nobody has reacted to, a sheet at a time, and the marks that somebody has."""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, func, select, tuple_, update

from postventa.store.asks import AnswerRow
from postventa.store.cases import CaseRow
from postventa.store.reviews import ReviewRow

_ANSWERS: Any = AnswerRow.__table__
_CASES: Any = CaseRow.__table__
_REVIEWS: Any = ReviewRow.__table__


def new_sheets(connection: Connection, settled_by: datetime, limit: int) -> list[list[Any]]:
    """The sheets with answers that nobody has reacted to, whole, once their customers have stopped writing."""
    answers = _ANSWERS.c
    waiting = (
        select(answers.source, answers.source_ref)
        .where(answers.reacted_at.is_(None))
        .group_by(answers.source, answers.source_ref)
        .having(func.max(answers.changed_at) <= settled_by)
        .order_by(func.min(answers.changed_at))
        .limit(limit)
    )
    sheets = [tuple(row) for row in connection.execute(waiting)]
    if not sheets:
        return []
    whole = _ANSWERS.select().where(tuple_(answers.source, answers.source_ref).in_(sheets))
    rows = connection.execute(whole.order_by(answers.source, answers.source_ref, answers.id)).all()
    return [list(group) for _, group in groupby(rows, key=lambda row: (row.source, row.source_ref))]


def new_reviews(connection: Connection, limit: int) -> Sequence[Any]:
    """The reviews that nobody has reacted to and that can be read, oldest first."""
    reviews = _REVIEWS.c
    waiting = _REVIEWS.select().where(reviews.reacted_at.is_(None), reviews.status.in_(("approved", "hold")))
    return connection.execute(waiting.order_by(reviews.id).limit(limit)).all()


def reacted(
    connection: Connection, table: Any, ids: Collection[int], now: datetime, *, offered: int | None = None
) -> None:
    """Marks rows as reacted to; the one that is `offered` waits for a person's yes, unless they had said something."""
    rows = table.__table__.c
    connection.execute(update(table).where(rows.id.in_(ids)).values(reacted_at=now))
    if offered is not None:
        offer = update(table).where(rows.id == offered, rows.testimonial == "")
        connection.execute(offer.values(testimonial="offered"))


def open_case_of(connection: Connection, order_id: int, states: Collection[str]) -> Any:
    """The latest complaint about an order in one of these states; None where there is none."""
    about = _CASES.select().where(
        _CASES.c.order_id == order_id, _CASES.c.family == "complaint", _CASES.c.state.in_(states)
    )
    return connection.execute(about.order_by(_CASES.c.id.desc()).limit(1)).one_or_none()
