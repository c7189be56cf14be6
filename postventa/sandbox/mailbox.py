"""The mailbox: an SMTP server on loopback that keeps what it is sent, in memory, as it came."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser, BytesParser
from functools import cached_property
from random import Random
from typing import Any

from aiosmtpd.smtp import Envelope

from postventa.sandbox.door import Door
from postventa.sandbox.settings import Faults
from postventa.sandbox.watch import Watch


@dataclass(frozen=True)
class Mail:
    """One mail as it was handed over. Nothing is read from it before somebody asks."""

    id: int
    raw: bytes
    sender: str
    recipients: tuple[str, ...]
    received_at: datetime
    """By the sandbox's watch."""
    arrived_at: float
    """By the real clock, in seconds since the epoch: what a benchmark measures with."""

    @cached_property
    def headers(self) -> "Message[str, str]":
        return BytesHeaderParser().parsebytes(self.raw.partition(b"\r\n\r\n")[0])

    def header(self, name: str) -> str:
        """A header as people read it; empty if the mail has none."""
        written = self.headers.get(name)
        if written is None:
            return ""
        try:
            return " ".join(str(make_header(decode_header(str(written)))).split())
        except (UnicodeError, LookupError):
            return str(written)

    @property
    def message(self) -> str:
        return self.header("X-Postventa-Message")

    @property
    def order(self) -> str:
        return self.header("X-Postventa-Order")

    def parsed(self) -> EmailMessage:
        return BytesParser(policy=policy.default).parsebytes(self.raw)

    def summary(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "to": ", ".join(self.recipients),
            "subject": self.header("Subject"),
            "message": self.message,
            "order": self.order,
            "shop": self.header("X-Postventa-Shop"),
            "language": self.header("Content-Language"),
            "message_id": self.header("Message-ID"),
            "received_at": self.received_at.isoformat(),
        }


class Mailbox:
    """Keeps mails in the sequence of their arrival, and answers SMTP as its faults tell it to."""

    def __init__(
        self,
        watch: Watch,
        faults: Callable[[], Faults],
        *,
        port: int = 0,
        seed: int = 1,
        keep_bodies: bool = True,
    ) -> None:
        self._watch, self._faults = watch, faults
        self._keep_bodies, self._dice = keep_bodies, Random(seed)
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._mails: dict[int, Mail] = {}
        self._door: Door | None = None
        self.port = port

    def start(self) -> None:
        """Opens the door; returns when it answers. The port stays the same when it is opened again."""
        door = Door(self.receive, self.port)
        self.port = door.port
        door.start()
        self._door = door

    def stop(self) -> None:
        """Closes the door, and every connection with it."""
        if self._door:
            self._door.stop()
            self._door = None

    def follow(self, faults: Faults) -> None:
        """Opens or closes the door as `smtp_down` says."""
        if faults.smtp_down and self._door:
            self.stop()
        elif not faults.smtp_down and not self._door:
            self.start()

    def receive(self, envelope: Envelope) -> str | None:
        """What the server answers to a mail, after keeping it; None ends the connection without a word."""
        faults = self._faults()
        if self._strikes(faults.smtp_451):
            return "451 4.7.1 Greylisted, please try again later"
        if self._strikes(faults.smtp_550):
            return "550 5.1.1 No such mailbox here"
        dropped = self._strikes(faults.smtp_drop)
        if dropped and self._dice.random() < 0.5:
            return None
        mail = self._keep(envelope)
        return None if dropped else f"250 2.0.0 OK, kept as {mail.id}"

    def _keep(self, envelope: Envelope) -> Mail:
        raw = envelope.original_content or b""
        if not self._keep_bodies:
            raw = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        with self._lock:
            mail = Mail(
                next(self._ids),
                raw,
                envelope.mail_from or "",
                tuple(envelope.rcpt_tos),
                self._watch.now(),
                time.time(),
            )
            self._mails[mail.id] = mail
        return mail

    def _strikes(self, share: float) -> bool:
        return share > 0 and self._dice.random() < share

    def mail(self, mail_id: int) -> Mail | None:
        return self._mails.get(mail_id)

    def mails(self) -> Sequence[Mail]:
        """Newest first."""
        with self._lock:
            return list(reversed(self._mails.values()))

    def clear(self) -> int:
        with self._lock:
            gone = len(self._mails)
            self._mails.clear()
        return gone

    def truth(self) -> dict[str, Any]:
        messages = Counter(mail.message for mail in self.mails())
        return {"total": sum(messages.values()), "by_message": dict(sorted(messages.items()))}
