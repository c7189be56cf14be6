"""Returns at the edges: money that comes after the statement, two at the desk at once, and a run full of overdue refunds."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from a_sale import ARRIVED, DAY, ASale
from an_order import fill, raw_order
from sqlalchemy import select

from postventa import clock, refunds_withheld, returns
from postventa.after_sales import keep
from postventa.rules.returns import OutOfTurn
from postventa.store import casebook
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow
from postventa.store.sales import due_sales, hold_order, sales
from tasks.returns import keep_sales

TOLD = ARRIVED + DAY
LATER = TOLD + DAY
ON_SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)


@pytest.fixture
def sale(house):
    return ASale(house())


@ON_SQLITE
def test_an_order_that_is_paid_after_its_withdrawal_is_owed_its_refund_by_the_same_day(sale):
    sale.sell({"JD1": ARRIVED}, "processing", payment_method="cod")
    sale.declare(TOLD)
    assert "R-WDR-REF" not in sale.clocks
    with clock.clock_set_to(TOLD):
        keep_sales.fn()
    assert sale.order.sale_look_at == TOLD + DAY
    paid = raw_order(7, "completed", at=LATER, parcels=["JD1"], payment_method="cod")
    fill(sale.place, [paid | {"date_paid_gmt": "2026-11-28T10:00:00"}], LATER)
    with clock.clock_set_to(LATER):
        keep_sales.fn()
    counted = sale.clock("R-WDR-REF")
    assert (counted.state, f"{counted.amount:.2f}") == ("running", "16.94")
    assert counted.started_at == TOLD
    assert f"{sale.money.refund_due_amount:.2f}" == "16.94"


@ON_SQLITE
def test_an_order_that_is_sent_although_withdrawn_from_is_asked_back_once_and_its_refund_may_wait(sale):
    sale.sell({}, "processing")
    sale.declare(ARRIVED)
    due = sale.clock("R-WDR-REF").due_at
    assert (sale.case.state, "return_instructions" in sale.owed) == ("refund_due", False)
    fill(sale.place, [raw_order(7, "completed", at=LATER, parcels=["JD1"])], LATER)
    for now in (LATER, LATER + DAY):
        with clock.clock_set_to(now):
            assert keep_sales.fn().sales == 1
        sale.scan("JD1", "in_transit")
    assert sale.case.state == "awaiting_goods"
    told = [row.facts["send_by_on"] for row in sale.rows(OutboxRow) if row.message == "return_instructions"]
    assert told == ["2026-12-14"]  # 14 days from the shipping end on a Saturday
    assert (sale.clocks["R-WDR-RET"], sale.clocks["R-WDR-REF"]) == ("running", "running")
    assert sale.clock("R-WDR-REF").due_at == due
    with sale.place.store.begin() as connection:
        assert refunds_withheld.withhold(connection, due, 1) == [sale.case.number]
    assert sale.clocks["R-WDR-REF"] == "not_applicable"


@ON_SQLITE
def test_refunds_that_may_not_wait_fill_no_run_of_those_that_may(sale):
    sale.sell({"JD1": ARRIVED, "JD2": ARRIVED})
    case_id = sale.declare(TOLD).case_id
    with sale.place.store.begin() as connection:
        casebook.move(connection, case_id, "refund_due", who="ana", now=TOLD)
    fill(sale.place, [raw_order(8, "completed", parcels=["JD8"], at=ARRIVED)], ARRIVED)
    sale.declare(TOLD + timedelta(hours=1), order_ref="8", email="nuria.8@client.example")
    due = sale.clock("R-WDR-REF").due_at
    with sale.place.store.begin() as connection:
        assert refunds_withheld.withhold(connection, due, 1) == ["D-2026-000002"]


@ON_POSTGRESQL
def test_a_person_at_the_desk_and_a_run_that_reads_refunds_back_do_not_wait_in_a_circle(sale, monkeypatch):
    sale.sell({"JD1": ARRIVED})
    case_id = sale.declare(TOLD).case_id
    sale.give_back("16.94", LATER)
    are_held, is_moving = Event(), Event()
    really_move = returns.move

    def move(*words, **more):
        is_moving.set()
        really_move(*words, **more)

    def run():
        with sale.place.store.begin() as connection:
            due = due_sales(connection, LATER, 10)
            are_held.set()
            is_moving.wait(1)
            for one in sales(connection, due).values():
                keep(connection, sale.place.settings, one, LATER)

    def desk():
        assert are_held.wait(5)
        with sale.place.store.begin() as connection:
            returns.receive(connection, sale.place.settings, case_id, at=LATER, who="ana", now=LATER)

    monkeypatch.setattr(returns, "move", move)
    with ThreadPoolExecutor(2) as both:
        for one in [both.submit(run), both.submit(desk)]:
            one.result(20)
    assert (sale.case.state, sale.clocks["R-WDR-REF"]) == ("refunded", "met")
    assert sale.money.goods_received_at == LATER


@ON_POSTGRESQL
def test_two_at_the_desk_do_one_after_the_other_what_the_table_lets_be_done(sale, monkeypatch):
    sale.sell({"JD1": ARRIVED})
    case_id = sale.declare(TOLD).case_id
    is_first_in = Event()
    really_move = returns.move

    def move(*words, **more):
        is_first_in.set()
        really_move(*words, **more)

    def receive():
        assert is_first_in.wait(5)
        with sale.place.store.begin() as connection:
            returns.receive(connection, sale.place.settings, case_id, at=LATER, who="ana", now=LATER)

    monkeypatch.setattr(returns, "move", move)
    with ThreadPoolExecutor(1) as second:
        with sale.place.store.begin() as connection:
            returns.cancel(connection, case_id, who="pau", now=LATER)
            waits = second.submit(receive)
            with pytest.raises(TimeoutError):
                waits.result(0.3)
        with pytest.raises(OutOfTurn):
            waits.result(10)
    assert sale.case.state == "cancelled"


@ON_POSTGRESQL
def test_a_complaint_about_an_order_is_filed_while_its_sale_is_held(sale):
    sale.sell({"JD1": ARRIVED})
    sale.declare(TOLD)
    with sale.place.store.begin() as connection, sale.place.store.begin() as other:
        hold_order(connection, sale.order_id)
        other.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
        other.execute(select(OrderRow.id).with_for_update(read=True, key_share=True))
