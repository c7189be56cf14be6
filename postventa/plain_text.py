"""What somebody wrote, as plain text that can be kept, printed and sent on: no markup, no control characters, no end."""

import re
from dataclasses import dataclass
from html import unescape

import nh3

LONGEST = 20_000
"""Characters of a statement that a case keeps in its text; the whole is kept as a file beside it."""
_READ = 500_000
"""Characters that are looked at; what is longer is a file, not a text."""
_HTML = re.compile(
    r"<!doctype html|</?(?:html|head|body|p|div|br|span|table|t[dr]|a|b|i|u|em|strong|font|ul|ol|li|h[1-6]|img|style|"
    r"script|blockquote|pre|meta|link|iframe|svg|form|input|object|hr)\b[^<>]*>",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?([a-z][a-z0-9:-]*)\b[^<>]*>", re.IGNORECASE)
_LINE = re.compile(r"p|div|br|li|tr|[uod]l|table|blockquote|h[1-6r]|section|article|header|footer|pre|d[dt]")
_HIDDEN = frozenset({"script", "style", "title", "noscript", "template", "iframe", "svg", "textarea"})
"""Elements whose content is no text of the mail: left for the parser to take out."""
_STEERING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0xFEFF])
"""Characters that turn the direction of what follows: a text could be made to read as another."""
_CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)]) | {0x09: " "}


@dataclass(frozen=True, slots=True)
class Plain:
    """A text ready to be kept, and whether it is all of it."""

    text: str
    is_whole: bool
    """False where it was cut at LONGEST characters."""


def plain_text(written: str, longest: int = LONGEST) -> Plain:
    """Makes `written` (text or HTML, from anybody) plain text of at most `longest` characters."""
    is_read_whole = len(written) <= _READ
    looked_at = (
        written[:_READ].encode("utf-8", "replace").decode()
    )  # half a character is none that can be kept
    text = _without_markup(looked_at) if _HTML.search(looked_at) else looked_at
    text = _tidy(text)
    return Plain(text[:longest].rstrip(), is_read_whole and len(text) <= longest)


def _without_markup(html: str) -> str:
    """The words of an HTML text, its blocks on lines of their own; scripts and styles are not words.

    The tags around words go first, because a parser takes hours over a hundred thousand of them inside each other.
    """
    return unescape(nh3.clean(_TAG.sub(_gap, html.replace("\x00", "")), tags=set()))


def _gap(tag: re.Match[str]) -> str:
    name = tag[1].lower()
    return tag[0] if name in _HIDDEN else "\n" if _LINE.fullmatch(name) else ""


def _tidy(text: str) -> str:
    """Without control characters and gaps of more than one line."""
    lines = re.split(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]", text.translate(_STEERING))
    clean = "\n".join(line.translate(_CONTROLS).strip() for line in lines)
    return re.sub(r"\n{3,}", "\n\n", clean).strip()
