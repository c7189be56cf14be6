"""A stand-in for Shopify's GraphQL Admin API, made by its documentation: there is no server of it to be had.

It knows our questions by their names, gives out pages by cursors, and has a bucket of points that fills with time.
"""

import copy
import json
import re
import time
from types import TracebackType
from typing import Any, Self

from a_server import AServer, as_json
from werkzeug import Request, Response

TOKEN = "shpat_0123456789abcdef"
PATH = "/admin/api/2026-10/graphql.json"
_SINCE = re.compile(r"updated_at:>='([^']+)'")


class AShopify:
    """Its orders lie open, by their global ids."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.token = TOKEN
        self.scopes = ["read_orders", "read_all_orders"]
        self.cost_per_order = 10.0
        """Requested points for each order of a page; a question for one order costs as much."""
        self.bucket = self.largest = 100_000.0
        self.rate = 50_000.0
        self.lines_per_page = 50
        self.questions: list[tuple[str, dict[str, Any]]] = []
        self.throttled = 0
        self.before_answer: Any = lambda name: None
        """Called before each answer; what it returns is answered instead, unless it is None."""
        self._filled_at = time.monotonic()
        self._server = AServer(self._answer)
        self.url = self._server.url

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, where: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, wrong, where)

    @property
    def heard(self) -> bytes:
        return self._server.heard

    def _answer(self, request: Request) -> Response:
        if request.path != PATH:
            return as_json({"errors": "Not Found"}, 404)
        if request.headers.get("X-Shopify-Access-Token") != self.token:
            said = "[API] Invalid API key or access token"
            return as_json({"errors": said}, 401)
        body = request.get_json()
        name, asked = body["query"].split()[1].partition("(")[0], body["variables"]
        self.questions.append((name, asked))
        instead = self.before_answer(name)
        if instead is not None:
            return instead
        cost = self.cost_per_order * asked.get("first", 1)
        now = time.monotonic()
        self.bucket = min(self.largest, self.bucket + (now - self._filled_at) * self.rate)
        self._filled_at = now
        if cost > self.largest:
            return as_json({"errors": [{"message": "too dear", "extensions": {"code": "MAX_COST_EXCEEDED"}}]})
        if cost > self.bucket:
            self.throttled += 1
            throttled = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
            return as_json({"errors": throttled, "extensions": self._cost(cost)})
        data, actual = getattr(self, f"_{name}")(asked)
        self.bucket -= cost
        answer = {"data": data, "extensions": self._cost(cost)}
        self.bucket += cost - actual
        return as_json(answer, **{"X-Shopify-API-Version": "2026-10"})

    def _cost(self, requested: float) -> dict[str, Any]:
        status = {
            "maximumAvailable": self.largest,
            "currentlyAvailable": int(self.bucket),
            "restoreRate": self.rate,
        }
        return {"cost": {"requestedQueryCost": requested, "actualQueryCost": None, "throttleStatus": status}}

    def _ChangedOrders(self, asked: dict[str, Any]) -> tuple[dict[str, Any], float]:
        since = _SINCE.fullmatch(asked["filter"])
        assert since is not None, "the filter is not as documented"
        rows = [one for one in self.orders.values() if one["updatedAt"] >= since.group(1)]
        keys = sorted((one["updatedAt"], one["id"]) for one in rows)
        if asked["after"]:
            keys = [key for key in keys if list(key) > json.loads(asked["after"])]
        page = keys[: asked["first"]]
        nodes = [self._shown(self.orders[ref]) for _, ref in page]
        info = {"hasNextPage": len(keys) > len(page), "endCursor": json.dumps(page[-1]) if page else None}
        return {"orders": {"pageInfo": info, "nodes": nodes}}, self.cost_per_order * len(nodes)

    def _OneOrder(self, asked: dict[str, Any]) -> tuple[dict[str, Any], float]:
        found = self.orders.get(asked["id"])
        return {"order": self._shown(found) if found else None}, self.cost_per_order

    def _MoreLines(self, asked: dict[str, Any]) -> tuple[dict[str, Any], float]:
        return {"order": {"lineItems": self._lines(asked["id"], int(asked["after"]))}}, 1.0

    def _Rights(self, asked: dict[str, Any]) -> tuple[dict[str, Any], float]:
        newest = sorted(self.orders.values(), key=lambda one: one["updatedAt"])[-1:]
        scopes = [{"handle": handle} for handle in self.scopes]
        return {"currentAppInstallation": {"accessScopes": scopes}, "orders": {"nodes": newest}}, 1.0

    def _shown(self, order: dict[str, Any]) -> dict[str, Any]:
        return {**copy.deepcopy(order), "lineItems": self._lines(order["id"], 0)}

    def _lines(self, ref: str, start: int) -> dict[str, Any]:
        nodes = self.orders[ref]["lineItems"]["nodes"]
        end = start + self.lines_per_page
        return {
            "pageInfo": {"hasNextPage": end < len(nodes), "endCursor": str(end)},
            "nodes": nodes[start:end],
        }
