"""WooCommerce's REST API, as far as an after-sales service reads it."""

import json
import math
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from random import Random
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from postventa.sandbox import beside
from postventa.sandbox.asked import Asked, NotAsked, read_asked
from postventa.sandbox.oauth import WRONG, Gate, Refused
from postventa.sandbox.orders import Order
from postventa.sandbox.settings import Faults
from postventa.sandbox.shop import Shop

V3 = "/wp-json/wc/v3"
TRACKING = "/wp-json/wc-shipment-tracking/v3"
Answer = Callable[[Request], Response]


def refused(status: int, code: str, message: str, **data: Any) -> JSONResponse:
    """An error in WordPress's shape."""
    return JSONResponse({"code": code, "message": message, "data": {"status": status, **data}}, status)


class ShopApi:
    """The routes over one shop."""

    def __init__(self, shop: Shop, faults: Callable[[], Faults]) -> None:
        self.shop, self._faults = shop, faults
        self._gate = Gate(shop.settings.key, shop.settings.secret)
        self._dice = Random(shop.settings.seed)

    def routes(self) -> list[Route]:
        paths: dict[str, Answer] = {
            f"{V3}/orders": self.orders,
            f"{V3}/orders/{{order:int}}": self.order,
            f"{V3}/orders/{{order:int}}/refunds": self.order_refunds,
            f"{V3}/orders/{{order:int}}/notes": self.notes,
            f"{V3}/orders/{{order:int}}/fulfillments": self.fulfilments,
            f"{V3}/refunds": self.refunds,
            f"{V3}/products/reviews": self.reviews,
            f"{TRACKING}/orders/{{order:int}}/shipment-trackings": self.trackings,
        }
        every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        return [
            *(Route(path, self._guarded(answer), methods=every) for path, answer in paths.items()),
            Route(f"{V3}/coupons", self.coupons, methods=["GET", "POST"]),
            Route("/wp-json/", _index),
            Route("/wp-json/{rest:path}", _no_route, methods=every),
        ]

    def _guarded(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def respond(request: Request) -> Response:
            if no := self._gate.refusal(request):
                return refused(401, no.code, no.message)
            if request.method not in {"GET", "HEAD"}:
                no = Refused(WRONG, "The API key provided does not have write permissions.")
                return refused(401, no.code, no.message)
            self.shop.catch_up()
            try:
                return answer(request)
            except NotAsked as wrong:
                detail = {"code": wrong.code, "message": wrong.why, "data": None}
                return refused(
                    400,
                    "rest_invalid_param",
                    f"Invalid parameter(s): {wrong.name}",
                    params={wrong.name: wrong.why},
                    details={wrong.name: detail},
                )

        return respond

    def orders(self, request: Request) -> Response:
        asked = read_asked(request.query_params, self.shop.settings.zone_info)
        found = self._found(asked)
        page = self._shuffled(_page(found, asked))
        return self._paged(
            request, asked, len(found), (self._json(order, asked) for order in page), bool(page)
        )

    def _found(self, asked: Asked) -> list[Order]:
        if asked.include:
            candidates = [order for ref in asked.include if (order := self.shop.find(ref))]
            modified = asked.modified
        else:
            candidates = self.shop.by_modification(asked.modified_after)
            modified = asked.modified_beyond_index
        found = [order for order in candidates if asked.wants(order.happened.status)]
        if modified:
            found = [order for order in found if all(test(order.modified_at) for test in modified)]
        if asked.created:
            found = [order for order in found if all(test(order.placed_at) for test in asked.created)]
        if asked.customer is not None:
            found = [order for order in found if order.person.ref == asked.customer]
        if asked.order_by != "modified" or asked.include:
            found.sort(key=_KEYS.get(asked.order_by, _KEYS["date"]))
        if asked.descending:
            found.reverse()
        return found

    def _json(self, order: Order, asked: Asked) -> bytes:
        written = order.written(self.shop.payload)
        if not asked.fields:
            return written
        payload = json.loads(written)
        return json.dumps({key: payload[key] for key in payload if key in asked.fields}).encode()

    def _shuffled(self, page: list[Order]) -> list[Order]:
        """The faults of lists: rows that come twice, rows out of order."""
        faults = self._faults()
        if faults.duplicates:
            page = [copy for order in page for copy in self._doubled(order, faults.duplicates)]
        if faults.reordered_pages:
            page = self._dice.sample(page, len(page))
        return page

    def _doubled(self, order: Order, share: float) -> list[Order]:
        return [order, order] if self._dice.random() < share else [order]

    def order(self, request: Request) -> Response:
        asked = read_asked(request.query_params, self.shop.settings.zone_info)
        return self._about(request, lambda order: Response(self._json(order, asked), media_type=JSON))

    def order_refunds(self, request: Request) -> Response:
        asked = read_asked(request.query_params, self.shop.settings.zone_info)

        def answer(order: Order) -> Response:
            found = [
                self.shop.refund(order, place)
                for place, change in reversed(list(enumerate(order.happened.refunds)))
                if all(test(change.at) for test in (*asked.created, *asked.modified))
            ]
            return self._listed(request, asked, found)

        return self._about(request, answer)

    def notes(self, request: Request) -> Response:
        shop = self.shop
        return self._about(
            request, lambda order: JSONResponse(beside.notes(order, shop.site, shop.settings.zone_info))
        )

    def fulfilments(self, request: Request) -> Response:
        return self._about(request, lambda order: JSONResponse(beside.fulfilments(order)))

    def trackings(self, request: Request) -> Response:
        shop = self.shop
        return self._about(
            request,
            lambda order: JSONResponse(beside.shipment_trackings(order, shop.site, shop.settings.zone_info)),
        )

    def refunds(self, request: Request) -> Response:
        """Refunds over all orders. `modified_after` is honoured though a refund shows no date_modified."""
        asked = read_asked(request.query_params, self.shop.settings.zone_info)
        found = sorted(
            (
                (at, order.id, place)
                for at, order, place in self.shop.refunds()
                if all(test(at) for test in (*asked.created, *asked.modified))
            ),
            reverse=asked.descending,
        )
        return self._listed(
            request,
            asked,
            [
                {**self.shop.refund(order, place), "parent_id": order.id}
                for _, ref, place in found
                if (order := self.shop.find(ref))
            ],
        )

    def reviews(self, request: Request) -> Response:
        """Product reviews, written after an instant of the shop's local time."""
        query = request.query_params
        asked = read_asked(
            {key: query[key] for key in query if key != "status"}, self.shop.settings.zone_info
        )
        after = datetime.fromisoformat(query["after"]) if query.get("after") else None
        found = self.shop.voices.listed(after, query.get("status", "approved"))
        return self._listed(request, asked, found[::-1] if asked.descending else found)

    async def coupons(self, request: Request) -> Response:
        """The one list that may be written: a POST makes a coupon, and refuses a code that is there."""
        if no := self._gate.refusal(request):
            return refused(401, no.code, no.message)
        if request.method == "GET":
            return JSONResponse(self.shop.coupons.listed(request.query_params.get("code", "")))
        made = self.shop.coupons.make(await request.json())
        if made is None:
            code = "woocommerce_rest_coupon_code_already_exists"
            return refused(400, code, "The coupon code already exists")
        return JSONResponse(made, 201)

    def _about(self, request: Request, answer: Callable[[Order], Response]) -> Response:
        order = self.shop.find(request.path_params["order"])
        if order is None:
            return refused(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
        return answer(order)

    def _listed(self, request: Request, asked: Asked, found: list[dict[str, Any]]) -> Response:
        page = _page(found, asked)
        return self._paged(request, asked, len(found), (json.dumps(row).encode() for row in page), bool(page))

    def _paged(
        self, request: Request, asked: Asked, total: int, rows: Iterable[bytes], some: bool
    ) -> Response:
        """A page with WordPress's headers. Past the end there is nothing, and it counts as nothing."""
        total = total if some else 0
        pages = math.ceil(total / asked.per_page)
        headers = {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)}
        links = []
        if asked.page > 1 and some:
            links.append(f'<{self._link(request, asked.page - 1)}>; rel="prev"')
        if asked.page < pages:
            links.append(f'<{self._link(request, asked.page + 1)}>; rel="next"')
        if links:
            headers["Link"] = ", ".join(links)
        return Response(b"[" + b",".join(rows) + b"]", headers=headers, media_type=JSON)

    def _link(self, request: Request, page: int) -> str:
        kept = {name: value for name, value in request.query_params.items() if not name.startswith("oauth_")}
        defaults = {"status[0]": "any", "dp": "2"} if request.url.path.endswith("/orders") else {}
        return f"{self.shop.site}{request.url.path}?{urlencode(defaults | kept | {'page': page})}"


Row = TypeVar("Row")
JSON = "application/json; charset=UTF-8"
_KEYS: dict[str, Callable[[Order], Any]] = {
    "date": lambda order: (order.placed_at, order.id),
    "id": lambda order: order.id,
    "modified": lambda order: (order.modified_at, order.id),
}


def _page(found: list[Row], asked: Asked) -> list[Row]:
    return found[(asked.page - 1) * asked.per_page : asked.page * asked.per_page]


async def _index(_request: Request) -> Response:
    return JSONResponse({"name": "Sandbox", "namespaces": ["wc/v3", "wc-shipment-tracking/v3"]})


async def _no_route(_request: Request) -> Response:
    return refused(404, "rest_no_route", "No route was found matching the URL and request method.")
