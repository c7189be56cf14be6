"""A survey of ten seconds: looking at it records nothing, one tap in the mail fills the first answer in, sending writes.

The signed link is all that is needed, without a cookie, so that guests can answer from any mail program's browser.
What somebody wrote in free words is never shown again: links get forwarded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from postventa import clock, links
from postventa.rules.surveys import Kind, Question, asked, low_scores
from postventa.surveys import Sheet, SurveyOver, record, sheet_of
from postventa.web.forms import Typed, clean
from postventa.web.refusals import STORE_DOWN, Refused, note_store_down
from postventa.web.visits import Visit, Visiting

router = APIRouter()
LONGEST_WORDS = 32_000
"""Bytes of an answer that are read; how long it may be, the survey says."""
MORE = "more"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in the reader's words."""

    name: str
    kind: Kind
    ask: str
    ends: str
    points: tuple[tuple[int, str], ...]
    options: tuple[tuple[str, str, str], ...]
    is_answered: bool


async def read_answers(request: Request, visit: Visiting) -> Mapping[str, str]:
    """What was answered, unless this address writes too often."""
    if not visit.reception.may_write(request.client.host if request.client else ""):
        raise Refused(429)
    try:
        async with request.form(max_files=0, max_fields=20, max_part_size=LONGEST_WORDS) as form:
            return {name: clean(value) for name, value in form.items() if isinstance(value, str)}
    except HTTPException as wrong:
        raise Refused(413 if "maximum" in wrong.detail.lower() else 400) from wrong


Answers = Annotated[Mapping[str, str], Depends(read_answers)]


@router.get("/survey/{token}")
def ask(token: str, visit: Visiting, answer: str = "", step: str = "") -> HTMLResponse:
    """The survey as far as it has been answered, the tapped answer filled in; with `step=more`, only what is new."""
    visit, sheet = _linked(token, visit)
    if _is_over(sheet):
        return _over(visit)
    values = _said(sheet)
    if answer.isascii() and answer.isdecimal() and len(answer) < 3:
        values[sheet.survey.first.name] = str(int(answer))
    return _form(visit, token, sheet, values, is_more=step == MORE)


@router.post("/survey/{token}")
def take(token: str, visit: Visiting, answers: Answers) -> Response:
    """Writes the answers down and thanks; asks on where they have opened a question."""
    visit, sheet = _linked(token, visit)
    if _is_over(sheet):
        return _over(visit)
    values = _said(sheet) | dict(answers)
    if not any(answers.get(question.name) for question in sheet.survey.questions):
        errors = {sheet.survey.first.name: visit.words["survey"]["nothing"]}
        return _form(visit, token, sheet, values, errors, status=422)
    try:
        with visit.reception.place.store.begin() as connection:
            done = record(
                connection, visit.settings, sheet.ask.id, answers, clock.now(), language=visit.language
            )
    except SurveyOver:
        return _over(visit)
    except STORE_DOWN as down:
        note_store_down(down)
        return _form(visit, token, sheet, values, status=503)
    errors = {name: visit.words["survey"][said] for name, said in done.problems.items()}
    if errors:
        return _form(visit, token, sheet, values, errors, status=422)
    more = {"step": MORE} if done.opened else {}
    return visit.go(f"/survey/{token}{'' if more else '/thanks'}", **more)


@router.get("/survey/{token}/thanks")
def thank(token: str, visit: Visiting) -> HTMLResponse:
    visit, sheet = _linked(token, visit)
    is_low = bool(low_scores(sheet.survey, sheet.answers, has_bad_topic=False))
    return visit.page("survey_thanks.html", is_low=is_low, back=visit.path(f"/survey/{token}"))


def _linked(token: str, visit: Visit) -> tuple[Visit, Sheet]:
    """The visit in the customer's language and the sheet. Raises NoSuchLink, LinkTooOld or Refused."""
    ask_id = links.read_survey_link(visit.settings, token)
    with visit.reception.place.reading() as connection:
        sheet = sheet_of(connection, ask_id)
    if sheet is None or sheet.ask.shop not in visit.settings.shops:
        raise Refused(404)
    return visit.about(sheet.ask.shop, sheet.language), sheet


def _is_over(sheet: Sheet) -> bool:
    return bool(clock.now() >= sheet.ask.expires_at)


def _over(visit: Visit) -> HTMLResponse:
    return visit.page("survey_over.html", 403)


def _said(sheet: Sheet) -> dict[str, str]:
    """What was answered before, but for free words."""
    return {
        name: str(answer.number) if answer.number is not None else answer.text
        for name, answer in sheet.answers.items()
        if (question := sheet.survey.question(name)) and question.kind is not Kind.TEXT
    }


def _form(
    visit: Visit,
    token: str,
    sheet: Sheet,
    values: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    *,
    status: int = 200,
    is_more: bool = False,
) -> HTMLResponse:
    words, said = visit.words["survey"], sheet.survey.words.get(visit.language, sheet.survey.words["en"])
    shown: tuple[Question, ...] = asked(sheet.survey, sheet.answers)
    if is_more:
        new = [one for one in shown if one.only_if and one.name not in sheet.answers]
        shown = tuple(new) or shown
        is_more = bool(new)
    typed = Typed.empty(**values)
    until = (sheet.ask.expires_at - timedelta(microseconds=1)).astimezone(_zone(visit, sheet)).date()
    return visit.page(
        "survey.html",
        status,
        title=words["more_title"] if is_more else said["title"],
        lead=words["more_lead"] if is_more else said["lead"],
        order_number=sheet.order_number,
        questions=[_in_words(question, sheet, visit) for question in shown],
        typed=typed,
        errors=errors or {},
        notice=typed.notice(visit, status) if status == 503 else "",
        until=until,
        there=visit.path(f"/survey/{token}"),
    )


def _zone(visit: Visit, sheet: Sheet) -> ZoneInfo:
    return visit.settings.shop(sheet.ask.shop).zone


def _in_words(question: Question, sheet: Sheet, visit: Visit) -> Asked:
    said: Mapping[str, Any] = question.words.get(visit.language, question.words["en"])
    first, last = question.scale
    ends = {first: said.get("low", ""), last: said.get("high", "")}
    is_scale = question.kind is Kind.SCALE
    return Asked(
        name=question.name,
        kind=question.kind,
        ask=said["ask"],
        ends=visit.words["survey"]["ends"] % (first, ends[first], last, ends[last]) if is_scale else "",
        points=tuple((number, ends.get(number, "")) for number in question.numbers) if is_scale else (),
        options=tuple((option, said["options"][option], "") for option in question.options),
        is_answered=question.name in sheet.answers,
    )
