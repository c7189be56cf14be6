"""Mail over SMTP: one kept connection for many letters, and for each a certain answer or an honest doubt.

Until a letter's last byte is on its way, a broken connection costs nothing: we connect again, once, and
repeat the envelope. From then on only the server's answer says what happened.
"""

import contextlib
import logging
import smtplib
from types import TracebackType
from typing import Self

from postventa import settings
from postventa.connectors.addresses import Unsendable, mailbox, wire_address
from postventa.connectors.channels._smtp_answers import (
    GO_AHEAD,
    GOING_AWAY,
    Envelope,
    refusal,
    without_recipient,
)
from postventa.connectors.channels._smtp_chunks import BDAT_UNKNOWN, in_one_go, may_go_at_once
from postventa.connectors.channels._smtp_opening import opened, said, short
from postventa.connectors.post import Accepted, ChannelDown, ChannelRefused, Doubtful, NotAccepted, Refused
from postventa.connectors.trust import trust

logger = logging.getLogger(__name__)


class _Dropped(Exception):
    """The connection broke, or the server closed it with a 421: certainly before the hand-over."""


class _Stalled(_Dropped):
    """The server kept silent until we lost patience; trying at once would only double the wait."""


def connect(name: str, channel: settings.Channel) -> "Smtp":
    """The channel as configured; connects at the first letter. Raises BadConfiguration if a secret is missing."""
    return Smtp(name, channel, _login(f"channels.{name}", channel))


def _login(owner: str, channel: settings.Channel) -> tuple[str, str] | None:
    if not channel.user_env and not channel.password_env:
        return None
    if not channel.user_env or not channel.password_env:
        raise settings.BadConfiguration(f"{owner} needs both user_env and password_env, or neither")
    return settings.secret(channel.user_env, owner), settings.secret(channel.password_env, owner)


class Smtp:
    """One sender's way to one mail server; what it promises is in `post.Channel`."""

    def __init__(self, name: str, channel: settings.Channel, login: tuple[str, str] | None) -> None:
        self._channel = channel
        self._login = login
        self._where = f"channels.{name}: {channel.host}:{channel.port}"
        self._trust = trust(f"channels.{name}", channel)
        self._kept: smtplib.SMTP | None = None
        self._own_name: str | None = None
        self._takes_chunks = True

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
        """Hands over one letter, whose lines end in CRLF. Raises what `post.Channel.send` says."""
        envelope = self._envelope(sender, recipient)
        was_kept = self._kept is not None
        try:
            return self._deliver(envelope, data)
        except _Dropped as dropped:
            if not was_kept or isinstance(dropped, _Stalled):
                raise self._down(dropped, envelope) from None
            logger.info("%s closed the kept connection: connecting again", self._where)
        try:
            return self._deliver(envelope, data)
        except _Dropped as dropped:
            raise self._down(dropped, envelope) from None

    def check(self) -> str:
        """Connects and logs in as a letter would; answers what the server offers."""
        self.close()
        connection = self._connected()
        traits: list[str] = [self._channel.security if self._trust else "not encrypted"]
        traits += ["logged in"] if self._login else []
        traits += ["pipelining"] if connection.has_extn("pipelining") else []
        return f"{self._where} takes mail ({', '.join(traits)})"

    def close(self) -> None:
        """Says goodbye if somebody is there to hear it."""
        if self._kept is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._kept.docmd("QUIT")
        self._drop()

    def _deliver(self, envelope: Envelope, data: bytes) -> Accepted:
        connection = self._connected()
        self._check_offers(connection, envelope, data)
        if self._takes_chunks and may_go_at_once(connection, data):
            accepted = self._hand_over_at_once(connection, envelope, data)
            if accepted is not None:
                return accepted
            connection = self._connected()
        self._announce(connection, envelope)
        return self._hand_over(connection, envelope, data)

    def _connected(self) -> smtplib.SMTP:
        if self._kept is None:
            self._kept = opened(self._where, self._channel, self._trust, self._login, self._own_name)
            self._own_name = self._kept.local_hostname  # found by a look-up that need not be repeated
        return self._kept

    def _drop(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _envelope(self, sender: str, recipient: str) -> Envelope:
        try:
            from_address = mailbox(sender)[1]
        except Unsendable as wrong:
            raise ChannelRefused(f"{self._where}: {wrong}: correct `from`") from None
        try:
            return Envelope(from_address, wire_address(recipient))
        except Unsendable as wrong:
            raise Refused(f"the recipient cannot be written to: {wrong}") from None

    def _check_offers(self, connection: smtplib.SMTP, envelope: Envelope, data: bytes) -> None:
        if not envelope.is_ascii and not connection.has_extn("smtputf8"):
            raise Refused(
                f"{self._where} does not take addresses with letters beyond ASCII before the @ (no SMTPUTF8)"
            )
        largest = connection.esmtp_features.get("size", "")
        if largest.isdecimal() and 0 < int(largest) < len(data):
            raise Refused(f"{self._where} takes {int(largest):,} bytes at most, and this has {len(data):,}")

    def _announce(self, connection: smtplib.SMTP, envelope: Envelope) -> None:
        """MAIL, RCPT and DATA, in one write where the server allows it (RFC 2920)."""
        together = connection.has_extn("pipelining")
        replies: list[tuple[int, bytes]] = []
        try:
            if together:
                connection.send(b"".join(envelope.commands))
            for command in envelope.commands:
                if not together:
                    connection.send(command)
                replies.append(connection.getreply())
                if replies[-1][0] == GOING_AWAY or (not together and replies[-1][0] >= 400):
                    break
        except (smtplib.SMTPException, OSError) as broken:
            raise self._dropped(broken) from broken
        code, reply = replies[-1]
        if code == GOING_AWAY:
            self._drop()
            raise _Dropped(said(code, reply))
        refused = [step for step, (code, _) in enumerate(replies) if not 200 <= code < 400]
        if code == GO_AHEAD and not refused:
            return
        self._back_to_start(connection, in_data=code == GO_AHEAD)
        step = refused[0] if refused else len(replies) - 1
        raise self._refusal(envelope, *replies[step], is_about_sender=step == 0)

    def _hand_over(self, connection: smtplib.SMTP, envelope: Envelope, data: bytes) -> Accepted:
        stuffed = (b"." if data.startswith(b".") else b"") + data.replace(b"\r\n.", b"\r\n..")
        end = b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n"
        try:
            connection.send(stuffed + end)
        except (smtplib.SMTPException, OSError) as broken:
            # Not all bytes went, so the closing dot did not: no server takes a letter without it.
            raise self._dropped(broken) from broken
        try:
            code, reply = connection.getreply()
        except (smtplib.SMTPException, OSError) as broken:
            raise self._in_doubt(broken) from broken
        return self._answered(envelope, code, reply)

    def _hand_over_at_once(
        self, connection: smtplib.SMTP, envelope: Envelope, data: bytes
    ) -> Accepted | None:
        """In one write and one wait; None from a server that offers chunks and knows none: it has taken nothing."""
        try:
            replies, broken = in_one_go(connection, envelope, data)
        except (smtplib.SMTPException, OSError) as before_the_end:
            raise self._dropped(before_the_end) from before_the_end
        step = next((step for step, (code, _) in enumerate(replies[:2]) if not 200 <= code < 300), None)
        if broken is not None:
            if step is None:
                raise self._in_doubt(broken) from broken
            self._drop()
        if step is None:
            if replies[2][0] not in BDAT_UNKNOWN:
                return self._answered(envelope, *replies[2])
            self._takes_chunks = False
            self._drop()  # it has read the letter as commands
            return None
        if replies[step][0] == GOING_AWAY:
            self._drop()
            raise _Dropped(said(*replies[step]))
        if self._kept is not None:
            self._back_to_start(self._kept, in_data=False)
        raise self._refusal(envelope, *replies[step], is_about_sender=step == 0)

    def _answered(self, envelope: Envelope, code: int, reply: bytes) -> Accepted:
        """What the answer to the whole letter means."""
        if 200 <= code < 300:
            return Accepted(short(said(code, reply)))
        if not 400 <= code < 600:
            self._drop()
            raise Doubtful(short(f"{self._where} answered the letter with {said(code, reply)}"))
        if code == GOING_AWAY or self._kept is None:
            self._drop()
        else:
            self._back_to_start(self._kept, in_data=False)
        raise self._refusal(envelope, code, reply)

    def _back_to_start(self, connection: smtplib.SMTP, *, in_data: bool) -> None:
        """A clean start after a refusal; a server that waits for the letter all the same gets an empty one."""
        try:
            if in_data:
                connection.send(b".\r\n")
                connection.getreply()
            clean = connection.rset()[0] == 250
        except (smtplib.SMTPException, OSError):
            clean = False
        if not clean:
            self._drop()

    def _refusal(
        self, envelope: Envelope, code: int, reply: bytes, *, is_about_sender: bool = False
    ) -> NotAccepted:
        if not 400 <= code < 600:
            self._drop()
        return refusal(self._where, envelope, code, reply, is_about_sender=is_about_sender)

    def _in_doubt(self, broken: Exception) -> Doubtful:
        self._drop()
        return Doubtful(short(f"{self._where}: the letter went and no answer came ({broken})"))

    def _dropped(self, broken: Exception) -> _Dropped:
        self._drop()
        return (_Stalled if isinstance(broken.__context__, TimeoutError) else _Dropped)(str(broken))

    def _down(self, dropped: _Dropped, envelope: Envelope) -> ChannelDown:
        words = without_recipient(str(dropped), envelope)
        return ChannelDown(short(f"{self._where} broke off before the letter went: {words}"))
