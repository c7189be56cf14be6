"""Carrying over: days whose facts are gone cannot be computed again, so a new version of a contract takes them along."""

from collections.abc import Mapping
from datetime import date

import pyarrow as pa

from postventa.contracts import Contract, ContractError, arrow_schema
from postventa.datasets._building import Work, folder_of, partition_of
from postventa.datasets._loading import read_partition
from postventa.datasets._manifest import Dataset, Partition


def out_of_reach(before: Dataset | None, contract: Contract, facts_from: date) -> dict[date, Partition]:
    """The days of an earlier version that are older than what they were computed from.

    None for a new major version: what it means is something else, and it begins with the facts that are there.
    """
    if before is None or int(before.version.partition(".")[0]) != contract.major:
        return {}
    return {day: part for day, part in before.partitions.items() if day < facts_from}


def carry_over(
    work: Work, contract: Contract, column: str, days: Mapping[date, Partition]
) -> dict[date, Partition]:
    """These days as the contract says them now; a column that is new is empty in them.

    Raises ContractError where one has gone or has another type.
    """
    made: dict[date, Partition] = {}
    files: dict[str, bytes] = {}
    for day, part in days.items():
        if not part.file:
            made[day] = part
            continue
        file = f"{folder_of(contract, work.run)}/{column}={day}/{contract.name}.parquet"
        rows = _said_anew(read_partition(work.shelf, part), contract)
        made[day], files[file] = partition_of(file, rows, part.totals)
    work.shelf.write_all(files)
    return made


def _said_anew(rows: pa.Table, contract: Contract) -> pa.Table:
    schema = arrow_schema(contract)
    for one in rows.schema:
        if one.name not in schema.names or schema.field(one.name).type != one.type:
            raise ContractError(
                f"{contract.name} {contract.version}: {one.name} has gone or has another type, and days whose facts are "
                "deleted cannot be computed again: take a new major version"
            )
    there = set(rows.schema.names)
    columns = [rows[one.name] if one.name in there else pa.nulls(rows.num_rows, one.type) for one in schema]
    return pa.Table.from_arrays(columns, schema=schema).combine_chunks()
