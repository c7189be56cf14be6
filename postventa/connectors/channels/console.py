"""A channel for trying things out: notes each letter on the terminal and sends none."""

import sys
from types import TracebackType
from typing import Self

from postventa import settings
from postventa.connectors.post import Accepted


def connect(name: str, channel: settings.Channel) -> "Console":
    """The channel as configured; only its name matters."""
    del channel
    return Console(name)


class Console:
    """Accepts everything. The notes go to stderr, for stdout may carry a command's JSON."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._noted = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def send(self, sender: str, recipient: str, data: bytes) -> Accepted:
        """Notes that a letter would have gone, and how large it is: nothing of what it says or to whom."""
        del sender, recipient
        self._noted += 1
        words = f"channels.{self._name}: letter {self._noted}, {len(data):,} bytes, noted and not sent"
        sys.stderr.write(words + "\n")
        return Accepted(words)

    def check(self) -> str:
        """Always there."""
        return f"channels.{self._name} notes letters on the terminal and sends none"

    def close(self) -> None:
        """Has nothing to let go."""
