"""The PrestaShop door over real HTTP: what it asks and never asks, how it gets in, what it says when it is kept out."""

import json
import logging
import re
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote_plus

import pytest
from a_prestashop import KEY
from a_server import AServer, as_json
from a_shop import PLACED, TRACKING, Sale, kind_of_shop
from werkzeug import Response

from postventa import clock, settings
from postventa.connectors import http
from postventa.connectors.doors import open_shop
from postventa.connectors.http import NotJson, NotThere, Refused, TooBusy
from postventa.connectors.shops.prestashop import PrestaShop
from postventa.news import NotUnderstood, ReadsTogether
from postventa.review_news import Coupon, HearsReviews, MakesCoupons

SAMPLES = Path(__file__).parent / "samples"
SINCE = PLACED - timedelta(days=1)
NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    patience = http.Patience
    monkeypatch.setattr(http, "Patience", lambda: patience(tries=2, first_pause=0.005))
    monkeypatch.setenv("TIENDA_KEY", KEY)
    with clock.clock_set_to(NOW):
        yield


@pytest.fixture
def shop(tmp_path):
    with kind_of_shop("prestashop")(tmp_path) as one:
        yield one


def door_of(shop, **more) -> PrestaShop:
    given = {"backfill_since": SINCE, "requests_per_second": 100_000, **shop.section, **more}
    return open_shop("tienda", settings.Shop(**given))


def heard(door, since=SINCE):
    return {one.ref: one for page in door.changed_orders(since) for one in page.heard}


def sample(name):
    return json.loads((SAMPLES / f"prestashop_{name}.json").read_text(encoding="utf-8"))


def test_dates_are_asked_for_in_the_shops_local_time_and_never_with_a_t_or_a_z(shop):
    """With a T or a Z the webservice answers next to nothing; without date=1 it refuses to filter and to sort."""
    sold = [shop.sell(Sale(placed_at=PLACED + at * HOUR)).ref for at in range(4)]
    assert set(heard(door_of(shop), PLACED + 2 * HOUR)) == set(sold[2:])
    listed = [one for one in shop.asked if one.startswith("GET /api/orders?")]
    for one in listed:
        assert "date=1" in one
        assert re.search(
            r"filter\[date_upd\]=\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\]", one
        )
    assert "filter[date_upd]=[2026-11-02 09:49:00," in listed[0]  # 08:50 UTC, a minute early, in Madrid


def test_no_page_is_ever_turned(shop):
    """There are no totals, and pages drift while orders are edited: each question begins where the last ended."""
    for at in range(230):
        shop.sell(Sale(placed_at=PLACED + timedelta(seconds=at // 150)))
    assert len(heard(door_of(shop))) == 230
    asked = [one for one in shop.asked if one.startswith("GET /api/orders?")]
    assert len(asked) > 2
    assert all("limit=0,100" in one for one in asked)


def test_a_page_of_orders_costs_the_same_questions_as_one_order(shop):
    shop.sell(Sale())
    heard(door_of(shop))
    few = len(shop.asked)
    for at in range(90):
        shop.sell(Sale(placed_at=PLACED + timedelta(seconds=at), email=f"a{at}@client.example"))
    heard(door_of(shop))
    assert len(shop.asked) == 2 * few < 40


def test_the_zone_is_the_shops_and_the_configured_one_where_its_key_may_not_tell(shop):
    shop.set_zone("Atlantic/Canary", PLACED - timedelta(days=400))
    ref = shop.sell(Sale(), state=2).ref
    door = door_of(shop)
    assert door.read_order(heard(door)[ref].raw).placed_at == PLACED
    assert "Atlantic/Canary" in door.check()
    assert "tells more" not in door.check()
    shop.web.rights -= {"configurations"}
    door = door_of(shop, timezone="Europe/London")
    assert door.check().endswith("; it tells more to a key that may read configurations")
    assert door.read_order(heard(door)[ref].raw).placed_at == PLACED
    door = door_of(shop, timezone="Europe/Madrid")
    assert door.read_order(heard(door)[ref].raw).placed_at == PLACED - HOUR


def test_a_language_is_known_by_its_locale_because_its_code_may_be_a_countrys(shop):
    ref = shop.sell(Sale(language="en")).ref
    shop.web.tables["languages"][3] |= {"iso_code": "gb", "locale": "en-GB"}
    door = door_of(shop)
    assert door.read_order(heard(door)[ref].raw).language == "en"


def test_a_tracking_number_moves_no_stamp_and_is_found_when_the_order_is_read_by_itself(shop):
    ref = shop.sell(Sale()).ref
    shop.move(ref, PLACED + HOUR, 4)
    door = door_of(shop)
    before = heard(door)[ref]
    shop.track(ref, f"{TRACKING}, JD014600004 ")
    assert heard(door, PLACED + 3 * HOUR) == {}
    again = door.order(ref)
    assert again is not None
    assert again.modified_at == before.modified_at
    assert again.raw != before.raw
    parcels = door.read_order(again.raw).parcels
    assert [(one.tracking_number, one.tracking_url) for one in parcels] == [
        (TRACKING, f"https://track.example/{TRACKING}"),
        ("JD014600004", "https://track.example/JD014600004"),
    ]
    assert {one.shipped_at for one in parcels} == {PLACED + HOUR}


def test_several_orders_are_read_together_in_a_handful_of_questions(shop):
    refs = [shop.sell(Sale(email=f"a{at}@client.example")).ref for at in range(60)]
    door = door_of(shop)
    assert isinstance(door, ReadsTogether)
    found = door.orders([*refs, "99999", "no-id"])
    assert set(found) == set(refs)
    assert found[refs[0]].raw == door.order(refs[0]).raw
    assert door.order("no-id") is None
    assert len(shop.asked) < 50


def test_a_credit_slip_is_a_refund_though_its_order_was_not_touched(shop):
    ref = shop.sell(Sale()).ref
    stamp = shop.row(ref)["date_upd"]
    shop.refund(ref, PLACED + 5 * HOUR)
    shop.refund(ref, PLACED + 6 * HOUR, amount="3.330000")
    shop.refund(ref, PLACED + 7 * HOUR, total_shipping_tax_incl="4.840000")
    assert shop.row(ref)["date_upd"] == stamp
    door = door_of(shop)
    (page,) = door.changed_refunds(PLACED + 2 * HOUR)
    news = [door.read_refund(one.raw) for one in page.heard]
    assert [one.amount for one in news] == [Decimal("12.10"), Decimal("3.33"), Decimal("16.94")]
    assert {one.order_ref for one in news} == {ref} == {one.order_ref for one in page.heard}
    assert news[0].at == PLACED + 5 * HOUR
    assert news[0].line_refs == ("1",)
    assert page.cursor == PLACED + 7 * HOUR


def test_the_captured_rows_of_a_real_shop_have_the_fields_that_are_asked_for(shop):
    kept = {
        "orders": sample("order"),
        "order_carriers": sample("order_carriers")["order_carriers"][0],
        "order_slip": sample("order_slip")["order_slips"][0],
        "order_states": sample("order_states")["order_states"][0],
    }
    for resource, row in kept.items():
        assert set(row) == {"id", "associations", *shop.web.fields[resource]} & {"id", *row}
        assert set(shop.web.fields[resource]) <= set(row) | {"transaction_id"}


def test_a_captured_order_is_read_whole(shop):
    ref = shop.sell(Sale()).ref
    captured = sample("order")
    wanted = {"id_customer": "1", "id_address_invoice": "1", "id_address_delivery": "1"}
    shop.web.tables["orders"] = {23: {**captured, **wanted}}
    for table in ("order_details", "order_histories"):
        for row in shop.web.tables[table].values():
            row["id_order"] = "23"
    shop.web.tables["order_details"][1] |= {
        "total_price_tax_incl": "45.740000",
        "total_price_tax_excl": "37.800000",
    }
    shop.web.tables["order_carriers"] = {20: sample("order_carriers")["order_carriers"][0]}
    door = door_of(shop)
    assert ref not in heard(door, datetime(2026, 8, 1, tzinfo=UTC))
    news = door.read_order(door.order("23").raw)
    assert (news.ref, news.number, news.raw_status) == ("23", "XBFKUVDZV", "Entregado")
    assert news.placed_at == datetime(2026, 7, 31, 11, 28, 10, tzinfo=UTC)
    assert news.modified_at == datetime(2026, 8, 2, 22, 10, 49, tzinfo=UTC)
    assert (news.total, news.tax_total) == (Decimal("45.74"), Decimal("7.94"))
    assert [one.tracking_number for one in news.parcels] == ["1Z906999210"]
    assert news.fulfilment_state.value == "delivered"


def test_a_voucher_is_made_once_in_xml_for_the_one_account_with_that_address(shop):
    shop.sell(Sale(email="nuria@client.example"))
    door = door_of(shop)
    assert isinstance(door, MakesCoupons)
    assert not isinstance(door, HearsReviews)  # product comments are a module, not in the webservice
    wanted = Coupon("GRACIAS-7K2", 10, "nuria@client.example", datetime(2027, 1, 31, 23, 30, tzinfo=UTC))
    made = door.coupon(wanted)
    assert door.coupon(wanted) == made
    (row,) = shop.web.tables["cart_rules"].values()
    assert str(row["id"]) == made
    kept = {
        key: row[key] for key in ("code", "reduction_percent", "quantity", "quantity_per_user", "id_customer")
    }
    assert kept == {
        "code": "GRACIAS-7K2",
        "reduction_percent": "10",
        "quantity": "1",
        "quantity_per_user": "1",
        "id_customer": "1",
    }
    assert (row["date_from"], row["date_to"]) == ("2026-11-03 13:00:00", "2027-02-01 00:30:00")
    assert [one["id"] for one in row["name"]] == ["1", "2", "3"]
    assert door.coupon(Coupon("OTRO-1", 5, "nobody@client.example", NOW)) != made
    assert shop.web.tables["cart_rules"][2]["id_customer"] == "0"


def test_a_key_that_may_only_read_is_told_so_when_a_voucher_is_to_be_made(shop):
    shop.web.may_write = set()
    with pytest.raises(Refused, match="TIENDA_KEY may not write cart_rules: tick POST"):
        door_of(shop).coupon(Coupon("A-1", 10, "a@client.example", NOW))


def test_a_right_that_the_key_lacks_is_named(shop):
    shop.web.rights -= {"order_histories"}
    with pytest.raises(Refused, match="TIENDA_KEY may not read order_histories: tick GET beside it"):
        door_of(shop).check()
    shop.sell(Sale())
    with pytest.raises(Refused, match="order_histories"):
        heard(door_of(shop))


def test_what_the_chain_can_do_without_is_not_insisted_on(shop, caplog):
    caplog.set_level(logging.INFO)
    ref = shop.sell(Sale(coupon="HOLA10")).ref
    shop.pay(ref, PLACED + HOUR)
    shop.web.rights -= {"configurations", "states", "cart_rules", "order_cart_rules"}
    door = door_of(shop)
    news = door.read_order(heard(door)[ref].raw)
    assert news.payment_state.value == "paid"
    assert sum(one.net + one.tax for one in news.lines) == Decimal("21.78")
    assert caplog.text.count("no configurations here") == 1


def test_a_host_that_strips_the_authorization_header_gets_the_key_in_the_query(shop, caplog):
    caplog.set_level(logging.DEBUG)
    shop.web.strips_authorization = True
    door = door_of(shop)
    assert door.check() == "PrestaShop answers, its zone is Europe/Madrid; no orders yet"
    assert "strips the Authorization header" in caplog.text
    asked = len(shop.asked)
    assert heard(door) == {}
    assert len(shop.asked) == asked + 2
    assert KEY not in caplog.text


@pytest.mark.parametrize(
    ("trouble", "kind", "said"),
    [
        ({"key": "B" * 32}, Refused, "the key in TIENDA_KEY is wrong or not enabled"),
        ({"is_switched_off": True}, Refused, "its webservice is switched off"),
    ],
)
def test_a_refusal_says_what_to_do_in_the_back_office(shop, trouble, kind, said):
    for name, value in trouble.items():
        setattr(shop.web, name, value)
    with pytest.raises(kind, match=said) as told:
        door_of(shop).check()
    assert KEY not in str(told.value)


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (lambda _: Response("<html>", 404, content_type="text/html"), NotThere, "no PrestaShop webservice"),
        (lambda _: Response("<html>", 503, content_type="text/html"), TooBusy, "asks us to wait"),
        (
            lambda _: Response("<html>", 403, content_type="text/html"),
            Refused,
            "a firewall or a security module",
        ),
        (lambda _: Response("<prestashop/>", content_type="text/xml"), NotJson, "instead of JSON"),
        (lambda _: as_json({"orders": {"order": 1}}), NotJson, "no list of rows"),
        (lambda _: as_json([1]), NotJson, "no list of rows"),
    ],
)
def test_what_stands_before_the_webservice_is_told_from_it(answer, kind, said):
    with AServer(answer) as server:
        given = {"platform": "prestashop", "url": server.url, "key_env": "TIENDA_KEY"}
        door = open_shop("tienda", settings.Shop(**given, backfill_since=SINCE, requests_per_second=100_000))
        with pytest.raises(kind, match=said):
            door.check()


def test_an_order_without_a_time_is_refused_once_and_the_others_are_heard(shop):
    ref = shop.sell(Sale()).ref
    bad = shop.sell(Sale()).ref
    shop.row(bad)["date_upd"] = "2026-11-02 25:61:00"
    door = door_of(shop)
    pages = list(door.changed_orders(SINCE))
    assert [one.ref for page in pages for one in page.heard] == [ref]
    (refused,) = [one for page in pages for one in page.refused]
    assert refused[1].startswith("date_upd must be a local time")
    with pytest.raises(NotUnderstood):
        door.order(bad)


def test_nothing_is_asked_before_it_is_needed_and_no_thread_is_left(shop):
    threads = threading.active_count()
    for at in range(150):
        shop.sell(Sale(placed_at=PLACED + timedelta(seconds=at)))
    door = door_of(shop)
    assert shop.asked == []
    pages = door.changed_orders(SINCE)
    next(pages)
    pages.close()
    assert threading.active_count() <= threads + 1


def test_every_request_is_a_get_for_named_fields(shop):
    ref = shop.sell(Sale(coupon="HOLA10")).ref
    shop.refund(ref, PLACED + HOUR)
    door = door_of(shop, consent_meta_keys=["newsletter"])
    heard(door)
    list(door.changed_refunds(SINCE))
    assert door.read_order(door.order(ref).raw).customer.wants_advertising is True
    for one in shop.asked:
        assert one.startswith("GET /api/")
        assert re.search(r"display=\[id[,\]]", unquote_plus(one))
