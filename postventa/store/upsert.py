"""INSERT ... ON CONFLICT for both databases, in the one form that is fast: a statement and a list of rows."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, insert, text

Row = dict[str, Any]


def insert_new(connection: Connection, table: Any, rows: Sequence[Row], unique: Sequence[str]) -> int:
    """Inserts the rows whose `unique` columns are not there yet; answers how many were new."""
    if not rows:
        return 0
    return len(connection.execute(_of_what_is_new(table, tuple(unique)), list(rows)).all())


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
    changed = tuple(name for name in rows[0] if name not in {*unique, *keep})
    connection.execute(_of_all(table, tuple(unique), changed, tuple(fill)), list(rows))


@cache
def _of_what_is_new(table: Any, unique: tuple[str, ...]) -> Any:
    statement = _on_conflict(table, unique, "DO NOTHING")
    return statement.returning(table.__table__.c[unique[0]])  # drivers do not count many rows alike


@cache
def _of_all(table: Any, unique: tuple[str, ...], changed: tuple[str, ...], fill: tuple[str, ...]) -> Any:
    there = table.__table__.name
    changes = ", ".join(
        f'"{name}" = coalesce(excluded."{name}", "{there}"."{name}")'
        if name in fill
        else f'"{name}" = excluded."{name}"'
        for name in changed
    )
    return _on_conflict(table, unique, f"DO UPDATE SET {changes}")


def _on_conflict(table: Any, unique: tuple[str, ...], what: str) -> Any:
    """As text, which both databases read alike: the clauses of the dialects have no place in the cache of compiled
    statements, so that each call would be compiled anew.
    """
    statement = insert(table.__table__)
    named = ", ".join(f'"{name}"' for name in unique)
    statement._post_values_clause = text(f"ON CONFLICT ({named}) {what}")  # noqa: SLF001 - no other way to the cache
    return statement
