"""Questions about a batch of rows by their numbers, in the form that each kind of database answers quickest."""

from collections.abc import Iterable

from sqlalchemy import BigInteger, ColumnElement, Connection, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY


def among(connection: Connection, column: ColumnElement[int], ids: Iterable[int]) -> ColumnElement[bool]:
    """`column IN (ids)`; on PostgreSQL the ids are one value, so that the statement is read and planned once for all."""
    wanted = list(ids)
    if connection.dialect.name == "postgresql":
        return column == any_(literal(wanted, ARRAY(BigInteger)))
    return column.in_(wanted)
