"""Goods that leave although their money is back: told to a person once, and asked for only when a person says so."""

import pytest
from a_sale import ARRIVED, DAY, ASale
from an_order import raw_order
from sqlalchemy import update

from postventa import clock
from postventa.changes import Reader, change_from
from postventa.connectors.doors import open_shop
from postventa.return_goods_out import ask_back
from postventa.rules.orders import PaymentState
from postventa.rules.returns import OutOfTurn
from postventa.store.cases import CaseEntryRow
from postventa.store.changes import save
from postventa.store.inbox import QuarantineRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import RefundRow
from postventa.store.sales import look_again
from postventa.store.shipments import ShipmentRow
from postventa.store.standings import standings
from tasks.returns import keep_sales

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@pytest.fixture
def sale(configuration, house):
    configuration["desk"] = {
        "people": {"ana": {"name": "Ana Pons", "email": "ana@tienda.example"}},
        "owner": "ana",
    }
    return ASale(house()).sell({}, status="processing")


def ship(sale, at):
    """The shop sends the order all the same, and the news of it comes."""
    with sale.place.store.begin() as connection:
        settings = sale.place.settings.shop("tienda")
        refunds = [
            {"id": int(one.ref), "reason": "", "total": f"-{one.amount}"} for one in sale.rows(RefundRow)
        ]
        raw = raw_order(7, "completed", at=at, parcels=["JD1"], refunds=refunds)
        news = open_shop("tienda", settings).read_order(raw)
        known = standings(connection, "tienda", ["7"])["7"]
        save(connection, [change_from(news, known, Reader("tienda", settings, lambda _: "dhl", at))], at)
        if (
            news.payment_state is PaymentState.REFUNDED
        ):  # of an order that is stopped only the carrier says so
            connection.execute(update(ShipmentRow).values(status="in_transit", shipped_at=at))
            look_again(connection, sale.order_id, at)


def keep(at):
    with clock.clock_set_to(at):
        return keep_sales.fn()


def letters(sale, message):
    return [row for row in sale.rows(OutboxRow) if row.message == message]


def test_an_order_that_leaves_after_its_refund_calls_the_owner_once_and_asks_the_customer_nothing(sale):
    sale.declare(ARRIVED)
    assert sale.case.state == "refund_due"
    sale.give_back("16.94", ARRIVED + DAY, "5")
    keep(ARRIVED + DAY)
    assert sale.case.state == "refunded"
    ship(sale, ARRIVED + 2 * DAY)
    for later in (2, 3):
        keep(ARRIVED + later * DAY)
    (call,) = letters(sale, "return_call")
    assert (call.recipient, call.facts["news"], call.facts["given_amount"]) == ("ana", "goods_left", "16.94")
    assert [e.text for e in sale.rows(CaseEntryRow) if e.occasion == "goods left"] == [
        "The goods left the shop on 2026-11-28, and the money was back already: nobody owes them a date."
    ]
    assert sale.case.state == "refunded"
    assert (letters(sale, "return_instructions"), letters(sale, "return_asked_back")) == ([], [])


def test_a_polite_request_goes_once_and_only_when_the_desk_orders_it(sale):
    sale.declare(ARRIVED)
    with (
        sale.place.store.begin() as connection,
        pytest.raises(OutOfTurn, match="is refund_due: goods are asked"),
    ):
        ask_back(connection, sale.case.id, who="ana", now=ARRIVED)
    sale.give_back("16.94", ARRIVED + DAY)
    keep(ARRIVED + DAY)
    for _ in range(2):
        with sale.place.store.begin() as connection:
            ask_back(connection, sale.case.id, who="ana", now=ARRIVED + 3 * DAY)
    assert len(letters(sale, "return_asked_back")) == 1
    assert "R-WDR-RET" not in sale.clocks


def test_an_order_paid_back_whole_without_a_return_and_sent_is_set_aside_for_a_person_once(sale):
    sale.give_back("16.94", ARRIVED, "5")
    ship(sale, ARRIVED + DAY)
    for later in (1, 2):
        keep(ARRIVED + later * DAY)
    (aside,) = [row for row in sale.rows(QuarantineRow) if row.kind == "goods out"]
    assert (aside.ref, aside.reason[:28]) == ("7", "sent on 2026-11-27 although ")


def test_an_order_that_was_sent_before_it_was_paid_back_is_no_news(sale):
    ship(sale, ARRIVED)
    sale.give_back("16.94", ARRIVED + DAY)
    keep(ARRIVED + DAY)
    assert [row for row in sale.rows(QuarantineRow) if row.kind == "goods out"] == []
