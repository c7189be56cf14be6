"""Marks that survive a killed process, made before and after every hand-over, cheap enough to make for each mail.

They go through a connection of their own that does not wait for the disk: what is written survives the death of
the process at once, and the durable end of the batch makes it survive the machine's. Plain driver statements,
because these two run for every message.
"""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import TracebackType
from typing import Any, Protocol, Self

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from postventa.rules.messages import Outcome
from postventa.store.outbox import Settled

IN_FLIGHT_FOR = timedelta(minutes=5)
"""Longer than any hand-over can last: a message begun longer ago belongs to a dead sender."""

_STATEMENTS = {
    "begun": """
        UPDATE outbox SET outcome = 'begun', attempts = attempts + 1, message_id = {message_id}, claimed_until = {until}
        WHERE id = {id} AND {is_ours} AND outcome IN ('waiting', 'deferred')""",
    "sent": """
        UPDATE outbox SET outcome = 'sent', reason = '', words = {words}, settled_at = {settled_at}, sender = NULL,
        claimed_until = NULL WHERE id = {id} AND message_id = {message_id}""",
    "back": """
        UPDATE outbox SET outcome = {outcome}, reason = {reason}, words = {words}, due_at = {until},
        settled_at = {settled_at} WHERE id = {id} AND {is_ours}""",
}


class Pen(Protocol):
    """How marks are written into one kind of database, by statement and named values."""

    def write(self, statement: str, **values: Any) -> int:
        """Answers how many messages were marked, when they are. Raises what the driver raises."""

    def jot(self, statement: str, **values: Any) -> None:
        """Writes without waiting where that is possible: whether it was written, the next call tells, or raises."""

    def wait(self) -> None:
        """Waits for what was jotted."""

    def put_down(self) -> None:
        """Gives the connection back as it was."""


class Marker:
    """Marks the messages of one sender; a context manager that holds one connection."""

    def __init__(self, store: Engine, sender: str) -> None:
        self._connection = store.raw_connection()
        dbapi: Any = store.dialect.dbapi
        self._broken = (dbapi.OperationalError, dbapi.InterfaceError)
        self._sender = sender
        kind = import_module(f"postventa.store._marks_in_{store.dialect.name}")
        self._pen: Pen = kind.OwnPen(self._connection.driver_connection, _STATEMENTS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._pen.put_down()
        except self._broken:
            self._connection.invalidate()  # cut off: the pool must not lend it again
        finally:
            self._connection.close()

    def begin(self, outbox_id: int, message_id: str, wall: datetime) -> bool:
        """Marks a message as being handed over; False if it is no longer this sender's to hand over."""
        until = (wall + IN_FLIGHT_FOR).astimezone(UTC)
        try:
            marked = self._pen.write(
                "begun", message_id=message_id, until=until, id=outbox_id, sender=self._sender
            )
        except self._broken as broken:
            raise _failed(broken) from broken
        return marked == 1

    def sent(self, outbox_id: int, message_id: str, words: str, now: datetime) -> None:
        """Marks a message as accepted by the other side: that it could not be, the next mark or `wait` may tell.

        By its Message-ID, whoever holds it now: a sender thought dead may still bring the receipt.
        """
        try:
            self._pen.jot(
                "sent",
                words=words[:400],
                settled_at=now.astimezone(UTC),
                id=outbox_id,
                message_id=message_id,
            )
        except self._broken as broken:
            raise _failed(broken) from broken

    def back(self, settled: Settled, now: datetime) -> None:
        """Marks a message that was begun as not accepted: deferred until an instant, failed, or in doubt."""
        settled_at = None if settled.outcome is Outcome.DEFERRED else now.astimezone(UTC)
        try:
            self._pen.write(
                "back",
                outcome=str(settled.outcome),
                reason=settled.reason,
                words=settled.words[:400],
                until=(settled.due_at or now).astimezone(UTC),
                settled_at=settled_at,
                id=settled.id,
                sender=self._sender,
            )
        except self._broken as broken:
            raise _failed(broken) from broken

    def wait(self) -> None:
        """Waits until everything is marked. Raises OperationalError if the last mark could not be made."""
        try:
            self._pen.wait()
        except self._broken as broken:
            raise _failed(broken) from broken


def _failed(broken: Exception) -> OperationalError:
    """As everything in the store fails."""
    return OperationalError("a mark in the outbox", None, broken)
