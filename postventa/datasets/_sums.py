"""Sums: what the facts of each day add up to, kept by months, so that a night reads no facts that are as they were.

Readers do not know of them: figures are made of the sums of their days, and come out the same whether these were kept
or have just been added up.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from postventa.datasets._builders import Builder
from postventa.datasets._building import BRIDGED, Work, spans_of
from postventa.datasets._files import digest_of, parquet
from postventa.datasets._loading import read_partition
from postventa.datasets._manifest import HISTORY, Partition, Sums
from postventa.datasets._night import A_DAY, Night, Span
from postventa.datasets._shelf import Shelf
from postventa.datasets._views import rows_of
from postventa.rules.nightly import in_spans, whole_months

MONTHS_AT_ONCE = 3
"""Days before the first are read as well: the fewer questions, the fewer days are read twice."""

Facts = Mapping[str, Mapping[date, Partition]]


def keep_sums(
    work: Work,
    builder: Builder,
    days: Collection[date],
    *,
    facts: Facts,
    before: Mapping[date, Sums],
) -> dict[date, Sums]:
    """All sums that are kept, by months, with those that figures of these days are made of; the builder's view has these.

    A day is added up only where its facts are others than they were, or where what was kept of it is lost.
    """
    by, behind = _digest(builder.sums), _days_behind(builder, days)
    of, months = _made_of(builder, facts, behind), whole_months(behind)
    kept = {
        month: one
        for month, one in before.items()
        if one.by == by and (month not in months or _is_whole(work.shelf, one.part))
    }
    known = {day: digest for one in kept.values() for day, digest in one.of.items()}
    stale = sorted(day for day in behind if known.get(day) != of.get(day))
    for _, some in groupby(stale, lambda day: (12 * day.year + day.month) // MONTHS_AT_ONCE):
        spans = [Span(*ends) for ends in in_spans(some, 31 * MONTHS_AT_ONCE, BRIDGED)]
        fresh = pa.concat_tables(add_up(work.night, builder, span) for span in spans)
        again = {day for span in spans for day in span.days}
        for month in whole_months(again):
            mine = again & set(Span(month, month).whole_months.days)
            old = kept.get(month)
            rows = _in_their_place(work.shelf, old, mine, fresh)
            made_of = {day: digest for day, digest in (old.of if old else {}).items() if day not in mine}
            made_of |= _made_of(builder, facts, mine)
            file = f"{HISTORY}/{work.run}/sums/{builder.name}-{month:%Y-%m}.parquet"
            kept[month] = Sums(part=_written(work.shelf, file, rows), by=by, of=dict(sorted(made_of.items())))
    _show(work, builder, [kept[month].part for month in months if month in kept])
    return dict(sorted(kept.items()))


def add_up(night: Night, builder: Builder, span: Span) -> pa.Table:
    """The sums of these days, out of their facts."""
    found: pa.Table = night.duck.execute(builder.sums, [span.first, span.last]).to_arrow_table()
    return found


def view_of(builder: Builder) -> str:
    """Where a builder finds them."""
    return f"{builder.name}_sums"


def _days_behind(builder: Builder, days: Collection[date]) -> set[date]:
    """The days of whose sums these days' figures are made: their own, and those that may still speak of them."""
    reach = range(builder.looks_back_days + 1)
    return {day + A_DAY * later for span in spans_of(builder, days) for day in span.days for later in reach}


def _made_of(builder: Builder, facts: Facts, days: Iterable[date]) -> dict[date, str]:
    """A digest, for each of these days that has facts, of all the partitions that are read for it."""
    return {
        day: _digest([_before(facts[name], day, builder.sums_reach.get(name, 0)) for name in builder.reads])
        for day in days
        if any(day in parts and parts[day].file for parts in facts.values())
    }


def _before(parts: Mapping[date, Partition], day: date, reach: int) -> list[str]:
    days = (day - A_DAY * back for back in range(reach + 1))
    return [parts[one].sha256 if one in parts else "" for one in days]


def _in_their_place(shelf: Shelf, old: Sums | None, days: Iterable[date], fresh: pa.Table) -> pa.Table:
    """A month's rows, the fresh ones of these days among them."""
    rows = fresh.filter(_is_of(fresh, days))
    if old is not None and old.part.file:
        there = read_partition(shelf, old.part)
        rows = pa.concat_tables([there.filter(pc.invert(_is_of(there, days))), rows])
    return rows.sort_by(rows.column_names[0])


def _is_of(rows: pa.Table, days: Iterable[date]) -> Any:
    return pc.is_in(rows[rows.column_names[0]], value_set=pa.array(sorted(days), pa.date32()))


def _written(shelf: Shelf, file: str, rows: pa.Table) -> Partition:
    if not rows.num_rows:
        return Partition(rows=0)
    data = parquet(rows)
    shelf.write(file, data)
    return Partition(rows=rows.num_rows, file=file, sha256=digest_of(data), size=len(data))


def _is_whole(shelf: Shelf, part: Partition) -> bool:
    """What is lost can be added up again."""
    return not part.file or digest_of(shelf.read(part.file) or b"") == part.sha256


def _show(work: Work, builder: Builder, parts: Iterable[Partition]) -> None:
    files, view, duck = [part.file for part in parts if part.file], view_of(builder), work.night.duck
    if files:
        duck.execute(f'CREATE OR REPLACE TEMP VIEW "{view}" AS {rows_of(duck, work.shelf, files)}')
    else:
        duck.register(view, add_up(work.night, builder, Span(date.min, date.min)))


def _digest(said: object) -> str:
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]
