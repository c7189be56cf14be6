"""Opening the store: one engine a process and address, set up for SQLite in WAL mode or for PostgreSQL."""

import sqlite3
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, inspect, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from postventa.store import (  # noqa: F401 - every table must be known
    asks,
    cases,
    clocks,
    complaints,
    consents,
    estimates,
    inbox,
    messages,
    orders,
    reconciliation,
    returns,
    reviews,
    shipments,
)
from postventa.store.base import Base

BUSY_SECONDS = 30
"""How long a SQLite writer waits for another one; writes are short, so this is a sign of real trouble."""

CHECKPOINT_PAGES = 4000
"""When SQLite moves what was written into the main file: marks write the same pages again and again, so later is cheaper."""

CONNECT_SECONDS = 10
"""How long a PostgreSQL that does not answer is waited for: somebody may be looking at a page."""


REMEDIES = {
    "disk is full": "the disk is full: make room; nothing is lost, and the next run goes on",
    "readonly database": "this user may not write there: give the file and its folder to the user that runs postventa",
    "unable to open database file": "it cannot be opened: its folder is not there, or this user may not write in it",
}
"""What SQLite says of its file, and what to do."""


class StoreUnusable(RuntimeError):
    """The store cannot be opened, or its tables are not those of this version."""


class StoreTrouble(OperationalError):
    """The store's file cannot be used now; the sentence says what to do. It is worth another try, as its kin are."""

    def __str__(self) -> str:
        return str(self.orig)


@lru_cache(maxsize=8)
def open_store(url: str) -> Engine:
    """The engine for a store. Raises StoreUnusable if the address is not one of SQLite or PostgreSQL.

    What a statement was given is in no error: errors are read in Prefect, and customers' names do not belong there.
    """
    try:
        address = make_url(url)
    except ArgumentError as wrong:
        raise StoreUnusable("store.url is not a database address such as sqlite:///postventa.db") from wrong
    if address.get_backend_name() == "sqlite":
        if address.database and address.database != ":memory:":
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(address, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_at_once)
        event.listen(engine, "handle_error", _tell_the_first_trouble)
        event.listen(engine, "handle_error", _say_what_to_do)
        return engine
    if address.get_backend_name() == "postgresql":
        try:
            return create_engine(
                address.set(drivername="postgresql+psycopg"),
                pool_pre_ping=True,
                hide_parameters=True,
                connect_args={
                    "application_name": "postventa",
                    "options": "-c timezone=UTC",
                    "connect_timeout": CONNECT_SECONDS,
                },
            )
        except NoSuchModuleError as missing:
            raise StoreUnusable("PostgreSQL needs psycopg 3: pip install 'psycopg[binary]'") from missing
    raise StoreUnusable(
        f"store.url names {address.get_backend_name()}; postventa knows sqlite and postgresql"
    )


def create_tables(engine: Engine) -> None:
    """Creates what is missing without migrations, for a store that lives no longer than a test."""
    Base.metadata.create_all(engine)


def is_prepared(engine: Engine) -> bool:
    """Whether the store has tables. Raises StoreUnusable if it cannot be reached."""
    try:
        return inspect(engine).has_table("outbox")
    except OperationalError as down:
        raise StoreUnusable(f"the store cannot be reached: {str(down.orig).strip()}") from down


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's BEGIN is the only one: see _begin_at_once
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_at_once(connection: Any) -> None:
    """Takes the write lock at the start, so that two writers queue instead of one failing halfway."""
    options = connection.get_execution_options()
    connection.exec_driver_sql("BEGIN" if options.get("reads_only") else "BEGIN IMMEDIATE")


def _tell_the_first_trouble(context: ExceptionContext) -> None:
    """A full disk makes SQLite undo the whole transaction: that a savepoint is then missing is not the news."""
    earlier = context.original_exception.__context__
    if "no such savepoint" in str(context.original_exception) and isinstance(earlier, OperationalError):
        raise earlier


def _say_what_to_do(context: ExceptionContext) -> None:
    """The troubles of a file that an operator can mend, in words that name the file."""
    said = str(context.original_exception)
    remedy = next((todo for words, todo in REMEDIES.items() if words in said), "")
    if remedy and context.engine is not None and not isinstance(context.original_exception, StoreTrouble):
        where = context.engine.url.database
        raise StoreTrouble(None, None, sqlite3.OperationalError(f"store.url {where}: {remedy}"))
