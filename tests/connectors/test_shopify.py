"""Shopify's preview against a stand-in made by its documentation: points, cursors, the 60 days, and what orders mean."""

import copy
import json
import logging
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from a_server import as_json
from a_shopify import TOKEN, AShopify

from postventa import clock, settings
from postventa.connectors import doors, http
from postventa.connectors.errors import NotThere, Refused, TooBusy, Unreachable
from postventa.connectors.shops import _shopify_access, _shopify_reading, shopify
from postventa.inbound_contracts import inbound
from postventa.news import NotUnderstood
from postventa.review_news import HearsReviews, MakesCoupons
from postventa.rules.orders import FulfilmentState, OrderState, PaymentState
from postventa.shipped import shipped

ORDER = json.loads((Path(__file__).parent / "samples" / "shopify_order.json").read_text(encoding="utf-8"))
SINCE = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    patience = http.Patience
    monkeypatch.setattr(http, "Patience", lambda: patience(tries=2, first_pause=0.005))
    monkeypatch.setattr(_shopify_access, "PAUSE", 0.005)
    monkeypatch.setenv("TIENDA_KEY", TOKEN)
    with clock.clock_set_to(NOW):
        yield


@pytest.fixture
def shop():
    with AShopify() as one:
        yield one


def door_to(shop, **more):
    given = {"platform": "shopify", "url": shop.url, "key_env": "TIENDA_KEY", "backfill_since": SINCE}
    return doors.open_shop("tienda", settings.Shop(**(given | {"requests_per_second": 100_000} | more)))


def put(shop, ref, at=SINCE, **fields):
    gid = f"gid://shopify/Order/{ref}"
    stamped = {"id": gid, "updatedAt": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    shop.orders[gid] = {**copy.deepcopy(ORDER), **stamped, **fields}


def many(shop, number):
    for ref in range(1, number + 1):
        put(shop, ref, SINCE + timedelta(seconds=ref // 7))


def refs(pages):
    return [one.ref for page in pages for one in page.heard]


def read(**fields):
    return _shopify_reading.read_order(copy.deepcopy(ORDER) | fields)


def money(amount):
    return {"presentmentMoney": {"amount": amount}}


# Points.


def test_questions_are_paced_by_their_points_so_that_shopify_refuses_none(shop):
    many(shop, 120)
    shop.bucket = shop.largest = 260.0
    shop.rate = 2000.0
    before = time.monotonic()
    found = refs(door_to(shop).changed_orders(SINCE))
    took = time.monotonic() - before
    assert len(found) == 120
    assert shop.throttled == 0
    assert took > (120 * shop.cost_per_order - shop.largest) / shop.rate


def test_no_points_left_comes_with_a_200_and_is_waited_out(shop):
    many(shop, 3)
    shop.largest, shop.bucket, shop.rate = 1000.0, 0.0, 2000.0
    assert len(refs(door_to(shop).changed_orders(SINCE))) == 3
    assert shop.throttled > 0


def test_no_points_left_with_a_429_is_waited_out_too(shop):
    put(shop, 1)
    answers = [as_json({"errors": "Throttled"}, 429, **{"Retry-After": "0"})]
    shop.before_answer = lambda name: answers.pop() if answers else None
    assert refs(door_to(shop).changed_orders(SINCE)) == ["1"]


def test_another_app_that_uses_up_all_points_makes_the_shop_busy_and_not_refused(shop):
    throttled = {"errors": [{"message": "Throttled"}]}
    shop.before_answer = lambda name: as_json(throttled)
    with pytest.raises(TooBusy, match="no points left for us after 5 tries") as told:
        door_to(shop).check()
    assert told.value.temporary
    assert len(shop.questions) == 5


def test_a_question_that_costs_more_than_a_bucket_holds_is_asked_for_half_as_much(shop):
    many(shop, 30)
    shop.largest = shop.bucket = 70.0
    assert len(refs(door_to(shop).changed_orders(SINCE))) == 30
    sizes = [asked["first"] for _, asked in shop.questions]
    assert sizes[:4] == [25, 12, 6, 6]
    shop.cost_per_order = 71.0
    with pytest.raises(Refused, match="too dear"):
        list(door_to(shop).changed_orders(SINCE))


# The walk.


def test_the_walk_asks_by_updated_at_with_its_overlap_and_turns_pages_by_cursors(shop):
    many(shop, 60)
    pages = list(door_to(shop).changed_orders(datetime.fromisoformat("2026-11-01T01:00:00+01:00")))
    assert len(refs(pages)) == 60
    assert pages[-1].cursor == SINCE + timedelta(seconds=60 // 7)
    assert {asked["filter"] for _, asked in shop.questions} == {"updated_at:>='2026-10-31T23:50:00Z'"}
    assert [asked["after"] is None for _, asked in shop.questions] == [True, False, False]


def test_a_list_is_begun_anew_before_it_ends_in_silence_after_25_000(shop, monkeypatch):
    assert shopify.TURNS * shopify.PER_PAGE < 25_000
    monkeypatch.setattr(shopify, "TURNS", 2)
    many(shop, 130)
    assert set(refs(door_to(shop).changed_orders(SINCE))) == {str(ref) for ref in range(1, 131)}
    assert len({asked["filter"] for _, asked in shop.questions}) > 1


def test_a_row_without_id_or_stamp_is_refused_and_the_others_go_on(shop):
    put(shop, 1)
    put(shop, 2)
    shop.orders["gid://shopify/Order/2"]["updatedAt"] = "2026-11-01T00:00:00"
    (page,) = door_to(shop).changed_orders(SINCE)
    assert refs([page]) == ["1"]
    assert [reason for _, reason in page.refused] == [
        "updatedAt must be an instant with its zone such as 2026-11-02T08:00:00Z, and it is text"
    ]


def test_an_order_of_more_lines_than_come_with_it_is_asked_for_the_rest(shop):
    shop.lines_per_page = 2
    line = ORDER["lineItems"]["nodes"][0]
    nodes = [{**line, "id": f"gid://shopify/LineItem/{at}"} for at in range(5)]
    put(shop, 1, lineItems={"nodes": nodes})
    door = door_to(shop)
    (page,) = door.changed_orders(SINCE)
    assert [one.ref for one in door.read_order(page.heard[0].raw).lines] == ["0", "1", "2", "3", "4"]
    with pytest.raises(NotUnderstood, match="lineItems are not complete"):
        read(lineItems={"pageInfo": {"hasNextPage": True}, "nodes": nodes})


@pytest.mark.parametrize("cursor", [None, "the same"])
def test_a_further_page_that_begins_nowhere_ends_the_walk_with_a_sentence(shop, cursor):
    info = {"hasNextPage": True, "endCursor": cursor}
    shop.before_answer = lambda name: as_json({"data": {"orders": {"nodes": [ORDER], "pageInfo": info}}})
    with pytest.raises(http.NotJson, match="does not say where it begins"):
        list(door_to(shop).changed_orders(SINCE))


# The 60 days.


def test_check_says_that_it_is_a_preview_and_how_far_back_shopify_lets_us_look(shop):
    put(shop, 1)
    assert door_to(shop).check() == (
        "Shopify answers (PREVIEW, never run against a real shop); newest change 2026-11-01T00:00Z"
    )
    shop.scopes = ["read_orders"]
    assert (
        door_to(shop)
        .check()
        .endswith("without read_all_orders it shows the orders of the last 60 days alone")
    )
    early = door_to(shop, backfill_since=SINCE - timedelta(days=300)).check()
    assert early.endswith("orders before 2026-09-24 will not be heard, though backfill_since is earlier")
    shop.scopes = ["read_products"]
    with pytest.raises(Refused, match="give it read_orders"):
        door_to(shop).check()


def test_an_order_older_than_60_days_is_not_taken_for_deleted(shop):
    assert door_to(shop).order("1") is None
    shop.scopes = ["read_orders"]
    with pytest.raises(NotUnderstood, match=r"it was deleted, or is older than 60 days"):
        door_to(shop).order("1")


# What keeps us out.


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (
            as_json({"errors": "x"}, 401),
            Refused,
            "the token in TIENDA_KEY is wrong, or its app was taken out",
        ),
        (as_json({"errors": "x"}, 402), Refused, "the shop's account is frozen"),
        (as_json({"errors": "x"}, 404), NotThere, "the address that ends in .myshopify.com"),
        (as_json({"data": None}), http.NotJson, "neither data nor errors"),
        (
            as_json({"errors": [{"message": "Nuria", "extensions": {"code": "undefinedField"}}]}),
            Refused,
            "does not understand our question (undefinedField)",
        ),
        (
            as_json({"errors": [{"extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}),
            Unreachable,
            "Shopify fails (INTERNAL_SERVER_ERROR, after 5 tries)",
        ),
    ],
)
def test_each_refusal_says_what_to_do_and_repeats_nothing_of_it(shop, answer, error, said):
    shop.before_answer = lambda name: answer
    with pytest.raises(error) as told:
        door_to(shop).check()
    assert said in str(told.value)
    assert "Nuria" not in str(told.value)


def test_names_that_shopify_has_not_approved_stop_the_poll_instead_of_orders_without_a_customer(shop):
    denied = {"path": ["orders", "nodes", 0, "email"], "extensions": {"code": "ACCESS_DENIED"}}
    partly = {"errors": [denied], "data": {"orders": {"nodes": [ORDER], "pageInfo": {"hasNextPage": False}}}}
    shop.before_answer = lambda name: as_json(partly)
    with pytest.raises(Refused, match=r"denies access to email: .* approval for protected customer data"):
        list(door_to(shop).changed_orders(SINCE))


def test_a_version_that_has_ended_is_said_once_in_the_log(shop, caplog):
    put(shop, 1)
    data = {"orders": {"nodes": [], "pageInfo": {"hasNextPage": False}}}
    shop.before_answer = lambda name: as_json({"data": data}, **{"X-Shopify-API-Version": "2027-01"})
    door = door_to(shop)
    with caplog.at_level(logging.WARNING):
        list(door.changed_orders(SINCE))
        list(door.changed_orders(SINCE))
    assert caplog.text.count("Shopify answers as of 2027-01") == 1


# What an order means.


def test_an_order_is_read_in_the_currency_that_the_customer_paid_with():
    news = read(presentmentCurrencyCode="SEK", totalPriceSet=money("310.5"))
    assert (news.currency, news.total) == ("SEK", Decimal("310.5"))
    assert (news.number, news.language, news.customer.phone) == ("7001", "ca", "+34600000001")
    assert news.billing == news.shipping  # none was given


def test_prices_with_their_tax_inside_come_to_the_same_as_prices_without():
    inside = copy.deepcopy(ORDER["lineItems"])
    inside["nodes"][0] |= {
        "originalTotalSet": money("24.2"),
        "discountAllocations": [{"allocatedAmountSet": money("2.42")}],
    }
    inside["nodes"][0]["taxLines"][0] = {**inside["nodes"][0]["taxLines"][0], "priceSet": money("3.78")}
    (line,) = read(taxesIncluded=True, lineItems=inside).lines
    assert (line.net, line.tax) == (Decimal("18.00"), Decimal("3.78"))
    assert (line.net_before, line.tax_before) == (Decimal("20.00"), Decimal("4.20"))


@pytest.mark.parametrize(
    ("shown", "goods"),
    [
        (["DELIVERED", "PICKED_UP"], FulfilmentState.DELIVERED),
        (["DELIVERED", "READY_FOR_PICKUP"], FulfilmentState.SHIPPED),
        (["DELIVERED", "LABEL_PRINTED"], FulfilmentState.SHIPPED),
    ],
)
def test_waiting_at_a_pickup_point_is_not_delivered_and_one_parcel_of_two_is_not_all(shown, goods):
    sent = [{"status": "SUCCESS", "displayStatus": one, "createdAt": "2026-11-03T08:00:00Z"} for one in shown]
    called_off = {"status": "CANCELLED", "displayStatus": "CANCELED", "trackingInfo": [{"number": "X1"}]}
    news = read(displayFulfillmentStatus="FULFILLED", fulfillments=[*sent, called_off])
    assert news.fulfilment_state is goods
    assert news.parcels == ()


@pytest.mark.parametrize(
    ("fields", "states"),
    [
        ({"closedAt": "2026-11-09T00:00:00Z"}, (OrderState.COMPLETED, PaymentState.PENDING, "unfulfilled")),
        ({"displayFinancialStatus": "EXPIRED"}, (OrderState.OPEN, PaymentState.FAILED, "unfulfilled")),
        ({"displayFulfillmentStatus": "ON_HOLD"}, (OrderState.OPEN, PaymentState.PENDING, "on_hold")),
        (
            {"displayFinancialStatus": "VOIDED", "cancelledAt": "2026-11-09T00:00:00Z"},
            (OrderState.CANCELLED, PaymentState.CANCELLED, "cancelled"),
        ),
    ],
)
def test_the_display_states_stand_on_our_three_axes(fields, states):
    news = read(**fields)
    assert (news.order_state, news.payment_state, news.fulfilment_state) == states


def test_a_box_that_is_not_ticked_is_no_refusal():
    assert read().customer.wants_advertising is None
    assert read(customerAcceptsMarketing=True).customer.wants_advertising is True


def test_the_preview_is_marked_wherever_somebody_might_trust_it():
    assert (shopify.__doc__ or "").startswith("PREVIEW")
    assert "status: draft" in (shipped("data_contracts") / "inbound" / "shopify.odcs.yaml").read_text("utf-8")
    assert inbound("shopify", "order").broken(ORDER) is None
    section = (
        (Path(__file__).parents[2] / "docs" / "connect-a-shop.md")
        .read_text("utf-8")
        .partition("## Shopify (preview)")[2]
    )
    assert "preview" in section[:200].lower()
    assert "60 days" in section
    assert not issubclass(shopify.Shopify, HearsReviews | MakesCoupons)
