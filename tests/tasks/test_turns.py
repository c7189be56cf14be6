"""Turns: two runs never do the same work side by side, and a turn is not lost to a moment's trouble."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from an_order import PLACED, raw_order
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from postventa import clock, turns
from postventa.news import Heard
from postventa.store import filing, leases
from postventa.store.inbox import LeaseRow
from postventa.store.orders import EventRow
from tasks.orders import move_orders
from tasks.turns import turn


@pytest.fixture
def lease(place):
    def held():
        with place.reading() as connection:
            return connection.execute(LeaseRow.__table__.select()).one_or_none()

    return held


def test_a_second_run_finds_the_turn_taken_and_a_third_finds_it_free(house, lease):
    house()
    with turn("orders:tienda") as first:
        with turn("orders:tienda") as second, turn("orders:other") as elsewhere:
            assert (first, second, elsewhere) == (True, False, True)
        assert lease() is not None
    assert lease() is None
    with turn("orders:tienda") as third:
        assert third


def test_the_turn_of_a_dead_run_is_taken_over(house, place):
    house()
    with place.store.begin() as connection:
        assert leases.take(connection, "orders:tienda", "elsewhere:7:0badcafe", clock.wall())
    with turn("orders:tienda") as ours:
        assert not ours
    with place.store.begin() as connection:
        connection.execute(update(LeaseRow).values(held_until=clock.wall() - timedelta(seconds=1)))
    with turn("orders:tienda") as ours:
        assert ours


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)  # SQLite lets one write at a time
def test_runs_that_take_each_other_for_dead_write_no_event_twice(house, place, monday, monkeypatch):
    """A machine that slept for longer than its lease wakes up beside the run that took its turn over."""
    house()
    monkeypatch.setattr("tasks.orders.BATCH", 10)
    heard = [Heard("order", str(ref), PLACED, raw_order(ref)) for ref in range(1, 61)]
    with place.store.begin() as connection:
        filing.file_heard(connection, "tienda", heard, monday)

    with clock.clock_set_to(monday), ThreadPoolExecutor(2) as runs:
        moved = list(runs.map(lambda _: move_orders.fn("tienda"), range(2)))

    assert sum(one.applied for one in moved) == 60
    assert [one.parked for one in moved] == [(), ()]
    with place.reading() as connection:
        told = connection.execute(select(EventRow.order_id).where(EventRow.event == "order_placed"))
        assert set(Counter(told.scalars()).values()) == {1}


def test_a_renewal_that_fails_once_does_not_cost_the_turn(house, lease, monkeypatch):
    house()
    real_renew, calls = leases.renew, []

    def renew(*words):
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("renew", None, Exception("locked"))
        real_renew(*words)

    monkeypatch.setattr(leases, "renew", renew)
    monkeypatch.setattr(turns, "RENEW_SECONDS", 0.01)
    with turn("orders:tienda"):
        before = lease().held_until
        until = time.monotonic() + 5
        while lease().held_until == before:
            assert time.monotonic() < until
            time.sleep(0.01)
    assert len(calls) > 1
