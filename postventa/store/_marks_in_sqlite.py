"""Marks in SQLite: written at once into its log, which is not waited for to reach the disk."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any


class OwnPen:
    """Writes marks through one connection of the driver."""

    def __init__(self, driver: Any, statements: Mapping[str, str]) -> None:
        names = ("message_id", "until", "id", "words", "settled_at", "outcome", "reason")
        form = {name: f":{name}" for name in names} | {"is_ours": "sender = :sender"}
        self._statements = {name: words.format(**form) for name, words in statements.items()}
        self._driver = driver
        self._cursor = driver.cursor()
        driver.execute("PRAGMA synchronous=NORMAL")

    def write(self, statement: str, **values: Any) -> int:
        """What `marks.Pen` says."""
        written = {
            name: _written(value) if isinstance(value, datetime) else value for name, value in values.items()
        }
        return int(self._cursor.execute(self._statements[statement], written).rowcount)

    def jot(self, statement: str, **values: Any) -> None:
        """Is written at once as well: there is no server to wait for."""
        self.write(statement, **values)

    def wait(self) -> None:
        """Nothing is ever left to wait for."""

    def put_down(self) -> None:
        """Gives the connection back as it was."""
        self._driver.execute("PRAGMA synchronous=FULL")


def _written(utc: datetime) -> str:
    """As SQLAlchemy writes an instant: text without a zone."""
    return utc.replace(tzinfo=None).isoformat(" ", "microseconds")
