"""Medusa's Admin API over real HTTP: what is asked, what its stamps hide, and how it keeps us out."""

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from a_medusa import KEY, AMedusa, micros
from a_server import as_json
from werkzeug import Response

from postventa import clock, settings
from postventa.connectors import doors, http
from postventa.connectors.errors import Unreachable
from postventa.connectors.http import NotThere, Refused
from postventa.connectors.shops import medusa
from postventa.connectors.shops._medusa_walk import PER_PAGE
from postventa.review_news import Coupon, HearsReviews, MakesCoupons
from postventa.rules.orders import PaymentState
from postventa.store.inbox import QuarantineRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow
from tasks.orders import move_orders, poll_orders, poll_refunds

SAMPLES = Path(__file__).parent / "samples"
SINCE = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, MICRO = timedelta(hours=1), timedelta(microseconds=1)
COUPON = Coupon("gracias-abc2345678", 10, "nuria@client.example", datetime(2027, 1, 31, 22, 59, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    patience = http.Patience
    monkeypatch.setattr(http, "Patience", lambda: patience(tries=2, first_pause=0.005))
    monkeypatch.setenv("TIENDA_KEY", KEY)
    with clock.clock_set_to(NOW):
        yield


@pytest.fixture
def shop():
    with AMedusa() as one:
        yield one


def sample(name):
    return json.loads((SAMPLES / f"medusa_order_{name}.json").read_text(encoding="utf-8"))


def door_to(shop, **more):
    given = {"platform": "medusa", "url": shop.url, "key_env": "TIENDA_KEY", "backfill_since": SINCE}
    return doors.open_shop("tienda", settings.Shop(**(given | {"requests_per_second": 100_000} | more)))


def put(shop, ref, at, name="shipped", **fields):
    shop.orders[ref] = {**copy.deepcopy(sample(name)), "id": ref, "updated_at": micros(at), **fields}


def pay(shop, ref, at):
    """Marked as paid by hand, as seen on 2.21.2: the payment is touched, its order is not."""
    payment = {"id": f"pay_{ref}", "amount": 189.607, "captured_at": micros(at)[:23] + "Z", "refunds": []}
    shop.orders[ref] |= {
        "payment_status": "captured",
        "payment_collections": [{"payments": [payment]}],
    }
    linked = {"payment_collection": {"order": {"id": ref}}}
    shop.payments[payment["id"]] = {"id": payment["id"], "updated_at": micros(at), **linked}


def refs(pages):
    return [one.ref for page in pages for one in page.heard]


# What is asked.


def test_every_list_of_orders_names_its_fields_and_asks_for_nothing_that_a_payment_provider_said(shop):
    put(shop, "order_1", SINCE + HOUR)
    pay(shop, "order_1", SINCE + HOUR)
    door = door_to(shop)
    list(door.changed_orders(SINCE))
    list(door.changed_refunds(SINCE))
    door.order("order_1")
    door.check()
    for asked in shop.asked:
        assert "fields=" in asked
        assert not {"*payment_collections", "*payment_collections.payments"} & set(asked.split(","))
        assert "payments.data" not in asked
    whole = next(asked for asked in shop.asked if "payment_collections.payments.refunds.amount" in asked)
    assert "fulfillments.labels.tracking_number" in whole
    assert "*items.detail" in whole


def test_the_key_is_shown_by_basic_and_instants_are_in_utc_with_a_z_and_never_with_a_plus(shop):
    madrid = datetime.fromisoformat("2026-11-01T01:00:00+01:00")
    list(door_to(shop, timezone="America/New_York").changed_orders(madrid))
    assert "updated_at[$gt]=2026-10-31T23:49:59.999Z" in shop.asked[0]  # ten minutes of overlap and a tick
    assert b"Authorization: Basic " in shop.heard
    assert b"Bearer" not in shop.heard


# Its stamps.


def test_two_orders_of_one_millisecond_are_both_heard_although_json_shows_no_microseconds(shop):
    at = SINCE + HOUR
    for number in range(PER_PAGE):
        put(shop, f"order_{number:03}", at - (PER_PAGE - 1 - number) * HOUR / PER_PAGE)
    put(shop, "order_twin", at)  # a question for what is after the last stamp would leave it out
    put(shop, "order_later", at + MICRO)  # and would bring this one, which shows the same stamp
    found = refs(door_to(shop).changed_orders(SINCE))
    assert sorted(found) == sorted(shop.orders)
    assert len(found) == len(set(found))


def test_the_last_order_of_a_poll_comes_again_in_the_next_with_the_same_bytes(shop):
    put(shop, "order_1", SINCE + HOUR + 7 * MICRO)
    door = door_to(shop, overlap_minutes=0)
    (first,) = door.changed_orders(SINCE)
    assert first.cursor == SINCE + HOUR
    (again,) = door.changed_orders(first.cursor)
    assert json.dumps(again.heard[0].raw) == json.dumps(first.heard[0].raw)


def test_a_millisecond_fuller_than_a_page_is_gone_through_by_ids_while_its_orders_are_edited(shop):
    at = SINCE + HOUR
    for number in range(2 * PER_PAGE + 5):
        put(shop, f"order_{number:03}", at, name="returned")
    put(shop, "order_later", at + HOUR)

    def edit(request):
        if "id[$gt]" in request.args:
            shop.orders["order_001"]["updated_at"] = micros(at + 2 * HOUR)

    shop.before_answer = edit
    found = refs(door_to(shop).changed_orders(SINCE))
    assert set(found) == set(shop.orders)
    assert found[-1] == "order_001"


def test_a_medusa_that_passes_over_the_filter_by_id_is_not_asked_for_ever(shop):
    for number in range(2 * PER_PAGE):
        put(shop, f"order_{number:03}", SINCE + HOUR, name="returned")
    first = [shop.orders[f"order_{number:03}"] for number in range(PER_PAGE)]
    old = {"orders": first, "count": 2 * PER_PAGE}
    shop.before_answer = lambda request: as_json(old) if "id[$gt]" in request.args else None
    with pytest.raises(Refused, match="this Medusa cannot list them by their ids"):
        list(door_to(shop).changed_orders(SINCE))


def test_an_order_that_is_paid_without_its_stamp_moving_is_heard_by_its_payment(shop):
    put(shop, "order_1", SINCE + HOUR, payment_status="not_paid", payment_collections=[])
    door = door_to(shop)
    (page,) = door.changed_orders(SINCE)
    pay(shop, "order_1", SINCE + 9 * HOUR)
    assert refs(door.changed_orders(page.cursor + HOUR)) == []
    (told,) = door.changed_refunds(page.cursor + HOUR)
    news = door.read_order(told.heard[0].raw)
    assert (told.heard[0].kind, news.payment_state) == ("order", PaymentState.PAID)
    assert news.paid_at == news.modified_at == told.heard[0].modified_at == told.cursor == SINCE + 9 * HOUR


def test_a_payment_whose_order_has_moved_since_is_not_asked_for_twice(shop):
    put(shop, "order_1", SINCE + HOUR)
    pay(shop, "order_1", SINCE + 2 * HOUR)
    pay(shop, "order_1", SINCE + 3 * HOUR)
    shop.orders["order_1"]["updated_at"] = micros(SINCE + 4 * HOUR)
    (page,) = door_to(shop).changed_refunds(SINCE)
    assert (page.heard, page.cursor) == ((), SINCE + 3 * HOUR)
    assert not [asked for asked in shop.asked if "id[]" in asked]
    assert refs(door_to(shop).changed_orders(SINCE)) == ["order_1"]


def test_a_payment_of_a_cart_that_never_became_an_order_is_passed_over(shop):
    shop.payments["pay_1"] = {"id": "pay_1", "updated_at": micros(SINCE + HOUR), "payment_collection": None}
    (page,) = door_to(shop).changed_refunds(SINCE)
    assert (page.heard, page.cursor) == ((), SINCE + HOUR)


def test_a_return_that_is_paid_back_moves_no_stamp_and_is_heard_all_the_same(shop):
    put(shop, "order_1", SINCE + HOUR, name="returned")
    shop.returns["return_1"] = {"id": "return_1", "order_id": "order_1", "updated_at": micros(SINCE + HOUR)}
    refunded_at = datetime(2026, 11, 22, 10, 15, 24, 588000, tzinfo=UTC)
    door = door_to(shop)
    assert refs(door.changed_refunds(refunded_at + HOUR)) == []  # heard before
    (page,) = door.changed_refunds(refunded_at - HOUR)
    assert page.cursor == refunded_at - HOUR
    news = door.read_order(page.heard[0].raw)
    assert [(refund.ref[:4], str(refund.amount), refund.at) for refund in news.refunds] == [
        ("ref_", "10.89", refunded_at)
    ]
    assert news.modified_at == refunded_at


def test_a_stamp_in_the_far_future_moves_no_cursor(shop):
    put(shop, "order_1", SINCE + HOUR)
    put(shop, "order_2", NOW + 400 * 24 * HOUR)
    pages = list(door_to(shop).changed_orders(SINCE))
    assert refs(pages) == ["order_1", "order_2"]
    assert pages[-1].cursor == SINCE + HOUR


def test_rows_without_id_or_stamp_are_refused_and_the_walk_comes_to_its_end(shop):
    put(shop, "order_1", SINCE + HOUR)
    shop.orders["order_0"] = {"id": 7, "updated_at": micros(SINCE + HOUR)}
    pages = list(door_to(shop).changed_orders(SINCE))
    assert refs(pages) == ["order_1"]
    assert [reason for page in pages for _, reason in page.refused] == [
        "id must be an id such as order_01ABC, and it is a number"
    ]


# Single orders, and what keeps us out.


def test_an_order_that_is_gone_is_none_and_an_address_without_medusa_is_an_error(shop):
    door = door_to(shop)
    assert door.order("order_nope") is None
    shop.before_answer = lambda request: Response("<pre>Cannot GET</pre>", 404, content_type="text/html")
    with pytest.raises(NotThere):
        door.order("order_nope")


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("pk_0123", "TIENDA_KEY holds a publishable key"),
        ("eyJhbGci.x", "TIENDA_KEY holds no secret key: those begin with sk_"),
        ("sk_revoked", "the key in TIENDA_KEY is wrong or was revoked: Settings > Secret API Keys"),
    ],
)
def test_a_key_of_the_wrong_kind_is_told_from_one_that_is_revoked(shop, monkeypatch, key, why):
    monkeypatch.setenv("TIENDA_KEY", key)
    with pytest.raises(Refused) as told:
        door_to(shop).check()
    assert why in str(told.value)
    assert key not in str(told.value)


def test_an_unknown_error_is_passed_on_with_where_to_look(shop):
    shop.before_answer = lambda request: as_json({"code": "unknown_error", "type": "unknown_error"}, 500)
    with pytest.raises(Unreachable, match="its own log has the reason"):
        door_to(shop).check()


# Coupons.


def test_a_coupon_is_one_promotion_for_one_purchase_of_one_person_until_its_day(shop):
    door = door_to(shop)
    ref = door.coupon(COUPON)
    assert door.coupon(COUPON) == ref
    (made,) = shop.promotions.values()
    assert (made["limit"], made["status"], made["is_automatic"]) == (1, "active", False)
    assert made["application_method"]["value"] == 10
    assert made["rules"] == [{"attribute": "email", "operator": "eq", "values": ["nuria@client.example"]}]
    assert made["campaign"]["ends_at"] == "2027-01-31T22:59:00.000Z"
    assert isinstance(door, MakesCoupons)
    assert not isinstance(door, HearsReviews)  # Medusa has none


def test_a_coupon_whose_making_was_never_answered_is_found_and_not_made_twice(shop):
    door = door_to(shop)
    ref = door.coupon(COUPON)
    blind = [as_json({"promotions": [], "count": 0})]
    shop.before_answer = lambda request: blind.pop() if blind else None
    assert door.coupon(COUPON) == ref
    assert len(shop.promotions) == 1


def test_a_coupon_that_medusa_will_not_make_is_refused(shop):
    answers = [
        as_json({"type": "invalid_data", "message": "no"}, 400),
        as_json({"promotions": [], "count": 0}),
    ]
    shop.before_answer = lambda request: answers.pop(0) if request.method == "POST" else answers[-1]
    with pytest.raises(Refused, match="400"):
        door_to(shop).coupon(COUPON)


# Through the store.


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_an_order_of_medusas_is_told_as_received_and_as_paid_and_one_nobody_understands_waits(
    shop, place, configuration, house
):
    configuration["shops"]["tienda"] |= {"platform": "medusa", "secret_env": ""}
    house(shop_url=shop.url)
    placed = {"created_at": micros(SINCE + HOUR)[:23] + "Z", "fulfillments": []}
    new = placed | {"payment_status": "not_paid", "payment_collections": []}
    put(shop, "order_1", SINCE + HOUR, fulfillment_status="not_fulfilled", **new)
    put(shop, "order_2", SINCE + HOUR, fulfillment_status="en-taller", **new)
    assert poll_orders.fn("tienda").news == 2
    move_orders.fn("tienda")
    pay(shop, "order_1", SINCE + 2 * HOUR)
    assert poll_orders.fn("tienda").news == 1  # within the overlap, as it happens
    assert poll_refunds.fn("tienda").news == 0
    move_orders.fn("tienda")
    with place.reading() as connection:
        (order,) = connection.execute(OrderRow.__table__.select()).all()
        owed = {row.message for row in connection.execute(OutboxRow.__table__.select())}
        (odd,) = connection.execute(QuarantineRow.__table__.select()).all()
    assert (order.number, order.payment_state, order.paid_at) == ("2", "paid", SINCE + 2 * HOUR)
    assert owed >= {"received", "paid"}
    assert "fulfillment_status is 'en-taller', which nobody has explained" in odd.reason


def test_a_medusa_is_found_by_its_file_name():
    assert medusa.connect.__module__ == "postventa.connectors.shops.medusa"
