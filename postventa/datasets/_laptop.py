"""For the laptop: the newest days of every dataset as CSV, and all of them in one DuckDB file with their meanings."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from postventa.contracts import Column, Contract, ContractError, Kind, arrow_schema, contract
from postventa.datasets._builders import builder
from postventa.datasets._manifest import HISTORY, Dataset, File, Manifest, Partition
from postventa.datasets._shelf import Shelf, ShelfTrouble
from postventa.datasets._views import show
from postventa.sections import Datasets

DUCKDB = "postventa.duckdb"


def for_the_laptop(
    duck: Any, shelf: Shelf, made: Manifest, base: Manifest | None, *, settings: Datasets, scratch: Path
) -> dict[str, File]:
    """Writes them for a manifest in the making; one whose rows are what they were keeps its file.

    Raises ShelfTrouble where there is no room for them.
    """
    before = base.laptop if base else {}
    parts = {name: _newest(made, one, settings.laptop_days) for name, one in made.datasets.items()}
    wanted = {f"{name}.csv": {name: parts[name]} for name in parts} if "csv" in settings.formats else {}
    if "duckdb" in settings.formats:
        wanted[DUCKDB] = parts
    files, shown = {}, set[str]()
    for name, rows in wanted.items():
        of = _digest(made, rows)
        if name in before and before[name].of == of:
            files[name] = before[name]
            continue
        try:
            source = scratch / name
            for one in set(rows) - shown:
                _show(duck, shelf, one, rows[one])
            shown |= set(rows)
            _write(duck, source, rows)
        except duckdb.IOException as wrong:
            raise ShelfTrouble(f"{name} could not be written: {str(wrong).partition(chr(10))[0]}") from wrong
        digest, size = _measured(source)
        files[name] = File(file=f"{HISTORY}/{made.run}/{name}", sha256=digest, size=size, of=of)
        shelf.write_from(files[name].file, source)
    return files


def _newest(made: Manifest, one: Dataset, days: int) -> list[Partition]:
    since = made.night - timedelta(days=days - 1)
    return [part for day, part in sorted(one.partitions.items()) if day >= since]


def _digest(made: Manifest, rows: dict[str, list[Partition]]) -> str:
    said = [
        (name, made.datasets[name].shape, [part.sha256 for part in parts if part.file])
        for name, parts in rows.items()
    ]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def _show(duck: Any, shelf: Shelf, name: str, parts: list[Partition]) -> None:
    if promised := _promise(name):
        show(duck, shelf, f"laptop_{name}", parts, schema=arrow_schema(promised), day=builder(name).day)


def _write(duck: Any, target: Path, names: Iterable[str]) -> None:
    """Writes one file of what is shown; a dataset whose contract cannot be read any more is told of elsewhere."""
    promises = [promised for name in names if (promised := _promise(name))]
    if target.suffix == ".csv":
        for promised in promises:
            rows = _sorted(promised, _harmless)
            duck.execute(f"COPY ({rows}) TO '{target}' (FORMAT csv, HEADER, DELIMITER ',')")
        return
    duck.execute(f"ATTACH '{target}' AS laptop")
    try:
        with _together(duck):
            for promised in promises:
                duck.execute(f'CREATE TABLE laptop."{promised.name}" AS {_sorted(promised)}')
                _say_meanings(duck, promised)
    finally:
        duck.execute("DETACH laptop")


@contextmanager
def _together(duck: Any) -> Iterator[None]:
    """One transaction: the disk is waited for once, not for every sentence."""
    duck.execute("BEGIN")
    try:
        yield
    except BaseException:
        duck.execute("ROLLBACK")
        raise
    duck.execute("COMMIT")


def _promise(name: str) -> Contract | None:
    try:
        return contract(name)
    except ContractError:
        return None


def _sorted(promised: Contract, written: Callable[[Column], str] | None = None) -> str:
    columns = ", ".join(written(one) if written else _quoted(one.name) for one in promised.columns)
    table = _quoted(f"laptop_{promised.name}")
    by = ", ".join(f"{table}.{_quoted(name)}" for name in promised.key)
    return f"SELECT {columns} FROM {table} ORDER BY {by}"


def _harmless(column: Column) -> str:
    """A spreadsheet takes a cell that begins with one of these for a formula: an apostrophe makes it a text again."""
    name = _quoted(column.name)
    if column.kind is not Kind.STRING:
        return name
    return (
        f"CASE WHEN regexp_matches({name}, '^[=+@\\t\\r-]') THEN chr(39) || {name} ELSE {name} END AS {name}"
    )


def _say_meanings(duck: Any, promised: Contract) -> None:
    table = f'laptop."{promised.name}"'
    duck.execute(f"COMMENT ON TABLE {table} IS {_text(f'{promised.grain} Contract {promised.version}.')}")
    for column in promised.columns:
        said = f"{column.meaning} Unit: {column.unit}." if column.unit else column.meaning
        duck.execute(f'COMMENT ON COLUMN {table}."{column.name}" IS {_text(said)}')


def _measured(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size


def _quoted(column: str) -> str:
    return f'"{column}"'


def _text(said: str) -> str:
    return "'" + said.replace("'", "''") + "'"
