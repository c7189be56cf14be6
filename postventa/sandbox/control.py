"""The sandbox's own levers under `/sandbox/`: its clock, its faults, one order by hand, and the truth to test against."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from postventa.clock import NotAClock, read_instant
from postventa.sandbox.lives import Change
from postventa.sandbox.mailbox_pages import MailboxPages
from postventa.sandbox.settings import Faults, NotAFault

if TYPE_CHECKING:
    from postventa.sandbox.server import Sandbox


class Control:
    """The routes over the sandbox as a whole."""

    def __init__(self, sandbox: "Sandbox", pages: MailboxPages) -> None:
        self._sandbox, self._pages = sandbox, pages

    def routes(self) -> list[Route]:
        return [
            Route("/", self.home),
            Route("/sandbox/status", self.status),
            Route("/sandbox/clock", self.clock, methods=["POST"]),
            Route("/sandbox/faults", self.faults, methods=["POST"]),
            Route("/sandbox/orders/{order:int}", self.order),
            Route("/sandbox/orders/{order:int}", self.patch, methods=["POST"]),
            Route("/sandbox/orders/{order:int}/refunds", self.refund, methods=["POST"]),
            Route("/sandbox/reviews", self.review, methods=["POST"]),
        ]

    def truth(self) -> dict[str, Any]:
        sandbox = self._sandbox
        return {
            "now": sandbox.watch.now().isoformat(),
            "clock_is_set": sandbox.watch.is_set,
            "seed": sandbox.settings.seed,
            "start": sandbox.settings.opened_at.isoformat(),
            "url": sandbox.url,
            "smtp_port": sandbox.smtp_port,
            "faults": asdict(sandbox.faults),
            "orders": sandbox.shop.truth(),
            "parcels": sandbox.carrier.truth(),
            "mails": sandbox.mailbox.truth(),
        }

    async def home(self, _request: Request) -> Response:
        sandbox = self._sandbox
        return self._pages.page(
            "home.html",
            truth=self.truth(),
            settings=sandbox.settings,
            now=sandbox.watch.now(),
            url=sandbox.url,
        )

    async def status(self, _request: Request) -> Response:
        return JSONResponse(self.truth())

    async def clock(self, request: Request) -> Response:
        """`{"now": "2026-11-02T08:00:00Z"}` stops the sandbox's clock there, with `"speed": 60` it runs on from there.

        `{"now": null}` lets it follow the service's clock again.
        """

        def set_clock(asked: dict[str, Any]) -> Response:
            written = asked.get("now")
            instant = None if written is None else read_instant(str(written))
            self._sandbox.watch.set_to(instant, float(asked.get("speed", 0)))
            return JSONResponse({"now": self._sandbox.shop.catch_up().isoformat()})

        return await _asked(request, set_clock)

    async def faults(self, request: Request) -> Response:
        """Replaces all faults; what is not named stops."""

        def set_faults(asked: dict[str, Any]) -> Response:
            self._sandbox.set_faults(Faults.read(asked))
            return JSONResponse(asdict(self._sandbox.faults))

        return await _asked(request, set_faults)

    async def order(self, request: Request) -> Response:
        """An order's whole life, what is still to come included, and its parcels' scans up to now."""
        sandbox = self._sandbox
        order = sandbox.shop.orders.get(request.path_params["order"])
        if order is None:
            return _no("there is no such order", 404)
        sandbox.shop.catch_up()
        return JSONResponse(
            {
                "id": order.id,
                "life": [_told(change) for change in order.changes],
                "happened": order.applied,
                "status": order.happened.status,
                "parcels": [
                    {
                        "number": parcel.number,
                        "journey": parcel.journey,
                        "scans": [[scan.at.isoformat(), scan.said] for scan in sandbox.carrier.told(parcel)],
                    }
                    for parcel in order.parcels
                ],
            }
        )

    async def patch(self, request: Request) -> Response:
        """Changes fields of an order now. `?touch=false` leaves its date_modified alone, as some plugins do."""

        def patch_order(asked: dict[str, Any]) -> Response:
            touch = request.query_params.get("touch") != "false"
            order = self._sandbox.shop.patch(request.path_params["order"], asked, touch=touch)
            if order is None:
                return _no("there is no such order, or it is not placed yet", 404)
            self._sandbox.carrier.forget_called_off()
            return JSONResponse(self._sandbox.shop.payload(order))

        return await _asked(request, patch_order)

    async def refund(self, request: Request) -> Response:
        """Gives money back now: `{}` all of it, `{"line": 0}` that line."""

        def give_back(asked: dict[str, Any]) -> Response:
            order = self._sandbox.shop.give_back(request.path_params["order"], str(asked.get("line", "all")))
            if order is None:
                return _no("there is no such order, or it is not placed yet", 404)
            return JSONResponse(self._sandbox.shop.payload(order))

        return await _asked(request, give_back)

    async def review(self, request: Request) -> Response:
        """A customer reviews a product on the shop's page now: `product_id`, `reviewer_email` and `rating` at least."""

        def write(asked: dict[str, Any]) -> Response:
            lacking = [name for name in ("product_id", "reviewer_email", "rating") if name not in asked]
            if lacking:
                return _no(f"a review needs {', '.join(lacking)}", 400)
            return JSONResponse(self._sandbox.shop.voices.add(asked), 201)

        return await _asked(request, write)


async def _asked(request: Request, do: Callable[[dict[str, Any]], Response]) -> Response:
    try:
        asked = await request.json()
        return do(asked) if isinstance(asked, dict) else _no("the body must be a JSON object", 400)
    except (NotAClock, NotAFault, ValueError) as wrong:
        return _no(str(wrong), 400)


def _no(why: str, status: int) -> Response:
    return JSONResponse({"error": why}, status)


def _told(change: Change) -> dict[str, Any]:
    return {
        "at": change.at.isoformat(),
        "did": change.did,
        "value": change.value,
        "parcel": change.parcel.number if change.parcel else None,
    }
