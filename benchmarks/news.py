"""Applying news: orders a second that `move_orders` brings from the inbox to where they stand, at growing volumes."""

import os
import time
from typing import Any

from stand import HERE, Stand, WrongResult, kept

from postventa.settings import ENVIRONMENT_KEY
from tasks.orders import move_orders, poll_orders


def apply(stand: Stand, database: str, orders: int) -> dict[str, Any]:
    """Polls a shop of `orders` orders, then measures how fast what it says is applied."""
    with kept([HERE / "shop.py", orders, 0]) as shop:
        house = stand.house(database, shop.stdout.readline().strip())
        os.environ[ENVIRONMENT_KEY] = str(house.config)
        poll_orders.fn("tienda")
        wall, cpu = time.perf_counter(), time.process_time()
        applied = owed = 0
        while True:
            moved = move_orders.fn("tienda")
            applied, owed = applied + moved.applied, owed + moved.owed
            if moved.parked or moved.quarantined:
                raise WrongResult(
                    f"{moved.quarantined} payloads were not understood, parked: {moved.parked[:3]}"
                )
            if not moved.left_over:
                break
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if applied < orders * 0.9:
        raise WrongResult(f"of {orders} orders, the news of {applied} was applied")
    return {
        "orders": applied,
        "owed": owed,
        "orders_per_second": round(applied / wall, 1),
        "cpu_ms_per_order": round(cpu / applied * 1000, 2),
    }
