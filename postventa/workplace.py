"""Where a task works: the configuration and the store that belongs to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from postventa.settings import Settings, read_settings
from postventa.store.database import open_store


@dataclass(frozen=True, slots=True)
class Workplace:
    """Read once at the start of a task and passed on."""

    settings: Settings
    store: Engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that takes no write lock."""
        with self.store.connect().execution_options(reads_only=True) as connection:
            yield connection


def open_workplace(config: str | None = None) -> Workplace:
    """Reads the configuration at `config`, else where the environment says, and opens its store.

    Raises BadConfiguration and StoreUnusable with a sentence that says what to mend.
    """
    settings = read_settings(config)
    return Workplace(settings, open_store(settings.store.url))
