"""What an answer or a review asks of us: a case that somebody owns, an offer to quote it, or nothing.

Numbers and options that a customer chose decide. Words only say what a matter is about, and turn a lukewarm
recommendation into a case where they name what went wrong; nothing is decided by the mood of a text.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from postventa.rules.complaints import Topic
from postventa.rules.surveys import Answer, Kind, Survey, low_scores

WORDS_BEFORE = 3
"""How far before a topic's words one of `unless` still takes it back."""
BAD_REVIEW = 2
BEST = {"overall_experience": 5, "nps": 9}
"""From these numbers on a customer is glad."""
ABOUT = {
    "damaged": Topic.PRODUCT,
    "wrong_item": Topic.PRODUCT,
    "size": Topic.PRODUCT,
    "quality": Topic.PRODUCT,
    "missing": Topic.DELIVERY,
    "late": Topic.DELIVERY,
    "refund": Topic.BILLING,
    "care": Topic.SERVICE,
}
"""What a case about each topic is about; the first that is found decides."""
BY_QUESTION = {
    "order_condition": Topic.PRODUCT,
    "delivery_time": Topic.DELIVERY,
    "customer_care": Topic.SERVICE,
    "csat": Topic.SERVICE,
    "ces": Topic.SERVICE,
}


class Deed(StrEnum):
    """What follows."""

    CASE = "case"
    OFFER = "offer"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Reaction:
    """What follows, about what, and why."""

    deed: Deed
    reasons: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    about: Topic = Topic.OTHER


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A language's words for what goes wrong."""

    topics: Mapping[str, re.Pattern[str]]
    unless: frozenset[str]


def read_vocabulary(written: Mapping[str, Any]) -> Vocabulary:
    """A language's words as its file writes them. Raises KeyError for a topic that no case can be about."""
    topics = {}
    for topic in ABOUT:
        phrases = sorted(written["topics"][topic], key=len, reverse=True)
        topics[topic] = re.compile(rf"(?<!\w)(?:{'|'.join(map(_pattern, phrases))})(?!\w)")
    return Vocabulary(topics, frozenset(plain(word) for word in written["unless"]))


def topics_in(text: str, vocabularies: Iterable[Vocabulary]) -> tuple[str, ...]:
    """What a text says went wrong, in the sequence of `ABOUT`."""
    said = plain(text)
    found = {
        topic
        for vocabulary in vocabularies
        for topic, pattern in vocabulary.topics.items()
        if any(not _is_taken_back(said[: match.start()], vocabulary) for match in pattern.finditer(said))
    }
    return tuple(topic for topic in ABOUT if topic in found)


def to_answers(survey: Survey, answers: Mapping[str, Answer], topics: Iterable[str]) -> Reaction:
    """What a sheet of answers asks for; `topics` are those of its words."""
    chosen = {answer.text for name, answer in answers.items() if _is_choice(survey, name)}
    named = tuple(topic for topic in ABOUT if topic in chosen or topic in set(topics))
    low = low_scores(survey, answers, has_bad_topic=bool(named))
    if low:
        reasons = tuple(f"{answer.question}:{answer.number}" for answer in low)
        by_score = (BY_QUESTION[answer.question] for answer in low if answer.question in BY_QUESTION)
        about = ABOUT[named[0]] if named else next(by_score, Topic.OTHER)
        return Reaction(Deed.CASE, reasons, named, about)
    best = tuple(
        f"{name}:{answer.number}"
        for name, answer in answers.items()
        if name in BEST and (answer.number or 0) >= BEST[name]
    )
    return Reaction(Deed.OFFER, best) if best and not named else Reaction(Deed.NONE, (), named)


def to_review(rating: int, topics: Iterable[str]) -> Reaction:
    """What a review asks for."""
    named = tuple(topics)
    if rating <= BAD_REVIEW:
        about = ABOUT[named[0]] if named else Topic.PRODUCT
        return Reaction(Deed.CASE, (f"rating:{rating}",), named, about)
    if rating == 5 and not named:
        return Reaction(Deed.OFFER, ("rating:5",))
    return Reaction(Deed.NONE, (), named)


def plain(text: str) -> str:
    """Small letters without accents, and one space where anything else stood."""
    bare = "".join(
        char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char)
    )
    return " ".join(re.findall(r"\w+", bare))


def _pattern(phrase: str) -> str:
    return r" ".join(
        re.escape(plain(word)) + (r"\w*" if word.endswith("*") else "") for word in phrase.split()
    )


def _is_taken_back(before: str, vocabulary: Vocabulary) -> bool:
    return not vocabulary.unless.isdisjoint(before.split()[-WORDS_BEFORE:])


def _is_choice(survey: Survey, name: str) -> bool:
    question = survey.question(name)
    return question is not None and question.kind is Kind.CHOICE
