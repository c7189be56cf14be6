"""What a visitor typed into a form: read in a stream, cleaned, and handed back unharmed when something is wrong."""

import re
import unicodedata
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, BinaryIO

from fastapi import Depends
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from postventa.web import tickets
from postventa.web.refusals import Refused
from postventa.web.visits import Visit, Visiting

MOST_FILES = 5
MOST_FIELDS = 400
LONGEST_FIELD = 1024 * 1024
HONEYPOT = "website"
"""A field that people neither see nor reach; programs fill it in. What is in it is told, never silently dropped."""
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufffe\uffff]")
"""Those too that turn the direction of what follows: a name could be made to read as another."""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as it was sent; `content` is on the disk when it is large."""

    name: str
    declared_type: str
    size: int
    content: BinaryIO = field(repr=False)


@dataclass(frozen=True, slots=True)
class Typed:
    """A form that came in."""

    values: Mapping[str, str] = field(repr=False)
    files: tuple[SentFile, ...] = field(repr=False)
    ticket: str | None
    """None where the form is too old or was not ours: it is shown again, with everything in it."""

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    @classmethod
    def empty(cls, **values: str) -> "Typed":
        """A form that nobody has filled in yet, but for `values`."""
        return cls(values, (), None)

    @property
    def is_trapped(self) -> bool:
        return bool(self[HONEYPOT])

    def notice(self, visit: Visit, status: int) -> str:
        """Why the form is shown once more although nothing in it is wrong, and that files must be chosen again."""
        frame = visit.words["frame"]
        said = {
            403: frame["form_again"],
            503: frame["store_down"] % visit.settings.company.email,
        }.get(status, "")
        return f"{said} {frame['files_again']}".strip() if self.files else said


async def read_form(request: Request, visit: Visiting) -> AsyncIterator[Typed]:
    """Reads a form, unless this address writes too often. Its files are closed once the answer is made."""
    address = request.client.host if request.client else ""
    if not visit.reception.may_write(address):
        raise Refused(429)
    try:
        form = await request.form(
            max_files=MOST_FILES * 4, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD
        )
    except HTTPException as wrong:
        raise Refused(413 if "maximum" in wrong.detail.lower() else 400) from wrong
    try:
        yield _typed(form, visit)
    finally:
        await form.close()


Posted = Annotated[Typed, Depends(read_form)]


def one_line(text: str) -> str:
    return " ".join(clean(text).split())


def clean(text: str) -> str:
    """Text without control characters, composed, with plain line ends: databases and mails refuse the rest."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
    return unicodedata.normalize("NFC", _CONTROLS.sub(" ", lines)).strip()


def _typed(form: FormData, visit: Visiting) -> Typed:
    values = {name: clean(value) for name, value in form.multi_items() if isinstance(value, str)}
    files = tuple(
        SentFile(
            one_line(value.filename or "").replace("\\", "/").rpartition("/")[2][:200],
            value.content_type or "",
            value.size or 0,
            value.file,
        )
        for _, value in form.multi_items()
        if isinstance(value, UploadFile) and (value.filename or value.size)
    )
    return Typed(values, files, tickets.redeem(visit.settings, values.pop("ticket", ""), visit.browser))
