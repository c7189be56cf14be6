"""Coupons for reviews: promised to who wants advertising, the same for every rating, one for each order."""

from datetime import timedelta

import pytest
from a_review_shop import EMAIL, REVIEWS, WEB, AReviewShop, read
from a_sale import ARRIVED, DAY, line
from an_order import raw_order

from postventa import clock, coupons
from postventa.changes import Reader, change_from
from postventa.connectors.doors import open_shop
from postventa.consents import Yes, object_to, record
from postventa.coupon_uses import note_used
from postventa.reviews_today import reviews_today
from postventa.sandbox.server import Sandbox
from postventa.sandbox.settings import SandboxSettings
from postventa.store.changes import save
from postventa.store.reviews import CouponRow, ReviewRow
from postventa.store.standings import standings
from tasks.coupons import give_coupons
from tasks.reviews import hear_reviews

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
DAY_7 = ARRIVED + timedelta(days=7)
TERMS = {"percent": 10, "conditions_url": "https://tienda.example/opiniones", "monthly": 1}


@pytest.fixture
def sandbox():
    with Sandbox(SandboxSettings(orders=0)) as sandbox:
        yield sandbox


@pytest.fixture
def shop(house, mailbox, sandbox, configuration, monkeypatch):
    monkeypatch.setenv("POSTVENTA_WEB_SECRET", "k" * 40)
    configuration["web"] = dict(WEB)
    configuration["shops"]["tienda"] |= {**REVIEWS, "review_coupon": dict(TERMS)}
    return AReviewShop(house(shop_url=sandbox.url, smtp_port=mailbox.port), mailbox)


def wants_advertising(shop):
    yes = Yes("tienda", EMAIL, "commercial", "page", "1", ARRIVED)
    with shop.place.store.begin() as connection:
        record(connection, shop.place.settings, yes, ARRIVED)


def review(sandbox, at, rating=1, product=71):
    written = {"product_id": product, "reviewer_email": EMAIL, "rating": rating, "review": "No me gustó"}
    with clock.clock_set_to(at):
        sandbox.shop.voices.add(written)
        hear_reviews.fn()


def give(at):
    with clock.clock_set_to(at):
        return give_coupons.fn()


def test_a_bad_review_earns_the_coupon_that_was_promised_and_is_marked(shop, sandbox):
    shop.arrived(line_items=[line(71)])
    wants_advertising(shop)
    shop.run(DAY_7)
    assert "10 %" in read(shop.mailbox.letters[0])
    assert TERMS["conditions_url"] in read(shop.mailbox.letters[0])
    review(sandbox, DAY_7 + DAY)
    assert give(DAY_7 + DAY) == []
    shop.send(DAY_7 + DAY)
    (made,) = sandbox.shop.coupons.listed("")
    assert (made["amount"], made["usage_limit"], made["email_restrictions"]) == ("10.00", 1, [EMAIL])
    letter = read(shop.mailbox.letters[1])
    assert made["code"].upper() in letter
    give(DAY_7 + 2 * DAY)
    assert [one.state for one in shop.rows(CouponRow)] == ["sent"]
    assert [one.is_incentivised for one in shop.rows(ReviewRow)] == [True]


def test_who_was_promised_nothing_earns_nothing(shop, sandbox):
    shop.arrived(line_items=[line(71)]).run(DAY_7)
    assert "10 %" not in read(shop.mailbox.letters[0])
    review(sandbox, DAY_7 + DAY, rating=5)
    give(DAY_7 + DAY)
    assert shop.rows(CouponRow) == []


def test_a_promise_is_not_repeated_once_the_yes_was_taken_back(shop, sandbox):
    shop.arrived(line_items=[line(71)])
    wants_advertising(shop)
    night = DAY_7 + timedelta(hours=10)
    shop.ask(night)
    no = {"shop": "tienda", "email": EMAIL, "source": "page", "source_ref": "2", "now": night}
    with shop.place.store.begin() as connection:
        object_to(connection, shop.place.settings, scope="commercial", **no)
    shop.send(night + timedelta(hours=12))
    (request,) = [letter for letter in shop.mailbox.letters if letter.message == "review_requested"]
    assert "10 %" not in read(request)


def test_killed_between_making_a_coupon_and_writing_it_down_there_is_still_one(shop, sandbox):
    shop.arrived(line_items=[line(71), line(72)])
    wants_advertising(shop)
    shop.run(DAY_7)
    review(sandbox, DAY_7 + DAY)
    later = DAY_7 + DAY
    with shop.place.store.begin() as connection:
        coupons.reserve(connection, shop.place.settings, "tienda", later, 10)
    with shop.place.reading() as connection:
        (row,) = coupons.reserved(connection, "tienda", 10)
    coupons.make(open_shop("tienda", shop.place.settings.shop("tienda")), row)  # and here the process dies
    review(sandbox, later, product=72)
    give(later + DAY)
    give(later + 2 * DAY)
    assert len(sandbox.shop.coupons.listed("")) == 1
    (kept,) = shop.rows(CouponRow)
    assert (kept.state, kept.shop_ref) == ("created", str(sandbox.shop.coupons.listed("")[0]["id"]))
    give(kept.expires_at)
    assert shop.rows(CouponRow)[0].state == "expired"


def test_no_more_than_the_months_coupons_are_given(shop, sandbox):
    shop.arrived(line_items=[line(71)])
    wants_advertising(shop)
    shop.run(DAY_7)
    review(sandbox, DAY_7 + DAY)
    give(DAY_7 + DAY)
    (given,) = shop.rows(CouponRow)
    other = CouponRow.__table__.update().values(subject="order:99", order_id=None)
    with shop.place.store.begin() as connection:
        connection.execute(other)
        counted = [
            coupons.reserve(connection, shop.place.settings, "tienda", at, 10)
            for at in (given.reserved_at + DAY, given.reserved_at + 30 * DAY)
        ]
    assert counted == [0, 1]


def used_in(shop, code, at, ref=8, status="processing"):
    """An order of the shop, heard as every order is, that names the coupon."""
    lines = [{"id": 1, "code": code, "discount": "1.00"}]
    raw = raw_order(ref, status, at=at, placed=at, coupon_lines=lines)
    door = open_shop("tienda", shop.place.settings.shop("tienda"))
    with shop.place.store.begin() as connection:
        known = standings(connection, "tienda", [str(ref)]).get(str(ref))
        reader = Reader("tienda", shop.place.settings.shop("tienda"), lambda _: "dhl", at)
        change = change_from(door.read_order(raw), known, reader)
        save(connection, [change], at)
        note_used(connection, "tienda", [change])


def test_a_coupon_that_an_order_used_is_redeemed_and_comes_back_when_that_order_is_cancelled(shop, sandbox):
    shop.arrived(line_items=[line(71)])
    wants_advertising(shop)
    shop.run(DAY_7)
    review(sandbox, DAY_7 + DAY)
    give(DAY_7 + DAY)
    shop.send(DAY_7 + DAY)
    give(DAY_7 + DAY)
    (coupon,) = shop.rows(CouponRow)
    bought = DAY_7 + 3 * DAY
    used_in(shop, "BIENVENIDA", bought)
    assert shop.rows(CouponRow)[0].state == "sent"
    used_in(shop, coupon.code.upper(), bought, ref=9)
    used_in(shop, coupon.code, bought, ref=9)
    (used,) = shop.rows(CouponRow)
    assert (used.state, used.redeemed_by, used.redeemed_at) == ("redeemed", "9", bought)
    with shop.place.reading() as connection:
        page = reviews_today(connection, shop.place.settings, bought)
    assert "| tienda | redeemed | 1 |" in page
    assert "| tienda | **this month** | **1 of 1** |" in page
    give(coupon.expires_at)
    assert shop.rows(CouponRow)[0].state == "redeemed"
    used_in(shop, coupon.code, bought + DAY, ref=9, status="cancelled")
    assert [(one.state, one.redeemed_by) for one in shop.rows(CouponRow)] == [("sent", "")]


def test_a_coupon_whose_mail_nobody_may_be_sent_or_that_its_shop_will_not_make_is_refused(
    shop, sandbox, house, httpserver
):
    shop.arrived(line_items=[line(71)])
    wants_advertising(shop)
    shop.run(DAY_7)
    review(sandbox, DAY_7 + DAY)
    give(DAY_7 + DAY)
    no = {"shop": "tienda", "email": EMAIL, "source": "page", "source_ref": "2", "now": DAY_7 + DAY}
    with shop.place.store.begin() as connection:
        object_to(connection, shop.place.settings, **no)
    assert give(DAY_7 + 2 * DAY) == []
    assert [one.state for one in shop.rows(CouponRow)] == ["refused"]
    with shop.place.store.begin() as connection:
        connection.execute(CouponRow.__table__.update().values(state="reserved", shop_ref=""))
    httpserver.expect_request("/wp-json/wc/v3/coupons", method="GET").respond_with_json([])
    no = {"code": "rest_invalid_param", "message": "email_restrictions"}
    httpserver.expect_request("/wp-json/wc/v3/coupons", method="POST").respond_with_json(no, 400)
    house(shop_url=httpserver.url_for("").rstrip("/"))
    (said,) = give(DAY_7 + 2 * DAY)
    assert "tienda:7: its coupon is refused by the shop" in said
    assert EMAIL not in said
    assert [one.state for one in shop.rows(CouponRow)] == ["refused"]
    with shop.place.reading() as connection:
        assert coupons.given_in_month(connection, shop.place.settings, "tienda", DAY_7 + 2 * DAY) == 0
