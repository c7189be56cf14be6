"""How PrestaShop's webservice lets us in, what a refusal means, and the rows of a resource by named fields."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

from postventa import settings
from postventa.connectors.http import ConnectorError, Door, NotJson, NotThere, Refused, TooBusy

logger = logging.getLogger(__name__)

API = "/api"
NO_KEY_CAME = frozenset({"16", "17"})
SWITCHED_OFF = "22"
NO_WRITING = "25"
NO_RIGHT = "26"
NO_RESOURCE = "27"
_NO_KEY = "its host lets no key through, neither in the header nor in the address"
_WRONG_KEY = "the key in {key} is wrong or not enabled: it has 32 characters"
WHY = {
    "16": _NO_KEY,
    "17": _NO_KEY,
    "18": _WRONG_KEY,
    "20": _WRONG_KEY,
    "21": "the key in {key} has no rights at all: tick GET beside what it is to read",
    SWITCHED_OFF: "its webservice is switched off: Advanced Parameters > Webservice > Enable",
    NO_WRITING: "the key in {key} may not write {resource}: tick POST beside it",
    NO_RIGHT: "the key in {key} may not read {resource}: tick GET beside it",
    "132": "the key in {key} is not meant for this shop: tick it in the key's list of shops",
}
"""By the webservice's own code."""
_LACKING = frozenset({NO_RIGHT, NO_RESOURCE, NO_WRITING})

Row = dict[str, Any]


class KeyInQuery(AuthBase):
    """For hosts that strip the Authorization header."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.prepare_url(request.url, {"ws_key": self._key})
        return request


class Access:
    """The shop's webservice, by the way of showing the key that the shop's host lets through."""

    def __init__(self, name: str, shop: settings.Shop) -> None:
        self._owner = f"shops.{name}"
        self._shop = shop
        key = settings.secret(shop.key_env, self._owner)
        self._door = self._through(HTTPBasicAuth(key, ""))
        self._other: Door | None = self._through(KeyInQuery(key))
        self._absent: set[str] = set()

    def _through(self, auth: AuthBase) -> Door:
        return Door(
            self._owner,
            self._shop.url,
            requests_per_second=self._shop.requests_per_second,
            auth=auth,
            ca_file=self._shop.ca_file,
        )

    def rows(self, resource: str, fields: Sequence[str], asked: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of a resource, with these fields and no others: `full` would bring customers' password hashes."""
        params = {"output_format": "JSON", "display": f"[{','.join(fields)}]", **(asked or {})}
        answer = self._get(resource, params)
        if answer == []:  # PrestaShop's way of saying that there are none
            return []
        found = next(iter(answer.values()), None) if isinstance(answer, dict) and len(answer) == 1 else None
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise NotJson(
                f"{self._owner}: {API}/{resource} answered JSON that is no list of rows: something stands before it"
            )
        return found

    def rows_if_allowed(
        self, resource: str, fields: Sequence[str], asked: Mapping[str, Any] | None = None
    ) -> list[Row]:
        """As `rows`; none where the shop's version or the key's rights do not have the resource."""
        if resource in self._absent:
            return []
        try:
            return self.rows(resource, fields, asked)
        except Refused as refused:
            if refused.code not in _LACKING:
                raise
            self._absent.add(resource)
            logger.info("%s: no %s here (%s); not asked again", self._owner, resource, refused.code)
            return []

    def may_read(self, resource: str) -> bool:
        """Whether the shop has the resource and the key the right to it."""
        self.rows_if_allowed(resource, ("id",), {"limit": "0,1"})
        return resource not in self._absent

    def post(self, resource: str, written: str) -> Any:
        """Sends XML once; the answer as JSON. Raises as `rows` does."""
        try:
            return self._door.post_xml(f"{API}/{resource}", written, {"output_format": "JSON"})[0]
        except ConnectorError as error:
            raise self._explained(error, resource) from None

    def _get(self, resource: str, params: Mapping[str, Any]) -> Any:
        path = f"{API}/{resource}"
        try:
            return self._door.get_json(path, params)[0]
        except ConnectorError as error:
            other = self._other
            if other is None or error.status != 401 or error.code not in NO_KEY_CAME:
                raise self._explained(error, resource) from None
        try:
            answer = other.get_json(path, params)[0]
        except ConnectorError as error:
            self._other = None  # tried once in a connector's life: no storm of 401
            raise self._explained(error, resource) from None
        self._door, self._other = other, None
        logger.warning(
            "%s: the host strips the Authorization header, so the key goes in the query; ask the host to pass "
            "the header on",
            self._owner,
        )
        return answer

    def _explained(self, error: ConnectorError, resource: str) -> ConnectorError:
        """The error with what to do in this shop; the same error where nothing is known of it."""
        if isinstance(error, TooBusy) and error.code != SWITCHED_OFF:
            return error
        if isinstance(error, NotThere) and not error.code:
            return NotThere(
                f"{error}: there is no PrestaShop webservice at {self._owner}.url; is it the shop's address, and are "
                "friendly addresses switched on, or its .htaccess written anew?",
                status=error.status,
            )
        why = self._why(error, resource)
        if not why:
            return error
        code = f" (code {error.code})" if error.code else ""
        return Refused(
            f"{self._owner} refuses us with {error.status}{code}: {why}", status=error.status, code=error.code
        )

    def _why(self, error: ConnectorError, resource: str) -> str:
        if error.code in WHY:
            return WHY[error.code].format(key=self._shop.key_env, resource=resource)
        if isinstance(error, Refused) and error.status in {401, 403}:
            return "a firewall or a security module refuses us: ask the host to let the webservice through"
        return ""


def one_of(values: Iterable[str]) -> str:
    """A filter's value that lets any of these through."""
    return f"[{'|'.join(values)}]"
