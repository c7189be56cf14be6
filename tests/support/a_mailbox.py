"""A mailbox that remembers of each letter what a test of exactly-once asks: which, whose, and in what sequence."""

import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import Envelope

from postventa.sandbox.door import Door

_WANTED = re.compile(
    rb"^(Message-ID|X-Postventa-Message|X-Postventa-Order): (.*)\r$", re.MULTILINE | re.IGNORECASE
)
KEPT = "250 2.0.0 kept"


@dataclass(frozen=True)
class Letter:
    message_id: str
    message: str
    order: str
    recipient: str
    raw: bytes


class AMailbox:
    """`with AMailbox() as mailbox:` and `mailbox.port` answers; `answer` decides what the server says."""

    def __init__(self, answer: Callable[[Letter], str | None] | None = None) -> None:
        self.answer = answer or (lambda _letter: KEPT)
        self.letters: list[Letter] = []
        self.offered: list[Letter] = []
        """Every letter that was handed over, kept or not."""
        self._more = threading.Condition()
        self._door = Door(self._receive, 0)
        self.port = self._door.port

    def __enter__(self) -> Self:
        self._door.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, where: TracebackType | None
    ) -> None:
        self._door.stop()

    def ids(self) -> Counter[str]:
        return Counter(letter.message_id for letter in self.letters)

    def told(self) -> Counter[tuple[str, str]]:
        """How often each (order, message) arrived."""
        return Counter((letter.order, letter.message) for letter in self.letters)

    def of(self, order: str | int) -> list[str]:
        """The messages of an order in the sequence of their arrival."""
        return [letter.message for letter in self.letters if letter.order == str(order)]

    def wait_for(self, count: int, seconds: float = 20) -> None:
        with self._more:
            assert self._more.wait_for(lambda: len(self.offered) >= count, seconds), len(self.offered)

    def _receive(self, envelope: Envelope) -> str | None:
        raw = envelope.original_content or b""
        head = {
            key.decode().lower(): value.decode()
            for key, value in _WANTED.findall(raw.partition(b"\r\n\r\n")[0] + b"\r\n")
        }
        letter = Letter(
            head.get("message-id", ""),
            head.get("x-postventa-message", ""),
            head.get("x-postventa-order", ""),
            envelope.rcpt_tos[0],
            raw,
        )
        with self._more:
            self.offered.append(letter)
            self._more.notify_all()
        words = self.answer(letter)
        if words is not None and words.startswith("250"):
            self.letters.append(letter)
        return words
