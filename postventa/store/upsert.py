"""INSERT ... ON CONFLICT for both databases, in the one form that is fast: a statement and a list of rows."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, func
from sqlalchemy.dialects import postgresql, sqlite

Row = dict[str, Any]


def insert_new(connection: Connection, table: Any, rows: Sequence[Row], unique: Sequence[str]) -> int:
    """Inserts the rows whose `unique` columns are not there yet; answers how many were new."""
    if not rows:
        return 0
    statement = _insert(connection, table).on_conflict_do_nothing(index_elements=list(unique))
    inserted = statement.returning(table.__table__.c[unique[0]])  # drivers do not count many rows alike
    return len(connection.execute(inserted, list(rows)).all())


def upsert(
    connection: Connection,
    table: Any,
    rows: Sequence[Row],
    unique: Sequence[str],
    *,
    keep: Sequence[str] = (),
    fill: Sequence[str] = (),
) -> None:
    """Inserts the rows, or updates those that are there.

    `keep` columns stay as they were first written; `fill` columns are never emptied by a row that lacks them.
    """
    if not rows:
        return
    statement = _insert(connection, table)
    there = table.__table__.c
    changed = {
        name: func.coalesce(statement.excluded[name], there[name])
        if name in fill
        else statement.excluded[name]
        for name in rows[0]
        if name not in {*unique, *keep}
    }
    connection.execute(statement.on_conflict_do_update(index_elements=list(unique), set_=changed), list(rows))


def _insert(connection: Connection, table: Any) -> Any:
    into: Table = table.__table__
    return postgresql.insert(into) if connection.dialect.name == "postgresql" else sqlite.insert(into)
