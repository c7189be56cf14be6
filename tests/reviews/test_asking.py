"""Asking for a review, from the last parcel to the mail: who is asked, who waits, who is left alone and why."""

from datetime import UTC, datetime, timedelta

import pytest
from a_review_shop import EMAIL, REVIEWS, WEB, AReviewShop, read
from a_sale import ARRIVED, DAY, line
from sqlalchemy import update

from postventa.consents import object_to
from postventa.store.messages import OutboxRow
from postventa.store.orders import CustomerRow, OrderRow
from postventa.store.reviews import ReviewRow
from postventa.store.upsert import insert_new

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
DAY_7 = ARRIVED + WEEK
SENT = ("review_requested", "sent", "")


@pytest.fixture
def configuration(configuration, monkeypatch):
    monkeypatch.setenv("POSTVENTA_WEB_SECRET", "k" * 40)
    configuration["web"] = dict(WEB)
    configuration["shops"]["tienda"] |= REVIEWS
    return configuration


@pytest.fixture
def shop(house, mailbox):
    return AReviewShop(house(smtp_port=mailbox.port), mailbox)


def refund(place):
    with place.store.begin() as connection:
        connection.execute(update(OrderRow).values(payment_state="refunded"))


def test_a_customer_is_asked_once_reminded_once_and_left_alone(shop):
    shop.arrived(line_items=[line(71), line(72, sku="MOB-9")])
    first = ARRIVED + 2 * WEEK  # the slowest product's days
    assert shop.asks[0].next_at == first
    second = first + WEEK
    shop.run(first - DAY, first, first + 2 * HOUR, second, second + 2 * HOUR)
    assert shop.owed_requests == [SENT, ("review_reminder", "sent", "")]
    for letter in shop.mailbox.letters:
        text = read(letter)
        assert "https://tienda.example/71#reviews" in text
        assert "https://tienda.example/72#reviews" in text
        assert "https://postventa.tienda.example/survey/" in text
        assert b"List-Unsubscribe-Post:" in letter.raw
    shop.run(ARRIVED + 31 * DAY)
    assert shop.stands == [("closed", "")]
    assert len(shop.mailbox.letters) == 2


def test_a_delivery_that_is_recorded_twice_is_one_ask(shop):
    shop.arrived().look(ARRIVED + HOUR)
    shop.run(DAY_7, DAY_7 + HOUR)
    shop.look(DAY_7 + HOUR)
    shop.run(DAY_7 + 2 * HOUR)
    assert len(shop.asks) == 1
    assert shop.owed_requests == [SENT]


def test_a_delivery_that_is_taken_back_takes_the_ask_with_it_until_it_is_recorded_again(shop):
    shop.arrived()
    shop.scan("A7", "in_transit")
    shop.look(ARRIVED + DAY)
    assert shop.stands == [("planned", "not_delivered")]
    shop.run(DAY_7)
    assert shop.owed_requests == []
    again = ARRIVED + 3 * DAY
    shop.scan("A7", "delivered", again)
    shop.look(again)
    shop.run(DAY_7)
    assert shop.owed_requests == []
    shop.run(again + WEEK)
    assert shop.owed_requests == [SENT]


def test_a_delivery_taken_back_after_the_mail_was_owed_holds_the_mail(shop):
    night = DAY_7 + 10 * HOUR
    shop.arrived().ask(night)
    shop.scan("A7", "exception")
    shop.send(night + 12 * HOUR)
    assert shop.owed_requests == [("review_requested", "deferred", "not_delivered")]


def test_a_second_parcel_on_day_twenty_moves_the_ask(shop):
    shop.arrived()
    shop.another_parcel("A8", "in_transit", None, ARRIVED + DAY)
    shop.run(DAY_7)
    assert shop.owed_requests == []
    late = ARRIVED + 20 * DAY
    shop.scan("A8", "delivered", late)
    shop.look(late)
    shop.run(late + 6 * DAY)
    assert shop.owed_requests == []
    shop.run(late + WEEK)
    assert shop.owed_requests == [SENT]
    assert shop.asks[0].expires_at > ARRIVED + 49 * DAY


def test_a_parcel_that_comes_after_the_request_moves_the_reminder_and_asks_nothing_twice(shop):
    shop.arrived().run(DAY_7, DAY_7 + 2 * HOUR)
    late = ARRIVED + 10 * DAY
    shop.another_parcel("A8", "delivered", late, late)
    shop.run(DAY_7 + WEEK, late + WEEK + HOUR)
    assert shop.owed_requests == [SENT, ("review_reminder", "sent", "")]
    assert shop.asks[0].reminded_at > late + WEEK


def test_who_is_refunded_between_the_asking_and_the_sending_gets_no_mail(shop):
    night = DAY_7 + 10 * HOUR
    shop.arrived().ask(night)
    refund(shop.place)
    shop.send(night + 12 * HOUR)
    shop.ask(night + 14 * HOUR)
    assert shop.owed_requests == [("review_requested", "suppressed", "order_refunded")]
    assert shop.stands == [("suppressed", "order_refunded")]
    assert shop.asks[0].asked_at is None


def test_who_objects_a_second_before_gets_no_mail(shop):
    shop.arrived().ask(DAY_7)
    with shop.place.store.begin() as connection:
        object_to(
            *(connection, shop.place.settings),
            shop="tienda",
            email=EMAIL,
            source="page",
            source_ref="1",
            now=DAY_7,
        )
    shop.send(DAY_7 + timedelta(seconds=1))
    assert shop.owed_requests == [("review_requested", "suppressed", "opted_out")]
    assert [letter.message for letter in shop.mailbox.letters] == ["opt_out_confirmed"]


def test_five_orders_on_one_day_are_one_request(shop):
    for ref in range(7, 12):
        shop.arrived(ref=ref, line_items=[line(ref)])
    shop.run(DAY_7, DAY_7 + DAY, DAY_7 + 2 * DAY)
    assert shop.owed_requests == [SENT]
    assert shop.stands == [("asked", "too_soon"), *[("suppressed", "cooldown")] * 4]


def test_a_request_that_never_leaves_lets_the_next_order_be_asked_about(shop):
    shop.arrived(ref=7, line_items=[line(1)]).arrived(ref=8, line_items=[line(2)])
    night = DAY_7 + 10 * HOUR
    shop.ask(night)
    with shop.place.store.begin() as connection:
        connection.execute(update(OrderRow).where(OrderRow.ref == "7").values(payment_state="refunded"))
    shop.send(night + 12 * HOUR)
    shop.run(night + 14 * HOUR, night + 25 * HOUR, night + 36 * HOUR)
    assert shop.owed_requests == [("review_requested", "suppressed", "order_refunded"), SENT]


def test_a_case_holds_the_request_and_its_end_lets_it_go(shop):
    shop.arrived()
    filed = shop.declare(ARRIVED + DAY)
    shop.run(DAY_7)
    assert shop.stands == [("held", "return_open")]
    with shop.place.store.begin() as connection:
        closed = f"UPDATE cases SET state = 'cancelled' WHERE id = {filed.case_id}"
        connection.exec_driver_sql(closed)
    shop.run(DAY_7 + DAY)
    assert shop.owed_requests == [SENT]


def test_a_product_that_was_reviewed_is_asked_about_no_more(shop):
    shop.arrived(line_items=[line(71), line(72)])
    with shop.place.store.begin() as connection:
        insert_new(
            connection, ReviewRow, [a_review("71", shop.rows(CustomerRow)[0].id)], ("shop", "source", "ref")
        )
    shop.run(DAY_7)
    (letter,) = shop.mailbox.letters
    assert "/72#reviews" in read(letter)
    assert "/71#reviews" not in read(letter)


def test_a_flow_that_was_down_for_ten_days_asks_inside_the_window_and_nobody_outside(shop):
    shop.arrived(ref=7).run(DAY_7 + 10 * DAY)
    assert shop.owed_requests == [SENT]
    other = AReviewShop(shop.place, shop.mailbox)
    other.arrived(ref=8, at=ARRIVED + 40 * DAY, line_items=[line(9)])
    other.run(ARRIVED + 75 * DAY)
    assert other.stands[1] == ("suppressed", "review_window_closed")


def test_what_arrived_before_the_service_did_is_never_asked_about(shop):
    before = datetime(2026, 10, 30, tzinfo=UTC)
    shop.arrived(before).run(before + WEEK)
    assert shop.stands == [("suppressed", "backfill_cutoff")]


def test_in_the_night_of_the_clock_change_the_mail_waits_for_nine_on_the_wall(shop):
    saturday = datetime(2027, 3, 27, 21, tzinfo=UTC)  # 22:00; an hour of the night is missing
    shop.arrived(saturday - WEEK).run(saturday)
    (row,) = [row for row in shop.rows(OutboxRow) if row.message == "review_requested"]
    assert row.due_at == datetime(2027, 3, 28, 7, tzinfo=UTC)


def test_the_plan_shows_the_asks_of_the_coming_days_and_each_customer_once(shop):
    shop.arrived(ref=7, line_items=[line(1)]).arrived(ref=8, line_items=[line(2)])
    assert shop.plan(ARRIVED + HOUR, until=DAY_7 - DAY) == []
    at = DAY_7
    assert shop.plan(ARRIVED + HOUR) == [
        ("tienda:7:-:review_requested:first", at, "would_send", ""),
        ("tienda:8:-:review_requested:first", at + DAY, "deferred", "cooldown"),
    ]
    shop.ask(DAY_7)
    assert shop.plan(DAY_7)[0] == ("tienda:7:-:review_requested:first", DAY_7, "would_send", "")
    shop.run(DAY_7, DAY_7 + 2 * HOUR)
    assert shop.plan(DAY_7 + 3 * HOUR) == [
        ("tienda:8:-:review_requested:first", DAY_7 + DAY, "suppressed", "cooldown"),
        ("tienda:7:-:review_reminder:reminder", DAY_7 + WEEK, "would_send", ""),
    ]


def a_review(product_ref, customer_id):
    facts = {"shop": "tienda", "source": "shop", "ref": product_ref, "product_ref": product_ref}
    facts |= {"order_id": None, "customer_id": customer_id, "rating": 2, "text": "", "language": "es"}
    facts |= {"is_verified": True, "is_incentivised": False, "status": "approved", "repeats": False}
    return facts | {"written_at": ARRIVED, "heard_at": ARRIVED, "testimonial": "", "reacted_at": None}
