"""The cabinet: customers' files and letters as sent, kept outside the database under the digest of their bytes.

The same bytes are kept once. A file is on the disk before anybody can name it, so a row in the store never points at
nothing; a file that no row names is housekeeping's (`orphans`).
"""

import errno
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, func, select

from postventa import clock
from postventa.file_types import clean_name, type_of
from postventa.sections import Files
from postventa.store.caselog import ATTACHED, log
from postventa.store.cases import AttachmentRow, CaseRow
from postventa.store.upsert import insert_new

FILES_A_CASE = 10
EVIDENCE = "evidence"
ORPHAN_AFTER = timedelta(days=1)
"""A younger file may belong to a case that is being saved right now."""
_MEGABYTE = 1_048_576
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class NotKept(ValueError):
    """A file is not taken; `reason` is `empty`, `too_large`, `type` or `too_many`, the sentence is for the sender."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class CabinetTrouble(OSError):
    """The folder of [files] cannot be used, or a file in it is lost or damaged: something for the operator."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in the cabinet."""

    digest: str
    name: str
    media_type: str
    size: int


class Cabinet:
    """The folder of [files]: `ab/cd/abcd...`, and `new/` for what is being written."""

    def __init__(self, files: Files) -> None:
        self._root = Path(files.path)
        self._largest = int(files.max_megabytes * _MEGABYTE)

    def keep(self, data: bytes, name: str, declared_type: str = "") -> Kept:
        """Keeps a file and answers under which digest. Raises NotKept, or CabinetTrouble if it cannot be written."""
        if not data:
            raise NotKept("empty", "the file is empty")
        if len(data) > self._largest:
            limit = f"{self._largest / _MEGABYTE:g} MB"
            raise NotKept(
                "too_large", f"the file has {len(data) / _MEGABYTE:.1f} MB, and {limit} is the most"
            )
        media_type = type_of(data, name, declared_type)
        if media_type is None:
            raise NotKept("type", "only photos, videos (MP4, MOV), PDF, plain text and mails (EML) are taken")
        digest = hashlib.sha256(data).hexdigest()
        with self._trouble_named():
            self._write(self._path(digest), data)
        return Kept(digest, clean_name(name, media_type), media_type, len(data))

    def read(self, digest: str) -> bytes:
        """The bytes kept under this digest. Raises CabinetTrouble if they are gone or no longer the same."""
        if not _DIGEST.fullmatch(digest):
            raise CabinetTrouble(f"{digest[:64]!r} is not the digest of a file")
        with self._trouble_named():
            try:
                data = self._path(digest).read_bytes()
            except FileNotFoundError:
                raise CabinetTrouble(
                    f"the file {digest} is not in {self._root}: restore it from the backup"
                ) from None
        if hashlib.sha256(data).hexdigest() != digest:
            raise CabinetTrouble(f"the file {digest} in {self._root} was changed: restore it from the backup")
        return data

    def orphans(self, connection: Connection) -> Iterator[Path]:
        """Files older than a day that no case names, and what dead writers left; for housekeeping to delete.

        Names and rows are walked side by side in one sequence: neither has to fit into memory.
        """
        old = time.time() - ORPHAN_AFTER.total_seconds()
        yield from (path for path in sorted(self._root.glob("new/*")) if _changed_at(path) < old)
        wanted = select(AttachmentRow.digest).distinct().order_by(AttachmentRow.digest)
        rows = connection.execute(wanted, execution_options={"yield_per": 1000}).scalars()
        named = next(rows, None)
        for path in self._all():
            while named is not None and named < path.name:
                named = next(rows, None)
            if path.name != named and _changed_at(path) < old:
                yield path
        rows.close()

    def discard(self, connection: Connection, digests: Collection[str]) -> None:
        """Deletes these files where no case names them any more, and what killed writers and erasers left behind."""
        named = select(AttachmentRow.digest).where(AttachmentRow.digest.in_(digests))
        for digest in set(digests) - set(connection.execute(named).scalars()):
            self._path(digest).unlink(missing_ok=True)
        for path in list(self.orphans(connection)):
            path.unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        return self._root / digest[:2] / digest[2:4] / digest

    def _all(self) -> Iterator[Path]:
        """Every kept file in the sequence of the digests."""
        for first in sorted(self._root.glob("[0-9a-f][0-9a-f]")):
            for second in sorted(first.iterdir()):
                yield from sorted(second.iterdir())

    def _write(self, path: Path, data: bytes) -> None:
        with suppress(FileNotFoundError):
            # Touched, so that housekeeping does not take for an orphan what is wanted again.
            os.utime(path)
            if path.stat().st_size == len(data):
                return
        new = self._root / "new"
        new.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=new)  # readable by us alone
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        for folder in (path.parent, path.parent.parent, self._root):
            _sync_folder(folder)

    @contextmanager
    def _trouble_named(self) -> Iterator[None]:
        try:
            yield
        except CabinetTrouble:
            raise
        except OSError as wrong:
            if wrong.errno in _FULL:
                said = "the disk is full: make room"
            elif isinstance(wrong, PermissionError):
                said = (
                    "this user may not write or read there: give the folder to the user that runs postventa"
                )
            else:
                said = wrong.strerror or type(wrong).__name__
            raise CabinetTrouble(f"files.path {self._root}: {said}") from wrong


def attach(
    connection: Connection,
    case_id: int,
    kept: Kept,
    role: str,
    *,
    entry_id: int | None = None,
    now: datetime | None = None,
) -> None:
    """Writes down that a kept file belongs to a case; twice is once.

    Raises NotKept when a customer's file would be one too many; our own letters and receipts are not counted.
    """
    if role == EVIDENCE:
        # Two uploads at once would both count nine: the case is theirs one after the other.
        connection.execute(select(CaseRow.id).where(CaseRow.id == case_id).with_for_update())
        _check_room(connection, case_id, kept.digest)
    at = now or clock.now()
    row = {
        "case_id": case_id,
        "entry_id": entry_id,
        "role": role,
        "digest": kept.digest,
        "name": kept.name,
        "media_type": kept.media_type,
        "size": kept.size,
        "stored_at": at,
    }
    if insert_new(connection, AttachmentRow, [row], ("case_id", "digest", "role")):
        log(connection, case_id, ATTACHED, at, {"role": role, "digest": kept.digest})


def _check_room(connection: Connection, case_id: int, digest: str) -> None:
    others = select(func.count()).where(
        AttachmentRow.case_id == case_id, AttachmentRow.role == EVIDENCE, AttachmentRow.digest != digest
    )
    if connection.execute(others).scalar_one() >= FILES_A_CASE:
        raise NotKept("too_many", f"a case takes {FILES_A_CASE} files, and this one has them")


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()  # gone meanwhile: nothing to do about it


def _sync_folder(folder: Path) -> None:
    """A name is safe from a power cut only when its folder is written."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
