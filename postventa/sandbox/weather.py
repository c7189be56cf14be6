"""Bad weather on the line: latency, a limit on requests, and the faults that strike before an answer is made."""

import asyncio
import time
from collections.abc import Callable
from random import Random

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from postventa.sandbox.carrier import problem
from postventa.sandbox.settings import Faults, SandboxSettings

GUARD_PAGE = (
    "<!doctype html><html><head><title>One moment, please</title></head>"
    "<body><h1>Checking your browser</h1></body></html>"
)


class Limit:
    """So many requests a second, and never more than one second's worth at once."""

    def __init__(self, per_second: float) -> None:
        self._per_second, self._room = per_second, max(1.0, per_second)
        self._left, self._seen = self._room, time.monotonic()

    def is_over(self) -> bool:
        now = time.monotonic()
        self._left = min(self._room, self._left + (now - self._seen) * self._per_second)
        self._seen = now
        if self._left < 1:
            return True
        self._left -= 1
        return False


class Weather:
    """Wraps the application; the sandbox's own pages and controls always have fair weather."""

    def __init__(self, app: ASGIApp, settings: SandboxSettings, faults: Callable[[], Faults]) -> None:
        self._app, self._settings, self._faults = app, settings, faults
        self._dice = Random(settings.seed)
        rate = settings.rate_limit
        self._limits = {"/wp-json": Limit(rate), "/dhl": Limit(rate)} if rate else {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(("/wp-json", "/dhl")):
            await self._app(scope, receive, send)
            return
        at_shop = path.startswith("/wp-json")
        if self._settings.latency_ms:
            await asyncio.sleep(self._settings.latency_ms / 1000)
        faults = self._faults()
        if self._strikes(faults.timeouts):
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        limit = self._limits.get("/wp-json" if at_shop else "/dhl")
        answer: Response | None = None
        if (limit and limit.is_over()) or self._strikes(faults.http_429):
            answer = _too_many(at_shop=at_shop)
        elif self._strikes(faults.http_500):
            answer = _broken(at_shop=at_shop)
        elif self._strikes(faults.html_200):
            answer = HTMLResponse(GUARD_PAGE)
        await (answer or self._app)(scope, receive, send)

    def _strikes(self, share: float) -> bool:
        return share > 0 and self._dice.random() < share


def _too_many(*, at_shop: bool) -> Response:
    if at_shop:
        body = {"code": "too_many_requests", "message": "Too many requests.", "data": {"status": 429}}
        answer: Response = JSONResponse(body, 429)
    else:
        said = "Too many requests within defined time period, please try again later."
        answer = problem(429, "Too Many Requests", said)
    answer.headers["Retry-After"] = "1"
    return answer


def _broken(*, at_shop: bool) -> Response:
    if at_shop:
        said = "<p>There has been a critical error on this website.</p>"
        return JSONResponse({"code": "internal_server_error", "message": said, "data": {"status": 500}}, 500)
    return problem(500, "Internal Server Error", "The service cannot answer at the moment.")
