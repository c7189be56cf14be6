"""The messages that customers read: finds a folder in `templates/`, reads its card, renders it in a language.

Adding a message or a language is adding a folder; there is no list of them anywhere. Whether and when a message
goes is decided elsewhere (`rules/messages.py`); here it is only put into words.
"""

import re
import tomllib
import traceback
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, Literal

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateSyntaxError,
    select_autoescape,
)
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from postventa import wording
from postventa.looks import Looks
from postventa.rules.orders import CHAIN, Stage
from postventa.shipped import shipped
from postventa.views import MessageView, ParcelView

TEMPLATES = shipped("templates")
FALLBACK_LANGUAGE = "en"


class NoSuchMessage(LookupError):
    """There is no folder for this message, or none in this language."""


class BadTemplate(RuntimeError):
    """A template or a card cannot be used; the sentence names the file and the line."""


class MessageClass(StrEnum):
    """What a message is in the eyes of the law, which decides who may be sent it and when."""

    TRANSACTIONAL = "transactional"
    SERVICE = "service"
    RELATIONSHIP = "relationship"
    COMMERCIAL = "commercial"


class Card(BaseModel):
    """What `message.toml` says of a message. `rank` orders the messages of an order as customers expect them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    message: str
    message_class: Annotated[MessageClass, Field(alias="class")]
    step: Annotated[Stage | None, BeforeValidator(lambda written: written or None)]
    per: Literal["order", "parcel"]
    rank: int
    is_legal: Annotated[bool, Field(alias="legal")] = False
    carries_amounts: Annotated[bool, Field(alias="amounts")] = False
    stale_hours: Annotated[int, Field(ge=1)] | None = None
    """Older news than this is not told any more; None where it is told however late."""
    channels: tuple[str, ...]
    purpose: Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in words, ready to be put into an envelope."""

    subject: str
    text: str
    html: str


def cards() -> tuple[Card, ...]:
    """Every message there is, in the order in which a customer would get them."""
    found = (card(path.parent.name) for path in TEMPLATES.glob("*/message.toml"))
    return tuple(sorted(found, key=lambda one: (one.rank, one.message)))


@cache
def card(message: str) -> Card:
    """The card of a message. Raises NoSuchMessage, or BadTemplate if the card is not understood."""
    path = TEMPLATES / message / "message.toml"
    if not path.is_file():
        raise NoSuchMessage(f"there is no message {message!r}: {_named(path)} does not exist")
    try:
        return Card.model_validate({"message": message} | _read_toml(path))
    except ValidationError as wrong:
        said = "; ".join(f"{error['loc'][0]}: {error['msg'].lower()}" for error in wrong.errors())
        raise BadTemplate(f"{_named(path)}: {said}") from wrong


@cache
def languages(message: str) -> tuple[str, ...]:
    """The languages in which a message can be written, by their two letters."""
    return tuple(
        sorted(path.parent.name for path in (TEMPLATES / card(message).message).glob("*/subject.txt"))
    )


def language_for(wanted: str | None, default: str) -> str:
    """The language to write in: the customer's if we have its words, else the shop's, else English."""
    for language in (wanted or "", default):
        short = re.split("[-_]", language.strip().lower())[0]
        if short in _spoken():
            return short
    return FALLBACK_LANGUAGE


def render(message: str, view: MessageView) -> Rendered:
    """Puts a message into the view's language. Raises NoSuchMessage, or BadTemplate where a template is wrong."""
    subject, text, html = _templates(message, view.language)
    values = _values(card(message), view)
    try:
        return Rendered(
            subject=_one_line(subject.render(values)),
            text=_with_single_gaps(text.render(values)),
            html=html.render(values).strip() + "\n",
        )
    except TemplateError as wrong:
        raise BadTemplate(f"{_where(wrong)}: {wrong.message}") from wrong


def _values(about: Card, view: MessageView) -> dict[str, Any]:
    words = _words(view.language)
    return {
        "language": view.language,
        "words": words,
        "money": wording.money_in(view.order.currency, words.locale),
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
    }


def _progress(about: Card, view: MessageView) -> int:
    """Which step of the chain to show as reached; 0 shows none where the row of steps would mislead."""
    if about.step is None or not view.order.shipping_address:
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
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        extensions=[Looks],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.extensions[Looks.identifier].folder = TEMPLATES / "_base"  # type: ignore[attr-defined]
    return environment


@cache
def _templates(message: str, language: str) -> tuple[Template, Template, Template]:
    if language not in languages(message):
        raise NoSuchMessage(
            f"there is no message {message!r} in {language!r}: add templates/{message}/{language}/"
        )
    folder = f"{message}/{language}"
    try:
        subject, text, html = (
            _environment().get_template(f"{folder}/{name}")
            for name in ("subject.txt", "body.txt", "body.html")
        )
    except TemplateError as wrong:
        raise BadTemplate(f"{_where(wrong)}: {wrong.message}") from wrong
    return subject, text, html


@cache
def _words(language: str) -> SimpleNamespace:
    return SimpleNamespace(**_read_toml(TEMPLATES / "_base" / f"{language}.toml"))


@cache
def _spoken() -> frozenset[str]:
    return frozenset(path.stem for path in (TEMPLATES / "_base").glob("??.toml"))


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise BadTemplate(f"{_named(path)}: {wrong}") from wrong


def _named(path: Path) -> str:
    return f"templates/{path.relative_to(TEMPLATES).as_posix()}"


def _where(wrong: TemplateError) -> str:
    """The template's file and line: Jinja tells them of bad syntax, the traceback of everything else."""
    if isinstance(wrong, TemplateSyntaxError):
        return f"templates/{wrong.name}, line {wrong.lineno}"
    for frame in reversed(traceback.extract_tb(wrong.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(TEMPLATES):
            return f"{_named(path)}, line {frame.lineno}"
    return "templates/"
