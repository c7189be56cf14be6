"""The folder that files are dropped into, on a disk or on any storage that fsspec knows.

What is still being written is left alone; what has been read is moved into `done` or `failed`, with its report beside.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import fsspec

from postventa import clock
from postventa.connectors.errors import NotThere, Refused, Unreachable
from postventa.settings import BadConfiguration

DONE, FAILED = "done", "failed"
SETTLED = timedelta(seconds=10)
"""A file that was changed within it may still be written to."""
MOST_BYTES = 50 * 1024 * 1024
UNFINISHED = (
    ".part",
    ".partial",
    ".tmp",
    ".temp",
    ".filepart",
    ".crdownload",
    ".download",
    ".swp",
    ".lock",
    "~",
)
_HIDDEN = (".", "~$", "_")
_REPORT = ".report.txt"
_PUT_AWAY = re.compile(r"\.[0-9]{8}-[0-9]{6}\.([0-9a-f]{16})(?:\.[^.]*)?$")


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file that has been written to its end. `data` is None where it is larger than we take."""

    path: str
    name: str
    written_at: datetime
    data: bytes | None

    @property
    def digest(self) -> str:
        return hashlib.blake2b(self.data or self.path.encode(), digest_size=8).hexdigest()

    @property
    def put_away_as(self) -> str:
        """A name that the same file has each time it is put away, and no other."""
        stem, dot, ending = self.name.rpartition(".")
        stem, ending = (stem, dot + ending) if stem else (self.name, "")
        return f"{stem}.{self.written_at:%Y%m%d-%H%M%S}.{self.digest}{ending}"


class Folder:
    """The folder of one shop. Raises what doors raise, with the shop's name."""

    def __init__(self, owner: str, url: str) -> None:
        self._owner, self._url = owner, url
        try:
            self._storage, root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as wrong:
            raise BadConfiguration(f"{owner}.url is {url!r}, which cannot be opened: {wrong}") from wrong
        self._root = str(root).rstrip("/")

    def waiting(self) -> list[str]:
        """The names of the files that lie there to be read, or to be written to their end."""
        names = (path.rpartition("/")[2] for path, kind in self._list(self._root) if kind == "file")
        return sorted(
            name
            for name in names
            if name and not name.startswith(_HIDDEN) and not name.lower().endswith(UNFINISHED)
        )

    def dropped(self) -> list[Dropped]:
        """The files that have been written to their end, first the one written first: as many as memory should hold."""
        found: list[Dropped] = []
        taken = 0
        for written_at, size, name in sorted(self._settled()):
            taken += size if size <= MOST_BYTES else 0
            if found and taken > MOST_BYTES:
                break
            if (one := self._read(name, size, written_at)) is not None:
                found.append(one)
        return found

    def put_away_before(self) -> dict[str, str]:
        """The files that have been read, by the digest of their bytes."""
        names = [path.rpartition("/")[2] for path, _ in self._list(f"{self._root}/{DONE}", is_needed=False)]
        found = ((_PUT_AWAY.search(name), name) for name in sorted(names) if not name.endswith(_REPORT))
        return {known[1]: name for known, name in found if known}

    def put_away(self, file: Dropped, into: str, report: str) -> None:
        """Writes the report, then moves the file; done twice it is done once."""
        target = f"{self._root}/{into}/{file.put_away_as}"
        with self._trouble_named():
            self._storage.makedirs(f"{self._root}/{into}", exist_ok=True)
            if report:
                new = f"{target}.part"
                self._storage.pipe_file(new, report.encode("utf-8-sig"))  # editors of any system read it
                self._storage.mv(new, f"{target}{_REPORT}")
            with suppress(FileNotFoundError):  # taken back meanwhile
                self._storage.mv(file.path, target)

    def _settled(self) -> Iterator[tuple[datetime, int, str]]:
        for name in self.waiting():
            with self._trouble_named(), suppress(FileNotFoundError):
                size, written_at = self._stand(f"{self._root}/{name}")
                if not timedelta(0) <= clock.wall() - written_at < SETTLED:
                    yield written_at, size, name

    def _read(self, name: str, size: int, written_at: datetime) -> Dropped | None:
        """The file, unless it has changed since it was looked at."""
        path = f"{self._root}/{name}"
        if size > MOST_BYTES:
            return Dropped(path, name, written_at, None)
        with self._trouble_named(), suppress(FileNotFoundError):
            data = bytes(self._storage.cat_file(path))
            if self._stand(path) == (len(data), written_at):
                return Dropped(path, name, written_at, data)
        return None

    def _stand(self, path: str) -> tuple[int, datetime]:
        self._storage.invalidate_cache()
        info = self._storage.info(path)
        try:
            written_at: Any = self._storage.modified(path)
        except NotImplementedError:
            written_at = info.get("mtime") or info.get("LastModified")
        if isinstance(written_at, int | float):
            written_at = datetime.fromtimestamp(written_at, UTC)
        if not isinstance(written_at, datetime):
            raise BadConfiguration(
                f"{self._owner}.url is {self._url!r}, whose files do not say when they were written: "
                "a file could be read before it is whole"
            )
        return int(info["size"]), written_at if written_at.tzinfo else written_at.replace(tzinfo=UTC)

    def _list(self, folder: str, *, is_needed: bool = True) -> list[tuple[str, str]]:
        with self._trouble_named():
            self._storage.invalidate_cache()
            try:
                return [(str(one["name"]), str(one["type"])) for one in self._storage.ls(folder, detail=True)]
            except FileNotFoundError:
                if not is_needed:
                    return []
                raise NotThere(
                    f"{self._owner}.url is {self._url!r}, and there is no such folder: make it"
                ) from None

    @contextmanager
    def _trouble_named(self) -> Iterator[None]:
        try:
            yield
        except PermissionError:
            raise Refused(
                f"{self._owner}.url is {self._url!r}, where this user may not read, write and move files"
            ) from None
        except FileNotFoundError:
            raise
        except OSError as wrong:
            said = wrong.strerror or type(wrong).__name__
            raise Unreachable(f"{self._owner}.url is {self._url!r}, which does not answer: {said}") from wrong
