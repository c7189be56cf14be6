"""Reacting to what customers say: a low score becomes a case or joins the one that is open, and its owner is told."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from postventa import rules
from postventa.calls import person_for
from postventa.complaint_intake import Statement, file_complaint
from postventa.rules.complaints import OPEN, Kind
from postventa.rules.escalation import Role
from postventa.rules.reactions import (
    Deed,
    Reaction,
    Vocabulary,
    read_vocabulary,
    to_answers,
    to_review,
    topics_in,
)
from postventa.settings import Settings
from postventa.store import casebook
from postventa.store.asks import AnswerRow
from postventa.store.cases import CaseRow
from postventa.store.orders import CustomerRow, OrderRow
from postventa.store.reviews import ReviewRow
from postventa.store.voices import new_reviews, new_sheets, open_case_of, reacted
from postventa.surveys import answers_of, definition
from postventa.voices import Voice, is_words, voice_of, voice_of_review

SETTLES = timedelta(minutes=15)
"""Whoever answers one question may be about to answer the next: the sheet is read once they have stopped."""
OLD_NEWS = timedelta(days=30)
"""What was said longer ago, as in the export of a year, is counted and opens no case any more."""
SOURCE = "survey"
TO_OWNER = "low_score"
_CASES: Any = CaseRow.__table__
_TOPICS = Path(rules.__file__).parent / "topics"


@dataclass(slots=True)
class Reacted:
    """What a round brought: sheets and reviews read, cases opened and joined, offers, and what needs a person."""

    read: int = 0
    opened: int = 0
    joined: int = 0
    offered: int = 0
    trouble: list[str] = field(default_factory=list)


@cache
def vocabularies() -> tuple[Vocabulary, ...]:
    """The words of every language: people do not always write in the one they chose."""
    return tuple(
        read_vocabulary(tomllib.loads(path.read_text(encoding="utf-8")))
        for path in sorted(_TOPICS.glob("*.toml"))
    )


@dataclass(slots=True)
class Listener:
    """Who reacts, in one transaction: each voice alone, so that a bad one holds up no other."""

    connection: Connection
    settings: Settings
    now: datetime
    done: Reacted

    def hear_answers(self, limit: int) -> int:
        """Reacts to sheets of answers, oldest first; answers how many. Safe to run twice."""
        sheets = new_sheets(self.connection, self.now - SETTLES, limit)
        return sum(self._alone(self._hear_sheet, rows, f"the answers {rows[0].id}") for rows in sheets)

    def hear_reviews(self, limit: int) -> int:
        """Reacts to product reviews, oldest first; answers how many. Safe to run twice."""
        reviews = new_reviews(self.connection, limit)
        return sum(self._alone(self._hear_review, review, f"the review {review.id}") for review in reviews)

    def _alone(self, hear: Callable[[Any], None], voice: Any, called: str) -> bool:
        try:
            with self.connection.begin_nested():
                hear(voice)
        except OperationalError:
            raise  # the store, not the voice
        except Exception as wrong:  # noqa: BLE001 - whatever it is, the others are heard
            self.done.trouble.append(f"{called} could not be reacted to: {type(wrong).__name__}")
            return False
        self.done.read += 1
        return True

    def _hear_sheet(self, rows: Sequence[Any]) -> None:
        survey = definition(rows[0].survey)
        words = next((row for row in rows if is_words(row)), None)
        text = words.text if words else ""
        reaction = to_answers(survey, answers_of(rows), topics_in(text, vocabularies()))
        answered_at = max(row.answered_at if row.ask_id is None else row.changed_at for row in rows)
        if reaction.deed is Deed.CASE and self.now - answered_at <= OLD_NEWS:
            self._tell_a_person(voice_of(self.connection, rows, text, reaction), reaction)
        is_offered = reaction.deed is Deed.OFFER and words is not None
        self.done.offered += is_offered
        offered = words.id if words is not None and is_offered else None
        reacted(self.connection, AnswerRow, [row.id for row in rows], self.now, offered=offered)

    def _hear_review(self, review: Any) -> None:
        reaction = to_review(review.rating, topics_in(review.text, vocabularies()))
        if reaction.deed is Deed.CASE and self.now - review.written_at <= OLD_NEWS:
            self._tell_a_person(voice_of_review(review), reaction)
        is_offered = reaction.deed is Deed.OFFER and bool(review.text.strip()) and review.is_verified
        self.done.offered += is_offered
        reacted(self.connection, ReviewRow, [review.id], self.now, offered=review.id if is_offered else None)

    def _tell_a_person(self, voice: Voice, reaction: Reaction) -> None:
        """The case that this belongs to, opened where there is none, and its owner told of it."""
        case = _case_for(self.connection, voice)
        is_new = case is None
        if is_new:
            case = _open(self.connection, self.settings, voice, reaction, self.now)
            self.done.opened += 1
        else:
            _join(self.connection, case.id, voice, reaction, self.now)
            self.done.joined += 1
        to = person_for(self.settings.desk, Role.OWNER, case.owner)
        if not to:
            self.done.trouble.append(
                f"{case.shop}:{case.number}: nobody is told of a low score: fill in [desk] and [desk.people]"
            )
            return
        facts = {"scores": list(voice.scores), "topics": list(reaction.topics), "is_new": is_new}
        casebook.owe(self.connection, case.id, TO_OWNER, voice.occasion, self.now, recipient=to, facts=facts)


def _join(connection: Connection, case_id: int, voice: Voice, reaction: Reaction, now: datetime) -> None:
    """What was said, in a case that is there. It does not move by it: a person reads it and decides."""
    casebook.say(
        connection,
        case_id,
        kind=SOURCE,
        author="customer",
        text=voice.text or voice.in_short(),
        at=voice.said_at,
        now=now,
        occasion=f"{SOURCE}:{voice.occasion}",
        details={"scores": list(voice.scores), "topics": list(reaction.topics)},
    )


def _case_for(connection: Connection, voice: Voice) -> Any:
    """The case that was asked about, the one that the same sheet opened before, or one that is open about the order."""
    if voice.case_id is not None:
        return connection.execute(_CASES.select().where(_CASES.c.id == voice.case_id)).one_or_none()
    own = _CASES.select().where(
        _CASES.c.shop == voice.shop, _CASES.c.source == SOURCE, _CASES.c.source_ref == voice.ref
    )
    known = connection.execute(own).one_or_none()
    if known is not None or voice.order_id is None:
        return known
    return open_case_of(connection, voice.order_id, OPEN)


def _open(connection: Connection, settings: Settings, voice: Voice, reaction: Reaction, now: datetime) -> Any:
    order = connection.execute(
        select(OrderRow.ref, CustomerRow.name, CustomerRow.email)
        .join(CustomerRow, CustomerRow.id == OrderRow.customer_id)
        .where(OrderRow.id == voice.order_id)
    ).one_or_none()
    statement = Statement(
        shop=voice.shop,
        kind=Kind.INCIDENT,
        topic=reaction.about,
        text=voice.text or voice.in_short(),
        language=voice.language,
        name=order.name if order else "",
        email=order.email if order else "",
        order_ref=order.ref if order else None,
        source=SOURCE,
        source_ref=voice.ref,
        received_at=voice.said_at,
        is_order_proven=order is not None,
    )
    filed = file_complaint(connection, settings, statement, now)
    return connection.execute(_CASES.select().where(_CASES.c.id == filed.case_id)).one()
