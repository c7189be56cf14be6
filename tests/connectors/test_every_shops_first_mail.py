"""An order of each platform walks from its shop to its customer's mailbox; two shops keep their orders apart."""

import email
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email import policy

import pytest
from a_mailbox import AMailbox
from a_server import AServer
from a_shop import PLACED, TRACKING, Sale, kind_of_shop, platforms

from postventa import clock
from postventa.connectors import http
from postventa.connectors.doors import open_shop
from postventa.connectors.errors import ConnectorError
from postventa.news import TellsInPieces
from postventa.reconciliation_told import page_of
from postventa.store.inbox import QuarantineRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow
from postventa.store.reconciliation import ReconciliationRow, findings_of
from postventa.store.shipments import ShipmentRow
from tasks.messages import send_messages
from tasks.orders import move_orders, poll_orders, poll_refunds, reread_orders
from tasks.reconciliation import compare_orders

HOUR = timedelta(hours=1)
ON_ONE_DATABASE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@pytest.fixture
def mailbox():
    with AMailbox() as box:
        yield box


@pytest.fixture
def street(configuration, house, tmp_path, monkeypatch, mailbox):
    """Opens shops of a platform, each under a name, and answers them by it."""
    with ExitStack() as opened:

        def open_up(platform, *names):
            found = {}
            for name in names:
                shop = opened.enter_context(kind_of_shop(platform)(tmp_path / name))
                for variable, value in shop.environment.items():
                    monkeypatch.setenv(variable, value)
                found[name] = shop
            configuration["shops"] = {
                name: {
                    **shop.section,
                    "backfill_since": datetime(2026, 11, 1, tzinfo=UTC),
                    "requests_per_second": 100_000,
                    "default_carrier": "dhl",
                }
                for name, shop in found.items()
            }
            return found, house(smtp_port=mailbox.port)

        yield open_up


def hear(name, at):
    with clock.clock_set_to(at):
        poll_orders.fn(name)
        poll_refunds.fn(name)
        reread_orders.fn(name)
        return move_orders.fn(name)


def night(name, at, place):
    """What the night's comparison finds, by order."""
    with clock.clock_set_to(at):
        run = compare_orders.fn(name)
    with place.reading() as connection:
        return {one.ref: str(one.kind) for one in findings_of(connection, run)}


def rows(place, table):
    with place.reading() as connection:
        return connection.execute(table.__table__.select().order_by(table.__table__.c[0])).all()


def server_of(shop):
    """The server of this shop, or of what it is made of; None where it has none."""
    parts = [part for part in (shop, *vars(shop).values()) if hasattr(part, "__dict__")]
    return next((one for part in parts for one in vars(part).values() if isinstance(one, AServer)), None)


def text_of(letter):
    mail = email.message_from_bytes(letter.raw, policy=policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    return mail["Subject"], " ".join(body.get_content().split())


@ON_ONE_DATABASE
@pytest.mark.parametrize("platform", platforms())
def test_an_order_walks_to_its_first_mails_in_its_language_and_its_amounts_add_up(street, mailbox, platform):
    shops, place = street(platform, "tienda")
    shop = shops["tienda"]
    sold = shop.sell(Sale(coupon="HOLA10"))
    moved = hear("tienda", PLACED + HOUR)
    assert (moved.applied, moved.parked, moved.quarantined) == (1, (), 0)
    with clock.clock_set_to(PLACED + 2 * HOUR):
        send_messages.fn("email")
    assert mailbox.of(sold.ref) == ["received"]
    subject, text = text_of(mailbox.letters[0])
    assert subject == f"Hem rebut la teva comanda {sold.number}"
    for said in ("Tassa blanca", "24,20", "4,84", "26,62", "Carrer Nou 1"):
        assert said in text
    shop.pay(sold.ref, PLACED + 2 * HOUR)
    shop.ship(sold.ref, PLACED + 3 * HOUR, TRACKING)
    hear("tienda", PLACED + 4 * HOUR)
    hear("tienda", PLACED + 5 * HOUR)
    with clock.clock_set_to(PLACED + 5 * HOUR):
        send_messages.fn("email")
    assert mailbox.of(sold.ref) == ["received", "paid", "shipped"]
    assert TRACKING in text_of(mailbox.letters[-1])[1]
    assert [row.tracking_number for row in rows(place, ShipmentRow)] == [TRACKING]
    assert rows(place, QuarantineRow) == []


@ON_ONE_DATABASE
@pytest.mark.parametrize("platform", platforms())
def test_two_shops_with_the_same_order_numbers_keep_them_apart(street, mailbox, platform):
    shops, place = street(platform, "tienda", "botiga")
    refs = {
        name: shop.sell(Sale(email=f"{name}@client.example", language=language)).ref
        for (name, shop), language in zip(shops.items(), ("es", "ca"), strict=True)
    }
    assert len(set(refs.values())) == 1
    shops["botiga"].pay(refs["botiga"], PLACED + HOUR)
    for name in shops:
        hear(name, PLACED + 2 * HOUR)
    with clock.clock_set_to(PLACED + 2 * HOUR):
        send_messages.fn("email")
    assert sorted((one.recipient.lower(), one.message) for one in mailbox.letters) == [
        ("botiga@client.example", "paid"),
        ("botiga@client.example", "received"),
        ("tienda@client.example", "received"),
    ]
    found = {row.shop: (row.ref, row.payment_state, row.language) for row in rows(place, OrderRow)}
    ref = refs["tienda"]
    assert found == {"tienda": (ref, "pending", "es"), "botiga": (ref, "paid", "ca")}
    assert {row.key.partition(":")[0] for row in rows(place, OutboxRow)} == {"tienda", "botiga"}


@ON_ONE_DATABASE
@pytest.mark.parametrize("platform", platforms())
def test_a_shop_that_is_down_for_a_day_is_heard_whole_when_it_is_back(street, mailbox, monkeypatch, platform):
    patience = http.Patience
    monkeypatch.setattr(http, "Patience", lambda: patience(tries=2, first_pause=0.005))
    shops, place = street(platform, "tienda")
    shop = shops["tienda"]
    server = server_of(shop)
    if server is None:
        pytest.skip("a folder is never down")
    known = shop.sell(Sale()).ref
    hear("tienda", PLACED + HOUR)
    server.is_down = True
    shop.pay(known, PLACED + 2 * HOUR)
    fresh = shop.sell(Sale(placed_at=PLACED + 3 * HOUR, email="otra@client.example")).ref
    for hours in (2, 9, 20):
        with clock.clock_set_to(PLACED + hours * HOUR), pytest.raises(ConnectorError) as told:
            poll_orders.fn("tienda")
        assert told.value.temporary
    shop.ship(known, PLACED + 22 * HOUR, TRACKING)
    server.is_down = False
    for hours in (25, 26):
        hear("tienda", PLACED + hours * HOUR)
    with clock.clock_set_to(PLACED + 26 * HOUR):
        send_messages.fn("email")
    assert {row.ref: row.payment_state for row in rows(place, OrderRow)} == {known: "paid", fresh: "pending"}
    assert mailbox.of(known) == ["received", "paid", "shipped"]
    assert mailbox.of(fresh) == ["received"]
    assert set(mailbox.told().values()) == {1}


@ON_ONE_DATABASE
@pytest.mark.parametrize("platform", platforms())
def test_the_night_finds_what_no_poll_could_hear_and_nothing_else(street, platform):
    shops, place = street(platform, "tienda")
    shop = shops["tienda"]
    ref = shop.sell(Sale(placed_at=PLACED + 2 * HOUR)).ref
    shop.pay(ref, PLACED + 3 * HOUR)
    hear("tienda", PLACED + 4 * HOUR)
    assert night("tienda", PLACED + 20 * HOUR, place) == {}
    late = shop.sell(Sale(email="otra@client.example")).ref  # saved with a stamp from before the last poll
    if isinstance(open_shop("tienda", place.settings.shop("tienda")), TellsInPieces):
        (first,) = rows(place, ReconciliationRow)
        assert "its orders cannot be compared" in page_of(first, [])
        assert page_of(first, []).endswith("Nothing was missed of what could be compared.")
        return
    hear("tienda", PLACED + 21 * HOUR)
    assert night("tienda", PLACED + 22 * HOUR, place) == {late: "missed"}
    hear("tienda", PLACED + 23 * HOUR)
    assert {row.ref for row in rows(place, OrderRow)} == {ref, late}
    assert night("tienda", PLACED + 44 * HOUR, place) == {}
