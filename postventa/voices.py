"""A voice: what somebody said that is bad enough for a person to hear, of an order, a case or a product."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from postventa.rules.reactions import Reaction
from postventa.rules.surveys import Kind
from postventa.store.asks import AskRow
from postventa.surveys import answers_of, definition


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Somebody who said something bad: who, where, about what order or case."""

    shop: str
    ref: str
    """What makes it one case: the ask's id, an imported row's key, a review's."""
    occasion: str
    """The same with when it was said: who says something else is heard again."""
    order_id: int | None
    case_id: int | None
    text: str
    language: str
    said_at: datetime
    scores: tuple[dict[str, Any], ...]

    def in_short(self) -> str:
        """The scores, where there are no words: `delivery_time 2/5`."""
        return ", ".join(f"{one['question']} {one['number']}/{one['most']}" for one in self.scores)


def is_words(row: Any) -> bool:
    question = definition(row.survey).question(row.question)
    return question is not None and question.kind is Kind.TEXT


def voice_of(connection: Connection, rows: Sequence[Any], text: str, reaction: Reaction) -> Voice:
    first, survey, answers = rows[0], definition(rows[0].survey), answers_of(rows)
    case_id = None
    if first.ask_id is not None:
        case_id = connection.execute(select(AskRow.case_id).where(AskRow.id == first.ask_id)).scalar()
    low = {reason.partition(":")[0] for reason in reaction.reasons}
    said_at = max(row.changed_at for row in rows)
    ref = first.source_ref if first.ask_id is not None else f"{first.source}:{first.source_ref}"
    return Voice(
        shop=first.shop,
        ref=ref,
        occasion=f"{ref}:{said_at:%Y%m%dT%H%M%S}",
        order_id=first.order_id,
        case_id=case_id,
        text=text,
        language=first.language,
        said_at=said_at,
        scores=tuple(
            {"question": question.name, "number": answers[question.name].number, "most": question.scale[1]}
            for question in survey.questions
            if question.name in low
        ),
    )


def voice_of_review(review: Any) -> Voice:
    ref = f"review:{review.source}:{review.ref}"
    return Voice(
        shop=review.shop,
        ref=ref,
        occasion=ref,
        order_id=review.order_id,
        case_id=None,
        text=review.text,
        language=review.language,
        said_at=review.written_at,
        scores=({"question": "rating", "number": review.rating, "most": 5},),
    )
