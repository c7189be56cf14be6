"""The first sync of a large shop, killed with SIGKILL on its way: what was filed stays, and the rest comes."""

import os
import signal
import time
from datetime import timedelta

import pytest
from a_killable import is_alive
from a_large_shop import ALargeShop
from an_order import stamp
from sqlalchemy import func, select

from postventa.store.filing import cursor
from postventa.store.inbox import InboxRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import EventRow, OrderRow
from postventa.store.reconciliation import PollRow

LARGE = pytest.param(100_000, marks=[pytest.mark.large, pytest.mark.timeout(3600)])
"""What is promised, in full size: `make large`. The small sizes are killed at the same points."""
SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@pytest.fixture
def count(place):
    """How many rows a table has, of which something may be said."""

    def counted(table, *which):
        with place.reading() as connection:
            return connection.execute(select(func.count()).select_from(table).where(*which)).scalar_one()

    return counted


@pytest.fixture
def to_its_end(killables, monday, monkeypatch):
    """Runs a round in a process, which is killed as soon as something is so."""
    monkeypatch.setenv("POSTVENTA_CLOCK", monday.isoformat())

    def run(work, kill_when=lambda: False, seconds=100):
        pid, until = killables.start(work), time.monotonic() + seconds
        while is_alive(pid):
            assert time.monotonic() < until
            if kill_when():
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)

    return run


@SQLITE
@pytest.mark.parametrize("orders", [2000, LARGE])
def test_a_first_sync_killed_at_60_percent_goes_on_where_it_was(house, monday, count, to_its_end, orders):
    with ALargeShop(orders, monday - timedelta(days=14)) as shop:
        place = house(shop_url=shop.url)
        to_its_end("poll", lambda: count(InboxRow) >= 0.6 * orders, seconds=orders)
        filed, asked = count(InboxRow), len(shop.asked_after)
        assert 0.6 * orders <= filed < orders, "it was killed too late to prove anything"
        with place.reading() as connection:
            reached = cursor(connection, "tienda:orders")

        to_its_end("poll", seconds=orders)

        assert min(shop.asked_after[asked:]) > stamp(reached - timedelta(hours=1)), (
            "it began from the beginning"
        )
        assert count(InboxRow) == orders
        with place.reading() as connection:
            assert cursor(connection, "tienda:orders") > reached
        assert count(PollRow) == 0, "what had changed before we listened is not late"


@SQLITE
@pytest.mark.parametrize("orders", [500, LARGE])
def test_orders_of_a_first_sync_whose_moving_is_killed_are_all_moved_and_nobody_is_told_of_the_past(
    house, monday, count, to_its_end, orders
):
    with ALargeShop(orders, monday - timedelta(days=14)) as shop:
        house(shop_url=shop.url)
        to_its_end("poll", seconds=orders)
        to_its_end("move", lambda: count(OrderRow) >= 0.4 * orders, seconds=orders)
        assert 0.4 * orders <= count(OrderRow) < orders
        while unread := count(InboxRow, InboxRow.read_at.is_(None)):
            to_its_end("move", seconds=orders)
            assert count(InboxRow, InboxRow.read_at.is_(None)) < unread
    assert count(OrderRow) == orders
    assert count(OutboxRow, OutboxRow.outcome == "waiting") == 0
    assert count(EventRow, EventRow.event == "order_placed") == orders, "each order was moved once"
