"""What can go wrong with a mailbox, in sentences: whose fault it is, what to mend, and no secret in them."""

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from imapclient.exceptions import CapabilityError, LoginError

from postventa.connectors.errors import ConnectorError, Refused, Unreachable
from postventa.settings import Mailbox

LONGEST_WORDS = 300
_PASSES_BY_ITSELF = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")
"""What servers say when a login fails for now (RFC 5530)."""


class Failures:
    """Names the failures of one mailbox: Unreachable where it may pass by itself, Refused where a person must mend."""

    def __init__(self, where: str, mailbox: Mailbox, password: str) -> None:
        self._where = where
        self._mailbox = mailbox
        self._password = password

    @contextmanager
    def named(self) -> Iterator[None]:
        try:
            yield
        except LoginError as wrong:
            raise self._not_let_in(wrong) from None
        except CapabilityError as missing:
            raise Refused(self._said(f"does not offer what the configuration asks for: {missing}")) from None
        except imaplib.IMAP4.abort as gone:
            raise Unreachable(self._said(f"broke off ({gone})")) from None
        except imaplib.IMAP4.error as wrong:
            raise Refused(self._said(f"does not do what it is asked: {wrong}")) from None
        except UnicodeEncodeError:
            # Its text would quote the password.
            raise Refused(f"{self._where}: the user or the password has letters beyond ASCII") from None
        except ssl.SSLError as wrong:
            raise self._encryption_failed(wrong) from None
        except OSError as gone:
            raise Unreachable(self._said(f"cannot be reached ({gone or type(gone).__name__})")) from None

    def _not_let_in(self, wrong: LoginError) -> ConnectorError:
        words = str(wrong)
        if isinstance(wrong.__context__, imaplib.IMAP4.abort):
            return Unreachable(self._said(f"broke off while we logged in ({words})"))
        if any(code in words.upper() for code in _PASSES_BY_ITSELF):
            return Unreachable(self._said(f"lets nobody in just now: {words}"))
        key = self._mailbox.password_env
        return Refused(self._said(f"refuses the login: is {key} the password of `user`? {words}"))

    def _encryption_failed(self, wrong: ssl.SSLError) -> ConnectorError:
        if isinstance(wrong, ssl.SSLCertVerificationError):
            sentence = (
                f"shows a certificate that is not trusted ({wrong.verify_message}): "
                "if it is signed by a CA of your own, name the CA's file in ca_file"
            )
            return Refused(self._said(sentence))
        if isinstance(wrong, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return Unreachable(self._said("broke off while we agreed on encryption"))
        security = self._mailbox.security
        return Refused(
            self._said(
                f"does not speak TLS as we do ({wrong.reason}): is security = {security!r} right for this port?"
            )
        )

    def _said(self, words: str) -> str:
        """A sentence on one line, as long as it helps, without the password and the user's address."""
        line = " ".join(words.split()).replace(self._password, "(password)")
        line = f"{self._where} {line.replace(self._mailbox.user, '(user)')}"
        return line if len(line) <= LONGEST_WORDS else line[: LONGEST_WORDS - 1] + "…"
