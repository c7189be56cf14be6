"""Opening a connection to a mail server: greeting, encryption, login, and whose fault it is when one fails.

What a person must mend is ChannelRefused; what may pass by itself is ChannelDown.
"""

import contextlib
import smtplib
import ssl
from collections.abc import Iterator

from postventa import settings
from postventa.connectors.post import ChannelDown, ChannelRefused, NotAccepted

LONGEST_WORDS = 300


def short(words: str) -> str:
    """Servers can be talkative: the beginning is what helps."""
    return words if len(words) <= LONGEST_WORDS else words[: LONGEST_WORDS - 1] + "…"


def said(code: int, reply: bytes | str) -> str:
    """A server's reply on one line, as it came."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {' '.join(text.replace(chr(0), '').split())}"


def opened(
    where: str,
    channel: settings.Channel,
    context: ssl.SSLContext | None,
    login: tuple[str, str] | None,
    own_name: str | None,
) -> smtplib.SMTP:
    """A connection that is ready for letters. Raises ChannelDown or ChannelRefused."""
    with contextlib.ExitStack() as undo, _failures_named(where, channel):
        host, port, patience = channel.host, channel.port, channel.timeout_seconds
        connection: smtplib.SMTP
        if channel.security == "tls":
            connection = smtplib.SMTP_SSL(host, port, own_name, timeout=patience, context=context)
        else:
            connection = smtplib.SMTP(host, port, own_name, timeout=patience)
        undo.callback(connection.close)
        if channel.security == "starttls":
            connection.starttls(context=context)
        connection.ehlo_or_helo_if_needed()
        if login:
            _choose_one_way(connection, is_encrypted=context is not None)
            connection.login(*login)
        undo.pop_all()
    return connection


def _choose_one_way(connection: smtplib.SMTP, *, is_encrypted: bool) -> None:
    """Leaves smtplib one way to log in: it would try a wrong password by every way, and be locked out the sooner."""
    ways = ("PLAIN", "LOGIN", "CRAM-MD5") if is_encrypted else ("CRAM-MD5", "PLAIN", "LOGIN")
    offered = connection.esmtp_features.get("auth", "").upper().split()
    best = next((way for way in ways if way in offered), None)
    if best:
        connection.esmtp_features["auth"] = best


@contextlib.contextmanager
def _failures_named(where: str, channel: settings.Channel) -> Iterator[None]:
    try:
        yield
    except ssl.SSLError as wrong:
        raise _encryption_failed(where, channel, wrong) from None
    except (smtplib.SMTPServerDisconnected, TimeoutError) as gone:
        raise ChannelDown(short(f"{where} broke off while we connected ({gone})")) from None
    except smtplib.SMTPResponseException as refused:
        raise _turned_away(where, refused) from None
    except smtplib.SMTPException as missing:  # no STARTTLS, no AUTH, or no way to log in that we know
        raise ChannelRefused(
            short(f"{where} does not offer what the configuration asks for: {missing}")
        ) from None
    except UnicodeEncodeError:
        # Its text would quote the password.
        raise ChannelRefused(f"{where}: the user or the password has letters beyond ASCII") from None
    except OSError as gone:
        raise ChannelDown(
            short(f"{where} cannot be reached ({gone}): are host and port right, and does it run?")
        ) from None


def _encryption_failed(where: str, channel: settings.Channel, wrong: ssl.SSLError) -> NotAccepted:
    if isinstance(wrong, ssl.SSLCertVerificationError):
        return ChannelRefused(
            short(
                f"{where} shows a certificate that is not trusted ({wrong.verify_message}): "
                "if it is signed by a CA of your own, name the CA's file in ca_file"
            )
        )
    if isinstance(wrong, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return ChannelDown(f"{where} broke off while we agreed on encryption")
    return ChannelRefused(
        short(
            f"{where} does not speak TLS as we do ({wrong.reason}): "
            f"is security = {channel.security!r} right for this port?"
        )
    )


def _turned_away(where: str, refused: smtplib.SMTPResponseException) -> NotAccepted:
    words = said(refused.smtp_code, refused.smtp_error)
    if refused.smtp_code < 500:
        return ChannelDown(short(f"{where} does not take us now: {words}"))
    if isinstance(refused, smtplib.SMTPAuthenticationError):
        return ChannelRefused(
            short(f"{where} refuses our login, see what user_env and password_env name: {words}")
        )
    return ChannelRefused(short(f"{where} does not take us: {words}"))
