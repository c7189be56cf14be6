"""What the store knows of a mailbox: since when it is read, how far, and which of its mails wait for a person."""

from datetime import datetime

from sqlalchemy import Connection, select

from postventa.store import filing
from postventa.store.inbox import QuarantineRow

_KEPT_OF_A_MAIL = 4000
"""Bytes of a mail that is set aside: enough to find it in the mailbox."""


def source_of(mailbox: str) -> str:
    """What the quarantine and the cursors call a mailbox."""
    return f"mailbox:{mailbox}"[:64]


def connected_at(connection: Connection, mailbox: str, now: datetime) -> datetime:
    """When this mailbox was first read: now, if it never was."""
    name = f"{source_of(mailbox)}:connected"
    known = filing.cursor(connection, name)
    if known is None:
        filing.move_cursor(connection, name, now, now)
    return known or now


def read_until(connection: Connection, mailbox: str, now: datetime) -> None:
    """Notes for managers that the mailbox has been read."""
    filing.move_cursor(connection, source_of(mailbox), now, now)


def set_aside(
    connection: Connection, mailbox: str, ref: str, *, reason: str, raw: bytes, now: datetime
) -> None:
    """Sets a mail aside for a person; it stays where it is, unread."""
    filing.quarantine(
        connection,
        source=source_of(mailbox),
        kind="mail",
        ref=ref,
        reason=reason,
        raw=raw[:_KEPT_OF_A_MAIL].decode("utf-8", "replace"),
        now=now,
    )


def waiting_for_a_person(connection: Connection, mailbox: str) -> frozenset[str]:
    """The mails that were set aside; `postventa quarantine retry` lets them be read again."""
    wanted = select(QuarantineRow.ref).where(QuarantineRow.source == source_of(mailbox))
    return frozenset(connection.execute(wanted).scalars())
