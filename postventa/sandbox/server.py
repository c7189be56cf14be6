"""The sandbox: a shop, a carrier and a mailbox in one process, on loopback."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette

from postventa.sandbox.carrier import Carrier
from postventa.sandbox.control import Control
from postventa.sandbox.door import HOST, loopback_socket
from postventa.sandbox.mailbox import Mailbox
from postventa.sandbox.mailbox_pages import MailboxPages
from postventa.sandbox.settings import Faults, SandboxSettings
from postventa.sandbox.shop import Shop
from postventa.sandbox.shop_api import ShopApi
from postventa.sandbox.watch import Watch
from postventa.sandbox.weather import Weather

PATIENCE = 20
"""Seconds that a start may take."""


class SandboxDidNotStart(RuntimeError):
    """The web server did not come up."""


class Sandbox:
    """`with Sandbox(SandboxSettings(orders=50)) as sandbox:` and `sandbox.url` answers."""

    def __init__(self, settings: SandboxSettings | None = None) -> None:
        self.settings = settings or SandboxSettings()
        self.faults = self.settings.faults
        self.watch = Watch()
        self.shop = Shop(self.settings, self.watch)
        self.carrier = Carrier(self.shop, self._faults)
        self.mailbox = Mailbox(
            self.watch,
            self._faults,
            port=self.settings.smtp_port,
            seed=self.settings.seed,
            keep_bodies=self.settings.keep_bodies,
        )
        self.url = ""
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def smtp_port(self) -> int:
        """Known once the sandbox has started."""
        return self.mailbox.port

    def _faults(self) -> Faults:
        return self.faults

    def set_faults(self, faults: Faults) -> None:
        """From now on these faults happen, and no others."""
        self.faults = faults
        self.mailbox.follow(faults)

    def start(self) -> Self:
        """Opens every port; returns when they answer."""
        listening = loopback_socket(self.settings.port)
        self.url = self.shop.site = f"http://{HOST}:{listening.getsockname()[1]}"
        try:
            self.mailbox.start()
        except OSError:
            listening.close()
            raise
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._app(),
                log_level="critical",  # a connection cut by a fault is not news
                access_log=False,
                lifespan="off",
                ws="none",
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, args=([listening],), name="sandbox", daemon=True
        )
        self._thread.start()
        _wait_until(lambda: self._server is not None and self._server.started)
        self.mailbox.follow(self.faults)
        return self

    def stop(self) -> None:
        """Closes every port. What hangs is cut."""
        if self._server and self._thread:
            self._server.should_exit = self._server.force_exit = True
            self._thread.join(PATIENCE)
            self._server = self._thread = None
        self.mailbox.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()

    def _app(self) -> Weather:
        pages = MailboxPages(self.mailbox, self.settings)
        routes = [
            *ShopApi(self.shop, self._faults).routes(),
            *self.carrier.routes(),
            *pages.routes(),
            *Control(self, pages).routes(),
        ]
        return Weather(Starlette(routes=routes), self.settings, self._faults)


def _wait_until(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > deadline:
            raise SandboxDidNotStart(f"the sandbox's web server did not answer within {PATIENCE} seconds")
        time.sleep(0.005)


def run(settings: SandboxSettings) -> None:
    """Serves until Ctrl-C, after saying where things are."""
    with Sandbox(settings) as sandbox:
        print(  # noqa: T201 - what the command is for
            f"The sandbox is open: {sandbox.url}\n"
            f"  shop     {sandbox.url}  (key {settings.key}, secret {settings.secret})\n"
            f"  carrier  {sandbox.url}/dhl  (key {settings.carrier_key})\n"
            f"  mailbox  {sandbox.url}/mailbox  (SMTP on {HOST}:{sandbox.smtp_port})\n"
            "Ctrl-C closes it.",
            flush=True,
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("The sandbox is closed.", flush=True)  # noqa: T201 - said to whoever started it
