"""Marks in SQLite: written at once into its log, which is not waited for to reach the disk."""

import sqlite3
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

SHORTEST_PAUSE, LONGEST_PAUSE = 0.00005, 0.01
"""Another sender's mark takes some hundredths of a millisecond; SQLite's own waiting begins with a whole one."""


class OwnPen:
    """Writes marks through one connection of the driver."""

    def __init__(self, driver: Any, statements: Mapping[str, str]) -> None:
        names = ("message_id", "until", "id", "words", "settled_at", "outcome", "reason")
        form = {name: f":{name}" for name in names} | {"is_ours": "sender = :sender"}
        self._statements = {name: words.format(**form) for name, words in statements.items()}
        self._driver = driver
        self._cursor = driver.cursor()
        (self._usual_wait,) = driver.execute("PRAGMA busy_timeout").fetchone()  # in milliseconds
        driver.execute("PRAGMA busy_timeout=0")
        driver.execute("PRAGMA synchronous=NORMAL")

    def write(self, statement: str, **values: Any) -> int:
        """What `marks.Pen` says."""
        words = self._statements[statement]
        written = {
            name: _written(value) if isinstance(value, datetime) else value for name, value in values.items()
        }
        until, pause = 0.0, SHORTEST_PAUSE
        while True:
            try:
                return int(self._cursor.execute(words, written).rowcount)
            except sqlite3.OperationalError as wrong:
                until = until or time.monotonic() + self._usual_wait / 1000
                if wrong.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def jot(self, statement: str, **values: Any) -> None:
        """Is written at once as well: there is no server to wait for."""
        self.write(statement, **values)

    def wait(self) -> None:
        """Nothing is ever left to wait for."""

    def put_down(self) -> None:
        """Gives the connection back as it was."""
        self._driver.execute(f"PRAGMA busy_timeout={self._usual_wait}")
        self._driver.execute("PRAGMA synchronous=FULL")


def _written(utc: datetime) -> str:
    """As SQLAlchemy writes an instant: text without a zone."""
    return utc.replace(tzinfo=None).isoformat(" ", "microseconds")
