"""What keeps advertising and dead links out of letters: asked of every letter in the moment before it leaves.

What customers wrote, and what things are called, is theirs and never at fault: only our own words are read.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from markupsafe import escape

from postventa.cards import TEMPLATES, BadTemplate, named
from postventa.messages import Rendered
from postventa.rules.commercial import advertises, leads_nowhere, out_of_place
from postventa.views import MessageView

QUOTES_ITS_CUSTOMER = "complaint_reopened"
"""The letter whose `facts.text` is mostly the customer's."""


def check_letter(message: str, view: MessageView, rendered: Rendered) -> None:
    """Raises BadTemplate with the reason where a letter may not leave as it was put into words."""
    said = (rendered.subject, rendered.text, rendered.html)
    if view.case is None or view.is_for_staff:
        refused = next(filter(None, map(leads_nowhere, said)), "")
    else:
        theirs = {one for one in _theirs(message, view) if out_of_place(one)}
        refused = fault_of(message, view.language)
        refused = refused or next(filter(None, (out_of_place(_without(theirs, one)) for one in said)), "")
    if refused:
        raise BadTemplate(f"it may not leave: {refused}")


@lru_cache(maxsize=256)
def fault_of(message: str, language: str) -> str:
    """Why a message's own words may not stand in a letter about a case, with the file; empty where they may."""
    for path in sorted((TEMPLATES / message / language).glob("*.*")):
        written = path.read_text(encoding="utf-8")
        refused = advertises(written) or out_of_place(written)
        if refused:
            return f"{named(path)}: {refused}"
    return ""


def _without(theirs: set[str], text: str) -> str:
    for one in sorted(theirs, key=len, reverse=True):
        text = text.replace(str(escape(one)), " ").replace(one, " ")
    return text


def _theirs(message: str, view: MessageView) -> Iterator[str]:
    """What others said and named: the customer, the shop, and whoever makes what it sells."""
    case, facts = view.case, view.facts
    yield from (view.customer_name, view.shop_name, view.shop_url, *_texts(view.company))
    if case is not None:
        yield from (*case.text.splitlines(), *(" ".join(point.text.split()) for point in case.points))
        yield from (line.name for line in case.lines)
    if view.order is not None:
        yield from (line.name for line in view.order.lines)
    yield from (str(point.text) for point in getattr(facts, "points", ()))
    if message == QUOTES_ITS_CUSTOMER:
        yield from str(getattr(facts, "text", "")).splitlines()


def _texts(company: Any) -> tuple[str, ...]:
    return (company.legal_name, company.address, company.email, company.registry)
