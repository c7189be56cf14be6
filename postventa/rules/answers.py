"""What an answer to a complaint needs before it may leave: an owner, an outcome, a reason for every point.

The law refuses generic answers (Ley 10/2025 art. 13.1), so this does: what is empty, canned, copied from another
case, or only says the question again, goes back to its writer with the reason.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from postventa.rules.commercial import out_of_place
from postventa.rules.complaints import ANSWERS, UNFAVOURABLE, Outcome

LEAST_WORDS = 6
"""A reason in fewer words explains nothing."""
ALIKE = 0.9
"""From which likeness on an answer counts as the copy of another."""
ECHO = 0.8
"""Which share of a reason's words may come from the question."""
_POINT_LENGTH = 1000
_ITEM = re.compile(
    r"^\s*(?:[-*\u2022\u2013\u2014]|\(?\d{1,2}[.)\u00ba\u00aa]-?|\(?[a-z][.)])\s+(?=\S)", re.IGNORECASE
)

CANNED = frozenset(
    {
        "lamentamos las molestias ocasionadas",
        "sentimos las molestias causadas",
        "lamentamos los inconvenientes que le hayamos podido causar",
        "hemos tomado nota de su reclamacion",
        "hemos trasladado su queja al departamento correspondiente",
        "su reclamacion ha sido estudiada y no procede",
        "no podemos atender su reclamacion",
        "hemos actuado conforme a la normativa vigente y a nuestras condiciones",
        "gracias por ponerse en contacto con nosotros",
        "trabajamos cada dia para mejorar nuestro servicio",
        "lamentem les molesties ocasionades",
        "sentim les molesties causades",
        "hem pres nota de la seva reclamacio",
        "hem traslladat la seva queixa al departament corresponent",
        "la seva reclamacio ha estat estudiada i no es procedent",
        "no podem atendre la seva reclamacio",
        "hem actuat d acord amb la normativa vigent i les nostres condicions",
        "gracies per posar se en contacte amb nosaltres",
        "treballem cada dia per millorar el nostre servei",
        "we apologise for any inconvenience caused",
        "we are sorry for the inconvenience",
        "we have taken note of your complaint",
        "we have passed your complaint on to the department concerned",
        "your complaint has been reviewed and cannot be upheld",
        "we have acted in accordance with our terms and conditions",
        "thank you for contacting us",
        "we work every day to improve our service",
    }
)
"""Sentences that could answer any complaint, and so answer none; as `plain_words` writes them."""
_ACCENTS = str.maketrans("áàâäéèêëíìîïóòôöúùûüçñ", "aaaaeeeeiiiioooouuuucn")


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer as somebody would send it, and what it answers."""

    owner: str | None
    outcome: Outcome
    points: tuple[str, ...]
    """What the customer raised."""
    reasons: tuple[str, ...]
    """What is said to each, in the same order."""
    text: str = ""
    language: str = ""
    """The customer's."""
    written_in: str = ""
    """What the answer was found to be written in; empty where that is not certain."""
    has_adr: bool = False
    """Whether the shop can name an entity for dispute resolution."""


def points_of(text: str) -> tuple[str, ...]:
    """The points that a complaint raises: the items of its list, if it has one of at least two, else all of it."""
    items: list[list[str]] = []
    for line in text.splitlines():
        if _ITEM.match(line):
            items.append([_ITEM.sub("", line).strip()])
        elif items and line.strip():
            items[-1].append(line.strip())
    found = [" ".join(item) for item in items] if len(items) > 1 else [" ".join(text.split())]
    return tuple(_shortened(point) for point in found)


def faults(draft: Draft, earlier: Sequence[str] = ()) -> tuple[str, ...]:
    """Everything that keeps this answer back, as sentences for its writer; empty where it may go.

    `earlier` are whole answers given to other cases, as `whole_answer` writes them.
    """
    found = []
    if not draft.owner:
        found.append("nobody owns it: a person takes it before it is answered")
    if draft.outcome not in ANSWERS:
        found.append(f"{draft.outcome} is no answer: say upheld, partly_upheld or rejected")
    if draft.outcome in UNFAVOURABLE and not draft.has_adr:
        found.append(
            "an answer that does not give the customer everything must name an entity for dispute resolution: "
            "set entity and url in [adr]"
        )
    if draft.written_in and draft.language and draft.written_in != draft.language:
        found.append(f"it is written in {draft.written_in}, and the customer writes in {draft.language}")
    found += _unreasoned(draft)
    refused = out_of_place(whole_answer(draft.reasons, draft.text))
    if refused:
        found.append(refused)
    words = plain_words(whole_answer(draft.reasons, draft.text))
    if not found and any(_are_alike(words, plain_words(other)) for other in earlier):
        found.append("it says the same as an answer to another case: say what is particular to this one")
    return tuple(found)


def whole_answer(reasons: Sequence[str], text: str) -> str:
    """All that an answer says in the shop's own words."""
    return "\n".join([text, *reasons]).strip()


def plain_words(text: str) -> str:
    """A text without capitals, accents, punctuation and line breaks, to be compared."""
    return " ".join(re.findall(r"\w+", text.casefold().translate(_ACCENTS)))


def _unreasoned(draft: Draft) -> list[str]:
    if len(draft.reasons) != len(draft.points):
        listed = "; ".join(f"{number}. {point[:80]}" for number, point in enumerate(draft.points, 1))
        counted = f"the complaint raises {len(draft.points)} points and {len(draft.reasons)} have a reason"
        return [f"{counted}: give one for each, in this order: {listed}"]
    pairs = zip(draft.points, draft.reasons, strict=True)
    said = [(number, _weakness(point, reason)) for number, (point, reason) in enumerate(pairs, 1)]
    plain = [plain_words(reason) for reason in draft.reasons]
    repeated = [n for n, reason in enumerate(plain, 1) if reason and reason in plain[: n - 1]]
    return [f"the reason for point {number} {fault}" for number, fault in said if fault] + [
        f"the reason for point {number} is that of a point before it" for number in repeated
    ]


def _weakness(point: str, reason: str) -> str:
    words = plain_words(reason)
    if not words:
        return "is empty"
    if _without_canned(words) == "":
        return "could answer any complaint: say what happened in this one"
    if len(words.split()) < LEAST_WORDS:
        return f"is too short to explain anything: it needs {LEAST_WORDS} words at least"
    asked = plain_words(point).split()
    own = [word for word in words.split() if word not in set(asked)]
    if len(own) < len(words.split()) * (1 - ECHO):
        return "only says the question again"
    return ""


def _without_canned(words: str) -> str:
    for sentence in sorted(CANNED, key=len, reverse=True):
        words = words.replace(sentence, " ")
    return " ".join(words.split())


def _are_alike(one: str, other: str) -> bool:
    matcher = SequenceMatcher(None, one.split(), other.split(), autojunk=False)
    return matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def _shortened(point: str) -> str:
    return point if len(point) <= _POINT_LENGTH else f"{point[: _POINT_LENGTH - 1].rstrip()}\u2026"
