"""The messages there are: each is a folder in `templates/` with a card that says what it is for.

Adding a message or a language is adding a folder; there is no list of them anywhere.
"""

import tomllib
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from postventa.rules.orders import Stage
from postventa.shipped import shipped

TEMPLATES = shipped("templates")


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
    step: Annotated[Stage | None, BeforeValidator(lambda written: written or None)] = None
    per: Literal["order", "parcel", "case", "staff", "customer"]
    """What a customer gets one of: an order's, a parcel's, a case's message; or mail to somebody in [desk.people]. What
    is the customer's own goes however their order stands, to the address of the latest."""
    rank: int
    is_legal: Annotated[bool, Field(alias="legal")] = False
    carries_amounts: Annotated[bool, Field(alias="amounts")] = False
    is_own_similar: Annotated[bool, Field(alias="similar")] = False
    """Advertises the shop's own goods, similar to what was bought: then a sale with the way out offered is enough."""
    stale_hours: Annotated[int, Field(ge=1)] | None = None
    """Older news than this is not told any more; None where it is told however late."""
    channels: tuple[str, ...]
    purpose: Annotated[str, Field(min_length=1)]


def cards() -> tuple[Card, ...]:
    """Every message there is, in the order in which a customer would get them."""
    found = (card(path.parent.name) for path in TEMPLATES.glob("*/message.toml"))
    return tuple(sorted(found, key=lambda one: (one.rank, one.message)))


@cache
def card(message: str) -> Card:
    """The card of a message. Raises NoSuchMessage, or BadTemplate if the card is not understood."""
    path = TEMPLATES / message / "message.toml"
    if not path.is_file():
        raise NoSuchMessage(f"there is no message {message!r}: {named(path)} does not exist")
    try:
        return Card.model_validate({"message": message} | read_toml(path))
    except ValidationError as wrong:
        said = "; ".join(f"{error['loc'][0]}: {error['msg'].lower()}" for error in wrong.errors())
        raise BadTemplate(f"{named(path)}: {said}") from wrong


@cache
def languages(message: str) -> tuple[str, ...]:
    """The languages in which a message can be written, by their two letters."""
    return tuple(
        sorted(path.parent.name for path in (TEMPLATES / card(message).message).glob("*/subject.txt"))
    )


def read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise BadTemplate(f"{named(path)}: {wrong}") from wrong


def named(path: Path) -> str:
    return f"templates/{path.relative_to(TEMPLATES).as_posix()}"
