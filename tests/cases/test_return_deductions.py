"""Goods that come back worn: what may be deducted, from what, and what the customer reads of it (LGDCU 108.2)."""

from decimal import Decimal

import pytest
from a_sale import ARRIVED, DAY, ASale, line

from postventa import return_decisions, return_deductions, returns
from postventa.refunds import read_back
from postventa.return_deductions import MayNotDeduct
from postventa.store.messages import OutboxRow
from postventa.store.sales import sales
from postventa.verification import verify_log

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
TOLD = ARRIVED + DAY
WORN = {"reason": "Les heu dut al carrer.", "evidence": "Fang a la sola, foto 12."}


@pytest.fixture
def configuration(configuration):
    configuration["desk"] = {
        "people": {"ana": {"name": "Ana Pons", "email": "ana@tienda.example"}},
        "owner": "ana",
    }
    return configuration


@pytest.fixture
def sale(house):
    return ASale(house()).sell({"JD1": ARRIVED})  # goods at 12.10 and delivery at 4.84


def come_back(sale, *, is_inspected=True, **declared):
    sale.declare(TOLD, **declared)
    with sale.place.store.begin() as connection:
        settings, case_id, at = sale.place.settings, sale.case.id, TOLD + DAY
        if sale.case.state == "acknowledged":
            return_decisions.approve(connection, settings, case_id, who="ana", now=at)
        returns.receive(connection, settings, case_id, at=at, who="ana", now=at)
        if is_inspected:
            returns.inspect(connection, settings, case_id, who="ana", now=at)


def deduct(sale, amount, at=TOLD + 2 * DAY, **facts):
    with sale.place.store.begin() as connection:
        said = {"amount": Decimal(amount), "who": "ana", "now": at, **WORN, **facts}
        return return_deductions.deduct(connection, sale.place.settings, sale.case.id, **said)


def hear(sale, at):
    with sale.place.store.begin() as connection:
        read_back(connection, sale.place.settings, sales(connection, [sale.order_id])[sale.order_id], at)


def test_a_deduction_lowers_the_refund_and_its_clock_and_the_customer_is_told_why_once(sale):
    come_back(sale)
    for _ in range(2):
        assert deduct(sale, "5.00") == Decimal("5.00")
    assert (sale.money.refund_due_amount, sale.money.deducted_amount) == (Decimal("11.94"), Decimal("5.00"))
    assert (sale.clock("R-WDR-REF").state, sale.clock("R-WDR-REF").amount) == ("running", Decimal("11.94"))
    (told,) = [row.facts for row in sale.rows(OutboxRow) if row.message == "return_deduction"]
    assert told == WORN | {
        "goods_amount": "12.10",
        "deducted_amount": "5.00",
        "refund_amount": "11.94",
        "is_by_law": True,
    }
    sale.give_back("11.94", TOLD + 3 * DAY)
    hear(sale, TOLD + 3 * DAY)
    assert (sale.case.state, sale.clock("R-WDR-REF").state) == ("refunded", "met")
    with sale.place.reading() as connection:
        assert verify_log(connection, sale.case.id) == []


def test_a_deduction_ends_at_the_value_of_the_goods_and_leaves_the_delivery(sale):
    come_back(sale)
    assert deduct(sale, "500") == Decimal("12.10")
    assert sale.money.refund_due_amount == Decimal("4.84")


def test_a_part_that_went_back_before_is_neither_owed_again_nor_lost(sale):
    come_back(sale)
    sale.give_back("10.00", TOLD + DAY)
    hear(sale, TOLD + DAY)
    deduct(sale, "2.00")
    assert (sale.money.refund_due_amount, sale.clock("R-WDR-REF").amount) == (
        Decimal("14.94"),
        Decimal("4.94"),
    )
    deduct(sale, "8.00", TOLD + 3 * DAY)
    assert (sale.case.state, sale.money.refund_due_amount) == ("refunded", Decimal("8.94"))


def test_goods_that_are_worth_nothing_any_more_leave_nothing_to_wait_for(place):
    sale = ASale(place).sell({"JD1": ARRIVED}, line_items=[line(71), line(72)], total="29.04")
    come_back(sale, lines={"71": 1})
    deduct(sale, "12.10")
    assert (sale.case.state, sale.money.refund_due_amount, sale.clock("R-WDR-REF").state) == (
        "refunded",
        0,
        "met",
    )


def test_who_objects_may_be_right_and_gets_the_rest_by_the_same_day(sale):
    come_back(sale)
    due = sale.clock("R-WDR-REF").due_at
    deduct(sale, "5.00")
    sale.give_back("11.94", TOLD + 3 * DAY)
    hear(sale, TOLD + 3 * DAY)
    with pytest.raises(MayNotDeduct, match="has been refunded: what was paid is not taken back"):
        deduct(sale, "6.00", TOLD + 4 * DAY)
    deduct(sale, "0", TOLD + 4 * DAY, reason="Teniu raó.", evidence="")
    hear(sale, TOLD + 4 * DAY)
    again = sale.clock("R-WDR-REF")
    assert (sale.case.state, again.state, again.due_at) == ("refund_due", "running", due)
    assert again.amount == Decimal("5.00")


def test_nobody_who_was_not_told_of_the_right_loses_a_cent(configuration, house):
    configuration["policy"] = {"informs_of_withdrawal": False}
    sale = ASale(house()).sell({"JD1": ARRIVED})
    come_back(sale)
    with pytest.raises(MayNotDeduct, match=r"D-2026-000001 \(LGDCU 108.2\): who was not told"):
        deduct(sale, "5.00")
    assert (sale.money.refund_due_amount, sale.money.deducted_amount) == (Decimal("16.94"), 0)
    assert "return_deduction" not in sale.owed


def test_goods_that_nobody_looked_at_and_that_are_exchanged_are_not_deducted_from(sale):
    come_back(sale, is_inspected=False)
    with pytest.raises(MayNotDeduct, match="nobody has inspected"):
        deduct(sale, "5.00")
    with pytest.raises(MayNotDeduct, match="eva is nobody in"):
        deduct(sale, "5.00", who="eva")
    with sale.place.store.begin() as connection:
        returns.exchange(connection, sale.case.id, who="ana", now=TOLD + DAY)
    with pytest.raises(MayNotDeduct, match="exchanged: no refund is owed"):
        deduct(sale, "5.00")
