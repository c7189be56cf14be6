"""The same questions to a shop of every platform: what a poll must hear, what an order must mean, what stays silent.

A platform takes part by a folder in `every_shop/`; `tests/support/a_shop.py` says what is in it.
"""

import inspect
import json
import logging
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from a_shop import PLACED, TRACKING, AShop, Sale, kind_of_shop, platforms

from postventa import clock, settings
from postventa.connectors import http, shops
from postventa.connectors.doors import adapters, open_shop
from postventa.connectors.errors import ConnectorError, Refused
from postventa.inbound_contracts import inbound
from postventa.news import NotUnderstood, TellsInPieces
from postventa.rules.orders import FulfilmentState, OrderState, PaymentState

SINCE = PLACED - timedelta(days=1)
NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    patience = http.Patience
    monkeypatch.setattr(http, "Patience", lambda: patience(tries=2, first_pause=0.005))
    with clock.clock_set_to(NOW):
        yield


@pytest.fixture(params=platforms())
def shop(request, tmp_path, monkeypatch):
    with kind_of_shop(request.param)(tmp_path / "shop") as one:
        for name, value in one.environment.items():
            monkeypatch.setenv(name, value)
        yield one


def door_of(shop):
    return open_shop("tienda", section_of(shop))


def section_of(shop):
    return settings.Shop(**shop.section, backfill_since=SINCE, requests_per_second=100_000)


def able(shop, *asked):
    for what in asked:
        if what in shop.cannot:
            pytest.skip(shop.cannot[what])


def polled(door, since=SINCE):
    """What a poll hears: the last payload of each order, and where the next poll begins."""
    heard, cursor = {}, since
    for page in door.changed_orders(since):
        assert page.refused == () or page.refused == []
        heard |= {one.ref: one for one in page.heard}
        assert page.cursor >= cursor, "a cursor never goes back"
        cursor = page.cursor
    # Some shops tell there of orders whose money has moved and nothing else.
    for page in door.changed_refunds(since):
        heard |= {one.ref: one for one in page.heard if one.kind == "order"}
    return heard, cursor


def news_of(shop, ref):
    """The order as the next poll has it, after the store has had it in its hands."""
    door = door_of(shop)
    raw = polled(door)[0][ref].raw
    return door.read_order(json.loads(json.dumps(raw)))


def states(news):
    return news.order_state, news.payment_state, news.fulfilment_state


def test_every_adapter_is_asked():
    assert set(platforms()) == set(adapters(shops))
    asked = [name for name, _ in inspect.getmembers(AShop, inspect.isfunction) if not name.startswith("_")]
    for platform in platforms():
        assert [name for name in asked if not hasattr(kind_of_shop(platform), name)] == []


def test_an_empty_shop_answers_in_one_line_and_brings_nothing(shop):
    door = door_of(shop)
    said = door.check()
    assert said
    assert "\n" not in said
    assert polled(door)[0] == {}
    assert [page.heard for page in door.changed_refunds(SINCE) if page.heard] == []


def test_a_new_order_is_read_whole(shop):
    sold = shop.sell(Sale())
    news = news_of(shop, sold.ref)
    assert (news.ref, news.number) == (sold.ref, sold.number)
    assert states(news) == (OrderState.OPEN, PaymentState.PENDING, FulfilmentState.UNFULFILLED)
    assert (news.placed_at, news.modified_at, news.paid_at) == (PLACED, PLACED, None)
    assert (news.currency, news.language) == ("EUR", "ca")
    assert news.customer.email.lower() == "nuria.soler@client.example"
    assert news.customer.name == news.billing.name == "Núria Soler"
    assert news.shipping is not None
    assert news.needs_shipping
    where = news.shipping
    assert (where.lines, where.postcode, where.city) == (("Carrer Nou 1",), "17001", "Girona")
    assert where.country == "ES"
    (line,) = news.lines
    assert (line.sku, line.name, line.quantity) == ("TASSA-1", "Tassa blanca", 2)
    assert (line.net, line.tax) == (Decimal(20), Decimal("4.20"))
    assert [(one.kind, one.net, one.tax) for one in news.charges] == [
        ("shipping", Decimal(4), Decimal("0.84"))
    ]
    assert (news.total, news.tax_total, news.discount) == (Decimal("29.04"), Decimal("5.04"), 0)
    assert (news.parcels, news.refunds, news.coupons) == ((), (), ())


def test_a_discount_is_taken_off_once_and_the_amounts_add_up(shop):
    sale = Sale(coupon="HOLA10")
    news = news_of(shop, shop.sell(sale).ref)
    parts = [line.net + line.tax for line in news.lines] + [one.net + one.tax for one in news.charges]
    assert sum(parts) == news.total == sale.total
    assert news.tax_total == sale.tax
    assert sum(line.net_before + line.tax_before for line in news.lines) == Decimal("24.20")
    assert news.discount == Decimal(2)
    assert [code.lower() for code in news.coupons] == ["hola10"]


def test_an_order_is_paid_and_leaves_in_a_parcel(shop):
    ref = shop.sell(Sale()).ref
    shop.pay(ref, PLACED + HOUR)
    paid = news_of(shop, ref)
    assert states(paid) == (OrderState.OPEN, PaymentState.PAID, FulfilmentState.UNFULFILLED)
    assert (paid.paid_at, paid.modified_at) == (PLACED + HOUR, PLACED + HOUR)
    shop.ship(ref, PLACED + 2 * HOUR, TRACKING)
    door = door_of(shop)
    whole = door.order(ref)
    assert whole is not None
    for news in (news_of(shop, ref), door.read_order(whole.raw)):
        assert news.fulfilment_state is FulfilmentState.SHIPPED
        assert news.payment_state is PaymentState.PAID
        assert [(one.tracking_number, one.carrier) for one in news.parcels] == [(TRACKING, "DHL")]


def test_a_cancelled_order_is_cancelled_on_each_axis_that_moved(shop):
    able(shop, "cancel")
    ref = shop.sell(Sale()).ref
    shop.cancel(ref, PLACED + HOUR)
    news = news_of(shop, ref)
    assert news.order_state is OrderState.CANCELLED
    assert news.fulfilment_state is FulfilmentState.CANCELLED


def test_a_refund_is_heard_with_its_order_and_its_amount(shop):
    able(shop, "refund")
    ref = shop.sell(Sale()).ref
    shop.pay(ref, PLACED + HOUR)
    shop.refund(ref, PLACED + 2 * HOUR)
    door = door_of(shop)
    listed = [one for page in door.changed_refunds(SINCE) for one in page.heard if one.kind == "refund"]
    refunds = {one.ref: door.read_refund(json.loads(json.dumps(one.raw))) for one in listed}
    news = news_of(shop, ref)
    assert [refund.amount for refund in (*refunds.values(), *news.refunds)]
    for refund in (*refunds.values(), *news.refunds):
        assert (refund.order_ref, refund.amount) == (ref, Decimal("12.10"))
    assert {one.order_ref for one in listed} <= {ref}
    assert refunds.keys() <= {refund.ref for refund in news.refunds} or not news.refunds
    assert news.payment_state in {PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED}
    if news.refunds:
        assert news.payment_state is PaymentState.PARTIALLY_REFUNDED


def test_what_was_heard_is_heard_again_to_the_letter(shop):
    """The inbox knows it again by its digest: only then is asking twice no news."""
    shop.pay(shop.sell(Sale()).ref, PLACED + HOUR)
    shop.sell(Sale(placed_at=PLACED + HOUR))
    first, cursor = polled(door_of(shop))
    again, _ = polled(door_of(shop), cursor)
    assert again
    for ref, heard in again.items():
        assert heard.modified_at == first[ref].modified_at
        assert json.dumps(heard.raw, sort_keys=True) == json.dumps(first[ref].raw, sort_keys=True)


def test_many_orders_of_one_second_and_others_are_all_heard(shop):
    sold = {shop.sell(Sale(placed_at=PLACED + timedelta(seconds=at // 130))).ref for at in range(290)}
    heard, cursor = polled(door_of(shop))
    assert set(heard) == sold
    assert PLACED <= cursor <= NOW


def test_orders_that_change_while_the_list_is_read_are_heard_by_this_poll_or_the_next(shop):
    refs = [shop.sell(Sale(placed_at=PLACED + timedelta(seconds=at))).ref for at in range(210)]
    door, heard, cursor = door_of(shop), {}, SINCE
    for number, page in enumerate(door.changed_orders(SINCE)):
        if number == 0:
            for ref in (refs[0], refs[50], refs[150], refs[-1]):
                shop.pay(ref, PLACED + HOUR)
        heard |= {one.ref: one for one in page.heard}
        cursor = page.cursor
    later, _ = polled(door, cursor)
    heard |= later
    assert set(heard) == set(refs)
    for ref in (refs[0], refs[50], refs[150], refs[-1]):
        assert door.read_order(heard[ref].raw).payment_state is PaymentState.PAID


def test_a_walk_that_is_broken_off_goes_on_where_it_stopped(shop):
    """A first sync of years of orders may be killed on its way: what is safe in the store is not asked for again."""
    refs = {shop.sell(Sale(placed_at=PLACED + timedelta(minutes=at))).ref for at in range(250)}
    pages = door_of(shop).changed_orders(SINCE)
    first = next(pages)
    pages.close()
    before = {one.ref for one in first.heard}
    door = door_of(shop)
    later, _ = polled(door, first.cursor)
    assert before | set(later) == refs
    assert len(later) < len(refs) or isinstance(
        door, TellsInPieces
    )  # a file is put away when all of it is safe


def test_an_order_that_the_shop_does_not_have_is_none(shop):
    ref = shop.sell(Sale()).ref
    assert door_of(shop).order(ref) is not None
    assert door_of(shop).order(re.sub(r"\d+$", "999999", ref)) is None


@pytest.mark.parametrize("what", ["confuse", "spoil"])
def test_an_order_that_cannot_be_understood_is_named_and_the_others_go_on(shop, what):
    able(shop, what)
    ref = shop.sell(Sale()).ref
    good = shop.sell(Sale(placed_at=PLACED + HOUR)).ref
    getattr(shop, what)(ref, PLACED + HOUR)
    door = door_of(shop)
    heard = polled(door)[0]
    assert door.read_order(heard[good].raw).ref == good
    with pytest.raises(NotUnderstood) as told:
        door.read_order(heard[ref].raw)
    assert "Soler" not in str(told.value)
    assert "client.example" not in str(told.value)


def test_every_order_keeps_what_its_contract_promises(shop):
    shop.sell(Sale())
    promised = inbound(shop.section["platform"], "order")
    assert promised.needed
    for one in polled(door_of(shop))[0].values():
        assert promised.broken(one.raw) is None


def test_a_key_that_is_refused_is_not_repeated_and_the_sentence_says_where_to_look(shop, caplog):
    able(shop, "lock")
    caplog.set_level(logging.DEBUG)
    shop.lock()
    with pytest.raises(Refused, match=r"shops\.tienda") as told:
        door_of(shop).check()
    with pytest.raises(ConnectorError):
        polled(door_of(shop))
    for secret in shop.environment.values():
        assert secret not in f"{told.value!r} {caplog.text}"


def test_the_log_of_a_poll_holds_no_secret_and_nobodys_data(shop, caplog):
    caplog.set_level(logging.DEBUG)
    ref = shop.sell(Sale()).ref
    shop.pay(ref, PLACED + HOUR)
    shop.ship(ref, PLACED + 2 * HOUR, TRACKING)
    door = door_of(shop)
    polled(door)
    list(door.changed_refunds(SINCE))
    door.order(ref)
    door.check()
    for private in ("Soler", "client.example", "Carrer Nou", *shop.environment.values()):
        assert private.lower() not in caplog.text.lower()
