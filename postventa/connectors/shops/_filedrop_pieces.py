"""Puts the rows of one file together by order: what it tells of each, and what is wrong with it, line by line."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from postventa import clock
from postventa.connectors.shops import _filedrop_cells as cells_
from postventa.connectors.shops._filedrop_states import is_explained
from postventa.connectors.shops._filedrop_tables import PARTS, Row, Sheet, columns
from postventa.inbound_contracts import inbound
from postventa.news import Raw
from postventa.rules.orders import FulfilmentState

AHEAD = timedelta(days=1)
"""What lies further ahead is a day and a month in the wrong sequence."""
HALF_A_CENT = Decimal("0.005")
BROKEN = "broken"
"""Where a piece keeps the rule that a row's very form breaks."""
_KEYS = {"lines": "line", "shipments": "tracking_number", "refunds": "refund"}
_STANDING = frozenset({"status", "total", "modified_at", "paid_at"})
_ORDER_ONLY = frozenset({"placed_at", "status", "currency", "total"})
"""A row that has one of these describes an order; others only add to one."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that a row breaks; `line` is 0 where it is about no single row."""

    line: int
    order: str
    rule: str
    sentence: str


@dataclass(slots=True)
class Piece:
    """What one file tells of one order, as it is filed."""

    ref: str
    line: int
    raw: dict[str, Any]
    lines: dict[tuple[str, int], int] = field(default_factory=dict)
    """On which line of the file each entry of a list stands."""


def pieces_of(sheet: Sheet, stamp: datetime, zone: ZoneInfo) -> tuple[list[Piece], list[Fault]]:
    """The pieces of a file that was last written at `stamp`, and the rows that name no order."""
    mark = "." if sheet.is_json else cells_.decimal_mark(_amounts(sheet.rows))
    found: dict[str, Piece] = {}
    nameless: list[Fault] = []
    for row in sheet.rows:
        told = _tidy(row.cells, mark, zone)
        ref = told.get("order", "")
        if not ref or len(ref) > 64:
            rule = row.wrong or ("order_pattern" if ref else "order_required")
            nameless.append(Fault(row.line, "", rule, f"{rule}: a row without an order's number"))
            continue
        piece = found.setdefault(ref, Piece(ref, row.line, {"order": ref}))
        if row.wrong:
            piece.raw[BROKEN] = f"{row.wrong}: a row has more cells than the file has headings"
            continue
        number = row.cells["order"].lstrip("# ")
        _make_way(piece, told, row)
        _add(piece, {"number": number} | told, row.line)
        for name, entries in row.nested.items():
            for entry in entries:
                _add_to(piece, name, _tidy(entry, mark, zone), row.line)
    for piece in found.values():
        if not piece.raw.keys() & _ORDER_ONLY:
            for column in columns("order") - {"order", "modified_at"}:
                piece.raw.pop(column, None)
        piece.raw.setdefault("modified_at", stamp.astimezone(UTC).isoformat())
    return list(found.values()), nameless


def faults_of(piece: Piece, own: Mapping[str, FulfilmentState]) -> list[Fault]:
    """What is wrong with a piece, the first rule that each of its rows breaks."""
    return [
        Fault(piece.lines.get(place, piece.line), piece.ref, said.partition(":")[0], said.partition(": ")[2])
        for place, said in broken(piece.raw, own)
    ]


def warnings_of(piece: Piece) -> list[Fault]:
    """What is no fault and keeps letters back all the same: lines and delivery that do not come to the total."""
    lines = piece.raw.get("lines", ())
    if not lines or "total" not in piece.raw:
        return []  # they may stand in another file
    parts = [one["line_total"] for one in lines] + [piece.raw.get("delivery_total", "0")]
    difference = sum(map(Decimal, parts)) - Decimal(piece.raw["total"])
    if abs(difference) <= HALF_A_CENT * len(parts):
        return []
    return [Fault(piece.line, piece.ref, "total_sum", "lines and delivery do not come to the total")]


def broken(raw: Raw, own: Mapping[str, FulfilmentState]) -> Iterator[tuple[tuple[str, int], str]]:
    """The rules that a piece breaks, each with the list and the place in it where that is."""
    here = ("", 0)
    if BROKEN in raw:
        yield here, str(raw[BROKEN])
    if raw.keys() & _ORDER_ONLY:
        if said := _wrong("order", raw):
            yield here, said
        elif not is_explained(raw["status"], own):
            yield here, "status_unknown: status is a word that nobody has explained"
    for name, table in PARTS.items():
        for number, entry in enumerate(raw.get(name, ())):
            if said := _wrong(table, entry):
                yield (name, number), said


def merged(pieces: Sequence[Raw]) -> dict[str, Any]:
    """One order out of all that was told of it: the latest word on each column, all parcels, all refunds.

    Lines told later take the place of those told before. `statuses` holds each status that it has been in.
    """
    whole: dict[str, Any] = {}
    statuses: list[str] = []
    for piece in sorted(pieces, key=lambda raw: str(raw.get("modified_at", ""))):
        known = {name: whole.get(name, []) for name in ("shipments", "refunds")}
        whole |= piece
        for name, before in known.items():
            if entries := {one[_KEYS[name]]: one for one in (*before, *piece.get(name, ()))}:
                whole[name] = list(entries.values())
        statuses += piece.get("statuses") or ([piece["status"]] if "status" in piece else [])
    return whole | {"statuses": statuses}


def _wrong(table: str, row: Mapping[str, Any]) -> str | None:
    if said := inbound("filedrop", table).broken(row):
        return said
    latest = (clock.now() + AHEAD).isoformat()
    for column in sorted(cells_.INSTANTS & row.keys() & columns(table)):
        if row[column] > latest:
            return f"{column}_future: {column} lies in the future"
    return None


def _amounts(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        for cells in (row.cells, *(entry for entries in row.nested.values() for entry in entries)):
            yield from (cell for column, cell in cells.items() if column in cells_.AMOUNTS)


def _make_way(piece: Piece, told: Mapping[str, str], row: Row) -> None:
    """A row that says otherwise of the order than the one above is no further line of it: it tells the order anew."""
    before = piece.raw
    is_new = any(column in before and before[column] != told[column] for column in _STANDING & told.keys())
    if is_new and "status" in before:
        statuses = before.get("statuses") or [before["status"]]
        before["statuses"] = [*statuses, told.get("status", before["status"])]
    if is_new or "lines" in row.nested:
        before.pop("lines", None)
        piece.lines = {place: line for place, line in piece.lines.items() if place[0] != "lines"}


def _add(piece: Piece, told: Mapping[str, str], line: int) -> None:
    piece.raw |= {column: told[column] for column in told if column in columns("order")}
    for name, table in PARTS.items():
        entry = {column: told[column] for column in told if column in columns(table)}
        if entry.keys() & _marks(table):
            _add_to(piece, name, entry, line)


def _marks(table: str) -> set[str]:
    """The columns that show that a row tells something of this table."""
    return {column for column, _ in inbound("filedrop", table).needed} - {"tax_percent"}


def _add_to(piece: Piece, name: str, entry: Mapping[str, str], line: int) -> None:
    """Adds to a list, or changes what is there under the same key. A line without an id is known by its place."""
    entries: list[dict[str, str]] = piece.raw.setdefault(name, [])
    kept = {column: entry[column] for column in entry if column in columns(PARTS[name])}
    key = _KEYS[name]
    if name == "lines":
        kept.setdefault(key, str(len(entries) + 1))
    same = next((at for at, one in enumerate(entries) if key in kept and one.get(key) == kept[key]), None)
    if same is not None:
        entries[same] |= kept
    else:
        entries.append(kept)
        piece.lines[name, len(entries) - 1] = line


def _tidy(cells: Mapping[str, str], mark: str, zone: ZoneInfo) -> dict[str, str]:
    """The cells in one way of writing; what cannot be written so stays as it is, and breaks its rule."""
    told = dict(cells)
    for column, cell in cells.items():
        if column in cells_.AMOUNTS:
            told[column] = cells_.amount(cell, mark)
        elif column in cells_.INSTANTS:
            told[column] = cells_.instant(cell, zone)
        elif column in cells_.YES_OR_NO:
            told[column] = cells_.yes_or_no(cell)
    for column, write in _WRITERS.items():
        if column in cells:
            told[column] = write(cells[column])
    for column, country in cells_.POSTCODES.items():
        if column in cells:
            told[column] = cells_.postcode(cells[column], told.get(country, ""))
    if "amount" in told:
        told["amount"] = told["amount"].removeprefix("-")
    return told


_WRITERS: dict[str, Callable[[str], str]] = {
    "order": cells_.order,
    "currency": cells_.currency,
    "country": str.upper,
    "shipping_country": str.upper,
    "language": cells_.language,
    "tracking_number": lambda cell: cell.replace(" ", ""),
}
