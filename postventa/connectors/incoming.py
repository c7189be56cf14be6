"""A mail that came, read: who wrote it, what it says, what hangs on it, and whether a person wrote it.

Anybody can write anything into a mail: charsets that do not exist, headers that break off, boxes in boxes. What can be
read is read, what cannot is left out, and nothing in it is believed beyond what it says.
"""

import email
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from email.utils import parseaddr
from enum import StrEnum

from postventa.connectors.addresses import address_problem
from postventa.connectors.headers import Headers, plain_words
from postventa.plain_text import plain_text

MOST_PARTS = 50
_TOO_MUCH_WORK = 5_000_000
"""Lines times boxes: each line is compared with the edge of every box around it."""
_CHARSET = re.compile(r"utf|us-ascii|ascii|iso|latin|windows|cp\d|koi8|gb|big5|shift|euc|mac|ks_c")
"""Charsets that mail is written in. Python knows others too, some of which take for ever."""
_ID = re.compile(r"<([!-;=?-~]{1,900})>")
_MACHINES = frozenset({"bulk", "junk", "auto_reply"})


class NotAMail(ValueError):
    """It cannot be read as a mail; the sentence says why and quotes nothing."""


class Writer(StrEnum):
    """Who wrote a mail."""

    PERSON = "person"
    BOUNCE = "bounce"
    AUTO_REPLY = "auto_reply"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Part:
    """A file that hangs on a mail, as it is called there."""

    name: str
    declared_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a delivery report says (RFC 3464): who was not reached, and which letter it was."""

    failed: tuple[tuple[str, str], ...]
    """Address and status, as `5.1.1`."""
    message_id: str
    shop: str
    order: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as we understand it; an address is empty where it is none that could be written to."""

    message_id: str
    """Without its brackets."""
    writer: Writer
    sender: str
    sender_name: str
    answer_to: str
    """Reply-To: on a form's mail the customer, where the shop itself is the sender."""
    subject: str
    text: str
    """All that it says; to be made `plain_text` where it is kept."""
    references: tuple[str, ...]
    files: tuple[Part, ...]
    files_left_out: int
    is_from_postventa: bool
    bounce: Bounce | None


def read_mail(raw: bytes, *, is_whole: bool = True) -> Mail:
    """Reads the bytes of a mail; of one that is not whole, no files. Raises NotAMail."""
    if raw.count(b"\n") * (1 + raw.lower().count(b"boundary=")) > _TOO_MUCH_WORK:
        raise NotAMail("it is built of so many lines and boxes that reading it would take hours")
    try:
        return _read(email.message_from_bytes(raw), is_whole=is_whole)
    except RecursionError:
        raise NotAMail("its boxes are nested deeper than any mail program nests them") from None


def _read(message: Message, *, is_whole: bool) -> Mail:
    headers = Headers(message)
    name, sender = _address(headers.first("From"))
    files = list(_files(message)) if is_whole else []
    files.sort(key=lambda file: file[0])  # pictures inside the text come last: most are logos
    return Mail(
        message_id=next(iter(_ID.findall(headers.first("Message-ID"))), ""),
        writer=_writer(message, headers),
        sender=sender,
        sender_name=name,
        answer_to=_address(headers.first("Reply-To"))[1],
        subject=plain_words(headers.first("Subject"), 300),
        text=_text(message).replace("\x00", "").replace("\r\n", "\n").strip(),
        references=_references(headers),
        files=tuple(part for _, part in files[:MOST_PARTS]),
        files_left_out=max(len(files) - MOST_PARTS, 0) if is_whole else _count_of_files(message),
        is_from_postventa=bool(headers.first("X-Postventa-Message")),
        bounce=_bounce(message) if _is_report(message, "delivery-status") else None,
    )


def _writer(message: Message, headers: Headers) -> Writer:
    """Delivery reports, automatic answers (RFC 3834) and mailing lists say what they are."""
    precedence = headers.first("Precedence").strip().lower()
    automatic = headers.first("Auto-Submitted").partition(";")[0].strip().lower()
    if _is_report(message, "delivery-status"):
        return Writer.BOUNCE
    if (
        automatic not in {"", "no"}
        or precedence in _MACHINES
        or message.get_content_type() == "multipart/report"
    ):
        return Writer.AUTO_REPLY
    if headers.first("X-Autoreply") or headers.first("X-Autorespond"):
        return Writer.AUTO_REPLY
    if precedence == "list" or any(
        headers.first(name) for name in ("List-Id", "List-Post", "List-Unsubscribe")
    ):
        return Writer.LIST
    local_part = parseaddr(headers.first("From"))[1].partition("@")[0].lower()
    if headers.first("Return-Path").strip() == "<>" or local_part == "mailer-daemon":
        return Writer.BOUNCE
    return Writer.PERSON


def _is_report(message: Message, kind: str) -> bool:
    if message.get_content_type() != "multipart/report":
        return False
    with suppress(Exception):  # a parameter may be broken in many ways; then the parts tell
        if str(message.get_param("report-type", "")).lower() == kind:
            return True
    return any(part.get_content_type() == f"message/{kind}" for part in _children(message))


def _bounce(message: Message) -> Bounce:
    failed: list[tuple[str, str]] = []
    returned = Headers(Message())
    for part in _children(message):
        if part.get_content_type() == "message/delivery-status":
            for block in map(Headers, _children(part)):
                address = block.first("Original-Recipient") or block.first("Final-Recipient")
                status = re.match(r"\s*(\d\.\d{1,3}\.\d{1,3})", block.first("Status"))
                if status and block.first("Action").strip().lower() == "failed":
                    failed.append((_address(address.rpartition(";")[2])[1], status[1]))
        elif part.get_content_type() == "message/rfc822":
            returned = Headers(next(_children(part), Message()))
        elif part.get_content_type() == "text/rfc822-headers":
            returned = Headers(email.message_from_string(_decoded(part)))
    message_id = next(iter(_ID.findall(returned.first("Message-ID"))), "")
    shop, order = returned.first("X-Postventa-Shop"), returned.first("X-Postventa-Order")
    return Bounce(tuple(failed), message_id, shop.strip(), order.strip())


def _references(headers: Headers) -> tuple[str, ...]:
    """The letters that it answers, the latest last; a long thread's beginning is of no use."""
    found = _ID.findall(headers.first("References")) + _ID.findall(headers.first("In-Reply-To"))
    return tuple(dict.fromkeys(found[-100:]))


def _address(written: str) -> tuple[str, str]:
    """Name and address; an empty address where nobody could be written to."""
    name, address = parseaddr(written)
    return plain_words(name, 200), "" if address_problem(address) else address.lower()


def _children(message: Message) -> Iterator[Message]:
    inside = message.get_payload()
    return (part for part in inside if isinstance(part, Message)) if isinstance(inside, list) else iter(())


def _is_file(part: Message) -> bool:
    disposition = str(part.get("Content-Disposition", "")).partition(";")[0].strip().lower()
    return (
        disposition == "attachment"
        or bool(_name(part))
        or part.get_content_maintype() not in {"text", "multipart"}
    )


def _text(part: Message) -> str:
    """The words: of alternatives the plain one if it says anything, of several parts all."""
    if part.is_multipart() and part.get_content_maintype() == "multipart":
        said = [(child.get_content_type(), _text(child)) for child in _children(part)]
        if part.get_content_type() == "multipart/alternative":
            said.sort(key=lambda one: one[0] != "text/plain")
            return next((text for _, text in said if text.strip()), "")
        return "\n\n".join(text for _, text in said if text.strip())
    if _is_file(part):
        return ""
    text = _decoded(part)
    return plain_text(text, len(text)).text if part.get_content_type() == "text/html" else text


def _files(part: Message) -> Iterator[tuple[bool, Part]]:
    """Every file, and whether it stands inside the text."""
    if part.get_content_maintype() == "multipart":
        for child in _children(part):
            yield from _files(child)
    elif _is_file(part) and not part.get_content_type().endswith("-signature"):
        if part.get_content_type() == "message/rfc822":
            data = b"".join(child.as_bytes() for child in _children(part))
        else:
            data = _bytes(part)
        is_inside = (
            "Content-ID" in part and str(part.get("Content-Disposition", "")).lower()[:10] != "attachment"
        )
        yield is_inside, Part(_name(part), part.get_content_type(), data)


def _count_of_files(message: Message) -> int:
    return sum(1 for part in message.walk() if part.get_content_maintype() != "multipart" and _is_file(part))


def _name(part: Message) -> str:
    try:
        return plain_words(part.get_filename() or "", 200)
    except (ValueError, LookupError):
        return "file"


def _bytes(part: Message) -> bytes:
    try:
        found = part.get_payload(decode=True)
    except (ValueError, LookupError):
        found = None
    return found if isinstance(found, bytes) else b""


def _decoded(part: Message) -> str:
    data = _bytes(part)
    charset = str(part.get_content_charset() or "utf-8")
    for name in (charset, "utf-8"):
        if _CHARSET.match(name):
            with suppress(LookupError, ValueError):
                return data.decode(name)
    return data.decode("cp1252", "replace")
