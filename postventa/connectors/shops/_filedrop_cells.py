"""Writes cells of dropped files in one way: amounts with a point, instants in UTC, yes and no; what is unclear stays.

Nothing is guessed: a cell that could mean two things is left so that it breaks its contract, and a person is told.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

AMOUNTS = frozenset(
    {"total", "tax_total", "delivery_total", "line_total", "line_total_before", "amount", "quantity"}
    | {"tax_percent", "delivery_tax_percent"}
)
INSTANTS = frozenset({"placed_at", "modified_at", "paid_at", "completed_at", "shipped_at", "refunded_at"})
YES_OR_NO = frozenset({"needs_shipping", "einvoice_consent", "wants_advertising"})
POSTCODES = {"postcode": "country", "shipping_postcode": "shipping_country"}
"""Each with the column that says in which country it is one."""

_YES = frozenset({"yes", "y", "true", "1", "on", "x", "si", "sí", "s", "verdadero", "cert"})
_NO = frozenset({"no", "n", "false", "0", "off", "falso", "fals"})
_CURRENCIES = {"€": "EUR", "£": "GBP"}
_AROUND_AMOUNTS = re.compile(r"[\s'€$£%]|\bEUR\b", re.IGNORECASE)
_AMOUNT = re.compile(r"([+-]?)([0-9.,]*[0-9])")
_DAY_FIRST = re.compile(
    r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4}|[0-9]{2})(?:[ T,]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?"
)
_YEAR_FIRST = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?")
_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
"""How spreadsheets are made to keep leading noughts."""


def text(cell: str) -> str:
    """A cell without what surrounds its content."""
    found = cell.replace("\x00", "").replace("\N{NO-BREAK SPACE}", " ").strip()
    formula = _FORMULA.fullmatch(found)
    return formula[1].strip() if formula else found


def decimal_mark(cells: Iterable[str]) -> str:
    """The mark before the decimals in a file's amounts; empty where they do not tell, or tell both."""
    found = {_mark_of(*parts) for cell in cells if (parts := _parts(cell))} - {""}
    return found.pop() if len(found) == 1 else ""


def amount(cell: str, mark: str) -> str:
    """An amount with a point and without anything else; with `?` behind it where its mark could be of thousands."""
    parts = _parts(cell)
    if parts is None:
        return cell
    sign, figures = parts
    mark = _mark_of(sign, figures) or mark
    if not mark and not figures.isdigit():
        return f"{cell} ?"
    whole, _, decimals = figures.rpartition(mark) if mark and mark in figures else (figures, "", "")
    whole = re.sub("[.,]", "", whole)
    return f"{sign.strip('+')}{whole or '0'}" + (f".{decimals}" if decimals else "")


def _parts(cell: str) -> tuple[str, str] | None:
    found = _AMOUNT.fullmatch(_AROUND_AMOUNTS.sub("", cell.replace("\N{MINUS SIGN}", "-")))
    return (found[1], found[2]) if found else None


def _mark_of(_: str, figures: str) -> str:
    """What these figures alone say of the mark: 1.234,50 and 12,5 tell; 1.234 does not."""
    points, commas = figures.count("."), figures.count(",")
    if points and commas:
        return max(".,", key=figures.rfind)
    if points + commas != 1:
        return {(True, False): ",", (False, True): "."}.get((points > 1, commas > 1), "")
    mark = "." if points else ","
    whole, _, decimals = figures.partition(mark)
    is_grouped = len(decimals) == 3 and 1 <= len(whole) <= 3 and whole != "0"
    return "" if is_grouped else mark


def instant(cell: str, zone: ZoneInfo) -> str:
    """An instant in UTC; days before months, and the shop's zone where none is written."""
    try:
        found = _read_instant(cell)
        found = found if found.tzinfo else found.replace(tzinfo=zone)
        return found.astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return cell


def _read_instant(cell: str) -> datetime:
    if day_first := _DAY_FIRST.fullmatch(cell):
        day, month, year, hour, minute, second = (int(part or 0) for part in day_first.groups())
        return datetime(year + 2000 if year < 100 else year, month, day, hour, minute, second)  # noqa: DTZ001 - the zone is the file's
    if not _YEAR_FIRST.fullmatch(cell):
        raise ValueError(cell)
    return datetime.fromisoformat(cell)


def yes_or_no(cell: str) -> str:
    word = cell.lower()
    return "yes" if word in _YES else "no" if word in _NO else cell


def currency(cell: str) -> str:
    return _CURRENCIES.get(cell, cell.upper())


def language(cell: str) -> str:
    """Two letters of `es`, `es-ES` or `ca_ES`."""
    return re.split("[-_]", cell.lower())[0]


def order(cell: str) -> str:
    """What an order is known by: `#2026/0001` is 2026-0001."""
    return re.sub(r"[\s/\\]+", "-", cell.lstrip("# "))


def postcode(cell: str, country: str) -> str:
    """A Spanish postcode with the nought that a spreadsheet took for one too many."""
    is_short = country in {"", "ES"} and cell.isdigit() and len(cell) == 4
    return f"0{cell}" if is_short else cell
