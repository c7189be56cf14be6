"""Bringing a store to the tables of this version, and saying how far it is from them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from postventa.store.database import StoreUnusable

MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Version:
    """Where a store stands (None: it has no tables yet) and where this version of postventa wants it."""

    current: str | None
    wanted: str

    @property
    def is_current(self) -> bool:
        return self.current == self.wanted


def version(store: Engine) -> Version:
    """The store's version. Raises StoreUnusable if it cannot be reached."""
    wanted = ScriptDirectory.from_config(_config()).get_current_head()
    try:
        with store.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except DBAPIError as down:
        raise StoreUnusable(f"the store cannot be reached: {str(down.orig).strip()}") from down
    return Version(current, str(wanted))


def upgrade(store: Engine, to: str = "head") -> None:
    """Brings the store up to `to`. Raises StoreUnusable if it cannot be reached."""
    _walk(store, "upgrade", to)


def downgrade(store: Engine, to: str) -> None:
    """Takes the store back to `to`; `base` leaves it without tables, and without everything in them."""
    _walk(store, "downgrade", to)


def _walk(store: Engine, direction: str, to: str) -> None:
    config = _config()
    try:
        with store.connect() as connection, _tables_may_be_made_anew(connection), connection.begin():
            config.attributes["connection"] = connection
            getattr(command, direction)(config, to)
    except DBAPIError as down:
        raise StoreUnusable(f"the store cannot be brought to {to}: {str(down.orig).strip()}") from down


@contextmanager
def _tables_may_be_made_anew(connection: Connection) -> Iterator[None]:
    """SQLite changes a column by making the table anew: dropping the old one must not take with it what points there."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - a connection that is open has one
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
