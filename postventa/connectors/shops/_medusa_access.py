"""How Medusa's Admin API lets us in: a secret key by Basic, and what its refusals mean."""

import re
from collections.abc import Mapping
from typing import Any

from requests.auth import HTTPBasicAuth

from postventa import settings
from postventa.connectors.http import Door, NotJson, NotThere, Refused, Unreachable

API = "/admin"
_BAD_DATA = 400


class Access:
    """The shop's Admin API. Safe to use from several threads."""

    def __init__(self, name: str, shop: settings.Shop) -> None:
        self._owner = f"shops.{name}"
        self._key_env = shop.key_env
        self._key = settings.secret(shop.key_env, self._owner)
        self._door = Door(
            self._owner,
            shop.url,
            requests_per_second=shop.requests_per_second,
            auth=HTTPBasicAuth(self._key, ""),
            ca_file=shop.ca_file,
        )

    def rows(self, what: str, asked: Mapping[str, Any]) -> tuple[list[Any], int]:
        """A list such as `orders`, and how many there are in all."""
        answer = self.get(what, asked)
        found = answer.get(what) if isinstance(answer, dict) else None
        count = answer.get("count") if isinstance(answer, dict) else None
        if not isinstance(found, list) or not isinstance(count, int):
            raise NotJson(
                f"{self._owner}: {API}/{what} answered JSON without {what} and their count: something stands "
                "before it"
            )
        return found, count

    def get(self, what: str, asked: Mapping[str, Any] | None = None) -> Any:
        """The answer. Raises with a sentence on what to do in this shop."""
        try:
            return self._door.get_json(f"{API}/{what}", asked)[0]
        except Refused as refused:
            raise self._explained(refused) from None
        except Unreachable as broken:
            if broken.code != "unknown_error":
                raise
            raise Unreachable(
                f"{broken}: Medusa says no more than that; its own log has the reason",
                status=broken.status,
                code=broken.code,
            ) from None

    def post(self, what: str, body: Any) -> Any:
        """Sends once: whoever sends again must know that it does no harm. Raises as `get` does."""
        try:
            return self._door.post_json(f"{API}/{what}", body)[0]
        except Refused as refused:
            raise self._explained(refused) from None

    def is_there(self) -> bool:
        """Whether this is Medusa's API at all, so that a thing it does not have is gone and not out of reach."""
        try:
            self.rows("orders", {"limit": 1, "fields": "id"})
        except NotThere:
            return False
        return True

    def _explained(self, refused: Refused) -> Refused:
        if refused.status == 401:
            why = self._why_no_key()
        elif refused.status == 403:
            why = "a firewall or a role refuses us: the key needs to read orders, payments and returns"
        else:
            return refused
        code = f" ({refused.code})" if refused.code else ""
        return Refused(
            f"{self._owner} refuses us with {refused.status}{code}: {why}",
            status=refused.status,
            code=refused.code,
        )

    def _why_no_key(self) -> str:
        if self._key.startswith("pk_"):
            return f"{self._key_env} holds a publishable key, which is for the storefront: make a secret one (sk_...)"
        if re.match(r"sk_\w+$", self._key) is None:
            return f"{self._key_env} holds no secret key: those begin with sk_"
        return f"the key in {self._key_env} is wrong or was revoked: Settings > Secret API Keys"
