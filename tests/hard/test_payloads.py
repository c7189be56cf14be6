"""Payloads nobody would send on purpose: each harms itself alone, and the page it came on is kept whole."""

import json
from datetime import timedelta

import pytest
from a_mailbox import KEPT
from an_order import PLACED, raw_order, stamp
from sqlalchemy import select
from werkzeug import Response

from postventa.store.inbox import CursorRow, InboxRow, ParkedRow, QuarantineRow
from postventa.store.messages import OutboxRow
from tasks.messages import send_messages
from tasks.orders import move_orders, poll_orders

ORDERS = "/wp-json/wc/v3/orders"


class AShop:
    """A shop that answers its list of orders with what a test puts into `rows`, whatever it is asked."""

    def __init__(self, httpserver):
        self.rows: list = []
        self.asked = 0
        self.then: list = []
        """What happens in the shop right after an answer, before it is asked again."""
        self.url = httpserver.url_for("").rstrip("/")
        httpserver.expect_request(ORDERS).respond_with_handler(self._list)
        httpserver.expect_request("/wp-json/wc/v3/refunds").respond_with_json([])

    def _list(self, request):
        self.asked += 1
        rows = self.rows if request.args["status"] == "any" and request.args["page"] == "1" else []
        fresh = [
            row
            for row in rows
            if not isinstance(row, dict) or str(row.get("date_modified_gmt")) > request.args["modified_after"]
        ]
        written = json.dumps(fresh)
        if fresh and self.then:
            self.then.pop(0)()
        return Response(written, headers={"X-WP-Total": str(len(fresh))}, content_type="application/json")


@pytest.fixture
def shop(httpserver, house, mailbox, monday):
    a_shop = AShop(httpserver)
    house(shop_url=a_shop.url, smtp_port=mailbox.port)
    return a_shop


def _all(place, table):
    with place.reading() as connection:
        return connection.execute(table.__table__.select().order_by(table.__table__.c[0])).all()


def test_nulls_and_extra_fields_leave_an_order_whole_or_in_quarantine(shop, place, mailbox):
    bare = dict.fromkeys(raw_order(1))
    kept = ("id", "status", "total", "currency", "date_created_gmt", "date_modified_gmt", "line_items")
    nulls = {**bare, **{key: raw_order(2)[key] for key in kept}, "billing": {"email": "n@client.example"}}
    shop.rows = [
        {**bare, "id": 1, "date_modified_gmt": stamp(PLACED)},
        {**nulls, "shipping_lines": None, "meta_data": [None, {"key": None}, 7]},
        raw_order(3, extra={"deep": [[[]]]}, meta_data="not a list", _links=None),
    ]
    polled = poll_orders.fn("tienda")
    assert (polled.heard, polled.refused) == (3, 0)
    moved = move_orders.fn("tienda")
    assert (moved.applied, moved.quarantined, moved.parked) == (2, 1, ())
    (aside,) = _all(place, QuarantineRow)
    assert (aside.ref, aside.reason) == ("1", "status_required: status is missing")
    send_messages.fn("email")
    assert mailbox.of(3) == ["received", "paid"]


def test_a_row_without_id_or_time_is_set_aside_and_counted_once(shop, place):
    shop.rows = [{"id": 1}, "a string", raw_order(2)]
    for said in (("tienda's orders",) * 2, ()):
        polled = poll_orders.fn("tienda")
        assert (polled.refused, polled.set_aside) == (2, said)
    assert [(row.times, row.kind) for row in _all(place, QuarantineRow)] == [(2, "orders"), (2, "orders")]
    assert [row.ref for row in _all(place, InboxRow)] == ["2"]


def test_half_a_character_and_a_nul_do_not_cost_the_page_its_neighbours(shop, place, mailbox):
    """PHP cuts names in the middle of a character; PostgreSQL has no letter for NUL."""
    half, nul = raw_order(1), raw_order(2)
    half["billing"]["first_name"] = "Zo\ud83d"
    nul["billing"]["first_name"] = "Zo\x00e"
    shop.rows = [half, nul, raw_order(3)]
    assert poll_orders.fn("tienda").news == 3
    moved = move_orders.fn("tienda")
    assert (moved.applied, moved.parked) == (3, ())
    send_messages.fn("email")
    assert set(mailbox.told().values()) == {1}
    assert len(mailbox.letters) == 6


def test_an_order_of_ten_megabytes_is_read_like_any_other(shop, place, mailbox):
    shop.rows = [raw_order(1, customer_note="x" * 10_000_000), raw_order(2)]
    assert poll_orders.fn("tienda").news == 2
    assert move_orders.fn("tienda").applied == 2
    send_messages.fn("email")
    assert set(mailbox.told()) == {("1", "received"), ("1", "paid"), ("2", "received"), ("2", "paid")}


def test_fields_longer_than_any_column_fail_alone(shop, place):
    long = raw_order(1, number="9" * 300, payment_method_title="x" * 5_000)
    long["line_items"][0] |= {"sku": "s" * 500, "name": "n" * 5_000, "product_id": "7" * 300}
    long["billing"] |= {"first_name": "N" * 3_000, "phone": "6" * 300}
    shop.rows = [long, raw_order(2, parcels=["J" * 400]), raw_order(3)]
    poll_orders.fn("tienda")
    moved = move_orders.fn("tienda")
    assert moved.applied + len(moved.parked) == 3
    assert "tienda:3" not in moved.parked
    assert [row.reason for row in _all(place, ParkedRow) if "Núria" in row.reason or "@" in row.reason] == []


def test_the_same_page_served_twice_changes_nothing(shop, place, mailbox):
    shop.rows = [raw_order(ref) for ref in range(1, 30)]
    assert poll_orders.fn("tienda").news == 29
    assert poll_orders.fn("tienda").news == 0
    move_orders.fn("tienda")
    send_messages.fn("email")
    assert poll_orders.fn("tienda").news == 0
    moved = move_orders.fn("tienda")
    assert (moved.applied, moved.owed) == (0, 0)
    assert send_messages.fn("email").outcomes == {}
    assert len(mailbox.letters) == 58


def test_an_order_modified_while_it_is_read_is_told_each_step_once(shop, place, mailbox):
    mailbox.answer = lambda _letter: KEPT
    later = PLACED.replace(minute=5)
    modified = [
        raw_order(1, "preparing", at=later, date_paid_gmt=stamp(PLACED)),
        raw_order(2, at=later),
    ]
    shop.rows = [raw_order(1)]
    shop.then = [lambda: setattr(shop, "rows", modified)]
    poll_orders.fn("tienda")
    assert not shop.then, "it was modified in the middle of the poll"
    poll_orders.fn("tienda")
    shop.rows = [raw_order(1)]  # a cache still serves the older copy
    poll_orders.fn("tienda")
    move_orders.fn("tienda")
    send_messages.fn("email")
    assert mailbox.of(1) == ["received", "paid", "in_preparation"]
    assert set(mailbox.told().values()) == {1}


@pytest.mark.parametrize("skew_seconds", [-90, 90])
def test_ninety_seconds_between_the_shops_clock_and_ours_lose_and_double_nothing(
    shop, place, mailbox, skew_seconds, monday
):
    shop_now = monday + timedelta(seconds=skew_seconds)
    shop.rows = [raw_order(ref, at=shop_now, placed=shop_now) for ref in range(1, 4)]
    poll_orders.fn("tienda")
    shop.rows += [
        raw_order(
            ref,
            at=shop_now + timedelta(seconds=ref),
            placed=shop_now,
        )
        for ref in range(4, 7)
    ]
    poll_orders.fn("tienda")
    move_orders.fn("tienda")
    send_messages.fn("email")
    assert len(mailbox.letters) == 12
    assert set(mailbox.told().values()) == {1}
    assert {row.outcome for row in _all(place, OutboxRow)} == {"sent"}
    with place.reading() as connection:
        cursor = connection.execute(select(CursorRow.at)).scalars().first()
    assert cursor == shop_now + timedelta(seconds=6)
