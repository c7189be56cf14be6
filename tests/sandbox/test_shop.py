from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import requests
from requests_oauthlib import OAuth1

from postventa.sandbox.settings import SandboxSettings
from postventa.sandbox.shop import Shop
from postventa.sandbox.watch import Watch

START = datetime(2026, 11, 2, 8, tzinfo=UTC)


def listed(visitor, auth=None, **asked) -> requests.Response:
    return visitor.session.get(
        f"{visitor.sandbox.url}/wp-json/wc/v3/orders", params=asked, auth=auth, timeout=10
    )


@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256"])
@pytest.mark.parametrize("place", ["AUTH_HEADER", "QUERY"])
def test_a_signed_request_is_heard(grown, method, place):
    auth = OAuth1("ck_sandbox", "cs_sandbox", signature_method=method, signature_type=place)
    answer = listed(grown, auth, per_page=2, status="processing,completed", search="a b&c")
    assert answer.status_code == 200
    assert len(answer.json()) == 2


@pytest.mark.parametrize(
    ("auth", "code"),
    [
        (None, "woocommerce_rest_cannot_view"),
        (("ck_sandbox", "cs_sandbox"), "woocommerce_rest_cannot_view"),
        (OAuth1("ck_wrong", "cs_sandbox", signature_method="HMAC-SHA256"), "woocommerce_rest_cannot_view"),
        (
            OAuth1("ck_sandbox", "wrong", signature_method="HMAC-SHA256"),
            "woocommerce_rest_authentication_error",
        ),
        (
            OAuth1("ck_sandbox", "cs_sandbox", signature_method="PLAINTEXT"),
            "woocommerce_rest_authentication_error",
        ),
    ],
)
def test_over_http_nothing_but_the_right_signature_is_heard(grown, auth, code):
    answer = listed(grown, auth)
    assert answer.status_code == 401
    assert answer.json()["code"] == code
    assert answer.json()["data"] == {"status": 401}


def test_a_signature_does_not_cover_other_parameters_and_is_good_once(grown):
    auth = OAuth1("ck_sandbox", "cs_sandbox", signature_method="HMAC-SHA256", signature_type="QUERY")
    first = listed(grown, auth, per_page=1)
    again = grown.session.get(first.request.url, timeout=10)
    other = grown.session.get(first.request.url.replace("per_page=1", "per_page=2"), timeout=10)
    assert [first.status_code, again.status_code, other.status_code] == [200, 401, 401]
    assert "nonce" in again.json()["message"]
    assert "signature" in other.json()["message"]


def test_the_key_may_only_read(grown):
    auth = OAuth1("ck_sandbox", "cs_sandbox", signature_method="HMAC-SHA256")
    answer = grown.session.post(
        f"{grown.sandbox.url}/wp-json/wc/v3/orders/10001/notes", json={"note": "x"}, auth=auth, timeout=10
    )
    assert answer.status_code == 401


def test_pages_are_counted_and_linked_and_past_the_end_there_is_nothing(grown):
    first = grown.shop("wc/v3/orders", per_page=100)
    total, pages = int(first.headers["X-WP-Total"]), int(first.headers["X-WP-TotalPages"])
    assert pages == -(-total // 100)
    assert 'rel="next"' in first.headers["Link"]
    assert 'rel="prev"' not in first.headers["Link"]
    assert "oauth" not in first.headers["Link"]
    assert len(grown.orders(per_page=100, page=pages)) == total - 100 * (pages - 1)
    beyond = grown.shop("wc/v3/orders", per_page=100, page=pages + 1)
    assert (beyond.status_code, beyond.json()) == (200, [])
    assert (beyond.headers["X-WP-Total"], beyond.headers["X-WP-TotalPages"]) == ("0", "0")


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"per_page": 101}, "per_page"),
        ({"per_page": "many"}, "per_page"),
        ({"page": 0}, "page"),
        ({"status": "wc-processing"}, "status"),
        ({"status": "shipped"}, "status"),
        ({"modified_after": "ayer"}, "modified_after"),
        ({"orderby": "total"}, "orderby"),
    ],
)
def test_what_the_shop_does_not_take_is_refused_by_name(grown, asked, name):
    answer = grown.shop("wc/v3/orders", **asked)
    assert answer.status_code == 400
    assert answer.json()["code"] == "rest_invalid_param"
    assert list(answer.json()["data"]["params"]) == [name]


def test_any_leaves_out_the_trash_and_a_list_of_statuses_does_not(grown):
    everything, trash = grown.every_order(status="any"), grown.every_order(status="trash")
    assert trash
    assert "trash" not in {order["status"] for order in everything}
    both = grown.every_order(status="trash,completed")
    assert {order["status"] for order in both} == {"trash", "completed"}
    assert len(everything) + len(trash) == 500


def test_an_unknown_order_and_an_unknown_route_are_404_in_wordpress_words(grown):
    order, route = grown.shop("wc/v3/orders/5"), grown.shop("wc/v3/nothing")
    assert (order.status_code, order.json()["code"]) == (404, "woocommerce_rest_shop_order_invalid_id")
    assert (route.status_code, route.json()["code"]) == (404, "rest_no_route")


PIVOT = datetime(2026, 11, 4, 12, 0, 0, tzinfo=UTC)


def newer_than(visitor, pivot: datetime) -> set[int]:
    """The truth, from the orders' own stamps."""
    return {
        order["id"]
        for order in visitor.every_order()
        if datetime.fromisoformat(order["date_modified_gmt"]).replace(tzinfo=UTC) > pivot
    }


@pytest.mark.parametrize(
    ("sent", "gmt", "off_by"),
    [
        ("2026-11-04T12:00:00", True, 0),
        ("2026-11-04T12:00:00Z", False, 0),
        ("2026-11-04T12:00:00+00:00", False, 0),
        ("2026-11-04T14:00:00+02:00", False, 0),
        ("2026-11-04T13:00:00", False, 0),  # naive local
        ("2026-11-04T12:00:00", False, -1),  # naive GMT without the flag: an hour too many
        ("2026-11-04T12:00:00Z", True, 1),  # the trap: an hour of orders is missing
    ],
)
def test_modified_after_has_all_the_traps_of_the_real_one(grown, sent, gmt, off_by):
    asked = {"modified_after": sent, **({"dates_are_gmt": "true"} if gmt else {})}
    answered = {order["id"] for order in grown.every_order(**asked)}
    assert answered == newer_than(grown, PIVOT + timedelta(hours=off_by))
    if off_by:
        assert answered != newer_than(grown, PIVOT)


def test_modified_after_is_strict_to_the_second(grown):
    order = grown.orders(orderby="modified", order="asc", per_page=1, page=50)[0]
    after = grown.every_order(modified_after=order["date_modified_gmt"], dates_are_gmt="true")
    assert order["id"] not in {one["id"] for one in after}
    at = datetime.fromisoformat(order["date_modified_gmt"]) - timedelta(seconds=1)
    since = grown.every_order(modified_after=at.isoformat(), dates_are_gmt="true")
    assert order["id"] in {one["id"] for one in since}


def test_orders_stand_in_the_order_that_was_asked_for(grown):
    for order_by, key in (("modified", "date_modified_gmt"), ("date", "date_created_gmt"), ("id", "id")):
        stamps = [order[key] for order in grown.every_order(orderby=order_by, order="asc")]
        assert stamps == sorted(stamps)
        assert grown.orders(orderby=order_by, order="desc", per_page=1)[0][key] == stamps[-1]


def test_fields_narrows_an_order(grown):
    assert set(grown.orders(_fields="id,status", per_page=1)[0]) == {"id", "status"}


def test_refunds_over_all_orders_honour_modified_after_and_name_their_order(grown, sample):
    every = grown.shop("wc/v3/refunds", per_page=100).json()
    assert set(every[0]) == {*sample("woo_order_refunds")[0], "parent_id"}
    pivot = sorted(refund["date_created_gmt"] for refund in every)[len(every) // 2]
    later = grown.shop("wc/v3/refunds", per_page=100, modified_after=pivot, dates_are_gmt="true").json()
    assert {refund["id"] for refund in later} == {
        refund["id"] for refund in every if refund["date_created_gmt"] > pivot
    }
    of_order = grown.shop(f"wc/v3/orders/{every[0]['parent_id']}/refunds").json()
    assert every[0]["id"] in {refund["id"] for refund in of_order}
    assert float(every[0]["amount"]) > 0


def test_two_shops_with_one_seed_tell_one_story():
    def story(seed: int) -> list[bytes]:
        shop = Shop(SandboxSettings(orders=60, seed=seed, start=START), watch := Watch())
        watch.set_to(START + timedelta(days=3))
        shop.catch_up()
        return [order.written(shop.payload) for order in shop.placed()]

    assert story(7) == story(7)
    assert story(7) != story(8)


def test_the_shop_is_as_varied_as_a_shop_is(grown):
    orders = grown.every_order()
    languages = Counter(
        meta["value"] for order in orders for meta in order["meta_data"] if meta["key"] == "wpml_language"
    )
    assert languages["es"] > languages["ca"] > languages["en"] > 50
    assert sum(languages.values()) < len(orders)
    guests = sum(order["customer_id"] == 0 for order in orders) / len(orders)
    assert 0.35 < guests < 0.55
    methods = Counter(order["payment_method"] for order in orders)
    assert set(methods) == {"stripe", "bacs", "redsys", "cod", "paypal"}
    assert {order["currency"] for order in orders} == {"EUR", "GBP", "USD"}
    assert any(order["coupon_lines"] for order in orders)
    assert any(fee["total"].startswith("-") for order in orders for fee in order["fee_lines"])
    assert any(len(order["tax_lines"]) > 1 for order in orders)
    assert any(not order["shipping_lines"] for order in orders)
    assert any("<script>" in order["billing"]["first_name"] for order in orders)
