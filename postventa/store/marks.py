"""Marks that survive a killed process, made before and after every hand-over, cheap enough to make for each mail.

They go through a connection of their own that does not wait for the disk: what is written survives the death of
the process at once, and the durable end of the batch makes it survive the machine's. Plain driver statements,
because these two run for every message.
"""

from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from postventa.rules.messages import Outcome
from postventa.store.outbox import Settled

IN_FLIGHT_FOR = timedelta(minutes=5)
"""Longer than any hand-over can last: a message begun longer ago belongs to a dead sender."""

_BEGUN = """
    UPDATE outbox SET outcome = 'begun', attempts = attempts + 1, message_id = {m}, claimed_until = {u}
    WHERE id = {i} AND sender {is_} {s} AND outcome IN ('waiting', 'deferred')"""
_SENT = """
    UPDATE outbox SET outcome = 'sent', reason = '', words = {w}, settled_at = {n}, sender = NULL,
    claimed_until = NULL WHERE id = {i} AND message_id = {m}"""
_BACK = """
    UPDATE outbox SET outcome = {o}, reason = {r}, words = {w}, due_at = {u}, settled_at = {n}
    WHERE id = {i} AND sender {is_} {s}"""


class Marker:
    """Marks the messages of one sender; a context manager that holds one connection."""

    def __init__(self, store: Engine, sender: str) -> None:
        self._connection = store.raw_connection()
        driver: Any = self._connection.driver_connection
        dbapi: Any = store.dialect.dbapi
        self._broken = (dbapi.OperationalError, dbapi.InterfaceError)
        self._is_sqlite = store.dialect.name == "sqlite"
        self._sender = sender
        if self._is_sqlite:
            driver.execute("PRAGMA synchronous=NORMAL")
        else:
            driver.rollback()
            driver.autocommit = True
            driver.execute("SET synchronous_commit = off")
        self._driver = driver
        self._cursor = driver.cursor()
        form = dict.fromkeys("miuswnor", "?" if self._is_sqlite else "%s")
        # Said with `=`, PostgreSQL may look by the sender, whose claims are hundreds of rows, instead of the id.
        form["is_"] = "=" if self._is_sqlite else "IS NOT DISTINCT FROM"
        self._begun, self._sent, self._back = (
            statement.format(**form) for statement in (_BEGUN, _SENT, _BACK)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._is_sqlite:
                self._driver.execute("PRAGMA synchronous=FULL")
            else:
                self._driver.execute("SET synchronous_commit = on")
                self._driver.autocommit = False
        except self._broken:
            self._connection.invalidate()  # cut off: the pool must not lend it again
        finally:
            self._connection.close()

    def begin(self, outbox_id: int, message_id: str, wall: datetime) -> bool:
        """Marks a message as being handed over; False if it is no longer this sender's to hand over."""
        until = self._instant(wall + IN_FLIGHT_FOR)
        cursor = self._mark(self._begun, (message_id, until, outbox_id, self._sender))
        return bool(cursor.rowcount == 1)

    def sent(self, outbox_id: int, message_id: str, words: str, now: datetime) -> None:
        """Marks a message as accepted by the other side.

        By its Message-ID, whoever holds it now: a sender thought dead may still bring the receipt.
        """
        self._mark(self._sent, (words[:400], self._instant(now), outbox_id, message_id))

    def back(self, settled: Settled, now: datetime) -> None:
        """Marks a message that was begun as not accepted: deferred until an instant, failed, or in doubt."""
        settled_at = None if settled.outcome is Outcome.DEFERRED else self._instant(now)
        until = self._instant(settled.due_at or now)
        self._mark(
            self._back,
            (
                settled.outcome,
                settled.reason,
                settled.words[:400],
                until,
                settled_at,
                settled.id,
                self._sender,
            ),
        )

    def _mark(self, statement: str, values: tuple[Any, ...]) -> Any:
        """Raises OperationalError, as everything in the store does, if the mark cannot be made."""
        try:
            return self._cursor.execute(statement, values)
        except self._broken as broken:
            raise OperationalError("a mark in the outbox", None, broken) from broken

    def _instant(self, at: datetime) -> Any:
        """As SQLAlchemy writes it: text without a zone in SQLite, an aware instant in PostgreSQL."""
        utc = at.astimezone(UTC)
        return utc.replace(tzinfo=None).isoformat(" ", "microseconds") if self._is_sqlite else utc
