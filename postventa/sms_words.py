"""The words of a text message: put into the characters that every telephone takes, counted in the parts that are paid for.

One character outside GSM 03.38 would halve the room of the whole message, so accents that it lacks are left out; who
reads "Tu paquete esta en camino" is not misled, and pays nothing for it either.
"""

import re
import unicodedata
from functools import cache
from typing import Any

from jinja2 import Template, TemplateError

from postventa.cards import TEMPLATES, BadTemplate, NoSuchMessage
from postventa.templating import template_environment

NAME = "sms.txt"
AT_MOST = 2
"""Parts: more is a mail."""
ONE, MANY = 160, 153
"""Septets in a text of one part, and in each part of a longer one, which carries its number."""
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€")
"""Each of these takes two places."""
_SAME = str.maketrans(
    {"·": ".", "’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "..."}
    | {"\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ", "ł": "l", "Ł": "L", "đ": "d", "ı": "i"}
    | {"º": "o", "ª": "a"}
)


def in_gsm(text: str) -> str:
    """The text in GSM 03.38: accents that it lacks go, what it knows nothing like goes altogether."""
    known = (_nearest(char) for char in text.translate(_SAME))
    return "".join(known)


def septets(text: str) -> int:
    """How much room a text in GSM 03.38 takes."""
    return sum(2 if char in _EXTENDED else 1 for char in text)


def parts(text: str) -> int:
    """In how many parts a text in GSM 03.38 goes."""
    size = septets(text)
    return 1 if size <= ONE else -(-size // MANY)


def short(value: str, most: int) -> str:
    """No more than so many characters of a name or an address that somebody else wrote."""
    value = " ".join(str(value).split())
    return value if len(value) <= most else value[: most - 3].rstrip(" ,.-") + "..."


def worded(message: str, language: str, values: dict[str, Any]) -> str:
    """Puts a message into the words of a text. Raises NoSuchMessage, or BadTemplate for one that is too long."""
    name = f"{message}/{language}/{NAME}"
    try:
        said = _template(name).render(values | {"short": short})
    except (TemplateError, AttributeError, TypeError, ValueError) as wrong:
        raise BadTemplate(f"templates/{name}: {wrong}") from wrong
    text = in_gsm(re.sub(r"\s+", " ", said).strip())
    if parts(text) > AT_MOST:
        raise BadTemplate(f"templates/{name}: {septets(text)} characters are more than {AT_MOST} parts hold")
    return text


@cache
def languages_of(message: str) -> frozenset[str]:
    """The languages in which a message can go as a text; none where it is a mail alone."""
    return frozenset(path.parent.name for path in (TEMPLATES / message).glob(f"??/{NAME}"))


@cache
def _template(name: str) -> Template:
    if not (TEMPLATES / name).is_file():
        raise NoSuchMessage(
            f"there is no text {name}: add templates/{name}, or take the message out of `texts`"
        )
    return template_environment().get_template(name)


@cache
def _nearest(char: str) -> str:
    if char in _BASIC or char in _EXTENDED:
        return char
    bare = "".join(one for one in unicodedata.normalize("NFKD", char) if not unicodedata.combining(one))
    if all(one in _BASIC or one in _EXTENDED for one in bare):
        return bare
    return " " if char.isspace() else ""
