"""The life of a return: decided by a person where the law asks for one, and its money back in time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from a_sale import ARRIVED, DAY, ASale, line
from sqlalchemy import select, update

from postventa import refunds, refunds_withheld, return_decisions, return_instructions, returns
from postventa.return_decisions import MayNotDecline
from postventa.returns import NotAReturn
from postventa.rules.returns import OutOfTurn, ReturnKind
from postventa.store.cases import CaseEntryRow, CaseLogRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import RefundRow
from postventa.store.returns import RemedyRow
from postventa.store.sales import sales
from postventa.verification import verify_log

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
TOLD = ARRIVED + DAY
DUE = datetime(2026, 12, 11, 23, tzinfo=UTC)
"""Told at noon of 27 November: the refund is due by the end of 11 December."""
CLOSES = datetime(2026, 12, 10, 23, tzinfo=UTC)


@pytest.fixture
def configuration(configuration):
    configuration["desk"] = {
        "people": {"ana": {"name": "Ana Pons", "email": "ana@tienda.example"}},
        "owner": "ana",
    }
    configuration["policy"] = {"exemptions": {"c": ["PERSONAL-*"]}}
    return configuration


@pytest.fixture
def sale(place):
    return ASale(place).sell({"JD1": ARRIVED})


def do(sale, what, when, *more, case_id=None, **facts):
    """One act of the desk, in its own transaction."""
    facts = {"now": when, "who": "ana", **facts}
    with sale.place.store.begin() as connection:
        settings = () if what.__name__ in {"track", "cancel", "exchange", "close"} else (sale.place.settings,)
        what(connection, *settings, case_id or sale.case.id, *more, **facts)


def read_back(sale, at):
    with sale.place.store.begin() as connection:
        found = sales(connection, [sale.order_id])[sale.order_id]
        return refunds.read_back(connection, sale.place.settings, found, at)


def withhold(sale, at):
    with sale.place.store.begin() as connection:
        return refunds_withheld.withhold(connection, at, 100)


def test_goods_that_arrive_are_told_once_inspected_and_their_money_falls_due(sale):
    sale.declare(TOLD)
    do(sale, returns.track, TOLD + DAY, "DHL", "JDR1")
    assert (sale.case.state, sale.money.tracking_number) == ("in_transit", "JDR1")
    for _ in range(2):
        do(sale, returns.receive, TOLD + 3 * DAY, at=TOLD + 3 * DAY)
    assert sale.case.state == "goods_received"
    assert sale.owed["return_goods_received"] == {"received_at": (TOLD + 3 * DAY).isoformat()}
    assert sale.clock("R-WDR-RET").state == "met"
    for _ in range(2):
        do(sale, returns.inspect, TOLD + 4 * DAY, finding="Sense desgast.")
    assert sale.case.state == "refund_due"
    sale.give_back("16.94", TOLD + 5 * DAY)
    assert read_back(sale, TOLD + 6 * DAY) == [sale.case.id]
    assert read_back(sale, TOLD + 7 * DAY) == []
    assert (sale.case.state, sale.money.refunded_at) == ("refunded", TOLD + 5 * DAY)
    assert (sale.clock("R-WDR-REF").state, sale.clock("R-WDR-REF").ended_at) == ("met", TOLD + 5 * DAY)
    assert sale.owed["refund_made"]["means"] == "Tarjeta"
    do(sale, returns.close, TOLD + 8 * DAY)
    assert sale.case.closed_at == TOLD + 8 * DAY
    with sale.place.reading() as connection:
        assert verify_log(connection, sale.case.id) == []


def test_a_refund_partly_done_keeps_the_clock_with_the_rest_at_risk(sale):
    sale.declare(TOLD)
    sale.give_back("10.00", TOLD + DAY)
    read_back(sale, TOLD + DAY)
    assert (sale.case.state, sale.money.refunded_amount, sale.money.refunded_at) == (
        "awaiting_goods",
        10,
        None,
    )
    assert (sale.clock("R-WDR-REF").state, sale.clock("R-WDR-REF").amount) == ("running", Decimal("6.94"))
    assert sale.owed["refund_made"]["rest_amount"] == "6.94"
    assert sale.owed["refund_made"]["is_all"] is False
    sale.give_back("6.94", None)
    read_back(sale, TOLD + 2 * DAY)
    assert (sale.case.state, sale.clock("R-WDR-REF").state) == ("refunded", "met")


def test_a_refund_that_comes_one_second_late_has_missed_its_day(sale):
    sale.declare(TOLD)
    sale.give_back("16.94", DUE)
    read_back(sale, DUE)
    assert sale.clock("R-WDR-REF").state == "missed"


def test_a_refund_that_the_shop_deletes_is_owed_again_by_the_same_day(sale):
    sale.declare(TOLD)
    ref = sale.give_back("16.94", TOLD + DAY)
    read_back(sale, TOLD + DAY)
    with sale.place.store.begin() as connection:
        connection.execute(update(RefundRow).where(RefundRow.ref == ref).values(withdrawn_at=TOLD + 2 * DAY))
    read_back(sale, TOLD + 2 * DAY)
    assert (sale.case.state, sale.money.refunded_at, sale.money.refunded_amount) == ("refund_due", None, 0)
    again = sale.clock("R-WDR-REF")
    assert (again.state, again.due_at, again.amount) == ("running", DUE, Decimal("16.94"))
    sale.give_back("16.94", TOLD + 3 * DAY)
    for _ in range(2):
        read_back(sale, TOLD + 3 * DAY)
    told = [row.facts["refunded_at"] for row in sale.rows(OutboxRow) if row.message == "refund_made"]
    assert told == [(TOLD + DAY).isoformat(), (TOLD + 3 * DAY).isoformat()]
    assert (sale.case.state, sale.clock("R-WDR-REF").state) == ("refunded", "met")


def test_money_given_back_before_the_statement_does_not_close_its_clock(sale):
    sale.give_back("5.00", None)
    sale.declare(TOLD)
    assert sale.money.refund_due_amount == Decimal("11.94")
    assert read_back(sale, TOLD + DAY) == []
    assert sale.clock("R-WDR-REF").state == "running"


def test_a_refund_is_withheld_until_the_goods_or_the_proof_whichever_comes_first(sale):
    sale.declare(TOLD)
    assert withhold(sale, DUE - 3 * DAY) == []
    assert withhold(sale, DUE - timedelta(hours=1)) == ["D-2026-000001"]
    assert sale.clock("R-WDR-REF").state == "not_applicable"
    assert "R-WDR-HOLD" not in sale.clocks
    proof = DUE + DAY - timedelta(hours=3)  # Saturday evening in Madrid
    do(sale, returns.prove, proof, at=proof)
    hold = sale.clock("R-WDR-HOLD")
    assert (hold.state, hold.amount) == ("running", Decimal("16.94"))
    assert hold.due_at == datetime(2026, 12, 15, 23, tzinfo=UTC)  # two working days: Monday and Tuesday
    do(sale, returns.receive, proof + 2 * DAY, at=proof + 2 * DAY)
    assert [clock for clock in sale.clocks if clock == "R-WDR-HOLD"] == ["R-WDR-HOLD"]
    sale.give_back("16.94", proof + DAY)
    read_back(sale, proof + 3 * DAY)
    assert sale.clock("R-WDR-HOLD").state == "met"


def test_nothing_is_withheld_once_the_goods_are_here(sale):
    sale.declare(TOLD)
    do(sale, returns.receive, TOLD + DAY, at=TOLD + DAY)
    assert withhold(sale, DUE) == []
    assert sale.clock("R-WDR-REF").state == "running"


def test_a_shop_that_collects_may_not_wait_for_the_goods(place, configuration, house):
    configuration["policy"]["collects_returns"] = True
    sale = ASale(house()).sell({"JD1": ARRIVED})
    sale.declare(TOLD)
    assert sale.owed["return_instructions"]["is_collected"] is True
    assert withhold(sale, DUE) == []


def test_a_withdrawal_in_time_cannot_be_declined(sale):
    sale.declare(TOLD)
    with pytest.raises(
        MayNotDecline, match=r"D-2026-000001 cannot be declined \(LGDCU 102-104\): a withdrawal is"
    ):
        do(sale, return_decisions.decline, TOLD, reason="We do not want it back")
    assert sale.case.state == "awaiting_goods"


def test_a_late_statement_is_declined_by_a_person_with_the_day_the_period_ended(sale):
    sale.declare(CLOSES + DAY)
    with pytest.raises(MayNotDecline, match="clock is nobody in"):
        do(sale, return_decisions.decline, CLOSES + 2 * DAY, who="clock")
    do(sale, return_decisions.decline, CLOSES + 2 * DAY)
    assert (sale.case.state, sale.money.article) == ("declined", "LGDCU 102-104")
    told = sale.owed["withdrawal_declined"]
    assert (told["is_late"], told["closed_on"], told["is_whole"]) == (True, "2026-12-10", True)
    assert sale.clock("R-WDR-REF").state == "not_applicable"


def test_who_was_refused_may_turn_out_to_be_right(sale):
    sale.declare(CLOSES + DAY)
    do(sale, return_decisions.decline, CLOSES + 2 * DAY)
    do(sale, return_decisions.approve, CLOSES + 3 * DAY)
    assert (sale.case.state, sale.money.article) == ("awaiting_goods", "")
    assert sale.clock("R-WDR-REF").state == "running"
    assert sale.money.refund_due_amount == Decimal("16.94")


def test_an_excepted_line_is_refused_with_its_evidence_and_the_others_go_on(place):
    sale = ASale(place).sell(
        {"JD1": ARRIVED}, line_items=[line(71), line(72, sku="PERSONAL-ANA")], total="29.04"
    )
    sale.declare(TOLD)
    personal = sale.lines[1].line_id
    with pytest.raises(MayNotDecline, match="needs its evidence"):
        do(sale, return_decisions.decline, TOLD, letter="c", lines=[personal])
    do(sale, return_decisions.decline, TOLD, letter="c", evidence="Gravada amb el nom.", lines=[personal])
    assert [one.is_refused for one in sale.lines] == [False, True]
    assert sale.lines[1].reason.startswith("LGDCU 103.c: ")
    assert sale.money.refund_due_amount == Decimal("12.10")
    assert sale.clock("R-WDR-REF").amount == Decimal("12.10")
    assert sale.owed["withdrawal_declined"]["is_whole"] is False
    do(sale, return_decisions.approve, TOLD)
    assert sale.case.state == "awaiting_goods"


def test_a_return_out_of_kindness_waits_for_a_person_and_may_be_declined_with_a_reason(sale):
    filed = sale.declare(TOLD, kind=ReturnKind.COMMERCIAL_RETURN, source="desk")
    assert filed.waits_for == ("a commercial return is decided by a person",)
    assert sale.clocks == {}
    with pytest.raises(MayNotDecline, match="owed the reason"):
        do(sale, return_decisions.decline, TOLD)
    do(sale, return_decisions.decline, TOLD, reason="Ha passat un any.")
    assert sale.owed["withdrawal_declined"]["reason"] == "Ha passat un any."


def test_a_fault_is_a_request_until_a_person_accepts_it_and_approved_until_its_way_back_is_said(sale):
    sale.declare(TOLD, kind=ReturnKind.NON_CONFORMITY, source="desk")
    assert (sale.case.state, sale.clocks) == ("requested", {})
    said_at = TOLD + 20 * DAY
    do(sale, return_decisions.approve, said_at - DAY, is_told_later=True)
    assert (sale.case.state, "return_instructions" in sale.owed) == ("approved", False)
    assert "return_approved" in sale.owed
    do(sale, return_instructions.send_instructions, said_at)
    assert sale.case.state == "awaiting_goods"
    told = sale.owed["return_instructions"]
    assert (told["send_by_on"], told["is_paid_by_shop"]) == ("2026-12-31", True)
    with pytest.raises(
        OutOfTurn, match="is awaiting_goods: instructions are sent for a return that was appr"
    ):
        do(sale, return_instructions.send_instructions, said_at)


def test_whoever_withdraws_is_told_at_once_how_the_goods_come_back(sale):
    sale.declare(CLOSES + DAY)
    with pytest.raises(OutOfTurn, match="its days run since the customer's word"):
        do(sale, return_decisions.approve, CLOSES + 2 * DAY, is_told_later=True)
    assert sale.case.state == "acknowledged"


@pytest.mark.parametrize("state", ["requested", "approved"])
def test_goods_and_money_may_come_before_anybody_has_decided_or_said_how(sale, state):
    sale.declare(TOLD, kind=ReturnKind.NON_CONFORMITY)
    if state == "approved":
        do(sale, return_decisions.approve, TOLD, is_told_later=True)
    assert sale.case.state == state
    do(sale, returns.receive, TOLD + DAY, at=TOLD + DAY)
    assert (sale.case.state, sale.clock("R-CON-REF").state) == ("goods_received", "running")
    sale.give_back("16.94", TOLD + 2 * DAY)
    read_back(sale, TOLD + 2 * DAY)
    assert (sale.case.state, sale.clock("R-CON-REF").state) == ("refunded", "met")


def test_a_faulty_product_is_refunded_from_the_day_it_comes_back(sale):
    sale.declare(TOLD, kind=ReturnKind.NON_CONFORMITY)
    do(sale, return_decisions.approve, TOLD)
    assert "R-CON-REF" not in sale.clocks
    do(sale, returns.receive, TOLD + 5 * DAY, at=TOLD + 5 * DAY)
    assert sale.clock("R-CON-REF").started_at == TOLD + 5 * DAY


def test_a_customer_may_keep_the_goods_or_take_something_else(sale):
    sale.declare(TOLD)
    do(sale, returns.cancel, TOLD + DAY)
    assert (sale.case.state, sale.clock("R-WDR-REF").state) == ("cancelled", "not_applicable")
    sale.declare(TOLD + 2 * DAY)  # what was kept can be sent back after all
    assert sale.money.refund_due_amount == Decimal("16.94")
    do(sale, returns.exchange, TOLD + 3 * DAY)
    assert sale.case.state == "exchanged"


def test_what_is_out_of_turn_changes_nothing(sale):
    sale.declare(TOLD)
    with pytest.raises(OutOfTurn, match="awaiting_goods cannot take close"):
        do(sale, returns.close, TOLD)
    with pytest.raises(NotAReturn, match="case 99 is no return"):
        do(sale, returns.close, TOLD, case_id=99)
    assert sale.case.state == "awaiting_goods"


def test_the_log_holds_no_word_of_the_customers(sale):
    sale.declare(TOLD)
    do(sale, returns.track, TOLD, "DHL", "JDR1")
    with sale.place.reading() as connection:
        lines = str(connection.execute(select(CaseLogRow.details)).all())
        said = connection.execute(select(CaseEntryRow.text)).scalars().all()
    assert "Desisteixo del contracte." in said
    assert "Desisteixo" not in lines


def test_goods_that_came_before_anybody_decided_are_accepted_and_owed(sale):
    sale.declare(CLOSES + DAY)
    do(sale, returns.receive, CLOSES + 2 * DAY, at=CLOSES + 2 * DAY)
    do(sale, returns.inspect, CLOSES + 2 * DAY)
    assert sale.case.state == "inspected"
    do(sale, return_decisions.approve, CLOSES + 3 * DAY)
    assert sale.case.state == "refund_due"
    assert "return_instructions" not in sale.owed
    do(sale, returns.cancel, CLOSES + 4 * DAY)
    assert sale.case.state == "cancelled"


def test_a_refund_from_before_the_statement_that_is_heard_of_later_settles_it(sale):
    sale.declare(TOLD)
    sale.give_back("16.94", TOLD - DAY)
    read_back(sale, TOLD + DAY)
    assert (sale.case.state, sale.money.refund_due_amount) == ("refunded", 0)
    assert "refund_made" not in sale.owed


def test_a_refund_larger_than_is_owed_is_told_to_the_owner_once_with_both_amounts(sale):
    sale.declare(TOLD)
    sale.give_back("16.94", TOLD + DAY)
    read_back(sale, TOLD + DAY)
    assert "return_call" not in sale.owed
    sale.give_back("3.06", TOLD + 2 * DAY)
    for later in (2, 3):
        assert read_back(sale, TOLD + later * DAY) == []
    (call,) = [row for row in sale.rows(OutboxRow) if row.message == "return_call"]
    assert call.recipient == "ana"
    assert call.facts == {"news": "overpaid", "given_amount": "20.00", "due_amount": "16.94"}
    with sale.place.reading() as connection:
        notes = connection.execute(select(CaseEntryRow.text).where(CaseEntryRow.author == "clock")).scalars()
        assert "The shop has given back 20.00 EUR, and 16.94 is owed: 3.06 too much." in notes.all()


def test_what_was_approved_as_a_remedy_is_not_too_much(sale):
    sale.declare(TOLD)
    remedy = {"case_id": sale.case.id, "occasion": "late", "remedy": "partial_refund", "incident": "late"}
    remedy |= {"fault": "carrier", "amount": Decimal("3.06"), "currency": "EUR", "state": "approved"}
    remedy |= {"budget": "", "approved_by": "ana", "proposed_at": TOLD, "settled_at": None}
    with sale.place.store.begin() as connection:
        connection.execute(RemedyRow.__table__.insert(), remedy)
    sale.give_back("20.00", TOLD + DAY)
    read_back(sale, TOLD + DAY)
    assert "return_call" not in sale.owed
