"""The sandbox's shop as a process of its own, with the latency of a real one: `shop.py ORDERS LATENCY_MS`."""

import sys
from datetime import UTC, datetime, timedelta

from postventa.sandbox.server import Sandbox
from postventa.sandbox.settings import SandboxSettings


def main(orders: int, latency_ms: float) -> None:
    start = datetime.now(UTC) - timedelta(days=12)
    with Sandbox(SandboxSettings(orders=orders, latency_ms=latency_ms, start=start)) as sandbox:
        print(sandbox.url, flush=True)
        sys.stdin.read()  # until whoever started us goes away


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
