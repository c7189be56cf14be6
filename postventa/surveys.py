"""Answers to surveys: which survey an ask means, what has been answered, and writing answers down until the link dies.

Answers are changed in place: whoever comes back sees what they said and says something else. What was changed
has not been reacted to.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, update

from postventa.links import survey_link
from postventa.plain_text import plain_text
from postventa.rules.surveys import Answer, BadSurvey, Checked, Survey, asked, check, read_survey
from postventa.settings import Settings
from postventa.store.asks import AnswerRow, AskRow
from postventa.store.orders import OrderRow
from postventa.store.upsert import Row, upsert

FILES = Path(__file__).parent / "surveys"
PAGE = "page"
ONE_ANSWER = ("source", "source_ref", "question")
ANSWERED = "answered"
_ASKS: Any = AskRow.__table__
_ANSWERS: Any = AnswerRow.__table__
_ORDERS: Any = OrderRow.__table__


class SurveyOver(ValueError):
    """Nobody can answer any more: the time to do so has passed."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One ask with its survey and what has been answered so far."""

    ask: Any
    survey: Survey
    answers: dict[str, Answer] = field(repr=False)
    order_number: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of a form: how many answers are new or changed, which could not be understood, what is asked now."""

    changed: int
    problems: dict[str, str]
    opened: tuple[str, ...]
    """Questions that these answers have opened and that have no answer yet."""


@cache
def definition(name: str) -> Survey:
    """The survey of this name. Raises BadSurvey."""
    path = FILES / f"{name}.toml"
    if not name.isidentifier() or not path.is_file():
        raise BadSurvey(f"there is no survey {name!r}: they are {', '.join(names())}")
    return read_survey(name, tomllib.loads(path.read_text(encoding="utf-8")))


def names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FILES.glob("*.toml")))


def invitation(settings: Settings, name: str, ask_id: int, language: str) -> dict[str, Any]:
    """What a mail says of a survey: its first question, and a link for each answer. They only fill in."""
    first = definition(name).first
    words = first.words.get(language, first.words["en"])
    return {
        "url": survey_link(settings, ask_id),
        "ask": words["ask"],
        "low": words["low"],
        "high": words["high"],
        "scale": [
            {
                "number": number,
                "said": f"{words['ask']} {number}/{first.scale[1]}",
                "url": survey_link(settings, ask_id, number),
            }
            for number in first.numbers
        ],
    }


def sheet_of(connection: Connection, ask_id: int) -> Sheet | None:
    """The sheet of an ask; None where it is not there, or not any more."""
    ask = connection.execute(_ASKS.select().where(_ASKS.c.id == ask_id)).one_or_none()
    if ask is None:
        return None
    order = connection.execute(
        select(_ORDERS.c.number, _ORDERS.c.language).where(_ORDERS.c.id == ask.order_id)
    ).one_or_none()
    return Sheet(
        ask,
        definition(ask.survey),
        answers_of(_rows(connection, PAGE, str(ask_id))),
        order.number if order else "",
        order.language if order else None,
    )


def record(
    connection: Connection,
    settings: Settings,
    ask_id: int,
    answers: Mapping[str, str],
    now: datetime,
    *,
    language: str = "",
) -> Recorded:
    """Writes down what a customer answered; what they left empty stays as it was. Raises SurveyOver.

    Safe to run twice: the same answers change nothing.
    """
    ask = connection.execute(_ASKS.select().where(_ASKS.c.id == ask_id).with_for_update()).one_or_none()
    if ask is None or now >= ask.expires_at:
        raise SurveyOver("nobody can answer this survey any more")
    survey = definition(ask.survey)
    checked = check(survey, {name: _clean(text) for name, text in answers.items()})
    known = {row.question: row for row in _rows(connection, PAGE, str(ask_id))}
    before = answers_of(known.values())
    after = before | checked.answers
    wanted = {question.name for question in asked(survey, after)}
    changed = _write(
        connection,
        [answer for name, answer in checked.answers.items() if name in wanted and before.get(name) != answer],
        now,
        shop=ask.shop,
        ask_id=ask_id,
        order_id=ask.order_id,
        source=PAGE,
        source_ref=str(ask_id),
        survey=survey.name,
        language=language or settings.shop(ask.shop).language,
    )
    _forget(connection, [row.id for name, row in known.items() if name not in wanted])
    if after:
        _mark_answered(connection, ask, now)
    known_before = {question.name for question in asked(survey, before)} | set(after)
    opened = tuple(
        name for name in (question.name for question in asked(survey, after)) if name not in known_before
    )
    return Recorded(changed, checked.problems, opened)


def record_sheet(
    connection: Connection,
    checked: Checked,
    now: datetime,
    *,
    shop: str,
    order_id: int | None,
    source: str,
    source_ref: str,
    survey: Survey,
    language: str,
    answered_at: datetime,
) -> int:
    """Writes down a sheet of answers that came otherwise than through our page; answers how many are new or changed."""
    before = answers_of(_rows(connection, source, source_ref))
    return _write(
        connection,
        [answer for name, answer in checked.answers.items() if before.get(name) != answer],
        now,
        answered_at=answered_at,
        shop=shop,
        ask_id=None,
        order_id=order_id,
        source=source,
        source_ref=source_ref,
        survey=survey.name,
        language=language,
    )


def answers_of(rows: Iterable[Any]) -> dict[str, Answer]:
    """Rows of the store as answers, by question."""
    return {row.question: Answer(row.question, row.number, row.text) for row in rows}


def _rows(connection: Connection, source: str, source_ref: str) -> list[Any]:
    wanted = _ANSWERS.select().where(_ANSWERS.c.source == source, _ANSWERS.c.source_ref == source_ref)
    return list(connection.execute(wanted))


def _write(connection: Connection, answers: Iterable[Answer], now: datetime, **whose: Any) -> int:
    answered_at = whose.pop("answered_at", now)
    rows: list[Row] = [
        {
            **whose,
            "question": answer.question,
            "number": answer.number,
            "text": answer.text,
            "answered_at": answered_at,
            "changed_at": now,
            "reacted_at": None,
            "testimonial": "",
        }
        for answer in answers
    ]
    upsert(connection, AnswerRow, rows, ONE_ANSWER, keep=("answered_at",))
    return len(rows)


def _forget(connection: Connection, ids: list[int]) -> None:
    """A question that its customer's new answers lead to no more has no answer any more."""
    if ids:
        connection.execute(_ANSWERS.delete().where(_ANSWERS.c.id.in_(ids)))


def _mark_answered(connection: Connection, ask: Any, now: datetime) -> None:
    """Who has answered is not reminded."""
    values: dict[str, Any] = {"state": ANSWERED, "reason": "", "next_at": None}
    if ask.first_answer_at is None:
        values["first_answer_at"] = now
    connection.execute(update(_ASKS).where(_ASKS.c.id == ask.id).values(**values))


def _clean(text: str) -> str:
    return plain_text(text).text.strip()
