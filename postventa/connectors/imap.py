r"""A mailbox that customers write to, read over IMAP: what waits in it, a mail's bytes, and the mark that it is filed.

The mark is a keyword of ours, so that a mail which somebody has already opened in a mail program still becomes a
case; on the few servers that keep no keywords it is the flag \Seen. Nothing is marked before it is saved.
"""

import contextlib
import imaplib
import logging
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self

from imapclient import IMAPClient

from postventa import settings
from postventa.connectors._imap_failures import LONGEST_WORDS, Failures
from postventa.connectors.errors import Refused
from postventa.connectors.trust import trust

TIMEOUT_SECONDS = 30.0
LARGEST = 25 * 1_048_576
"""A larger mail is read in its first part only: its headers and, as mails are built, its words."""
FIRST_PART = 262_144
MARK = "postventa"
_AT_ONCE = 500


class Unreadable(Exception):
    """The server has a mail and cannot hand it over; the others it can."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mail that waits in the mailbox; `received_at` is when the server took it, whatever its Date says."""

    uid: int
    received_at: datetime
    size: int
    is_seen: bool


@dataclass(frozen=True, slots=True)
class Post:
    """A mail as it lies in the mailbox; of one that is too large, its first part."""

    uid: int
    uid_validity: int
    received_at: datetime
    size: int
    raw: bytes
    is_whole: bool


def connect(name: str, mailbox: settings.Mailbox) -> "Imap":
    """The mailbox as configured; connects when it is entered. Raises BadConfiguration if a secret is missing."""
    where = f"mailboxes.{name}"
    return Imap(where, mailbox, settings.secret(mailbox.password_env, where), trust(where, mailbox))


class Imap:
    """One visit to one mailbox: `with connect(...) as mailbox`. Every failure is a ConnectorError in a sentence."""

    def __init__(
        self, where: str, mailbox: settings.Mailbox, password: str, context: ssl.SSLContext | None
    ) -> None:
        self._where = f"{where}: {mailbox.host}:{mailbox.port}"
        self._failures = Failures(self._where, mailbox, password)
        self._mailbox = mailbox
        self._password = password
        self._trust = context
        self._undo = contextlib.ExitStack()
        self._client: Any = None
        self.uid_validity = 0
        """Changes when the server has numbered its mails anew."""
        self._keeps_marks = False

    def __enter__(self) -> Self:
        with self._undo as undo, self._failures.named():
            self._client = self._connected(undo)
            chosen = self._client.select_folder(self._mailbox.folder)
            self.uid_validity = int(chosen.get(b"UIDVALIDITY", 0))
            self._keeps_marks = b"\\*" in chosen.get(b"PERMANENTFLAGS", ())
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_what: object) -> None:
        with self._undo, contextlib.suppress(imaplib.IMAP4.error, OSError):
            self._client.logout()

    def check(self) -> str:
        """Reaches the mailbox as a run would; answers one line."""
        with self, self._failures.named():
            count = len(self._client.search(["UNSEEN"]))
            self._prepare_done_folder()
        traits = [self._mailbox.security if self._trust else "not encrypted", f"{count} unread"]
        traits += [] if self._keeps_marks else ["keeps no keywords: what people read first is not filed"]
        return f"{self._where} opens {self._mailbox.folder} ({', '.join(traits)})"

    def waiting(self, since: datetime, unread_since: datetime) -> list[Waiting]:
        """What is not filed yet and came after `since`, or is unread and came after `unread_since`, oldest first."""
        # The server compares dates, without a zone: which of that day came later is asked below.
        wanted: list[Any] = ["UNDELETED", "SINCE", _the_day_before(min(since, unread_since))]
        if self._keeps_marks:
            wanted += ["UNKEYWORD", MARK, "OR", "UNSEEN", "SINCE", _the_day_before(since)]
        else:
            wanted.append("UNSEEN")
        with self._failures.named():
            uids = self._client.search(wanted)
            found = [one for some in _batches(uids) for one in self._looked_at(some)]
        kept = [one for one in found if one.received_at >= (since if one.is_seen else unread_since)]
        return sorted(kept, key=lambda one: (one.received_at, one.uid))

    def read(self, waiting: Waiting) -> Post | None:
        """The bytes of a mail; None if it has gone meanwhile. Raises Unreadable if the server cannot show it."""
        is_whole = waiting.size <= LARGEST
        part = "BODY.PEEK[]" if is_whole else f"BODY.PEEK[]<0.{FIRST_PART}>"
        key = b"BODY[]" if is_whole else b"BODY[]<0>"
        with self._failures.named(), _this_mail_alone():
            answer = self._client.fetch([waiting.uid], [part]).get(waiting.uid)
        if answer is None:
            return None
        raw = answer.get(key)
        if not raw:
            raise Unreadable("the server sends nothing of it")
        return Post(waiting.uid, self.uid_validity, waiting.received_at, waiting.size, raw, is_whole)

    def file(self, uid: int) -> None:
        """The mail is saved as ours: it moves to the done folder, or is marked as read where there is none."""
        with self._failures.named():
            self._mark(uid, is_read=True)
            if not self._mailbox.done_folder:
                return
            self._prepare_done_folder()
            if self._client.has_capability("MOVE"):
                self._client.move([uid], self._mailbox.done_folder)
                return
            self._client.copy([uid], self._mailbox.done_folder)
            self._client.delete_messages([uid], silent=True)
            if self._client.has_capability("UIDPLUS"):
                self._client.uid_expunge([uid])  # a plain EXPUNGE would also remove what others deleted

    def leave(self, uid: int) -> None:
        """The mail was looked at and is nothing of ours: it stays, unread if the server keeps our mark."""
        with self._failures.named():
            self._mark(uid, is_read=not self._keeps_marks)

    def _mark(self, uid: int, *, is_read: bool) -> None:
        flags = ["\\Seen"] if is_read else []
        flags += [MARK] if self._keeps_marks else []
        self._client.add_flags([uid], flags, silent=True)

    def _looked_at(self, uids: Sequence[int]) -> Iterator[Waiting]:
        answers = self._client.fetch(uids, ["INTERNALDATE", "RFC822.SIZE", "FLAGS"])
        for uid, answer in answers.items():
            received_at = answer[b"INTERNALDATE"].astimezone(UTC)
            yield Waiting(uid, received_at, answer[b"RFC822.SIZE"], b"\\Seen" in answer[b"FLAGS"])

    def _prepare_done_folder(self) -> None:
        folder = self._mailbox.done_folder
        if folder and not self._client.folder_exists(folder):
            self._client.create_folder(folder)

    def _connected(self, undo: contextlib.ExitStack) -> Any:
        # Its own log would hold mails and, at the finest level, commands.
        logging.getLogger("imapclient").setLevel(logging.WARNING)
        box = self._mailbox
        is_tls = box.security == "tls"
        client = IMAPClient(box.host, box.port, ssl=is_tls, ssl_context=self._trust, timeout=TIMEOUT_SECONDS)
        undo.callback(_hang_up, client)
        client.normalise_times = False
        # imaplib sends a password's last bytes apart: without this they wait 40 ms for the server's receipt.
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if box.security == "starttls":
            client.starttls(self._trust)
        # One way only: a wrong password that is tried by two counts twice at the server.
        if client.has_capability("AUTH=PLAIN"):
            client.plain_login(box.user, self._password)
        elif client.has_capability("LOGINDISABLED"):
            raise Refused(f"{self._where} takes no login without encryption: set security to starttls or tls")
        else:
            client.login(box.user, self._password)
        return client


@contextlib.contextmanager
def _this_mail_alone() -> Iterator[None]:
    """A NO to one mail is that mail's; a connection that breaks is everybody's."""
    try:
        yield
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as wrong:
        raise Unreadable(" ".join(str(wrong).split())[:LONGEST_WORDS]) from None


def _the_day_before(instant: datetime) -> date:
    return (instant - timedelta(days=1)).date()


def _batches(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (uids[start : start + _AT_ONCE] for start in range(0, len(uids), _AT_ONCE))


def _hang_up(client: Any) -> None:
    with contextlib.suppress(imaplib.IMAP4.error, OSError):
        client.shutdown()
