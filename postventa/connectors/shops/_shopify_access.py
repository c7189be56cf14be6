"""How Shopify lets us in: a token in a header, points to be paid for, and refusals that come with a 200."""

import logging
import time
from collections.abc import Mapping
from typing import Any

from postventa import settings
from postventa.connectors.fields import inside, objects, text
from postventa.connectors.http import Door, NotJson, NotThere, Refused, TooBusy, Unreachable
from postventa.connectors.shops._shopify_budget import budget_of
from postventa.connectors.shops._shopify_questions import VERSION

logger = logging.getLogger(__name__)

PATH = f"/admin/api/{VERSION}/graphql.json"
TRIES = 5
"""How often a question is asked again that Shopify has no points for, or fails at."""
PAUSE = 1.0
"""Seconds before a question is asked again whose cost is not known."""
_TOO_DEAR = "MAX_COST_EXCEEDED"


class TooDear(Refused):
    """One question costs more than a whole bucket holds: ask for less at once."""


class Access:
    """The shop's GraphQL Admin API. Safe to use from several threads."""

    def __init__(self, name: str, shop: settings.Shop) -> None:
        self._owner = f"shops.{name}"
        self._key_env = shop.key_env
        token = settings.secret(shop.key_env, self._owner)
        self._door = Door(
            self._owner,
            shop.url,
            requests_per_second=shop.requests_per_second,
            headers={"X-Shopify-Access-Token": token},
            ca_file=shop.ca_file,
        )
        self._budget = budget_of(f"{self._owner} {shop.url}")
        self._has_warned = False

    def ask(self, question: str, variables: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """The answer's `data`, whole: an answer with errors beside its data is not taken. Raises with what to do."""
        for _ in range(TRIES):
            self._budget.wait_for(question)
            answer = self._post(question, variables or {})
            self._budget.note(question, inside(answer, "extensions").get("cost"))
            code = _first_code(answer)
            if code is None:
                return self._data(answer)
            if code == "THROTTLED":
                time.sleep(self._budget.seconds_missing(question) or PAUSE)
            elif code == "INTERNAL_SERVER_ERROR":
                time.sleep(PAUSE)
            else:
                raise self._refusal(code, answer)
        if code == "THROTTLED":
            raise TooBusy(
                f"{self._owner}: Shopify has no points left for us after {TRIES} tries: another app may use them up",
                code=code,
            )
        raise Unreachable(f"{self._owner}: Shopify fails ({code}, after {TRIES} tries)", code=code or "")

    def _post(self, question: str, variables: Mapping[str, Any]) -> Any:
        try:
            answer, headers = self._door.post_json(
                PATH, {"query": question, "variables": dict(variables)}, retry=True
            )
        except Refused as refused:
            if refused.status not in {401, 402, 403, 423}:
                raise
            why = {
                402: "the shop's account is frozen",
                423: "the shop is locked",
            }.get(
                refused.status, f"the token in {self._key_env} is wrong, or its app was taken out of the shop"
            )
            raise Refused(
                f"{self._owner} refuses us with {refused.status}: {why}",
                status=refused.status,
                code=refused.code,
            ) from None
        except NotThere as missing:
            raise NotThere(
                f"{missing}: is {self._owner}.url the address that ends in .myshopify.com?", status=404
            ) from None
        self._look_at(headers.get("X-Shopify-API-Version", VERSION))
        return answer

    def _look_at(self, served: str) -> None:
        if served != VERSION and not self._has_warned:
            self._has_warned = True
            logger.warning(
                "%s: Shopify answers as of %s, for our version %s has come to its end",
                self._owner,
                served,
                VERSION,
            )

    def _data(self, answer: Any) -> Mapping[str, Any]:
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict):
            raise NotJson(f"{self._owner}: Shopify's answer holds neither data nor errors")
        return data

    def _refusal(self, code: str, answer: Any) -> Refused:
        if code == _TOO_DEAR:
            return TooDear(f"{self._owner}: Shopify finds this question too dear", code=code)
        if code == "ACCESS_DENIED":
            path = next((one.get("path") for one in objects(answer, "errors") if one.get("path")), None) or []
            field = next((part for part in reversed(path) if isinstance(part, str)), "orders")
            return Refused(
                f"{self._owner}: Shopify denies access to {field}: the app needs read_orders, and for names and "
                "addresses Shopify's approval for protected customer data",
                code=code,
            )
        return Refused(
            f"{self._owner}: Shopify does not understand our question ({code}): its version {VERSION} may have ended",
            code=code,
        )


def _first_code(answer: Any) -> str | None:
    """What is wrong, by Shopify's code; None where nothing is. The sentence beside it is not passed on."""
    if not isinstance(answer, dict) or not answer.get("errors"):
        return None
    first = next(iter(objects(answer, "errors")), {})
    code = text(inside(first, "extensions"), "code")
    return code or ("THROTTLED" if text(first, "message") == "Throttled" else "unexplained")
