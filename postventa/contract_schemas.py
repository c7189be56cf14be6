"""A contract's columns as Arrow types, and a frame brought into them exactly, or refused by the column's name."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from postventa.contract_terms import Column, Contract, ContractError, Kind

_TYPES: dict[Kind, pa.DataType] = {
    Kind.STRING: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: pa.timestamp("us", tz="UTC"),
}


def arrow_schema(contract: Contract) -> pa.Schema:
    """The dataset's columns with their exact types; meaning and unit travel with each.

    Every column may be empty here: that one must not be is a rule, and fails by the rule's name.
    """
    return pa.schema(
        [pa.field(column.name, arrow_type(column), metadata=_told(column)) for column in contract.columns],
        metadata={"contract": contract.name, "version": contract.version},
    )


def arrow_type(column: Column) -> pa.DataType:
    """The type of one column."""
    return pa.decimal128(*column.decimals) if column.decimals else _TYPES[column.kind]


def conform(frame: pd.DataFrame, contract: Contract) -> pa.Table:
    """The frame as a table of exactly the contract's columns. Raises ContractError with the column and the reason."""
    wanted, there = [column.name for column in contract.columns], [str(name) for name in frame.columns]
    for problem in _misfits(wanted, there):
        raise ContractError(f"{contract.name} {contract.version}: {problem}")
    schema = arrow_schema(contract)
    arrays = [_array(frame[column.name], column, contract) for column in contract.columns]
    return pa.Table.from_arrays(arrays, schema=schema)


def _misfits(wanted: list[str], there: list[str]) -> Iterator[str]:
    for name in wanted:
        if there.count(name) != 1:
            yield f"the column {name} is {'there twice' if name in there else 'missing'}"
    for name in there:
        if name not in wanted:
            yield f"the column {name} is not in the contract: promise it there, or leave it out"


def _array(series: "pd.Series[Any]", column: Column, contract: Contract) -> Any:
    """One column, converted only where nothing is lost. What was found is told by its type, never by a value."""
    wanted = arrow_type(column)
    try:
        found: Any = pa.array(series, from_pandas=True)
        if isinstance(found, pa.ChunkedArray):
            found = found.combine_chunks()
        made = found.cast(wanted) if _fits(found.type, column) else None
    except pa.ArrowException:
        made = None
    if made is None:
        found_as = "values of several types" if series.dtype == object else series.dtype
        raise ContractError(
            f"{contract.name} {contract.version}: the column {column.name} must be {wanted}, and {found_as} "
            "cannot become that without a guess"
        )
    if made.type == pa.float64() and not pc.all(pc.is_finite(made), min_count=0).as_py():
        raise ContractError(
            f"{contract.name} {contract.version}: the column {column.name} holds an infinite number"
        )
    return made


def _fits(found: pa.DataType, column: Column) -> bool:
    """Whether a conversion says the same: text is no number, a clock without a zone no instant, a float no amount."""
    if pa.types.is_null(found):
        return True
    if pa.types.is_dictionary(found):
        found = found.value_type
    is_whole = pa.types.is_integer(found) or pa.types.is_decimal(found)
    match column.kind:
        case Kind.TIMESTAMP:
            return bool(pa.types.is_timestamp(found) and found.tz)
        case Kind.DATE:
            return pa.types.is_date(found) or bool(pa.types.is_timestamp(found) and not found.tz)
        case Kind.STRING:
            return pa.types.is_string(found) or pa.types.is_large_string(found)
        case Kind.BOOLEAN:
            return pa.types.is_boolean(found)
        case _:
            return is_whole or (pa.types.is_floating(found) and not column.decimals)


def _told(column: Column) -> dict[str, str]:
    return {"meaning": column.meaning} | ({"unit": column.unit} if column.unit else {})
