"""One moment of the store, seen for as long as building takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from postventa.workplace import Workplace


@contextmanager
def one_moment(place: Workplace) -> Iterator[Connection]:
    """A connection that sees the store as it is now for as long as the night takes, and locks nothing."""
    options: dict[str, Any] = {"reads_only": True}
    if place.store.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with place.store.connect().execution_options(**options) as connection:
        yield connection
