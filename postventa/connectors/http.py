"""One door to an API of JSON or XML: paced, patient, bounded, and silent about secrets.

A door keeps one session a thread. It asks again only where that can help, waits as long as the other side
asks (within reason), and says in one sentence what went wrong. What an answer means is the adapters' business.
"""

import logging
import random
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, InvalidHeader, ReadTimeoutError
from urllib3.util import Retry

from postventa import __version__
from postventa.connectors.answers import TOLD_TO_WAIT, Answer, payload_of, tree_of
from postventa.connectors.errors import (
    AnswerTooLarge,
    ConnectorError,
    NotJson,
    NotThere,
    NotXml,
    Refused,
    TooBusy,
    Unreachable,
)
from postventa.connectors.pacing import pace_of
from postventa.settings import BadConfiguration

__all__ = [
    "AnswerTooLarge",
    "ConnectorError",
    "Door",
    "NotJson",
    "NotThere",
    "NotXml",
    "Patience",
    "Refused",
    "TooBusy",
    "Unreachable",
]

logger = logging.getLogger(__name__)

LARGEST_ANSWER = 20_000_000
LONGEST_ANSWER = 300.0
"""Seconds for one whole answer: who sends a byte now and then would never run into a timeout."""
WORTH_ANOTHER_TRY = frozenset({429, 500, 502, 503, 504})
_CHUNK = 65_536

Auth = AuthBase | tuple[str, str] | None
Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a door tries, and how long it waits in between (seconds)."""

    tries: int = 5
    first_pause: float = 0.5
    longest_pause: float = 30
    longest_retry_after: int = 120

    def pause(self, tried: int, retry_after: str | None) -> float:
        """What the other side asks for, else twice as long each time, with jitter."""
        if retry_after:
            try:
                asked = Retry(retry_after_max=self.longest_retry_after).parse_retry_after(retry_after)
                return min(asked, self.longest_retry_after)
            except (InvalidHeader, ValueError, OverflowError):
                logger.debug("a Retry-After that is neither seconds nor a date was ignored")
        doubled = self.first_pause * 2.0 ** (tried - 1)
        return min(doubled, self.longest_pause) * random.uniform(0.5, 1)  # noqa: S311 - jitter is no secret


class Door:
    """The way to one account of one API. `owner` is its place in the configuration, such as `shops.tienda`."""

    def __init__(
        self,
        owner: str,
        url: str,
        *,
        requests_per_second: float,
        auth: Auth = None,
        headers: Mapping[str, str] | None = None,
        ca_file: str = "",
        timeouts: tuple[float, float] = (10, 60),
        patience: Patience | None = None,
        largest_answer: int = LARGEST_ANSWER,
        longest_answer: float = LONGEST_ANSWER,
    ) -> None:
        if ca_file and not Path(ca_file).is_file():
            raise BadConfiguration(f"{owner}.ca_file names {ca_file}, and there is no such file")
        logging.getLogger("urllib3.connectionpool").addFilter(_hide_queries)
        self.owner = owner
        self._url = url.rstrip("/")
        parts = urlsplit(url)
        self._host = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._shown = self._host + parts.path.rstrip("/")
        self._auth = auth
        self._headers = {"User-Agent": f"postventa/{__version__}", "Accept": "application/json"} | dict(
            headers or {}
        )
        self._verify: str | bool = ca_file or True
        self._timeouts = timeouts
        self._patience = patience or Patience()
        self._largest, self._longest = largest_answer, longest_answer
        self._pace = pace_of(f"{owner} {self._host}", requests_per_second)
        self._local = threading.local()

    def get_json(
        self, path: str, params: Mapping[str, Any] | None = None, *, headers: Headers | None = None
    ) -> tuple[Any, Headers]:
        """Asks; answers the parsed JSON and the headers. Raises one of the errors above."""
        return self._ask("GET", path, params, {"headers": headers}, self._patience.tries)

    def post_json(self, path: str, body: Any, *, retry: bool = False) -> tuple[Any, Headers]:
        """Sends JSON. Tried once, unless the caller knows that twice does no harm."""
        return self._ask("POST", path, None, {"json": body}, self._patience.tries if retry else 1)

    def post_xml(
        self, path: str, written: str, params: Mapping[str, Any] | None = None
    ) -> tuple[Any, Headers]:
        """Sends XML, once, to those who write in it and answer in JSON."""
        sending = {"data": written.encode(), "headers": {"Content-Type": "text/xml; charset=utf-8"}}
        return self._ask("POST", path, params, sending, 1)

    def post_form(self, path: str, form: Mapping[str, str], *, auth: Auth = None) -> Any:
        """Sends a form that may be sent twice, such as the wish for an access token; answers the parsed JSON."""
        sending = {"data": dict(form), "auth": auth}
        return self._ask("POST", path, None, sending, self._patience.tries)[0]

    def ask_in_xml(self, path: str, written: str, headers: Headers) -> Element:
        """Asks in XML, which changes nothing and may be sent twice; answers the parsed XML."""
        tries = self._patience.tries
        answer = self._answer("POST", path, None, {"data": written.encode(), "headers": headers}, tries)
        return tree_of(answer, self.owner, f"{self._shown}{path}", tries)

    def _ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        sending: Mapping[str, Any],
        tries: int,
    ) -> tuple[Any, Headers]:
        answer = self._answer(method, path, params, sending, tries)
        return payload_of(answer, self.owner, f"{self._shown}{path}", tries), answer.headers

    def _answer(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        sending: Mapping[str, Any],
        tries: int,
    ) -> Answer:
        for tried in range(1, tries + 1):
            self._pace.wait()
            began = time.monotonic()
            try:
                answer = self._once(method, path, params, sending)
            except Unreachable as broken:
                logger.info("%s", broken)
                if tried == tries:
                    raise
                time.sleep(self._patience.pause(tried, None))
                continue
            logger.debug(
                "%s: %s %s -> %s in %.3f s",
                self.owner,
                method,
                path,
                answer.status,
                time.monotonic() - began,
            )
            if answer.status not in WORTH_ANOTHER_TRY or tried == tries:
                break
            pause = self._patience.pause(tried, answer.headers.get("Retry-After"))
            if answer.status in TOLD_TO_WAIT:
                self._pace.hold(pause)  # the whole account was told, not only this thread
            else:
                time.sleep(pause)
        return answer

    def _once(
        self, method: str, path: str, params: Mapping[str, Any] | None, sending: Mapping[str, Any]
    ) -> Answer:
        where = f"{self.owner}: {self._shown}{path}"
        try:
            # Prepared, signed and read here each time: a one-time signature must not be sent twice.
            with self._session().request(
                method,
                self._url + path,
                params=params,
                **sending,
                timeout=self._timeouts,
                verify=self._verify,
                stream=True,
                allow_redirects=False,
            ) as response:
                content, until = bytearray(), time.monotonic() + self._longest
                while chunk := response.raw.read1(
                    _CHUNK, decode_content=True
                ):  # what is there, however little
                    content += chunk
                    if len(content) > self._largest:
                        raise AnswerTooLarge(
                            f"{where} answered more than {self._largest:,} bytes, which is more than we read"
                        )
                    if time.monotonic() > until:
                        raise Unreachable(f"{where} was still answering after {self._longest:g} s")
                return Answer(response.status_code, response.headers, bytes(content))
        except requests.exceptions.SSLError:
            raise Refused(
                f"{where} shows a certificate that is not trusted: if it is signed by a CA of your own, "
                f"name the CA's file in {self.owner}.ca_file",
                code="certificate",
            ) from None
        except (requests.exceptions.Timeout, ReadTimeoutError):
            raise Unreachable(f"{where} did not answer within {self._timeouts[1]:g} s") from None
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema):
            raise Refused(f"{where} is not an address that can be asked: correct {self.owner}.url") from None
        except (requests.exceptions.RequestException, HTTPError) as broken:
            # `from None`: the original's text holds the whole address, and with it perhaps a key.
            raise Unreachable(
                f"{where} cannot be reached or broke off ({type(broken).__name__}): is {self.owner}.url right?"
            ) from None

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False  # no REQUESTS_CA_BUNDLE, no ~/.netrc, no proxies behind our back
            session.auth = self._auth
            session.headers.update(self._headers)
            self._local.session = session
        return session


def _hide_queries(record: logging.LogRecord) -> bool:
    """urllib3 logs whole addresses: what stands behind the `?` may hold a key."""
    record.msg, record.args = re.sub(r"\?[^\s\"']+", "?...", record.getMessage()), ()
    return True
