"""Answers from elsewhere: the export of a form (Google Forms and the like) becomes sheets of answers.

A row that was imported before changes what it changed, and nothing twice; a row that cannot be read is set aside
with its reason, and holds up no other.
"""

import csv
import hashlib
import io
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from postventa.inbound_contracts import inbound
from postventa.plain_text import plain_text
from postventa.rules.surveys import Kind, Survey, check
from postventa.settings import Settings
from postventa.store.filing import quarantine
from postventa.store.orders import order_id_of
from postventa.surveys import definition, record_sheet

MOST_BYTES = 20 * 1024 * 1024
ENCODINGS = ("utf-8-sig", "cp1252")
"""As forms export, and as Excel saves them again; UTF-16 says so itself."""
WHEN = (
    *("%Y/%m/%d %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"),
    *("%Y-%m-%dT%H:%M:%S%z", "%Y/%m/%d %I:%M:%S %p", "%d/%m/%Y", "%Y-%m-%d"),
)
ORDER, AT, KEY = "order", "answered_at", "key"


class NotReadable(ValueError):
    """The file, or what says which column is which, cannot be used; the sentence says why."""


class _BadRow(ValueError):
    """One row cannot be read; the reason says why."""


@dataclass(slots=True)
class Imported:
    """What an import brought: rows read, sheets that are new or changed, rows known before, rows set aside by reason."""

    rows: int = 0
    changed: int = 0
    known: int = 0
    set_aside: dict[int, str] = field(default_factory=dict)
    unknown_orders: int = 0
    """Sheets kept without an order, because theirs is not known here."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what: a question's name, `order`, `answered_at` or `key` -> the column's heading."""

    named: Mapping[str, str]
    options: Mapping[str, Mapping[str, str]]
    """For a choice: what the form calls an option -> our name of it."""
    zone: ZoneInfo


def read_columns(path: Path, survey: Survey, zone: ZoneInfo) -> Columns:
    """Reads the file that says which column is which. Raises NotReadable."""
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise NotReadable(f"{path.name} is not TOML: {wrong}") from wrong
    named = written.get("columns", {})
    allowed = {question.name for question in survey.questions} | {ORDER, AT, KEY}
    if not named or (strange := sorted(set(named) - allowed)):
        said = f"names {strange[0]!r}" if named else "has no [columns]"
        raise NotReadable(f"{path.name} {said}; it may name {', '.join(sorted(allowed))}")
    return Columns(named, written.get("options", {}), zone)


def import_answers(
    connection: Connection,
    settings: Settings,
    data: bytes,
    columns: Columns,
    *,
    survey_name: str,
    shop: str,
    source: str,
    now: datetime,
) -> Imported:
    """Writes the answers of a file down. Raises NotReadable where it is no table of such answers at all."""
    survey, done = definition(survey_name), Imported()
    promised = inbound("survey_answers", "row")
    for line, row in _rows(data, columns):
        done.rows += 1
        try:
            if broken := promised.broken(
                {name: row.get(columns.named.get(name, "")) for name in (ORDER, AT, KEY)}
            ):
                raise _BadRow(broken)  # noqa: TRY301 - set aside below, with the rows of other kinds of wrong
            changed, is_order_known = _take(
                connection, settings, row, columns, survey=survey, shop=shop, source=source, now=now
            )
        except _BadRow as bad:
            done.set_aside[line] = str(bad)
            raw = {name: row.get(heading, "") for name, heading in columns.named.items()}
            quarantine(
                connection,
                source=f"survey:{shop}",
                kind="answers",
                ref=_key(row, columns),
                reason=str(bad),
                raw=raw,
                now=now,
            )
            continue
        done.changed += bool(changed)
        done.known += not changed
        done.unknown_orders += not is_order_known
    return done


def _rows(data: bytes, columns: Columns) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows below the heading, each with its line; empty ones are none."""
    text = _decoded(data)
    try:
        dialect: Any = csv.Sniffer().sniff(text[:20_000].partition("\n")[0], delimiters=",;\t|")
        dialect.doublequote = True
    except csv.Error:
        dialect = csv.excel
    reader = csv.reader(io.StringIO(text, newline=""), dialect)
    try:
        headings = [" ".join(heading.split()) for heading in next(reader, [])]
        missing = [heading for heading in columns.named.values() if heading not in headings]
        if missing:
            raise NotReadable(f"there is no column {missing[0]!r}: the file has {', '.join(headings)[:300]}")
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, dict(zip(headings, cells, strict=False))
    except csv.Error as wrong:
        raise NotReadable(f"line {reader.line_num} is no row of a table: {wrong}") from wrong


def _decoded(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise NotReadable(f"the file is larger than {MOST_BYTES // 1024 // 1024} MB: divide it")
    encodings = ("utf-16",) if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else ENCODINGS
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NotReadable("the file is no text: export it as CSV, in UTF-8")


def _take(
    connection: Connection,
    settings: Settings,
    row: Mapping[str, str],
    columns: Columns,
    *,
    survey: Survey,
    shop: str,
    source: str,
    now: datetime,
) -> tuple[int, bool]:
    """Writes one row down; answers how much of it is new, and whether its order is known or was not named."""
    given = {}
    for question in survey.questions:
        cell = plain_text(row.get(columns.named.get(question.name, ""), "")).text
        if question.kind is Kind.CHOICE:
            cell = columns.options.get(question.name, {}).get(cell, cell)
        given[question.name] = cell.removesuffix(".0") if question.kind is Kind.SCALE else cell
    checked = check(survey, given)
    if checked.problems:
        name, problem = next(iter(checked.problems.items()))
        raise _BadRow(f"{name}: {problem.replace('_', ' ')}")
    if not checked.answers:
        raise _BadRow("nothing was answered")
    named = row.get(columns.named.get(ORDER, ""), "").strip().removeprefix("#")
    meant = order_id_of(connection, f"{shop}:{named}") if named else []
    changed = record_sheet(
        connection,
        checked,
        now,
        shop=shop,
        order_id=meant[0][0] if len(meant) == 1 else None,
        source=source[:32],
        source_ref=_key(row, columns),
        survey=survey,
        language=settings.shop(shop).language,
        answered_at=_when(row.get(columns.named.get(AT, ""), ""), columns.zone, now),
    )
    return changed, not named or len(meant) == 1


def _key(row: Mapping[str, str], columns: Columns) -> str:
    """What makes a row the same when it is imported again: its own key, else its time and order, else all of it."""
    wanted = [KEY] if KEY in columns.named else [AT, ORDER] if {AT, ORDER} <= set(columns.named) else []
    parts = [row.get(columns.named[name], "").strip() for name in wanted]
    if not any(parts):
        parts = [row.get(heading, "").strip() for heading in columns.named.values()]
    return hashlib.blake2b("\x00".join(parts).encode("utf-8", "replace"), digest_size=12).hexdigest()


def _when(written: str, zone: ZoneInfo, now: datetime) -> datetime:
    """When it was answered, by the clock of the shop where no zone is written; now where nothing is."""
    if not written.strip():
        return now
    for form in WHEN:
        try:
            found = datetime.strptime(written.strip(), form)  # noqa: DTZ007 - the zone follows
        except ValueError:
            continue
        found = found if found.tzinfo else found.replace(tzinfo=zone)
        if found > now:
            raise _BadRow("it was answered in the future")
        return found.astimezone(now.tzinfo)
    raise _BadRow("when it was answered is not understood")
