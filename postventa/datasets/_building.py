"""Building: the days of one dataset, brought into the contract's columns and written as files that nobody knows of yet."""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from postventa.contracts import Contract, ContractError, arrow_schema, conform
from postventa.datasets._builders import Builder
from postventa.datasets._files import WAY_OF_WRITING, digest_of, parquet
from postventa.datasets._manifest import Partition
from postventa.datasets._night import Night, Span
from postventa.datasets._shelf import Shelf
from postventa.datasets._totals import totals_of
from postventa.rules.nightly import in_spans

LONGEST_SPAN = 31
"""So many days of facts are held in memory at a time."""
LONGEST_SPAN_OF_SUMS = 184
"""Of what is computed by DuckDB nothing but sums is held: each question costs more than the days that it is about."""
FEW_ROWS = 5_000
"""After a span with fewer, the next one may be as long: then the question is what costs, not its rows."""
BRIDGED, BRIDGED_OF_MONTHS = 6, 31
"""So many days that nobody asked for are built with their neighbours; months are always next to each other."""


@dataclass(frozen=True, slots=True)
class Work:
    """Where a night's files go, and what its builders are handed."""

    shelf: Shelf
    run: str
    night: Night


def build_days(
    work: Work,
    builder: Builder,
    contract: Contract,
    days: Collection[date],
    before: Mapping[date, Partition],
) -> dict[date, Partition]:
    """The partitions of these days. One that comes out as it was keeps the file that it had.

    Raises ContractError where a frame does not have the contract's columns, or has rows of other days.
    """
    made: dict[date, Partition] = {}
    nothing = arrow_schema(contract).empty_table()
    busiest = max((part.rows for part in before.values()), default=FEW_ROWS)
    is_light = bool(builder.reads) or busiest * LONGEST_SPAN < FEW_ROWS
    longest = LONGEST_SPAN_OF_SUMS if is_light else LONGEST_SPAN
    left = sorted(days)
    while left:
        span = spans_of(builder, left, longest)[0]
        left = [day for day in left if day > span.last]
        table = conform(builder.build(work.night, span), contract)
        if not builder.reads:
            longest = LONGEST_SPAN_OF_SUMS if table.num_rows < FEW_ROWS else LONGEST_SPAN
        by_day = dict(_by_day(table, builder.day, contract))
        wanted = {day for day in span.days if not builder.is_monthly or day.day == 1}
        for strange in sorted(set(by_day) - wanted, key=str):
            raise ContractError(
                f"{contract.name} {contract.version}: rows of {strange or 'no day'} were built "
                f"for the days from {span.first} to {span.last}"
            )
        files: dict[str, bytes] = {}
        for day in sorted(wanted):
            rows = by_day.get(day, nothing)
            file = f"{folder_of(contract, work.run)}/{builder.day}={day}/{contract.name}.parquet"
            made[day], data = partition_of(file, rows, totals_of(contract.name, rows))
            if made[day].file and made[day].sha256 == (before[day].sha256 if day in before else ""):
                made[day] = before[day]
            elif data:
                files[file] = data
        work.shelf.write_all(files)
    return made


def spans_of(builder: Builder, days: Collection[date], longest: int = LONGEST_SPAN_OF_SUMS) -> list[Span]:
    """How a builder is asked for these days: for some days in between as well, and for whole months where it has months."""
    spans = in_spans(days, longest, BRIDGED_OF_MONTHS if builder.is_monthly else BRIDGED)
    return [Span(*ends).whole_months if builder.is_monthly else Span(*ends) for ends in spans]


def shape_of(contract: Contract) -> str:
    """A digest of everything that a file of this contract says of itself, and of how it is written."""
    said = arrow_schema(contract).to_string(show_field_metadata=True, show_schema_metadata=True)
    return hashlib.sha256(f"{WAY_OF_WRITING}\n{said}".encode()).hexdigest()[:16]


def folder_of(contract: Contract, run: str) -> str:
    """Where the files of a run are."""
    return f"{contract.name}/v{contract.major}/history/{run}"


def _by_day(table: pa.Table, day: str, contract: Contract) -> Iterator[tuple[date | None, pa.Table]]:
    """The rows of each day, sorted by the contract's key: the same rows are always the same bytes."""
    key = [name for name in contract.key if name != day]
    table = table.sort_by([(name, "ascending") for name in [day, *key]])
    start = 0
    for count in pc.value_counts(table[day].combine_chunks()):
        length = count["counts"].as_py()
        yield count["values"].as_py(), table.slice(start, length).combine_chunks()
        start += length


def partition_of(file: str, rows: pa.Table, totals: dict[str, int]) -> tuple[Partition, bytes]:
    """A day, and the bytes of its file. A day without rows has none."""
    if not rows.num_rows:
        return Partition(rows=0, totals=totals), b""
    data = parquet(rows)
    made = Partition(rows=rows.num_rows, file=file, sha256=digest_of(data), size=len(data), totals=totals)
    return made, data
