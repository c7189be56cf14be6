"""The messages that customers read: puts one into a language as subject, text and HTML.

Whether and when a message goes is decided elsewhere (`rules/messages.py`); which messages there are, their
cards say (`cards.py`).
"""

import re
import traceback
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import Template, TemplateError, TemplateSyntaxError

from postventa import wording
from postventa.cards import (
    TEMPLATES,
    BadTemplate,
    Card,
    MessageClass,
    NoSuchMessage,
    card,
    cards,
    languages,
    named,
    read_toml,
)
from postventa.rules.messages import IN_A_CASE
from postventa.rules.orders import CHAIN, Stage
from postventa.templating import template_environment
from postventa.views import MessageView, ParcelView

__all__ = [
    "BadTemplate",
    "Card",
    "MessageClass",
    "NoSuchMessage",
    "Rendered",
    "card",
    "cards",
    "language_for",
    "languages",
    "render",
    "values_of",
]

FALLBACK_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in words, ready to be put into an envelope."""

    subject: str
    text: str
    html: str


@lru_cache(maxsize=256)
def language_for(wanted: str | None, default: str) -> str:
    """The language to write in: the customer's if we have its words, else the shop's, else English."""
    for language in (wanted or "", default):
        short = re.split("[-_]", language.strip().lower())[0]
        if short in _spoken():
            return short
    return FALLBACK_LANGUAGE


def render(message: str, view: MessageView) -> Rendered:
    """Puts a message into the view's language.

    Raises NoSuchMessage, or BadTemplate where a template is wrong or a message has no place in a case.
    """
    if view.case is not None and not view.is_for_staff and card(message).message_class not in IN_A_CASE:
        raise BadTemplate(
            f"{message} is {card(message).message_class}: in a case nothing of that class is said"
        )
    subject, text, html = _templates(message, view.language)
    values = values_of(card(message), view)
    try:
        return Rendered(
            subject=_one_line(subject.render(values)),
            text=_with_single_gaps(text.render(values)),
            html=html.render(values).strip() + "\n",
        )
    except (TemplateError, AttributeError, TypeError, ValueError) as wrong:
        raise BadTemplate(_said(wrong)) from wrong


def values_of(about: Card, view: MessageView) -> dict[str, Any]:
    """What the templates of a message may speak of."""
    words = _words(view.language)
    return {
        "language": view.language,
        "words": words,
        "money": wording.money_in(_currency(view), words.locale),
        "quantity": wording.quantity_in(words.locale),
        "long_date": wording.long_date_in(words.locale),
        "moment": wording.moment_in(words.locale),
        "progress": _progress(about, view),
        "shop_name": view.shop_name,
        "shop_url": view.shop_url,
        "company": view.company,
        "customer_name": view.customer_name.strip(),
        "order": view.order,
        "parcel": _with_a_safe_link(view.parcel),
        "all_shipped": view.all_shipped,
        "all_delivered": view.all_delivered,
        "incident": view.incident,
        "invoice_attached": view.invoice_attached,
        "case": view.case,
        "facts": view.facts,
        "is_for_staff": view.is_for_staff,
        "order_url": view.order_url,
        "opt_out_url": view.opt_out_url,
    }


def _currency(view: MessageView) -> str:
    if view.order is not None:
        return view.order.currency
    return view.case.currency if view.case else "EUR"


def _progress(about: Card, view: MessageView) -> int:
    """Which step of the chain to show as reached; 0 shows none where the row of steps would mislead."""
    if about.step is None or view.order is None or not view.order.shipping_address:
        return 0
    reached = CHAIN.index(about.step)
    if about.step is Stage.DELIVERED:
        return reached if view.all_delivered else 0
    return 0 if view.all_delivered or (view.all_shipped and about.step is not Stage.SHIPPED) else reached


def _with_a_safe_link(parcel: ParcelView | None) -> ParcelView | None:
    """A carrier's address is outside news: anything but a web address would be a trap behind our button."""
    if parcel is None or parcel.tracking_url.lower().startswith(("https://", "http://")):
        return parcel
    return replace(parcel, tracking_url="")


def _with_single_gaps(text: str) -> str:
    """Parts that had nothing to say leave empty lines behind; one between two parts is enough."""
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip() + "\n"


def _one_line(subject: str) -> str:
    """A line break inside a subject would end the header: whatever breaks a line becomes a space."""
    line = " ".join(subject.split())
    return line if line.isprintable() else "".join(char for char in line if char.isprintable())


@cache
def _templates(message: str, language: str) -> tuple[Template, Template, Template]:
    if language not in languages(message):
        raise NoSuchMessage(
            f"there is no message {message!r} in {language!r}: add templates/{message}/{language}/"
        )
    folder = f"{message}/{language}"
    try:
        subject, text, html = (
            template_environment().get_template(f"{folder}/{name}")
            for name in ("subject.txt", "body.txt", "body.html")
        )
    except TemplateError as wrong:
        raise BadTemplate(_said(wrong)) from wrong
    return subject, text, html


@cache
def _words(language: str) -> SimpleNamespace:
    return SimpleNamespace(**read_toml(TEMPLATES / "_base" / f"{language}.toml"))


@cache
def _spoken() -> frozenset[str]:
    return frozenset(path.stem for path in (TEMPLATES / "_base").glob("??.toml"))


def _said(wrong: Exception) -> str:
    """What is wrong, with the template's file and line: Jinja tells them of bad syntax, the traceback of the rest."""
    if isinstance(wrong, TemplateSyntaxError):
        return f"templates/{wrong.name}, line {wrong.lineno}: {wrong.message}"
    for frame in reversed(traceback.extract_tb(wrong.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(TEMPLATES):
            return f"{named(path)}, line {frame.lineno}: {wrong}"
    return f"templates/: {wrong}"
