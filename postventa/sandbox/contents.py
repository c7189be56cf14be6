"""What is inside a mail: its text, its HTML, its attachments and the pictures it carries with it."""

import base64
import re
from email.message import EmailMessage, Message


def with_base(html: str) -> str:
    base = '<base target="_blank">'
    opened = re.search(r"<head[^>]*>", html, re.IGNORECASE)
    return html[: opened.end()] + base + html[opened.end() :] if opened else base + html


def content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def body(parsed: EmailMessage, kind: str) -> str:
    part = parsed.get_body((kind,))
    if part is None:
        return ""
    charset = part.get_content_charset("utf-8")
    try:
        return content(part).decode(charset, "replace")
    except LookupError:
        return content(part).decode("utf-8", "replace")


def attachments(parsed: EmailMessage) -> list[tuple[str, EmailMessage]]:
    return [
        (part.get_filename() or f"attachment-{place}", part)
        for place, part in enumerate(parsed.iter_attachments(), 1)
        if isinstance(part, EmailMessage) and not part.get("Content-ID")
    ]


def pictures(parsed: EmailMessage) -> dict[str, str]:
    """Pictures that the mail carries with it, as data addresses by their Content-ID."""
    return {
        part["Content-ID"].strip("<>"): f"data:{part.get_content_type()};base64,"
        + base64.b64encode(content(part)).decode()
        for part in parsed.walk()
        if isinstance(part, EmailMessage)
        and part.get("Content-ID")
        and part.get_content_maintype() == "image"
    }
