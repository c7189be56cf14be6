"""What a file is, decided by its bytes; names and declared types are only hints between things that look alike.

What is on the list can be shown to a person or kept for a court. What can run, or be shown as a page of ours, is not
on it: no HTML, no SVG, no programs, no documents with macros.
"""

import re
from email.parser import BytesHeaderParser
from pathlib import PurePath

import filetype

ENDINGS = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "image/heic": (".heic", ".heif"),
    "image/gif": (".gif",),
    "application/pdf": (".pdf",),
    "text/plain": (".txt", ".log", ".csv", ".md"),
    "message/rfc822": (".eml",),
    "video/mp4": (".mp4", ".m4v"),
    "video/quicktime": (".mov", ".qt"),
}
"""What is taken, and how its names may end; the first ending is given to a name with another."""
_ALIASES = {"video/x-m4v": "video/mp4", "image/heif": "image/heic"}
_LOOKS_AT = 8192
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_MARKUP_OR_SCRIPT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<[!?a-z]|#!|@echo\b)", re.IGNORECASE)
_MARKUP_SOMEWHERE = re.compile(rb"<(?:script|html|svg|iframe|body)\b", re.IGNORECASE)
_HEADER = re.compile(rb"[!-9;-~]{1,76}:[ \t]")
_NOT_IN_NAMES = re.compile(
    r'[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff<>:"|?*]'
)
LONGEST_NAME = 120


def type_of(data: bytes, name: str = "", declared_type: str = "") -> str | None:
    """The media type of these bytes; None if it is not one that we keep."""
    known = filetype.guess(data[:_LOOKS_AT])
    if known is not None:
        found = _ALIASES.get(known.mime, known.mime)
        return found if found in ENDINGS else None
    if _CONTROLS.search(data):
        return None
    if _is_mail(data) and (declared_type == "message/rfc822" or name.lower().endswith(".eml")):
        return "message/rfc822"
    if _MARKUP_OR_SCRIPT.match(data) or _MARKUP_SOMEWHERE.search(data[:_LOOKS_AT]):
        return None
    return "text/plain"


def clean_name(name: str, media_type: str) -> str:
    """A name that is only a name, shows no other way than it reads, and ends as its type does."""
    last = PurePath(name.replace("\\", "/")).name
    plain = " ".join(_NOT_IN_NAMES.sub(" ", last).split()).strip(". ")
    stem, dot, ending = plain.rpartition(".")
    endings = ENDINGS[media_type]
    if dot and stem and f".{ending}".lower() in endings:
        return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"
    return f"{(plain or 'file')[: LONGEST_NAME - len(endings[0])]}{endings[0]}"


def _is_mail(data: bytes) -> bool:
    """Whether it begins as a mail does: header lines, and among them who wrote it."""
    if not _HEADER.match(data):
        return False
    head = BytesHeaderParser().parsebytes(data[:65536])
    return "From" in head and ("Date" in head or "Message-ID" in head)
