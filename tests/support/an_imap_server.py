"""A real IMAP server in this process, on loopback: pymap with its mailboxes in memory."""

import asyncio
import socket
import ssl
import threading
from argparse import Namespace
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from types import TracebackType
from typing import Self

from imapclient import IMAPClient
from proxyprotocol.reader import ProxyProtocolReader
from proxyprotocol.version import ProxyProtocolVersion
from pymap.backend.dict import Config, DictBackend, Login
from pymap.backend.dict.mailbox import MailboxData
from pymap.concurrent import Subsystem
from pymap.imap import IMAPServer
from pymap.parsing.specials.flag import Recent, Wildcard, get_system_flags
from pysasl import SASLAuth
from pysasl.hashing import Cleartext

from postventa.sandbox.door import loopback_socket

USER = "atencion@tienda.example"
PASSWORD = "la llave del buzón"
MONDAY = datetime(2026, 11, 2, 7, 30, tzinfo=UTC)


_ways_in = cache(SASLAuth.defaults)


class _Config(Config):
    greeting = b"ready"  # the original looks its own name up, which may take seconds
    moves = True

    @property
    def login_capability(self) -> Sequence[bytes]:
        return [one for one in super().login_capability if self.moves or one != b"MOVE"]

    @property
    def tls_auth(self) -> SASLAuth:
        """Found once: the original looks through all that is installed, twice a visit, which is most of a test."""
        return _ways_in()


class _Cleartext(Cleartext):
    """The original compares ASCII alone."""

    def verify(self, secret: str, hash: str) -> bool:  # noqa: A002 - its name there
        return secret == hash


class AnImapServer:
    """`with AnImapServer() as server:` and `server.port` answers.

    `keeps_marks=False` is a server that takes no keywords of its users, `moves=False` one that only copies; `tls` and `starttls` take a server's context.
    """

    def __init__(
        self,
        *,
        keeps_marks: bool = True,
        moves: bool = True,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
    ) -> None:
        self.port = 0
        self._keeps_marks, self._moves = keeps_marks, moves
        self._tls, self._starttls = tls, starttls
        self._loop = asyncio.new_event_loop()
        self._is_open = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._kept_flags = MailboxData.permanent_flags
        marks = {Wildcard} if self._keeps_marks else set()
        MailboxData.permanent_flags = property(lambda _box: get_system_flags() - {Recent} | marks)
        self._thread.start()
        assert self._is_open.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, where: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
        MailboxData.permanent_flags = self._kept_flags

    @contextmanager
    def visit(self):
        """A client of the test's own, logged in."""
        with IMAPClient("127.0.0.1", self.port, ssl=False) as client:
            client.normalise_times = False
            client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.plain_login(USER, PASSWORD)
            yield client

    def put(
        self, raw: bytes, received_at: datetime = MONDAY, flags: Iterable[bytes] = (), folder: str = "INBOX"
    ) -> None:
        """A mail arrives."""
        with self.visit() as client:
            client.append(folder, raw, flags, received_at)

    def flags(self, folder: str = "INBOX") -> list[set[str]]:
        """The flags of every mail in a folder, in the sequence of their coming."""
        with self.visit() as client:
            if not client.folder_exists(folder):
                return []
            client.select_folder(folder, readonly=True)
            found = client.get_flags(client.search())
        return [{flag.decode().lower() for flag in found[uid]} - {"\\recent"} for uid in sorted(found)]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        self._over = asyncio.Event()
        words = Namespace(passlib_cfg=None, proxy_protocol=None, cert=None, key=None, debug=False)
        words.host, words.port, words.tls = "127.0.0.1", 0, self._starttls is not None
        words.demo_data, words.demo_user, words.demo_password = False, USER, PASSWORD
        config = _Config.from_args(
            words,
            hash_context=_Cleartext(),
            cpu_subsystem=Subsystem.for_asyncio(),
            ssl_context=self._starttls,
            invalid_user_sleep=0,
        )
        config.moves = self._moves
        login = Login(config)
        await DictBackend._add_demo_user(config, login)
        config.apply_context()
        served = IMAPServer(login, config)
        answer = ProxyProtocolReader(ProxyProtocolVersion.get(None)).get_callback(served)
        server = await asyncio.start_server(answer, sock=loopback_socket(0), ssl=self._tls)
        self.port = server.sockets[0].getsockname()[1]
        self._is_open.set()
        async with server:
            await self._over.wait()
