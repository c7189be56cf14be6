"""A shop of many orders on loopback, as WooCommerce lists them: each page is made when it is asked for, and cheap.

Run as a program with a number of orders it says its address and serves until its input ends.
"""

import json
import sys
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from an_order import raw_order, stamp

SECONDS_APART = 7


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_request: object) -> None:
        """Whoever was killed in the middle of a question hears no answer."""


class ALargeShop:
    """`orders` of them, numbered from 1, each changed some seconds after the one before."""

    def __init__(self, orders: int, first: datetime) -> None:
        self._stamps = [stamp(first + timedelta(seconds=SECONDS_APART * n)) for n in range(orders)]
        self._first = first
        self.asked_after: list[str] = []
        """From which stamp on each page of the list was asked for."""
        shop = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body, total = shop.answer(self.path)
                self.send_response(200)
                for name, value in (
                    ("Content-Type", "application/json"),
                    ("Content-Length", str(len(body))),
                    ("X-WP-Total", str(total)),
                ):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_said: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Door)
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str) -> tuple[bytes, int]:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        if not urlsplit(path).path.endswith("/v3/orders") or asked["status"] != "any":
            return b"[]", 0
        self.asked_after.append(asked["modified_after"])
        per_page, page = int(asked["per_page"]), int(asked["page"])
        after = bisect_right(self._stamps, asked["modified_after"])
        begin = after + per_page * (page - 1)
        rows = [self._order(n) for n in range(begin, min(begin + per_page, len(self._stamps)))]
        return json.dumps(rows).encode(), len(self._stamps) - after

    def _order(self, number: int) -> dict[str, Any]:
        at = self._first + timedelta(seconds=SECONDS_APART * number)
        return raw_order(number + 1, "completed" if number % 3 else "processing", at=at, placed=at)


if __name__ == "__main__":
    number = int(sys.argv[1])
    with ALargeShop(number, datetime.now(UTC) - timedelta(seconds=SECONDS_APART * (number + 1))) as shop:
        print(shop.url, flush=True)
        sys.stdin.read()
