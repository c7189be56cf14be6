"""For the laptop: the newest days of every dataset as CSV, and all of them in one DuckDB file with their meanings."""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from postventa.contracts import Contract, ContractError, arrow_schema, contract
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
    files = {}
    for name, rows in wanted.items():
        of = _digest(made, rows)
        if name in before and before[name].of == of:
            files[name] = before[name]
            continue
        try:
            source = scratch / name
            _write(duck, shelf, source, rows)
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


def _write(duck: Any, shelf: Shelf, target: Path, rows: dict[str, list[Partition]]) -> None:
    is_csv = target.suffix == ".csv"
    if not is_csv:
        duck.execute(f"ATTACH '{target}' AS laptop")
    try:
        for name, parts in rows.items():
            promised = _promise(name)
            if promised is None:
                continue  # its contract cannot be read any more: that is said elsewhere
            view = f"laptop_{name}"
            show(duck, shelf, view, parts, schema=arrow_schema(promised), day=builder(name).day)
            statement = _sorted(view, promised)
            if is_csv:
                duck.execute(f"COPY ({statement}) TO '{target}' (FORMAT csv, HEADER, DELIMITER ',')")
            else:
                duck.execute(f'CREATE TABLE laptop."{name}" AS {statement}')
                _say_meanings(duck, name, promised)
    finally:
        if not is_csv:
            duck.execute("DETACH laptop")


def _promise(name: str) -> Contract | None:
    try:
        return contract(name)
    except ContractError:
        return None


def _sorted(view: str, promised: Contract) -> str:
    columns = ", ".join(f'"{column.name}"' for column in promised.columns)
    return f'SELECT {columns} FROM "{view}" ORDER BY {", ".join(map(_quoted, promised.key))}'


def _say_meanings(duck: Any, name: str, promised: Contract) -> None:
    duck.execute(
        f'COMMENT ON TABLE laptop."{name}" IS {_text(f"{promised.grain} Contract {promised.version}.")}'
    )
    for column in promised.columns:
        said = f"{column.meaning} Unit: {column.unit}." if column.unit else column.meaning
        duck.execute(f'COMMENT ON COLUMN laptop."{name}"."{column.name}" IS {_text(said)}')


def _measured(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size


def _quoted(column: str) -> str:
    return f'"{column}"'


def _text(said: str) -> str:
    return "'" + said.replace("'", "''") + "'"
