"""Emptying a store between two tests: a hundred times quicker than making its tables anew, or truncating them."""

from functools import cache

from sqlalchemy import Engine

from postventa.store.base import Base


def empty(engine: Engine) -> None:
    """Takes every row out of every table; numbering begins at 1 again."""
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.begin() as connection:
        for statement in _deletes():
            connection.exec_driver_sql(statement)
        if not is_sqlite:  # SQLite numbers on from the highest that is there
            connection.exec_driver_sql(
                # From pg_sequence: asked of pg_class, PostgreSQL may open a table before it looks whether it is one.
                "SELECT setval(s.seqrelid::regclass, 1, false) FROM pg_sequence s "
                "WHERE pg_sequence_last_value(s.seqrelid) IS NOT NULL"
            )


@cache
def _deletes() -> list[str]:
    return [f"DELETE FROM {table.name}" for table in reversed(Base.metadata.sorted_tables)]
