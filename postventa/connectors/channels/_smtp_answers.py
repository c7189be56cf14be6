"""What is said to a mail server for one letter, and what its refusals mean: this letter, this hour, or our configuration."""

import re
from dataclasses import dataclass

from postventa.connectors.channels._smtp_opening import said, short
from postventa.connectors.post import ChannelDown, ChannelRefused, NotAccepted, Refused, TryLater

GOING_AWAY = 421
GO_AHEAD = 354
TOO_LARGE = 552
LOGIN_WANTED = frozenset({530, 534, 535, 538})
NO_RELAY = ("relay access denied", "unable to relay", "relaying denied", "relay not permitted")
"""What servers say to every recipient when they do not know us: a matter of login, not of this letter."""


@dataclass(frozen=True, slots=True)
class Envelope:
    sender: str
    recipient: str

    @property
    def is_ascii(self) -> bool:
        return self.sender.isascii() and self.recipient.isascii()

    @property
    def commands(self) -> tuple[bytes, bytes, bytes]:
        """MAIL, RCPT and DATA."""
        options = "" if self.is_ascii else " SMTPUTF8"
        mail = f"MAIL FROM:<{self.sender}>{options}\r\n"
        return mail.encode(), f"RCPT TO:<{self.recipient}>\r\n".encode(), b"DATA\r\n"


def without_recipient(words: str, envelope: Envelope) -> str:
    """A server's words without whom they are about, in whatever letters it repeats the address, or what is before its @."""
    local = envelope.recipient.partition("@")[0]
    names = re.escape(envelope.recipient)
    if len(local) > 2:  # `no@...` is nobody's name, and "no such user" says something
        names += rf"|\b{re.escape(local)}\b"
    return re.sub(names, "(recipient)", words, flags=re.IGNORECASE)


def refusal(
    where: str, envelope: Envelope, code: int, reply: bytes, *, is_about_sender: bool = False
) -> NotAccepted:
    """What a refusal of `code` means for this letter or for the channel; the words name no recipient."""
    words = without_recipient(said(code, reply), envelope)
    if code in LOGIN_WANTED or any(phrase in words.lower() for phrase in NO_RELAY):
        return ChannelRefused(short(f"{where} wants a login (user_env, password_env): {words}"))
    if 400 <= code < 500:
        return TryLater(short(words))
    if not 500 <= code < 600:
        return ChannelDown(short(f"{where} does not speak SMTP as we do: {words}"))
    if is_about_sender and code != TOO_LARGE:
        return ChannelRefused(short(f"{where} does not accept our sender (`from`): {words}"))
    return Refused(short(words))
