"""Serves the pages: for `postventa web`, and for whoever wants them beside something else, as the demo does."""

import socket
import threading
import time
from types import TracebackType
from typing import Self

import uvicorn

from postventa.web.app import create_app
from postventa.workplace import Workplace

PATIENCE = 20
"""Seconds that a start may take."""
MOST_AT_ONCE = 200


class PagesDidNotStart(RuntimeError):
    """The web server did not come up."""


def server(place: Workplace) -> uvicorn.Server:
    """A server of this workplace's pages. It writes no access log: addresses and links are nobody's business."""
    proxies = list(place.settings.web.proxies)
    return uvicorn.Server(
        uvicorn.Config(
            create_app(place),
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=proxies,
            limit_concurrency=MOST_AT_ONCE,
            timeout_keep_alive=10,
            timeout_graceful_shutdown=10,
        )
    )


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


class Pages:
    """`with Pages(place) as pages:` and `pages.url` answers, in a thread of its own."""

    def __init__(self, place: Workplace, port: int = 0) -> None:
        self._server = server(place)
        self._listening = listen("127.0.0.1", port)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(
            target=self._server.run, args=([self._listening],), name="pages", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + PATIENCE
        while not self._server.started:
            if time.monotonic() > deadline:
                raise PagesDidNotStart(f"the pages did not answer within {PATIENCE} seconds")
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, where: TracebackType | None
    ) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(PATIENCE)
        self._listening.close()
