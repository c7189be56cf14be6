"""PrestaShop through our tasks and into the store: what is kept, what never is, and a year's clocks and zones."""

import json
import logging
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from a_mailbox import AMailbox
from a_shop import PLACED, TRACKING, Sale, kind_of_shop
from sqlalchemy import MetaData

from postventa import clock
from postventa.store.inbox import InboxRow, QuarantineRow
from postventa.store.orders import OrderRow, RefundRow
from postventa.store.reconciliation import FindingRow
from postventa.store.shipments import ShipmentRow
from tasks.messages import send_messages
from tasks.orders import move_orders, poll_orders, poll_refunds, reread_orders
from tasks.reconciliation import compare_orders

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
AUTUMN = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
"""02:00 in Madrid for the first time."""
SECRETS = (b"$2y$10$", b"5ecce7", b"passwd", b"secure_key", b"full")
"""A customer's password hash, two secret keys, the names of their fields, and the word that brings them all."""

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


class Street:
    """A PrestaShop, our tasks, a mailbox and the store between them."""

    def __init__(self, shop, place, mailbox):
        self.shop, self.place, self.mailbox = shop, place, mailbox

    def hear(self, at):
        """One run of the orders' flow; answers how many payloads were news."""
        with clock.clock_set_to(at):
            polled = poll_orders.fn("tienda").news + poll_refunds.fn("tienda").news
            reread = reread_orders.fn("tienda").news
            moved = move_orders.fn("tienda")
        assert moved.parked == ()
        return polled + reread

    def send(self, at):
        with clock.clock_set_to(at):
            send_messages.fn("email")

    def rows(self, table):
        with self.place.reading() as connection:
            return connection.execute(table.__table__.select().order_by(table.__table__.c[0])).all()

    def order(self, ref):
        return next(row for row in self.rows(OrderRow) if row.ref == ref)

    def whole_store(self):
        """Every value of every table."""
        tables = MetaData()
        tables.reflect(self.place.store)
        with self.place.reading() as connection:
            kept = [connection.execute(table.select()).all() for table in tables.sorted_tables]
        return json.dumps([list(row) for rows in kept for row in rows], default=str).encode()


@pytest.fixture
def street(configuration, house, tmp_path, monkeypatch):
    with ExitStack() as opened:
        mailbox = opened.enter_context(AMailbox())
        shop = opened.enter_context(kind_of_shop("prestashop")(tmp_path))
        monkeypatch.setenv("POSTVENTA_WEB_SECRET", "s" * 32)
        for name, value in shop.environment.items():
            monkeypatch.setenv(name, value)
        configuration["shops"]["tienda"] = {
            **shop.section,
            "backfill_since": datetime(2026, 10, 20, tzinfo=UTC),
            "requests_per_second": 100_000,
            "default_carrier": "dhl",
            "timezone": "Atlantic/Canary",
            "consent_meta_keys": ["newsletter"],
        }
        yield Street(shop, house(smtp_port=mailbox.port), mailbox)


def test_a_password_hash_is_never_asked_for_never_stored_and_never_logged(street, caplog):
    """A customer's whole row brings it: every byte of requests, answers, store, logs and letters is looked at."""
    caplog.set_level(logging.DEBUG)
    shop = street.shop
    ref = shop.sell(Sale(coupon="HOLA10")).ref
    shop.sell(Sale(email="otra@client.example"))
    assert shop.web.tables["customers"][1]["passwd"].startswith("$2y$10$")
    shop.pay(ref, PLACED + HOUR)
    shop.refund(ref, PLACED + 2 * HOUR)
    shop.confuse(shop.sell(Sale()).ref, PLACED + HOUR)
    street.hear(PLACED + 3 * HOUR)
    shop.ship(ref, PLACED + 4 * HOUR, TRACKING)
    street.hear(PLACED + 5 * HOUR)
    street.send(PLACED + 5 * HOUR)
    assert street.mailbox.letters
    with clock.clock_set_to(PLACED + 20 * HOUR):
        compare_orders.fn("tienda")
    looked_at = {
        "asked": shop.heard(),
        "answered": shop.said(),
        "stored": street.whole_store(),
        "logged": caplog.text.encode(),
        "sent": b"".join(one.raw for one in street.mailbox.letters),
    }
    for where, found in looked_at.items():
        assert len(found) > 1000, where
        words = SECRETS if where in {"asked", "stored"} else SECRETS[:3]
        assert [word for word in words if word in found] == [], where


def test_what_a_shops_own_state_means_is_asked_with_its_raw_value_and_its_order_waits(street):
    ref = street.shop.sell(Sale()).ref
    street.shop.confuse(ref, PLACED + HOUR)
    street.hear(PLACED + 2 * HOUR)
    (row,) = street.rows(QuarantineRow)
    assert "current_state is 14 ('en-taller', 'al taller')" in row.reason
    assert json.loads(row.raw)["current_state"] == "14"
    assert street.rows(OrderRow) == []


def test_a_tracking_number_written_long_after_is_found_and_told_though_nothing_says_that_it_came(street):
    shop, ref = street.shop, street.shop.sell(Sale()).ref
    shop.move(ref, PLACED + HOUR, 4)
    street.hear(PLACED + 2 * HOUR)
    before = len(shop.asked)
    shop.track(ref, TRACKING)
    street.hear(PLACED + 3 * HOUR + MINUTE)
    assert street.order(ref).modified_at == PLACED + HOUR
    street.send(PLACED + 3 * HOUR + MINUTE)
    assert street.mailbox.of(ref)[-1] == "shipped"
    assert TRACKING.encode() in street.mailbox.letters[-1].raw
    assert any("order_carriers" in one for one in shop.asked[before:])


def test_one_order_that_cannot_be_read_again_does_not_hide_the_tracking_of_the_others(street):
    shop = street.shop
    refs = [shop.sell(Sale(email=f"{name}@client.example")).ref for name in ("a", "b")]
    for ref in refs:
        shop.move(ref, PLACED + HOUR, 4)
    street.hear(PLACED + 2 * HOUR)
    shop.row(refs[0])["date_upd"] = "0000-00-00 00:00:00"
    shop.track(refs[1], TRACKING)
    street.hear(PLACED + 3 * HOUR + MINUTE)
    assert [row.tracking_number for row in street.rows(ShipmentRow)] == [TRACKING]
    assert [row.ref for row in street.rows(QuarantineRow)] == [refs[0]]


def test_a_refund_reaches_the_store_once_from_its_order_and_from_its_slip(street):
    shop, ref = street.shop, street.shop.sell(Sale(), state=2).ref
    street.hear(PLACED + HOUR)
    shop.refund(ref, PLACED + 2 * HOUR)
    street.hear(PLACED + 3 * HOUR)
    shop.touch(ref, PLACED + 4 * HOUR)
    street.hear(PLACED + 5 * HOUR)
    (row,) = street.rows(RefundRow)
    assert (row.ref, str(row.amount), row.refunded_at) == ("1", "12.10", PLACED + 2 * HOUR)
    assert street.order(ref).payment_state == "partially_refunded"


def test_a_hole_in_the_row_of_ids_is_asked_about_because_references_are_letters_by_chance(street):
    """An order that a module wrote with a stamp of years ago is in no list of what changed."""
    refs = [street.shop.sell(Sale(placed_at=PLACED + n * MINUTE)).ref for n in range(12)]
    orders = street.shop.web.tables["orders"]
    for letter, ref in zip("UAQXMBZKDNEW", refs, strict=True):
        orders[int(ref)]["reference"] = f"XKBKNABJ{letter}"
    orders[int(refs[4])]["date_upd"] = "2019-05-01 10:00:00"
    street.hear(PLACED + HOUR)
    assert {row.ref for row in street.rows(OrderRow)} == set(refs) - {refs[4]}
    with clock.clock_set_to(PLACED + 20 * HOUR):
        compare_orders.fn("tienda")
    assert [(row.kind, row.ref) for row in street.rows(FindingRow)] == [("missed", refs[4])]
    street.hear(PLACED + 21 * HOUR)
    assert {row.ref for row in street.rows(OrderRow)} == set(refs)


def test_a_poll_that_brings_nothing_new_is_no_news(street):
    street.shop.pay(street.shop.sell(Sale()).ref, PLACED + 5 * MINUTE)
    assert street.hear(PLACED + 6 * MINUTE) == 1
    assert street.hear(PLACED + 7 * MINUTE) == 0
    assert street.hear(PLACED + 9 * MINUTE) == 0


def test_orders_of_the_hour_that_comes_twice_are_heard_and_what_is_newer_wins(street):
    shop = street.shop
    first = shop.sell(Sale(placed_at=AUTUMN + 50 * MINUTE)).ref  # 02:50, summer time
    street.hear(AUTUMN + 52 * MINUTE)
    second = shop.sell(Sale(placed_at=AUTUMN + 65 * MINUTE)).ref  # 02:05, winter time
    shop.pay(first, AUTUMN + 66 * MINUTE)  # 02:06: by the wall, before it was placed
    street.hear(AUTUMN + 67 * MINUTE)
    assert street.order(second).payment_state == "pending"
    assert street.order(first).payment_state == "paid"
    shop.pay(second, AUTUMN + 115 * MINUTE)
    street.hear(AUTUMN + 117 * MINUTE)
    assert street.order(second).payment_state == "paid"


@pytest.mark.parametrize(
    "zones", [("Atlantic/Canary", "Europe/Madrid"), ("Europe/Madrid", "Atlantic/Canary")]
)
def test_a_shop_whose_zone_changes_loses_no_order_and_no_change(street, zones):
    """The file says what the zone was when the shop was connected, or what it is: both are tried."""
    shop, change = street.shop, PLACED + 5 * HOUR
    shop.set_zone(zones[0], PLACED - timedelta(days=90))
    known = shop.sell(Sale(placed_at=change - 30 * MINUTE)).ref
    street.hear(change - 10 * MINUTE)
    late = shop.sell(Sale(placed_at=change - 4 * MINUTE)).ref
    shop.pay(known, change - 3 * MINUTE)
    shop.set_zone(zones[1], change)
    fresh = shop.sell(Sale(placed_at=change + 2 * MINUTE)).ref
    street.hear(change + 5 * MINUTE)
    assert {row.ref for row in street.rows(OrderRow)} == {known, late, fresh}
    assert street.order(known).payment_state == "paid"
    for number, ref in enumerate((known, late, fresh)):
        shop.move(ref, change + 20 * MINUTE + number * MINUTE, 3)
    street.hear(change + 30 * MINUTE)
    assert {row.fulfilment_state for row in street.rows(OrderRow)} == {"in_preparation"}
    news = len(street.rows(InboxRow))
    street.hear(change + 30 * HOUR)
    street.hear(change + 31 * HOUR)
    assert len(street.rows(InboxRow)) == news
    assert street.rows(QuarantineRow) == []
