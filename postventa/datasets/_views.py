"""DuckDB over partitions: each dataset stands as a view of its name, and only the files of the days asked for are opened."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from postventa.datasets._manifest import Partition
from postventa.datasets._shelf import Shelf

MEMORY = "512MB"
"""What DuckDB holds; beyond that it works on the disk."""
FEW_ROWS = 20_000
"""So many are read once and held: opening hundreds of small files costs more than the rows in them, at every question."""


@contextmanager
def open_duck(scratch: Path) -> Iterator[Any]:
    """A DuckDB connection that is careful with memory and says every instant in UTC."""
    with duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(scratch)}) as duck:
        duck.execute("SET TimeZone = 'UTC'")
        duck.execute("SET preserve_insertion_order = true")
        duck.execute("SET enable_progress_bar = false")
        yield duck


def show(
    duck: Any, shelf: Shelf, name: str, parts: Iterable[Partition], *, schema: pa.Schema, day: str
) -> None:
    """Makes a view of the rows of these days. Where they have none, it has columns and no rows."""
    parts = [part for part in parts if part.file]
    files = sorted(part.file for part in parts)
    if not files:
        duck.register(name, schema.empty_table())
        return
    rows = rows_of(duck, shelf, files, day)
    if sum(part.rows for part in parts) <= FEW_ROWS:
        duck.execute(f'CREATE OR REPLACE TEMP TABLE "held_{name}" AS {rows}')
        rows = f'SELECT * FROM "held_{name}"'
    duck.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {rows}')


def rows_of(duck: Any, shelf: Shelf, files: Iterable[str], day: str = "") -> str:
    """The statement that reads these files. The day is taken from their folders: those that do not matter stay shut.

    Without a name of the day, files that are not in such folders.
    """
    listed = ", ".join(f"'{_quoted(shelf.for_duckdb(duck, file))}'" for file in files)
    folders = (
        f"hive_partitioning = true, hive_types = {{'{day}': DATE}}" if day else "hive_partitioning = false"
    )
    return f"SELECT * FROM read_parquet([{listed}], {folders})"


def _quoted(text: str) -> str:
    return text.replace("'", "''")
