"""Days that go wrong: a shop that is down for a day, two shops that number alike, a carrier that takes a delivery back."""

import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from an_order import raw_order
from sqlalchemy import update

from postventa import clock
from postventa.connectors.errors import ConnectorError
from postventa.store.orders import CustomerRow, EventRow, OrderRow, order_id_of
from postventa.store.reconciliation import PollRow
from postventa.store.shipments import ShipmentRow, known_scans
from postventa.store.standings import standings
from postventa.workplace import Workplace
from tasks.orders import move_orders, poll_orders
from tasks.reconciliation import compare_orders
from tasks.shipments import look_at_parcels

SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


def subjects(village):
    return sorted(
        re.search(rb"X-Postventa-Message: (\w+)", mail.raw)[1].decode() + " " + mail.recipient.split("@")[0]
        for mail in village.mailbox.letters
    )


@SQLITE
def test_a_shop_that_is_down_for_a_day_is_caught_up_with_and_mails_nothing_that_is_stale(village, httpserver):
    start = village.now
    village.put(raw_order(1, at=start, placed=start), raw_order(2, at=start, placed=start))
    village.hear()
    village.send()
    assert len(subjects(village)) == 4
    httpserver.clear()
    httpserver.expect_request(re.compile(".")).respond_with_data("down", 503)
    for _ in range(3):
        village.later(hours=8)
        with pytest.raises(ConnectorError):
            village.poll()
    # What happened meanwhile: one order left and arrived, one was cancelled, one was placed and cancelled again,
    # and one was placed in the last hour.
    village.put(
        raw_order(1, "completed", at=start + timedelta(hours=4), placed=start, parcels=["JD1"]),
        raw_order(2, "cancelled", at=start + timedelta(hours=5), placed=start),
        raw_order(3, "cancelled", at=start + timedelta(hours=9), placed=start + timedelta(hours=6)),
        raw_order(4, at=start + timedelta(hours=23), placed=start + timedelta(hours=23)),
    )
    village.scans["JD1"] = [
        (start + timedelta(hours=5), "transit", "Picked up"),
        (start + timedelta(hours=9), "transit", "Out for delivery"),
        (start + timedelta(hours=12), "delivered", "Delivered"),
    ]
    village.mailbox.letters.clear()
    httpserver.clear()
    httpserver.expect_request(re.compile(".")).respond_with_handler(village.answer)

    village.hear()
    village.look()
    village.send()

    stages = {row.ref: row.stage for row in village.rows(OrderRow)}
    assert stages == {"1": "delivered", "2": "cancelled", "3": "cancelled", "4": "paid"}
    assert subjects(village) == ["delivered nuria.1", "paid nuria.4", "received nuria.4"]
    (poll,) = [row for row in village.rows(PollRow) if row.news == 4]
    assert poll.lag_max_seconds == 20 * 3600
    assert village.reconcile() == []
    assert village.found() == [], "late is not missed"


@SQLITE
def test_two_shops_with_the_same_order_and_parcel_numbers_are_kept_apart(
    village, configuration, house, httpserver
):
    configuration["shops"]["otra"] = {
        **configuration["shops"]["tienda"],
        "url": httpserver.url_for("/otra"),
    }
    place = house()
    village.put(raw_order(7, "completed", at=village.now, parcels=["JD7"]))
    village.hear()
    both = {"billing": {**raw_order(7)["billing"], "email": "altra@client.example"}}
    village.orders[7] = raw_order(7, "completed", at=village.now, parcels=["JD7"], **both)
    with clock.clock_set_to(village.now):
        poll_orders.fn("otra")
        move_orders.fn("otra")
    village.orders[7] = raw_order(7, "completed", at=village.now, parcels=["JD7"])
    village.scan("JD7", "delivered", "Delivered")
    village.look()
    assert {(row.shop, row.ref, row.stage) for row in village.rows(OrderRow)} == {
        ("tienda", "7", "delivered"),
        ("otra", "7", "delivered"),
    }
    assert sorted(row.email for row in village.rows(CustomerRow)) == [
        "altra@client.example",
        "nuria.7@client.example",
    ]
    assert len(village.rows(ShipmentRow)) == 2
    with place.reading() as connection:
        assert len(order_id_of(connection, "7")) == 2
        assert [row[1] for row in order_id_of(connection, "otra:7")] == ["otra"]
    village.send()
    assert [one for one in subjects(village) if "delivered" in one] == [
        "delivered altra",
        "delivered nuria.7",
    ]
    _forget(place, "otra")
    village.later(hours=2)
    assert village.reconcile() == []
    assert village.found() == []
    with clock.clock_set_to(village.now):
        compare_orders.fn("otra")
    assert ("stale", "7", "found") in village.found(), "each shop is compared with its own orders alone"


def _forget(place: Workplace, shop: str) -> None:
    """Makes our record of that shop's order differ."""
    with place.store.begin() as connection:
        connection.execute(update(OrderRow).where(OrderRow.shop == shop).values(raw_status="processing"))


@SQLITE
def test_a_carrier_that_goes_back_from_delivered_moves_nothing_and_one_that_returns_it_is_heard_at_night(
    village,
):
    village.put(raw_order(1, "completed", at=village.now, parcels=["JD1"]))
    village.hear()
    village.scan("JD1", "delivered", "Delivered")
    village.look()
    village.send()
    assert [row.look_at for row in village.rows(ShipmentRow)] == [None]
    village.later(hours=20)
    village.scan("JD1", "transit", "Arrived at the depot")
    village.hear()
    assert village.reconcile() == []
    (parcel,) = village.rows(ShipmentRow)
    assert (parcel.status, parcel.delivered_at) == ("delivered", village.now - timedelta(hours=20))
    village.later(hours=20)
    village.scan("JD1", "failure", "Returned to sender")
    village.hear()
    assert village.reconcile() == []
    (parcel,) = village.rows(ShipmentRow)
    assert parcel.status == "return_to_sender"
    village.send()
    assert subjects(village).count("delivered nuria.1") == 1
    assert subjects(village).count("incident nuria.1") == 1


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)  # SQLite lets one write at a time
@pytest.mark.parametrize("meanwhile", ["look", "move"])
def test_what_two_runs_hear_of_an_order_at_the_same_moment_is_written_once_and_none_undoes_the_other(
    village, monkeypatch, meanwhile
):
    """Each has read how the order stands before the other has saved, if it may."""
    village.put(raw_order(1, "completed", at=village.now, parcels=["JD1", "JD2"]))
    village.hear()
    both = threading.Barrier(2)

    def met(reading):
        def read(*words):
            found = reading(*words)
            with suppress(threading.BrokenBarrierError):
                both.wait(0.5)
            return found

        return read

    monkeypatch.setattr("tasks.shipments.known_scans", met(known_scans))
    monkeypatch.setattr("postventa.moving.standings", met(standings))
    village.later(hours=5)
    for number in ("JD1", "JD2"):
        village.scan(number, "delivered", "Delivered")
    village.put(raw_order(1, "completed", at=village.now, parcels=["JD1", "JD2"], customer_note="hola"))
    village.poll()
    with clock.clock_set_to(village.now), ThreadPoolExecutor(2) as runs:
        first = runs.submit(look_at_parcels.fn, "dhl")
        other = (
            runs.submit(look_at_parcels.fn, "dhl")
            if meanwhile == "look"
            else runs.submit(move_orders.fn, "tienda")
        )
        assert (first.result().set_aside, getattr(other.result(), "parked", ())) == ([], ())

    assert [row.stage for row in village.rows(OrderRow)] == ["delivered"]
    told = Counter((row.event, row.parcel) for row in village.rows(EventRow))
    assert {what: times for what, times in told.items() if times > 1} == {}
    village.send()
    assert subjects(village).count("delivered nuria.1") == 1
