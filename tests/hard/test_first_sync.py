"""The first sync of a large shop, killed with SIGKILL on its way: what was filed stays, and the rest comes."""

import os
import signal
import time
from datetime import timedelta

import pytest
from a_killable import is_alive
from a_large_shop import ALargeShop
from sqlalchemy import func, select

from postventa.store.filing import cursor
from postventa.store.inbox import InboxRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import EventRow, OrderRow
from postventa.store.reconciliation import PollRow

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

    def run(work, kill_when=lambda: False):
        pid, until = killables.start(work), time.monotonic() + 100
        while is_alive(pid):
            assert time.monotonic() < until
            if kill_when():
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)

    return run


@SQLITE
def test_a_first_sync_killed_at_60_percent_goes_on_where_it_was(house, monday, count, to_its_end):
    """Two thousand orders here; `make bench` kills one of a hundred thousand."""
    with ALargeShop(2000, monday - timedelta(days=14)) as shop:
        place = house(shop_url=shop.url)
        to_its_end("poll", lambda: count(InboxRow) >= 1200)
        filed, asked = count(InboxRow), shop.pages
        assert 1200 <= filed < 2000, "it was killed too late to prove anything"
        with place.reading() as connection:
            reached = cursor(connection, "tienda:orders")

        to_its_end("poll")

        assert shop.pages - asked < (2000 - filed) / 100 + 20, "it began from the beginning"
        assert count(InboxRow) == 2000
        with place.reading() as connection:
            assert cursor(connection, "tienda:orders") > reached
        assert count(PollRow) == 0, "what had changed before we listened is not late"


@SQLITE
def test_orders_of_a_first_sync_whose_moving_is_killed_are_all_moved_and_nobody_is_told_of_the_past(
    house, monday, count, to_its_end
):
    with ALargeShop(500, monday - timedelta(days=14)) as shop:
        house(shop_url=shop.url)
        to_its_end("poll")
        to_its_end("move", lambda: count(OrderRow) >= 200)
        assert 200 <= count(OrderRow) < 500
        to_its_end("move")
    assert count(OrderRow) == 500
    assert count(InboxRow, InboxRow.read_at.is_(None)) == 0
    assert count(OutboxRow, OutboxRow.outcome == "waiting") == 0
    assert count(EventRow, EventRow.event == "order_placed") == 500, "each order was moved once"
