"""The first sync of a large shop, killed at 60 percent: what it costs to go on, and how fast everything is moved."""

import os
import sys
import time
from resource import RUSAGE_SELF, getrusage
from typing import Any

import psutil
from sqlalchemy import func, select
from stand import HERE, House, Stand, WrongResult, kept

from postventa.settings import ENVIRONMENT_KEY
from postventa.store.inbox import InboxRow
from postventa.store.orders import OrderRow
from tasks.orders import move_orders, poll_orders

LARGE_SHOP = HERE.parent / "tests" / "support" / "a_large_shop.py"
POLL = "from tasks.orders import poll_orders; poll_orders.fn('tienda')"
KILLED_AT = 0.6


def resume(stand: Stand, database: str, orders: int) -> dict[str, Any]:
    """Lets a process read the shop, kills it on the way, and lets this one go on until every order is moved."""
    with kept([LARGE_SHOP, orders]) as shop:
        house = stand.house(database, shop.stdout.readline().strip())
        os.environ[ENVIRONMENT_KEY] = str(house.config)
        killed_at = _killed(house, int(orders * KILLED_AT))
        began = time.perf_counter()
        news = poll_orders.fn("tienda").news
        polled = time.perf_counter() - began
        began = time.perf_counter()
        while move_orders.fn("tienda").left_over:
            pass
        moved = time.perf_counter() - began
    filed, there = _count(house, InboxRow), _count(house, OrderRow)
    if (filed, there) != (orders, orders) or killed_at + news != orders:
        raise WrongResult(
            f"of {orders} orders {filed} were filed and {there} moved, {killed_at} + {news} heard"
        )
    return {
        "orders": orders,
        "filed_when_killed": killed_at,
        "heard_after_that": news,
        "heard_per_second": round(news / polled, 1),
        "moved_per_second": round(orders / moved, 1),
        "peak_mb": round(getrusage(RUSAGE_SELF).ru_maxrss / 1024),
    }


def _killed(house: House, after: int) -> int:
    """Starts a poll and kills it once so much is filed; answers how much was."""
    poll = psutil.Popen([sys.executable, "-c", POLL], cwd=HERE.parent)
    while poll.poll() is None and _count(house, InboxRow) < after:
        time.sleep(0.05)
    poll.kill()
    poll.wait()
    return _count(house, InboxRow)


def _count(house: House, table: Any) -> int:
    with house.place.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())
