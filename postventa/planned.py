"""A message as the outlook shows it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Planned:
    """A message that is owed: what would become of it, when, and why if it would not go."""

    key: str
    order: str
    message: str
    at: datetime
    outcome: str
    """`would_send`, `suppressed` or `deferred`."""
    reason: str
    channel: str = "email"

    @property
    def how(self) -> str:
        """What people read of it beside a mail."""
        return "  (text)" if self.channel == "sms" else ""
