"""The mailbox's door: aiosmtpd on a loopback port that can be shut and opened again."""

import asyncio
import re
import socket
import threading
import weakref
from collections.abc import Awaitable, Callable

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"
SIZE_LIMIT = 25 * 1024 * 1024

PLAIN = re.compile(r"\s*<(?P<address>[\w.+-]+@[\w.-]+)>(?P<rest>.*)", re.ASCII | re.DOTALL)

Answer = Callable[[Envelope], str | None]
"""What to say to a mail; None ends the connection without a word."""


def loopback_socket(port: int) -> socket.socket:
    """A bound socket on loopback; port 0 takes a free one."""
    # asyncio answers without delay only on sockets that say they are TCP; others wait 40 ms for the client's ACK
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, port))
    except OSError:
        bound.close()
        raise
    return bound


class Door(Controller):
    """One opening of the door. Closing it also ends the connections that clients keep."""

    def __init__(self, answer: Answer, port: int) -> None:
        self._socket = loopback_socket(port)
        self._visitors: weakref.WeakSet[SMTP] = weakref.WeakSet()
        super().__init__(
            _Hooks(answer),
            hostname=HOST,
            port=self._socket.getsockname()[1],
            data_size_limit=SIZE_LIMIT,
            server_hostname="sandbox",
        )

    def factory(self) -> SMTP:
        visitor = _Visitor(self.handler, **self.SMTP_kwargs)
        self._visitors.add(visitor)
        return visitor

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        server: Awaitable[asyncio.AbstractServer] = self.loop.create_server(
            self._factory_invoker, sock=self._socket
        )
        return server

    def stop(self, no_assert: bool = False) -> None:
        gone = threading.Event()
        self.loop.call_soon_threadsafe(self._show_out, gone)
        gone.wait(5)
        super().stop(no_assert)

    def _show_out(self, gone: threading.Event) -> None:
        if self.server:
            self.server.close()
        for visitor in list(self._visitors):
            _cut(visitor)
        # connections are lost one turn of the loop later
        self.loop.call_later(0.01, gone.set)


def _cut(visitor: SMTP) -> None:
    if isinstance(visitor.transport, asyncio.WriteTransport):
        visitor.transport.abort()


class _Visitor(SMTP):
    """One connection. Plain addresses are read at once: the standard library's reader takes a third of a mail's time."""

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        if plain := PLAIN.match(arg):
            return plain["address"], plain["rest"]
        read: tuple[str | None, str | None] = super()._getaddr(arg)
        return read


class _Hooks:
    """What aiosmtpd calls."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        # aiosmtpd reads commands from one buffered stream and drops nothing that is already there:
        # it does pipeline, and only does not say so. tests/sandbox/test_mailbox.py holds it to that.
        session.host_name = hostname
        return [responses[0], "250-PIPELINING", *responses[1:]]

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        answer = self._answer(envelope)
        if answer is None:
            _cut(server)
            raise ConnectionResetError
        return answer
