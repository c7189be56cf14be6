"""Who may read the shop: WooCommerce over plain http hears OAuth 1.0a signatures only, and ignores Basic."""

import hmac
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from oauthlib.oauth1.rfc5849 import signature
from starlette.requests import Request

WINDOW = 15 * 60
"""Seconds that a timestamp may be off, and that a nonce is remembered."""
METHODS = {"HMAC-SHA1": signature.verify_hmac_sha1, "HMAC-SHA256": signature.verify_hmac_sha256}
CANNOT_VIEW = "woocommerce_rest_cannot_view"
WRONG = "woocommerce_rest_authentication_error"


@dataclass(frozen=True, slots=True)
class Refused:
    """WordPress's words for no."""

    code: str
    message: str


@dataclass(slots=True)
class Gate:
    """Checks signatures with one key and its secret."""

    key: str
    secret: str
    _nonces: dict[str, float] = field(default_factory=dict)

    def refusal(self, request: Request) -> Refused | None:
        """None if the request is signed as it should be. The time is the real one: so is the client's."""
        oauth = _oauth_parameters(request)
        if "oauth_signature" not in oauth:
            return Refused(CANNOT_VIEW, "Sorry, you cannot list resources.")
        if not hmac.compare_digest(oauth.get("oauth_consumer_key", ""), self.key):
            return Refused(CANNOT_VIEW, "Sorry, you cannot list resources.")
        verify = METHODS.get(oauth.get("oauth_signature_method", ""))
        if verify is None:
            return Refused(WRONG, "Invalid signature - signature method is invalid.")
        if not verify(_signed(request, oauth), client_secret=self.secret):
            return Refused(WRONG, "Invalid signature - provided signature does not match.")
        return self._replayed(oauth)

    def _replayed(self, oauth: dict[str, str]) -> Refused | None:
        now = time.time()
        stamp, nonce = oauth.get("oauth_timestamp", ""), oauth.get("oauth_nonce", "")
        if not stamp.isdigit() or abs(now - int(stamp)) > WINDOW:
            return Refused(WRONG, "Invalid timestamp.")
        if len(self._nonces) > 10_000:
            self._nonces = {seen: at for seen, at in self._nonces.items() if now - at < WINDOW}
        if not nonce or nonce in self._nonces:
            return Refused(WRONG, "Invalid nonce - nonce has already been used.")
        self._nonces[nonce] = now
        return None


@dataclass(frozen=True, slots=True)
class _Signed:
    """A request as oauthlib verifies it."""

    http_method: str
    uri: str
    params: list[tuple[str, str]]
    signature: str


def _signed(request: Request, oauth: dict[str, str]) -> _Signed:
    """Everything that was signed: the query, and the header's parameters where they came in the header."""
    asked = parse_qsl(request.url.query, keep_blank_values=True)
    in_query = any(name == "oauth_signature" for name, _ in asked)
    everything = asked if in_query else [*asked, *oauth.items()]
    return _Signed(
        request.method,
        str(request.url.replace(query="")),
        [pair for pair in everything if pair[0] != "oauth_signature"],
        oauth["oauth_signature"],
    )


def _oauth_parameters(request: Request) -> dict[str, str]:
    """From the Authorization header, else from the query."""
    header = request.headers.get("authorization", "")
    kind, _, rest = header.partition(" ")
    if kind.lower() == "oauth":
        pairs = (part.strip().partition("=") for part in rest.split(","))
        return {name: unquote(value.strip('"')) for name, _, value in pairs if name != "realm"}
    return {name: value for name, value in request.query_params.items() if name.startswith("oauth_")}
