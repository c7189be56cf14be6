"""The headers of a mail that came, decoded as far as they can be."""

import binascii
import re
import unicodedata
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message

_LONGEST = 20_000
_MOST = 1000


class Headers:
    """The first header of each name, unfolded; letters beyond ASCII are read as UTF-8, else as Windows writes them."""

    def __init__(self, message: Message) -> None:
        self._first: dict[str, str] = {}
        for name, value in list(message.raw_items())[:_MOST]:
            self._first.setdefault(name.lower(), _unfolded(str(value)[:_LONGEST]))

    def first(self, name: str) -> str:
        """The header's value on one line; empty if there is none."""
        return self._first.get(name.lower(), "")


def plain_words(written: str, longest: int) -> str:
    """Encoded words decoded, on one line, without what cannot be seen."""
    try:
        parts = decode_header(written)
    except (HeaderParseError, binascii.Error, ValueError):
        parts = [(written, None)]
    text = "".join(_word(part, charset) for part, charset in parts)
    seen = "".join(
        " " if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else char for char in text
    )
    return " ".join(seen.split())[:longest].strip()


def _word(part: bytes | str, charset: str | None) -> str:
    if isinstance(part, str):
        return part
    try:
        return part.decode(charset or "utf-8")
    except (LookupError, ValueError):
        return _guessed(part)


def _unfolded(value: str) -> str:
    line = re.sub(r"\r?\n(?=[ \t])", "", value)
    return _guessed(line.encode("utf-8", "surrogateescape"))


def _guessed(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
