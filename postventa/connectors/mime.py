"""Turns a rendered letter into the bytes of a mail, written by hand because that is what a mail costs most.

The standard library's builder takes about thirty times as long; its parser is what the tests hold us to.
Bodies go as quoted-printable or base64 and headers as encoded-words, so every line is short ASCII, and no
boundary (they begin with `=_`) can occur in a body.
"""

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from urllib.parse import quote

from postventa.connectors.addresses import (
    LINE_BREAKS,
    HeaderInjection,
    Unsendable,
    address_problem,
    mailbox,
    wire_address,
)

__all__ = ["Attachment", "HeaderInjection", "Letter", "Unsendable", "address_problem", "letter_bytes"]

LINE = 76
"""The longest line we write where we have a choice (RFC 2045, 2047)."""
LONGEST = 998
"""The longest line that mail allows at all (RFC 5322)."""
WORD_BYTES = 39
"""UTF-8 bytes in one encoded-word: 64 characters, which leaves room for the header's name."""
NAME_BYTES = 45
"""The same in a person's name: as many as fit, for some readers put a space between two words of a name."""

_PLAIN = re.compile(r"(?! )(?!.*(?:=\?|  ))[ -~]{0,60}(?<! )")
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_MEDIA_TYPE = re.compile(r"[a-z]+/[A-Za-z0-9.+_-]+")
_MESSAGE_ID = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
_OURS = re.compile(
    r"from|to|cc|bcc|reply-to|subject|date|message-id|mime-version|auto-submitted|x-auto-response-suppress"
    r"|content-.*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Attachment:
    filename: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person. `sender` and `reply_to` may be `Name <address>`; `recipient` is an address."""

    message_id: str
    sender: str
    recipient: str
    recipient_name: str
    subject: str
    text: str
    html: str
    language: str
    sent_at: datetime
    reply_to: str = ""
    attachments: tuple[Attachment, ...] = ()
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def letter_bytes(letter: Letter) -> bytes:
    """The mail as it goes over the wire, CRLF everywhere; the same letter is always the same bytes.

    Raises HeaderInjection or Unsendable.
    """
    _refuse_line_breaks(letter)
    body = _alternatives(letter) if letter.html else _text_part("plain", letter.text)
    if letter.attachments:
        parts = [body, *(_attachment_part(attachment) for attachment in letter.attachments)]
        body = _multipart("mixed", parts, letter.message_id)
    return _head(letter).encode() + body


def _refuse_line_breaks(letter: Letter) -> None:
    for what, value in (
        ("message id", letter.message_id),
        ("sender", letter.sender),
        ("recipient", letter.recipient),
        ("recipient's name", letter.recipient_name),
        ("subject", letter.subject),
        ("language", letter.language),
        ("reply address", letter.reply_to),
        *((f"header {name!r}", name + value) for name, value in letter.headers.items()),
        *(("attachment's name", a.filename + a.media_type) for a in letter.attachments),
    ):
        if LINE_BREAKS.search(value):
            raise HeaderInjection(f"the {what} holds a line break or a NUL")


def _head(letter: Letter) -> str:
    identity = letter.message_id.removeprefix("<").removesuffix(">")
    if not _MESSAGE_ID.fullmatch(identity) or len(identity) > 250:
        raise Unsendable("the message id is not of the form unique@domain")
    if not _LANGUAGE.fullmatch(letter.language):
        raise Unsendable("the language is not a tag such as es or ca")
    if letter.sent_at.tzinfo is None:
        raise Unsendable("the letter's time has no zone")
    lines = [
        _own_line("From", letter.sender),
        _address_line("To", letter.recipient_name, wire_address(letter.recipient)),
        f"Subject: {_words(letter.subject)}",
        _date_line(letter.sent_at.replace(microsecond=0), letter.sent_at.utcoffset()),
        f"Message-ID: <{identity}>",
        "MIME-Version: 1.0",
        f"Content-Language: {letter.language}",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
    ]
    if letter.reply_to:
        lines.insert(2, _own_line("Reply-To", letter.reply_to))
    lines.extend(_extra_header(name, value) for name, value in letter.headers.items())
    return "\r\n".join(lines) + "\r\n"


@lru_cache(maxsize=256)
def _own_line(header: str, address: str) -> str:
    """A shop writes from one address and is answered at one."""
    return _address_line(header, *mailbox(address))


@lru_cache(maxsize=64)
def _date_line(second: datetime, _offset: timedelta | None) -> str:
    """The offset is asked for because the same instant in two zones is one key, and two lines."""
    return f"Date: {format_datetime(second)}"


def _extra_header(name: str, value: str) -> str:
    if not _HEADER_NAME.fullmatch(name) or _OURS.fullmatch(name):
        raise Unsendable(f"the header {name!r} is not one that a message may add")
    if not value.isascii():
        return f"{name}: {_words(value)}"
    line = f"{name}: {value}"
    folded = (
        line if len(line) <= LINE else line.replace(", ", ",\r\n ")
    )  # List-Unsubscribe and its kin are lists
    if max(map(len, folded.split("\r\n"))) > LONGEST:
        raise Unsendable(f"the header {name!r} is longer than a line of mail may be")
    return folded


def _address_line(header: str, name: str, address: str) -> str:
    name = _BLANKS.sub(" ", name).strip()  # readers make one blank of several, whatever their kind
    if not name:
        return f"{header}: {address}"
    if len(name) <= 60 and _ATOMS.fullmatch(name) and "=?" not in name:
        written = name
    elif _PLAIN.fullmatch(name):
        written = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    else:
        written = _words(name, NAME_BYTES)
    start = ":\r\n " if len(header) + 2 + len(written.partition("\r")[0]) > LINE else ": "
    last_line = (start + written).rpartition("\n")[2]
    between = " " if len(header) + len(last_line) + len(address) + 3 <= LINE else "\r\n "
    return f"{header}{start}{written}{between}<{address}>"


def _words(value: str, word_bytes: int = WORD_BYTES) -> str:
    """The text as it is where it is short plain ASCII, else as encoded-words of whole characters, one a line."""
    if _PLAIN.fullmatch(value):
        return value
    raw = value.encode("utf-8", "replace")
    words = []
    start = 0
    while start < len(raw):
        end = min(start + word_bytes, len(raw))
        while end < len(raw) and raw[end] & 0xC0 == 0x80:  # never through the middle of a character
            end -= 1
        words.append("=?utf-8?b?" + binascii.b2a_base64(raw[start:end], newline=False).decode() + "?=")
        start = end
    return "\r\n ".join(words)


def _alternatives(letter: Letter) -> bytes:
    parts = [_text_part("plain", letter.text), _text_part("html", letter.html)]
    return _multipart("alternative", parts, letter.message_id)


def _multipart(kind: str, parts: list[bytes], message_id: str) -> bytes:
    boundary = b"=_%b_%b" % (kind[:1].encode(), sha256(message_id.encode()).hexdigest()[:32].encode())
    head = b'Content-Type: multipart/%b;\r\n boundary="%b"\r\n\r\n' % (kind.encode(), boundary)
    divider = b"\r\n--" + boundary + b"\r\n"
    return head + divider[2:] + divider.join(parts) + b"\r\n--" + boundary + b"--\r\n"


def _text_part(subtype: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n")
    # A lone CR cannot be said in quoted-printable text, and text mostly beyond ASCII triples in it.
    if b"\r" in raw or (len(raw) - len(text)) * 4 > len(raw):
        return _TEXT_HEAD % (subtype.encode(), b"base64") + _base64_lines(raw.replace(b"\n", b"\r\n"))
    quoted = b"\r\n".join(map(_quoted_line, raw.split(b"\n")))
    return _TEXT_HEAD % (subtype.encode(), b"quoted-printable") + quoted


@lru_cache(maxsize=8192)
def _quoted_line(line: bytes) -> bytes:
    """One line as quoted-printable; most lines of a mail are the frame's, the same in every mail."""
    return binascii.b2a_qp(line, istext=True).replace(b"\n", b"\r\n")


_TEXT_HEAD = b"Content-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: %b\r\n\r\n"


def _attachment_part(attachment: Attachment) -> bytes:
    if not _MEDIA_TYPE.fullmatch(attachment.media_type):
        raise Unsendable("an attachment's media type is not of the form type/subtype")
    head = (
        f"Content-Type: {attachment.media_type}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;{_filename(attachment.filename)}\r\n\r\n"
    )
    return head.encode() + _base64_lines(attachment.content)


def _filename(name: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9 ._()+-]{1,50}", name) and name == name.strip():
        return f'\r\n filename="{name}"'
    escaped = quote(name, safe="", errors="replace")
    if len(escaped) <= 50:
        return f"\r\n filename*=utf-8''{escaped}"
    pieces = re.findall(r"(?:%..|[^%]){1,16}", escaped)  # RFC 2231; an escape stays whole
    return ";".join(
        f"\r\n filename*{number}*={'' if number else chr(39).join(('utf-8', '', ''))}{piece}"
        for number, piece in enumerate(pieces)
    )


def _base64_lines(content: bytes) -> bytes:
    encoded = binascii.b2a_base64(content, newline=False)
    return b"\r\n".join([encoded[start : start + LINE] for start in range(0, len(encoded), LINE)])
