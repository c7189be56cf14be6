"""The vocabulary of handing a letter over: what a channel may answer, and what each answer lets the sender do.

Two questions decide what follows: may the letter have gone, and whom does the refusal concern. A doubt is
never turned into a retry here; whoever sends decides with the policy in hand.
"""

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self


@dataclass(frozen=True, slots=True)
class Accepted:
    """The other side has taken the letter and answers for it; `words` is its receipt."""

    words: str


class NotAccepted(Exception):
    """Something other than a receipt; `words` says what happened, without the recipient's address."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class TryLater(NotAccepted):
    """Refused for now, this letter only (4xx): nothing was sent, and a later try may pass."""


class Refused(NotAccepted):
    """Refused for good, this letter only (5xx), such as an unknown recipient: nothing was sent."""


class ChannelDown(NotAccepted):
    """The channel cannot be reached or broke off before the hand-over: certainly nothing was sent."""


class Doubtful(NotAccepted):
    """The connection broke after the letter went and before the answer came: it may have been sent."""


class ChannelRefused(NotAccepted):
    """Login, encryption or sender was refused: nothing will go until a person mends the configuration."""


class Channel(Protocol):
    """A way to the customer: one module in `postventa/connectors/channels/` whose `connect(name, settings)` answers this.

    A channel keeps its connection between letters and belongs to one sender: it is not shared by threads.
    """

    def send(self, sender: str, recipient: str, data: bytes) -> Accepted:
        """Hands over one letter. Raises one of the five above; any other error is a mistake of ours."""
        ...

    def check(self) -> str:
        """Reaches the channel and logs in; answers one line. Raises ChannelDown or ChannelRefused."""
        ...

    def close(self) -> None:
        """Lets the connection go. Closing twice, or before any letter, is fine."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
