"""Text messages over an HTTP API of Twilio's shape: a form is posted, and its answer says whether the message was taken.

A name as sender goes only with its entry in the national register: unregistered ones are blocked (R-SMS-ALIAS).
"""

import hashlib
import re
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import requests
from requests.exceptions import ConnectTimeout, RequestException, SSLError
from urllib3.exceptions import MaxRetryError, NewConnectionError

from postventa import __version__, settings
from postventa.connectors.post import (
    Accepted,
    ChannelDown,
    ChannelRefused,
    Doubtful,
    NotAccepted,
    Refused,
    TryLater,
)

LONGEST = 1600
"""Characters that the API takes in one message."""
HEAD = "Message-ID: "
NOT_OURS = frozenset({401, 403, 404})
LATER = frozenset({429, 503})
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")


def connect(name: str, channel: settings.Channel) -> "Sms":
    """The channel as configured; nothing is asked yet. Raises BadConfiguration for what must be mended first."""
    owner = f"channels.{name}"
    if not channel.url or not channel.user_env or not channel.password_env:
        raise settings.BadConfiguration(f"{owner} needs url, user_env (the account) and password_env")
    if not _NUMBER.fullmatch(channel.sender) and not channel.alias_registry_id:
        raise settings.BadConfiguration(
            f"{owner}: the sender {channel.sender!r} is a name and has no alias_registry_id: unregistered names are "
            "blocked (Orden TDF/149/2025 art. 8)"
        )
    login = settings.secret(channel.user_env, owner), settings.secret(channel.password_env, owner)
    return Sms(owner, channel, login)


class Sms:
    """One sender's way to one account; what it promises is in `post.Channel`."""

    def __init__(self, owner: str, channel: settings.Channel, login: tuple[str, str]) -> None:
        self._owner = owner
        self._from = channel.sender
        self._account = f"{channel.url.rstrip('/')}/2010-04-01/Accounts/{quote(login[0], safe='')}"
        self._timeouts = (min(10.0, channel.timeout_seconds), channel.timeout_seconds)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = login
        self._session.headers["User-Agent"] = f"postventa/{__version__}"
        if channel.ca_file:
            self._session.verify = channel.ca_file

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
        """Hands over one message, UTF-8, with a head like a mail's where it has a Message-ID of its own.

        Raises what `post.Channel.send` says; its words never hold the number.
        """
        number, text = number_of(recipient), data.decode()
        name, _, body = text.partition("\n\n")
        text = body if name.startswith(HEAD) else text
        if len(text) > LONGEST:
            raise Refused(f"a message of {len(text)} characters is longer than the {LONGEST} that are taken")
        form = {"To": number, "From": sender or self._from, "Body": text}
        # Where the other side keeps such keys, the same message sent again is one, and the same words later are not.
        said = name if name.startswith(HEAD) else text
        key = hashlib.sha256("\x00".join([number, form["From"], said]).encode()).hexdigest()[:32]
        answer = self._ask("POST", "/Messages.json", form, {"Idempotency-Key": key})
        if answer.status_code in {200, 201}:
            return Accepted(f"{answer.status_code} {_said(answer).get('sid', '')}".strip())
        raise self._no(answer)

    def status(self, sid: str) -> tuple[str, str]:
        """What became of a message that was taken: its status, and the code of what went wrong, if any.

        Raises ChannelDown or ChannelRefused; a message that the other side knows no more has the status `unknown`.
        """
        answer = self._ask("GET", f"/Messages/{quote(sid, safe='')}.json")
        if answer.status_code == 404:
            return "unknown", ""
        if answer.status_code != 200:
            no = self._no(answer)
            raise no if isinstance(no, ChannelRefused) else ChannelDown(no.words)
        said = _said(answer)
        return str(said.get("status") or "unknown"), str(said.get("error_code") or "")

    def check(self) -> str:
        """Asks for the account; answers one line. Raises ChannelDown or ChannelRefused."""
        answer = self._ask("GET", ".json")
        if answer.status_code == 200:
            return f"{self._owner} takes text messages from {self._from}"
        no = self._no(answer)
        raise no if isinstance(no, ChannelRefused) else ChannelDown(no.words)

    def close(self) -> None:
        """Lets the connection go."""
        self._session.close()

    def _ask(
        self,
        method: str,
        path: str,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        try:
            return self._session.request(
                method,
                self._account + path,
                data=form,
                headers=headers,
                timeout=self._timeouts,
                allow_redirects=False,
            )
        except SSLError:
            raise ChannelRefused(f"{self._owner}: its certificate is not trusted: see ca_file") from None
        except RequestException as broken:
            # `from None`: the original's text holds the account.
            if method == "GET" or _was_never_there(broken):
                raise ChannelDown(f"{self._owner} cannot be reached ({type(broken).__name__})") from None
            raise Doubtful(f"{self._owner} broke off before it answered ({type(broken).__name__})") from None

    def _no(self, answer: requests.Response) -> NotAccepted:
        status = answer.status_code
        words = f"{status} code {_said(answer).get('code', 'unknown')}"
        if status in LATER:
            return TryLater(words)
        if status in NOT_OURS or 300 <= status < 400:
            return ChannelRefused(f"{self._owner} does not take us: {words}")
        if status >= 500:
            return Doubtful(words)
        return Refused(words)


def number_of(written: str) -> str:
    """A telephone number as the API wants it, `+34600000000`. Raises Refused where its country is not known."""
    bare = re.sub(r"[\s().\-/]", "", written)
    number = f"+{bare[2:]}" if bare.startswith("00") else bare
    if not _NUMBER.fullmatch(number):
        raise Refused("the telephone number is none with a country's code")
    return number


def _was_never_there(broken: RequestException) -> bool:
    if isinstance(broken, ConnectTimeout):
        return True
    cause = broken.args[0] if broken.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _said(answer: requests.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
