"""Surveys: which questions there are and when each is asked, what counts as an answer, and which answer is a low score."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from postventa.rules.complaints import State, may_survey
from postventa.rules.messages import Verdict

MOST_QUESTIONS = 7
"""Whoever is asked more than this answers nothing."""
LANGUAGES = ("es", "ca", "en")
"""In these every survey is written; a file may have more, each with all of its words."""
LONGEST_TEXT = 4000
AFTER_RESOLUTION = (timedelta(hours=24), timedelta(hours=72))
"""How long after its resolution a case's customer is asked: not before the first, not after the second."""
_NAME = re.compile(r"[a-z][a-z_]{1,40}")
_NUMBER = re.compile(r"\s*(\d{1,2})\s*", re.ASCII)


class BadSurvey(ValueError):
    """A survey's file cannot be used; the sentence names the survey and the question."""


class Kind(StrEnum):
    SCALE = "scale"
    CHOICE = "choice"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class OnlyIf:
    """Asked only where an earlier scale was answered within these bounds, both included."""

    question: str
    at_least: int = 0
    at_most: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question; `words` are its texts by language."""

    name: str
    kind: Kind
    scale: tuple[int, int] = (0, 0)
    options: tuple[str, ...] = ()
    only_if: OnlyIf | None = None
    low_at: int | None = None
    """At this number or below it is a low score; None where nothing is."""
    low_needs_topic: bool = False
    """Low only where its customer also named what went wrong."""
    words: Mapping[str, Mapping[str, Any]]

    @property
    def numbers(self) -> range:
        return range(self.scale[0], self.scale[1] + 1)


@dataclass(frozen=True, slots=True)
class Survey:
    name: str
    version: int
    questions: tuple[Question, ...]
    words: Mapping[str, Mapping[str, str]]

    @property
    def first(self) -> Question:
        """The one that a mail asks with one tap."""
        return self.questions[0]

    def question(self, name: str) -> Question | None:
        return next((question for question in self.questions if question.name == name), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: a number on a scale; else the option's name or the words."""

    question: str
    number: int | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """Answers that are understood, by question, and the questions whose answers are not, with the reason."""

    answers: dict[str, Answer] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def read_survey(name: str, written: Mapping[str, Any]) -> Survey:
    """A survey as its file writes it. Raises BadSurvey."""
    spoken = _spoken(written)
    for code in spoken:
        if not {"title", "lead"} <= set(written.get(code, ())):
            raise BadSurvey(f"the survey {name} needs a title and a lead in {code}")
    raw = written.get("questions", ())
    if not 0 < len(raw) <= MOST_QUESTIONS:
        raise BadSurvey(f"the survey {name} has {len(raw)} questions; one to {MOST_QUESTIONS} are allowed")
    questions: list[Question] = []
    for one in raw:
        questions.append(_question(name, one, questions, spoken))
    if questions[0].kind is not Kind.SCALE:
        raise BadSurvey(f"the survey {name} must begin with a scale: mails ask it with one tap")
    if sum(question.kind is Kind.TEXT for question in questions) > 1:
        raise BadSurvey(f"the survey {name} asks for free words more than once")
    words = {code: dict(written[code]) for code in spoken}
    return Survey(name, int(written.get("version", 1)), tuple(questions), words)


def check(survey: Survey, given: Mapping[str, str]) -> Checked:
    """What was answered, as far as it can be understood. What is empty was not answered, which is nobody's mistake."""
    checked = Checked()
    for question in survey.questions:
        written = given.get(question.name, "").strip()
        if not written:
            continue
        answer = _answer(question, written)
        if isinstance(answer, str):
            checked.problems[question.name] = answer
        else:
            checked.answers[question.name] = answer
    return checked


def asked(survey: Survey, answers: Mapping[str, Answer]) -> tuple[Question, ...]:
    """The questions that these answers lead to, in their order."""
    return tuple(question for question in survey.questions if _is_asked(question, answers))


def low_scores(survey: Survey, answers: Mapping[str, Answer], *, has_bad_topic: bool) -> tuple[Answer, ...]:
    """The answers that somebody must hear of."""
    found = []
    for question in survey.questions:
        answer = answers.get(question.name)
        if answer is None or answer.number is None or question.low_at is None:
            continue
        if answer.number <= question.low_at and (has_bad_topic or not question.low_needs_topic):
            found.append(answer)
    return tuple(found)


def may_ask_about_case(states: Iterable[State], resolved_at: datetime, now: datetime) -> Verdict:
    """Whether a case's customer may be asked now how it went: `states` are those of all their cases."""
    opens, closes = (resolved_at + wait for wait in AFTER_RESOLUTION)
    if now >= closes:
        return Verdict.no("stale_event")
    verdict = may_survey(states)
    if not verdict.may_go:
        return verdict
    return Verdict.yes() if now >= opens else Verdict.later("cooldown", opens)


def _spoken(written: Mapping[str, Any]) -> tuple[str, ...]:
    """The languages of a file: those of every survey, and those of its own."""
    others = (code for code, words in written.items() if isinstance(words, Mapping))
    return (*LANGUAGES, *(code for code in others if code not in LANGUAGES))


def _question(
    survey: str, written: Mapping[str, Any], before: list[Question], spoken: tuple[str, ...]
) -> Question:
    name = str(written.get("name", ""))
    named = f"the question {name!r} of the survey {survey}"
    if not _NAME.fullmatch(name) or any(question.name == name for question in before):
        raise BadSurvey(f"{named} needs a name of its own, in small letters")
    if written.get("kind") not in set(Kind):
        raise BadSurvey(f"{named} needs a kind: {', '.join(Kind)}")
    kind, scale = Kind(written["kind"]), tuple(written.get("scale", (0, 0)))
    options = tuple(written.get("options", ()))
    if kind is Kind.SCALE and not (len(scale) == 2 and 0 <= scale[0] < scale[1] <= 10):
        raise BadSurvey(f"{named} needs a scale such as [1, 5], within 0 to 10")
    if kind is Kind.CHOICE and len(set(options)) < 2:
        raise BadSurvey(f"{named} needs two options or more")
    for code in spoken:
        words = written.get(code, {})
        wanted = {Kind.SCALE: {"ask", "low", "high"}, Kind.CHOICE: {"ask", "options"}, Kind.TEXT: {"ask"}}
        if not wanted[kind] <= set(words) or set(words.get("options", ())) != set(options):
            raise BadSurvey(f"{named} lacks words in {code}")
    condition = OnlyIf(**written["only_if"]) if "only_if" in written else None
    scales = {question.name for question in before if question.kind is Kind.SCALE}
    if condition and condition.question not in scales:
        raise BadSurvey(f"{named} depends on {condition.question!r}, which is no scale asked before it")
    return Question(
        name=name,
        kind=kind,
        scale=(scale[0], scale[1]),
        options=options,
        only_if=condition,
        low_at=written.get("low_at"),
        low_needs_topic=bool(written.get("low_needs_topic", False)),
        words={code: dict(written[code]) for code in spoken},
    )


def _answer(question: Question, written: str) -> Answer | str:
    if question.kind is Kind.TEXT:
        return Answer(question.name, None, written) if len(written) <= LONGEST_TEXT else "too_long"
    if question.kind is Kind.CHOICE:
        return Answer(question.name, None, written) if written in question.options else "no_option"
    found = _NUMBER.fullmatch(written)
    if found is None or int(found[1]) not in question.numbers:
        return "no_number"
    return Answer(question.name, int(found[1]))


def _is_asked(question: Question, answers: Mapping[str, Answer]) -> bool:
    condition = question.only_if
    if condition is None:
        return True
    earlier = answers.get(condition.question)
    if earlier is None or earlier.number is None:
        return False
    return condition.at_least <= earlier.number <= condition.at_most
