"""Mail servers on loopback: aiosmtpd where a well-behaved one will do, a scripted one where it must misbehave."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from postventa import settings

SENDER = "Tienda Ejemplo, S.L. <pedidos@tienda.example>"
ANA = "ana@correo.example"
LETTER = b"Subject: hola\r\n\r\n.punto\r\n..\r\nadi\xc3\xb3s\r\n"


def channel(port: int, **more) -> settings.Channel:
    written = {"adapter": "smtp", "host": "127.0.0.1", "port": port, "from": SENDER, "timeout_seconds": 5}
    return settings.Channel.model_validate(written | more)


@dataclass
class Mailbox:
    """An aiosmtpd handler that keeps what it takes; `answers` replaces a command's reply, by command and turn."""

    letters: list[tuple[str, str, bytes]] = field(default_factory=list)
    connections: int = 0
    commands: list[str] = field(default_factory=list)
    on: dict[str, Callable[[SMTP, str], str]] = field(default_factory=dict)
    offers: tuple[str, ...] = ()

    def _answer(self, command: str, server, argument: str, otherwise: str) -> str:
        self.commands.append(command)
        return self.on[command](server, argument) if command in self.on else otherwise

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return [*responses[:-1], *(f"250-{offer}" for offer in self.offers), responses[-1]]

    async def handle_MAIL(self, server, session, envelope, address, options):
        reply = self._answer("MAIL", server, address, "250 OK")
        if reply.startswith("250"):
            envelope.mail_from = address
        return reply

    async def handle_RCPT(self, server, session, envelope, address, options):
        reply = self._answer("RCPT", server, address, "250 OK")
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_RSET(self, server, session, envelope):
        self.commands.append("RSET")
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        reply = self._answer("DATA", server, "", "250 2.0.0 OK: queued as 4711")
        if reply.startswith("250"):
            self.letters.append((envelope.mail_from, envelope.rcpt_tos[0], envelope.content))
        return reply


@contextlib.contextmanager
def served(handler: Mailbox, **how) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port, **how)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def turns(*replies: str) -> Callable[[SMTP, str], str]:
    """Answers with each in turn, and for ever with the last."""
    left = list(replies)
    return lambda _server, _argument: left.pop(0) if len(left) > 1 else left[0]


def hang_up(server: SMTP, _argument: str) -> str:
    server.transport.close()
    return "250 never heard"


@contextlib.contextmanager
def scripted(*scripts: str, tls: ssl.SSLContext | None = None) -> Iterator[SimpleNamespace]:
    """Plays one script a connection. A line `> 250 OK` is said, `< MAIL` is awaited, `< .` is a letter,
    `stall` keeps silent, and the end of a script hangs up."""
    heard: list[str] = []
    done = threading.Event()

    def play(script: str, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            for step in filter(None, map(str.strip, script.splitlines())):
                if step == "stall":
                    done.wait(10)
                elif step.startswith("> "):
                    connection.sendall(step[2:].encode() + b"\r\n")
                else:
                    line = ""
                    while line != "." if step == "< ." else not line.upper().startswith(step[2:]):
                        received = lines.readline()
                        if not received:
                            return
                        line = received.decode().strip()
                        heard.append(line)

    def serve() -> None:
        for script in scripts:
            with contextlib.suppress(OSError):
                play(script, listener.accept()[0])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield SimpleNamespace(port=listener.getsockname()[1], heard=heard)
        finally:
            done.set()
            thread.join(10)
    assert not thread.is_alive()


GREETING = "> 220 hola\n< EHLO\n> 250-yo\n> 250 PIPELINING\n< DATA\n"
