"""The shelf: the folder of [datasets], on this machine's disk or on any storage that fsspec knows.

Whatever a night writes has a name of its own and never changes afterwards; the few files that do change are replaced
whole. On a disk nothing counts as written before the disk has it.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

SCRATCH = ".scratch-"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class ShelfTrouble(OSError):
    """The folder of [datasets] cannot be used, or something in it is lost or damaged: for the operator."""


class Shelf:
    """Reads and writes under one address; names are relative to it, with `/` between their parts."""

    def __init__(self, url: str) -> None:
        self.url = url
        with self._trouble_named(""):
            self.storage, root = fsspec.core.url_to_fs(url)
        self._root = str(root).rstrip("/")
        self.is_local = isinstance(self.storage, LocalFileSystem)

    def read(self, name: str) -> bytes | None:
        """The bytes of a file; None where there is none."""
        with self._trouble_named(name):
            try:
                return bytes(self.storage.cat_file(self._at(name)))
            except FileNotFoundError:
                return None

    def write(self, name: str, data: bytes) -> None:
        """Writes a file whole, in the place of one that was there before: readers find the old one or the new one."""
        self.write_all({name: data})

    def write_all(self, files: Mapping[str, bytes]) -> None:
        """Writes several, each of them whole; a disk has them all when this returns, and is not asked for each alone."""
        changed: set[Path] = set()
        for name, data in files.items():
            with self._trouble_named(name):
                if self.is_local:
                    changed |= _write_to_disk(Path(self._at(name)), data)
                else:
                    # An object appears when all of it has been taken, and takes the place of the one before.
                    self.storage.pipe_file(self._at(name), data)
        with self._trouble_named(""):
            _sync_all(changed)

    def write_from(self, name: str, source: Path) -> None:
        """Writes a file that is too large to be held in memory; it is taken from where `scratch` made room."""
        with self._trouble_named(name):
            if self.is_local:
                target = Path(self._at(name))
                changed = _make(target.parent) | {target.parent}
                _sync(source)
                source.replace(target)
                _sync_all(changed)
            else:
                self.storage.put_file(str(source), self._at(name))

    def fetch(self, name: str, target: Path) -> None:
        """Copies a file of the shelf to a disk."""
        with self._trouble_named(name):
            self.storage.get_file(self._at(name), str(target))

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder on a disk for what is being made; it is gone afterwards, or with the next tidying."""
        with self._trouble_named(""):
            if self.is_local:
                _sync_all(_make(Path(self._root)))
            made = tempfile.mkdtemp(prefix=SCRATCH, dir=self._root if self.is_local else None)
        try:
            yield Path(made)
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def names(self, folder: str = "") -> list[str]:
        """Every file below a folder, sorted."""
        with self._trouble_named(folder):
            self.storage.invalidate_cache()
            try:
                found = self.storage.find(self._at(folder))
            except FileNotFoundError:
                return []
        return sorted(name.removeprefix(self._root).lstrip("/") for name in found)

    def remove(self, name: str) -> None:
        """Deletes a file, and the folders that are empty then; one that is gone already is fine."""
        with self._trouble_named(name):
            with suppress(FileNotFoundError):
                self.storage.rm_file(self._at(name))
            if self.is_local:
                _remove_empty(Path(self._at(name)).parent, Path(self._root))

    def link(self, name: str) -> str:
        """An address of a file for people."""
        return Path(self._at(name)).absolute().as_uri() if self.is_local else f"{self.url.rstrip('/')}/{name}"

    def for_duckdb(self, duck: Any, name: str) -> str:
        """How DuckDB names a file of this shelf; storage elsewhere is made known to it."""
        if self.is_local:
            return self._at(name)
        protocol = self.storage.protocol
        scheme = protocol if isinstance(protocol, str) else protocol[0]
        if not duck.filesystem_is_registered(scheme):
            duck.register_filesystem(self.storage)
        return f"{scheme}://{self._at(name)}"

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}" if name else self._root

    @contextmanager
    def _trouble_named(self, name: str) -> Iterator[None]:
        try:
            yield
        except ShelfTrouble:
            raise
        except (OSError, ValueError, ImportError) as wrong:
            if isinstance(wrong, OSError) and wrong.errno in _FULL:
                said = "the disk is full: make room, and run the night again"
            elif isinstance(wrong, PermissionError):
                said = (
                    "this user may not read or write there: give the folder to the user that runs postventa"
                )
            else:
                said = getattr(wrong, "strerror", None) or str(wrong) or type(wrong).__name__
            where = f"{self.url}/{name}" if name else self.url
            raise ShelfTrouble(f"datasets.path {where}: {said}") from wrong


def _write_to_disk(path: Path, data: bytes) -> set[Path]:
    """Writes a file in the place of what was there; answers the folders in which there are new names now."""
    changed = _make(path.parent) | {path.parent}
    new = path.with_name(f".{path.name}.new")
    try:
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    return changed


def _make(folder: Path) -> set[Path]:
    """Makes a folder and those above it, where they are missing; answers the folders that they are in."""
    if folder.is_dir():
        return set()
    changed = _make(folder.parent)
    folder.mkdir(exist_ok=True)
    return changed | {folder.parent}


def _sync_all(folders: Iterable[Path]) -> None:
    for folder in folders:
        _sync(folder)


def _sync(path: Path) -> None:
    """A name is safe from a power cut only when its folder is written."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root and folder.is_relative_to(root):
        try:
            folder.rmdir()
        except OSError:
            return  # something is in it, or it is gone
        folder = folder.parent
