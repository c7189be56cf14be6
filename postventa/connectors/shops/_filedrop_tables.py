"""Makes rows of a dropped file's bytes: encodings and delimiters as spreadsheets write them, and JSON lines."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from postventa.connectors.shops._filedrop_cells import text
from postventa.inbound_contracts import inbound

PARTS = {"lines": "line", "shipments": "shipment", "refunds": "refund"}
"""What a row tells besides its order: the list it goes into, and its table in the contract."""
TABLES = ("order", *PARTS.values())

_DELIMITERS = ";,\t|"
_SAID = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
"""The line by which spreadsheets tell each other the delimiter."""
_WESTERN = ("cp1252", "cp850", "mac_roman")
"""How spreadsheets save where they do not save Unicode: Windows, its old console, the Mac."""
_ASCII = bytes(range(128))
_SAMPLE = 10_000
_LETTERS = frozenset("áéíóúüñçàèòïãõâêôÁÉÍÓÚÜÑÇÀÈÒÏºª¿¡€·")
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@cache
def columns(table: str) -> frozenset[str]:
    """The columns that the contract has for a table."""
    return frozenset(inbound("filedrop", table).columns) - PARTS.keys()


@cache
def known() -> frozenset[str]:
    """The columns of all tables: any of them may stand in any file."""
    return frozenset[str]().union(*map(columns, TABLES))


class Unusable(ValueError):
    """A file that cannot be read at all; `reason` is a key of the report's words, with what is put into them."""

    def __init__(self, reason: str, **said: object) -> None:
        super().__init__(f"file_{reason}" + "".join(f", {name} {value}" for name, value in said.items()))
        self.reason = reason
        self.said = said


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds."""

    rows: Sequence["Row"]
    is_json: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A row by the line it begins on. `wrong` is the rule that its form breaks; then its cells mean nothing."""

    line: int
    cells: Mapping[str, str]
    nested: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    wrong: str = ""


def sheet_of(data: bytes, own: Mapping[str, str]) -> Sheet:
    """The rows of a file; `own` says which heading of the shop's is which column. Raises Unusable."""
    if data.startswith(_SPREADSHEETS):
        raise Unusable("spreadsheet")
    written = _decoded(data)
    if not written.strip():
        raise Unusable("empty")
    named = {_snake(heading): column for heading, column in own.items()}
    is_json = written.lstrip()[:1] in {"{", "["}
    rows = list(_json_rows(written, named) if is_json else _csv_rows(written, named))
    if not rows:
        raise Unusable("empty")
    return Sheet(rows, is_json)


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if b"\x00" in data[:200]:
        return data.decode("utf-16-be" if data[:1] == b"\x00" else "utf-16-le", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        hurt = data.decode("utf-8", "replace")
    beyond_ascii = len(hurt) - len(hurt.encode("ascii", "ignore"))
    if hurt.count("\N{REPLACEMENT CHARACTER}") * 2 <= beyond_ascii:
        raise Unusable("encoding")  # Unicode with a wound, or two encodings in one file
    letters = data.translate(None, _ASCII)[:_SAMPLE]
    likely = max(_WESTERN, key=lambda encoding: _sense(letters.decode(encoding, "replace")))
    return data.decode(likely, "replace")


def _sense(letters: str) -> int:
    """How much it looks like names and streets of here. General detectors need longer texts than a few orders are."""
    return sum(1 if letter in _LETTERS else -1 for letter in letters)


def _csv_rows(written: str, own: Mapping[str, str]) -> Iterator[Row]:
    said = _SAID.match(written)
    written = written[said.end() :] if said else written
    tried = [said[1]] if said else list(_DELIMITERS)
    headings, delimiter = max(
        (([_column(cell, own) for cell in _first(written, mark)], mark) for mark in tried),
        key=lambda one: len(known().intersection(one[0])),
    )
    _check_headings(headings)
    reader = csv.reader(io.StringIO(written, newline=""), delimiter=delimiter, strict=True)
    begins = 1 + bool(said)
    try:
        for number, cells in enumerate(reader):
            line, begins = begins, reader.line_num + 1 + bool(said)
            if number == 0 or not any(cell.strip() for cell in cells):
                continue
            is_too_long = any(cell.strip() for cell in cells[len(headings) :])
            named = dict(zip(headings, map(text, cells), strict=False))
            yield Row(line, _kept(named), wrong="row_shape" if is_too_long else "")
    except csv.Error:
        raise Unusable("row", line=begins) from None


def _first(written: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(written, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return []


def _check_headings(headings: Sequence[str]) -> None:
    """A table is what its columns say it is; one that is none is told what the nearest one lacks."""
    for column in sorted(known().intersection(headings)):
        if headings.count(column) > 1:
            raise Unusable("twice", column=column)
    lacking = {table: _needed(table) - set(headings) for table in TABLES}
    nearest = min(lacking, key=lambda table: len(lacking[table]) / len(_needed(table)))
    if lacking[nearest]:
        raise Unusable("columns", columns=", ".join(sorted(lacking[nearest])))


def _needed(table: str) -> set[str]:
    return {"order", *(column for column, _ in inbound("filedrop", table).needed)}


def _json_rows(written: str, own: Mapping[str, str]) -> Iterator[Row]:
    if written.lstrip().startswith("["):
        try:
            told = list(enumerate(json.loads(written, parse_float=Decimal), start=1))
        except (ValueError, RecursionError):
            raise Unusable("json") from None
        yield from (_json_row(line, one, own) for line, one in told)
        return
    for line, one in enumerate(io.StringIO(written), start=1):
        if one.strip():
            try:
                yield _json_row(line, json.loads(one, parse_float=Decimal), own)
            except (ValueError, RecursionError):
                yield Row(line, {}, wrong="row_json")


def _json_row(line: int, told: Any, own: Mapping[str, str]) -> Row:
    if not isinstance(told, dict):
        return Row(line, {}, wrong="row_json")
    nested = {
        name: [_cells(one, own) for one in told[name] if isinstance(one, dict)]
        for name in PARTS
        if isinstance(told.get(name), list)
    }
    return Row(line, _cells(told, own), nested)


def _cells(told: Mapping[str, Any], own: Mapping[str, str]) -> dict[str, str]:
    return _kept({_column(key, own): _written(value) for key, value in told.items()})


def _written(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return f"{value:f}"
        case str() | int():
            return text(str(value))
    return ""


def _kept(cells: Mapping[str, str]) -> dict[str, str]:
    """The columns that are known and filled; nothing else of a file is kept."""
    return {column: cell for column, cell in cells.items() if cell and column in known()}


def _column(heading: str, own: Mapping[str, str]) -> str:
    plain = _snake(heading)
    return own.get(plain, plain)


def _snake(heading: str) -> str:
    return re.sub(r"[\s-]+", "_", heading.strip().lower())
