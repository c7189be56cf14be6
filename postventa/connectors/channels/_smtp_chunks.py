"""A letter as one chunk (RFC 3030), written together with its envelope: the mail server is waited for once."""

import select
import smtplib

from postventa.connectors.channels._smtp_answers import GOING_AWAY, Envelope

LARGEST = 256 * 1024
"""Bytes of a letter that goes out before we know whether its reader is taken; a larger one is announced first."""
BDAT_UNKNOWN = frozenset({500, 502, 504})
"""Answers to a chunk from a server that offers chunks and knows none."""

Reply = tuple[int, bytes]


def may_go_at_once(connection: smtplib.SMTP, data: bytes) -> bool:
    """Whether the server takes chunks and commands that come together, and the letter is not too large to risk."""
    return len(data) <= LARGEST and connection.has_extn("pipelining") and connection.has_extn("chunking")


def in_one_go(
    connection: smtplib.SMTP, envelope: Envelope, data: bytes
) -> tuple[list[Reply], Exception | None]:
    """The answers to MAIL, RCPT and the letter, as far as they came, and what broke off the rest.

    Raises what smtplib raises while it is still certain that the letter was not taken: no server takes a chunk
    whose end has not come.
    """
    if _has_said_something(connection):
        raise smtplib.SMTPServerDisconnected("the kept connection was given up")
    mail, recipient, _ = envelope.commands
    data += b"" if data.endswith(b"\r\n") else b"\r\n"
    connection.send(b"%b%bBDAT %d LAST\r\n%b" % (mail, recipient, len(data), data))
    replies: list[Reply] = []
    try:
        while len(replies) < 3 and (not replies or replies[-1][0] != GOING_AWAY):
            replies.append(connection.getreply())
    except (smtplib.SMTPException, OSError) as broken:
        return replies, broken
    return replies, None


def _has_said_something(connection: smtplib.SMTP) -> bool:
    """Whether the server has spoken or hung up since its last answer: what is written to it now may not be read."""
    if connection.sock is None:
        return False
    ear = select.poll()
    ear.register(connection.sock, select.POLLIN)
    return bool(ear.poll(0))
