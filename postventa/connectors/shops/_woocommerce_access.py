"""How WooCommerce lets us in: which way the key is shown, and what it means when it is refused."""

import logging
from collections.abc import Mapping
from typing import Any

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth
from requests_oauthlib import OAuth1

from postventa import settings
from postventa.connectors.http import Door, NotThere, Refused

logger = logging.getLogger(__name__)

NO_SUCH_KEY = "woocommerce_rest_cannot_view"
BAD_SECRET = "woocommerce_rest_authentication_error"  # noqa: S105 - WooCommerce's word, no secret
SIGNED_BY = "HMAC-SHA256"


class KeyInQuery(AuthBase):
    """For hosts that strip the Authorization header; over https only."""

    def __init__(self, key: str, secret: str) -> None:
        self._key, self._secret = key, secret

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.prepare_url(request.url, {"consumer_key": self._key, "consumer_secret": self._secret})
        return request


class Access:
    """The shop's door, by the way of showing the key that the shop's host lets through."""

    def __init__(self, name: str, shop: settings.Shop) -> None:
        self._owner = f"shops.{name}"
        self._shop = shop
        if not shop.secret_env:
            raise settings.BadConfiguration(
                f"{self._owner}.secret_env is missing: WooCommerce wants a key and its secret"
            )
        key = settings.secret(shop.key_env, self._owner)
        secret = settings.secret(shop.secret_env, self._owner)
        self._is_secure = shop.url.startswith("https://")
        if self._is_secure:
            self._door = self._through(HTTPBasicAuth(key, secret))
            self._other: Door | None = self._through(KeyInQuery(key, secret))
        else:
            # Over http WooCommerce ignores Basic and says that the key may not read.
            for library in ("oauthlib", "requests_oauthlib"):
                logging.getLogger(library).setLevel(logging.INFO)  # below, they log signed requests
            self._door = self._through(OAuth1(key, secret, signature_method=SIGNED_BY))
            self._other = self._through(
                OAuth1(key, secret, signature_method=SIGNED_BY, signature_type="QUERY")
            )

    def _through(self, auth: AuthBase) -> Door:
        return Door(
            self._owner,
            self._shop.url,
            requests_per_second=self._shop.requests_per_second,
            auth=auth,
            ca_file=self._shop.ca_file,
        )

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> tuple[Any, Mapping[str, str]]:
        """The answer. Raises Refused or NotThere with a sentence on what to do in this shop."""
        try:
            return self._get(path, params)
        except Refused as refused:
            if refused.status in {401, 403}:
                raise self._explained(refused) from None
            raise
        except NotThere as missing:
            if missing.code == "rest_no_route":
                raise NotThere(
                    f"{missing}: {self._owner}.url should be the shop's own address, without /wp-json, and WooCommerce "
                    "should be switched on there",
                    status=missing.status,
                    code=missing.code,
                ) from None
            if missing.code:
                raise
            raise NotThere(
                f"{missing}: there is no WordPress REST API at {self._owner}.url; is it the shop's address, and "
                "are its permalinks set to anything but plain?",
                status=missing.status,
            ) from None

    def post(self, path: str, body: Any) -> Any:
        """Sends once: whoever sends again must know that it does no harm. Raises as `get` does."""
        try:
            return self._door.post_json(path, body)[0]
        except Refused as refused:
            if refused.status in {401, 403}:
                raise Refused(
                    f"{self._owner} does not let us write: give {self._shop.key_env} a key with write permission",
                    status=refused.status,
                    code=refused.code,
                ) from None
            raise

    def _get(self, path: str, params: Mapping[str, Any] | None) -> tuple[Any, Mapping[str, str]]:
        try:
            return self._door.get_json(path, params)
        except Refused as refused:
            other = self._other
            if other is None or refused.status != 401 or refused.code != NO_SUCH_KEY:
                raise
        try:
            answer = other.get_json(path, params)
        except Refused:
            self._other = None  # tried once in a connector's life: no storm of 401
            raise
        self._door, self._other = other, None
        logger.warning(
            "%s: the host strips the Authorization header, so the key goes in the query; ask the host to pass "
            "the header on",
            self._owner,
        )
        return answer

    def _explained(self, refused: Refused) -> Refused:
        shop = self._shop
        if refused.code == BAD_SECRET:
            why = (
                f"the key is known and its secret is wrong: correct {shop.secret_env}, and if it is right, "
                "compare the clocks of both machines"
            )
        elif refused.code == NO_SUCH_KEY and self._is_secure:
            why = (
                f"the key is wrong or may not read (correct {shop.key_env} by a key with read permission), or "
                "WordPress does not notice that it is served over https (its proxy must send X-Forwarded-Proto)"
            )
        elif refused.code == NO_SUCH_KEY:
            why = (
                f"the key is wrong or may not read (correct {shop.key_env} by a key with read permission), or "
                f"{self._owner}.url should begin with https://"
            )
        else:
            why = "a firewall or a security plugin refuses us: ask the host to let the REST API through"
        code = f" ({refused.code})" if refused.code else ""
        return Refused(
            f"{self._owner} refuses us with {refused.status}{code}: {why}",
            status=refused.status,
            code=refused.code,
        )
