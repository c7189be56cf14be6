"""W1: a shop's orders, read page by page over HTTP and filed: our poll against a loop that commits row by row."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from stand import HERE, House, Stand, WrongResult, kept

from postventa import clock
from postventa.connectors.doors import open_shop
from postventa.connectors.shops._woocommerce_walk import walk
from postventa.settings import ENVIRONMENT_KEY
from postventa.store.filing import _inbox_row, move_cursor
from postventa.store.inbox import InboxRow
from tasks.orders import FIRST_LOOK_BACK, poll_orders

SHOP = "tienda"
REPEATS = 2


def read(stand: Stand, database: str, orders: int, latency_ms: int) -> dict[str, Any]:
    """Reads all orders of a shop in both ways, in turns; answers orders a second by the best turn of each."""
    ways: dict[str, Callable[[House], None]] = {"ours": _ours, "row_by_row": _row_by_row}
    best = dict.fromkeys(ways, float("inf"))
    with kept([HERE / "shop.py", orders, latency_ms]) as shop:
        url = shop.stdout.readline().strip()
        _ours_once(
            stand, database, url
        )  # the sandbox writes each order once and keeps it: not what is measured
        filed = set()
        for _ in range(REPEATS):
            for name, way in ways.items():
                house = stand.house(database, url)
                began = time.perf_counter()
                with _at(house):
                    way(house)
                best[name] = min(best[name], time.perf_counter() - began)
                filed.add(_filed(house))
    if len(filed) != 1 or min(filed) < orders * 0.9:
        raise WrongResult(f"of {orders} orders, the ways filed {filed}")
    count = filed.pop()
    figures = {f"{name}_orders_per_second": round(count / seconds, 1) for name, seconds in best.items()}
    return {
        "latency_ms": latency_ms,
        "orders": count,
        **figures,
        "ratio": round(best["row_by_row"] / best["ours"], 2),
    }


def _ours(_house: House) -> None:
    poll_orders.fn(SHOP)


def _row_by_row(house: House) -> None:
    """One page after the other, a commit for each order, the cursor at the end of the page."""
    settings = house.place.settings.shops[SHOP]
    door: Any = open_shop(SHOP, settings)
    since = settings.backfill_since - FIRST_LOOK_BACK
    for status in ("any", "trash"):
        for leaf in walk(door._asking(status), since):  # noqa: SLF001 - the same connector without its looking ahead
            for heard in leaf.heard:
                row = _inbox_row(SHOP, heard, clock.now())
                with Session(house.place.store) as session:
                    if not _is_known(session, row):
                        session.add(InboxRow(**row))
                        session.commit()
            if leaf.heard and status == "any":
                newest = max(heard.modified_at for heard in leaf.heard)
                with house.place.store.begin() as connection:
                    move_cursor(connection, f"{SHOP}:orders", newest, clock.now())


def _is_known(session: Session, row: dict[str, Any]) -> bool:
    unique = ("shop", "kind", "ref", "modified_at", "digest")
    there = select(InboxRow.id).where(*(getattr(InboxRow, name) == row[name] for name in unique))
    return session.scalar(there) is not None


def _ours_once(stand: Stand, database: str, url: str) -> None:
    house = stand.house(database, url)
    with _at(house):
        _ours(house)


@contextmanager
def _at(house: House) -> Iterator[None]:
    os.environ[ENVIRONMENT_KEY] = str(house.config)
    yield


def _filed(house: House) -> int:
    with house.place.reading() as connection:
        return connection.execute(select(func.count()).select_from(InboxRow)).scalar_one()
