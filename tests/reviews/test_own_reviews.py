"""Reviews that the shop shows: read over its API, kept as they stand, linked to the order that they are about."""

from datetime import timedelta

import pytest
from a_review_shop import EMAIL, REVIEWS, WEB, AReviewShop
from a_sale import ARRIVED, DAY, line

from postventa import clock
from postventa.sandbox.server import Sandbox
from postventa.sandbox.settings import SandboxSettings
from postventa.store.reviews import ReviewRow
from tasks.reviews import hear_reviews

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
DAY_7 = ARRIVED + timedelta(days=7)


@pytest.fixture
def sandbox():
    with Sandbox(SandboxSettings(orders=0)) as sandbox:
        yield sandbox


@pytest.fixture
def shop(house, mailbox, sandbox, configuration, monkeypatch):
    monkeypatch.setenv("POSTVENTA_WEB_SECRET", "k" * 40)
    configuration["web"] = dict(WEB)
    configuration["shops"]["tienda"] |= REVIEWS
    return AReviewShop(house(shop_url=sandbox.url, smtp_port=mailbox.port), mailbox)


def wrote(sandbox, at, **said):
    written = {"product_id": 71, "reviewer_email": EMAIL.upper(), "rating": 2, "review": "<b>Se rompió</b>"}
    with clock.clock_set_to(at):
        return sandbox.shop.voices.add(written | said)["id"]


def hear(at):
    with clock.clock_set_to(at):
        return hear_reviews.fn()


def test_a_review_is_kept_once_without_markup_and_its_product_asked_about_no_more(shop, sandbox):
    shop.arrived(line_items=[line(71)])
    wrote(sandbox, ARRIVED + DAY)
    assert hear(ARRIVED + 2 * DAY).new == 1
    assert hear(ARRIVED + 2 * DAY).new == 0
    (review,) = shop.rows(ReviewRow)
    assert (review.rating, review.text, review.status) == (2, "Se rompió", "approved")
    assert (review.order_id, review.is_verified) == (shop.order_id, True)
    shop.run(DAY_7)
    assert shop.stands == [("suppressed", "review_exists")]


def test_a_second_review_by_the_same_person_is_told_apart_and_a_strangers_has_no_order(shop, sandbox):
    shop.arrived(line_items=[line(71)])
    for said in ({}, {"rating": 5}, {"reviewer_email": "otra@client.example"}, {"product_id": 99}):
        wrote(sandbox, ARRIVED + DAY, **said)
    hear(ARRIVED + 2 * DAY)
    found = [(one.repeats, one.order_id is not None, one.is_verified) for one in shop.rows(ReviewRow)]
    assert found == [(False, True, True), (True, True, True), (False, False, False), (False, False, False)]


def test_what_a_moderator_decides_later_is_heard_and_what_was_done_about_it_stays(shop, sandbox):
    shop.arrived(line_items=[line(71)])
    number = wrote(sandbox, ARRIVED + DAY, status="hold")
    hear(ARRIVED + DAY)
    sandbox.shop.voices.moderate(number, "approved")
    hear(ARRIVED + 5 * DAY)
    (review,) = shop.rows(ReviewRow)
    assert (review.status, review.heard_at) == ("approved", ARRIVED + DAY)


def test_more_reviews_than_a_page_are_all_read(shop, sandbox):
    for _ in range(205):
        wrote(sandbox, ARRIVED)
    assert hear(ARRIVED + DAY).new == 205
