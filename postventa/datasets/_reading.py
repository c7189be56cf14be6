"""Reading facts: rows of the store as typed columns, the same from SQLite as from PostgreSQL, without a loop over rows.

Values are taken as the driver hands them over and are converted column by column, so that a column in which
everything is missing keeps its type.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pandas as pd
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Float,
    Integer,
    Numeric,
    Select,
    cast,
    func,
    select,
    type_coerce,
)
from sqlalchemy.types import NullType

from postventa.datasets._night import Night, Span, Window, windows
from postventa.store.base import Amount, Instant

TEN_THOUSANDTHS = 10_000
"""Money has four decimals in the store: sums are made of whole numbers, which no database rounds."""


def per_shop(night: Night, span: Span, rows: Callable[[Night, Window], pd.DataFrame]) -> pd.DataFrame:
    """What `rows` answers for each shop, one after the other."""
    return pd.concat([rows(night, window) for window in windows(night, span)], ignore_index=True)


def read(night: Night, statement: Select[Any]) -> pd.DataFrame:
    """The rows of a statement, its columns typed as the store's are."""
    if night.connection is None:
        raise ValueError("facts are read from the store, and this night has none")
    columns = list(statement.selected_columns)
    raw = select(*(type_coerce(column, NullType()).label(column.key) for column in statement.subquery().c))
    rows = night.connection.execute(raw).all()
    values: Iterable[Any] = zip(*rows, strict=True) if rows else ((),) * len(columns)
    return pd.DataFrame(
        {column.key: _typed(column.type, list(found)) for column, found in zip(columns, values, strict=True)}
    )


def in_units(amount: Any) -> Any:
    """An amount in ten thousandths."""
    return cast(func.round(cast(amount, Numeric(18, 4)) * TEN_THOUSANDTHS), BigInteger)


def exact_sum(amount: Any) -> Any:
    """The sum of amounts in ten thousandths; SQLite would add up its texts as floating numbers."""
    return cast(func.sum(in_units(amount)), BigInteger)


def money(ten_thousandths: "pd.Series[Any]") -> "pd.Series[Any]":
    """Whole ten thousandths as exact amounts; what is missing stays so."""
    return ten_thousandths.map(lambda units: Decimal(int(units)).scaleb(-4), na_action="ignore").astype(
        object
    )


def local_day(moments: "pd.Series[Any]", window: Window) -> "pd.Series[Any]":
    """The day on which something happened, by the shop's own clock."""
    here = moments.dt.tz_convert(window.zone).dt.tz_localize(None)
    days: pd.Series[Any] = here.dt.normalize().astype("date32[pyarrow]")
    return days


def hours(since: "pd.Series[Any]", until: "pd.Series[Any]") -> "pd.Series[Any]":
    """How long something took, to the hundredth of an hour; missing where one of the two is."""
    return ((until - since).dt.total_seconds() / 3600).round(2).astype("Float64")


def _typed(kind: Any, values: list[Any]) -> "pd.Series[Any]":
    if isinstance(kind, Instant):
        return pd.Series(pd.to_datetime(pd.Series(values, dtype=object), utc=True, format="ISO8601")).astype(
            "datetime64[us, UTC]"
        )
    if isinstance(kind, Boolean):
        return pd.Series(
            [None if one is None else bool(one) for one in values], dtype="boolean"
        )  # SQLite: 0, 1
    if isinstance(kind, Integer):
        return pd.Series([None if one is None else int(one) for one in values], dtype="Int64")
    if isinstance(kind, Amount):
        return pd.Series([None if one is None else Decimal(one) for one in values], dtype=object)
    if isinstance(kind, Float):
        return pd.Series(values, dtype="Float64")
    if isinstance(kind, JSON | NullType):
        raise TypeError(f"a column of the type {kind!r} has no place in a dataset")
    return pd.Series(values, dtype="str")
