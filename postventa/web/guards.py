"""What stands before every page: headers that forbid what we never do, a limit of size, and patience with an end."""

import asyncio
import contextlib
from collections.abc import Callable
from time import monotonic

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from postventa.web.refusals import Refused

CSP = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # a link's signature must not reach a carrier's website
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
PAUSE_SECONDS = 20
"""The longest a sender may pause within a form."""
WHOLE_SECONDS = 300


class Headers:
    """Adds the headers to every answer; nothing but the style sheet and the icon may be kept by a browser."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        self._app = app
        self._headers = HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if is_https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


class Below:
    """Lets the pages live below a path, whether the proxy in front strips it or not."""

    def __init__(self, app: ASGIApp, base: str) -> None:
        self._app, self._base = app, base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        if self._base and (path == self._base or path.startswith(f"{self._base}/")):
            scope = {**scope, "path": path.removeprefix(self._base) or "/"}
        if scope.get("method") == "HEAD":  # asked by those who check links; the server leaves the body out
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)


class Limits:
    """Refuses a body that is larger than `most` bytes, and one that takes for ever."""

    def __init__(self, app: ASGIApp, *, most: Callable[[str], int]) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most, read, until = self._most(scope["path"]), 0, monotonic() + WHOLE_SECONDS

        async def measured() -> Message:
            nonlocal read
            if read < 0:  # the body has been read: what comes now is the visitor leaving
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), min(PAUSE_SECONDS, max(0, until - monotonic())))
            except TimeoutError as slow:
                raise Refused(408) from slow
            read += len(message.get("body", b""))
            if read > most:
                if message.get("more_body", False):  # else there is nothing left to wait for
                    await _drain(receive, most)
                raise Refused(413)
            if not message.get("more_body", False):
                read = -1
            return message

        await self._app(scope, measured, send)


async def _drain(receive: Receive, most: int) -> None:
    """Lets the rest of what is too large pass by, within reason: a browser reads no answer before it has sent all."""
    passed = 0
    while passed < 2 * most:
        try:
            message = await asyncio.wait_for(receive(), PAUSE_SECONDS)
        except TimeoutError:
            return
        passed += len(message.get("body", b""))
        if not message.get("more_body", False):
            return


class Quiet:
    """Ends the way of an error that has been answered and noted: its message may hold what somebody typed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(Exception):
            await self._app(scope, receive, send)
