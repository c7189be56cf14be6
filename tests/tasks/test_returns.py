"""Every sale is kept up to date as its parcels arrive and its money goes back, whatever the database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email import message_from_bytes
from email.policy import default

import pytest
from a_mailbox import AMailbox
from a_sale import ARRIVED, DAY, ASale
from an_order import raw_order
from sqlalchemy import update

from postventa import clock, returns
from postventa.announcements import lines_of
from postventa.changes import Reader, change_from
from postventa.connectors.doors import open_shop
from postventa.return_decisions import approve
from postventa.returns_today import returns_today
from postventa.rules.returns import ReturnKind
from postventa.store.changes import save
from postventa.store.clocks import EscalationRow
from postventa.store.inbox import QuarantineRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow
from postventa.store.sales import due_sales
from postventa.store.standings import standings
from tasks import returns as tasks_returns
from tasks.complaints import ring_clocks
from tasks.messages import send_messages
from tasks.returns import Looked, keep_sales, watch_refunds

CLOSES = datetime(2026, 12, 10, 23, tzinfo=UTC)
TOLD = ARRIVED + DAY
ONCE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@pytest.fixture
def sale(configuration, house, tmp_path):
    configuration["files"] = {"path": str(tmp_path / "files")}
    return ASale(house())


@pytest.fixture
def desk(configuration):
    people = {"ana": {"name": "Ana", "email": "ana@tienda.example"}}
    configuration["desk"] = {"people": people, "owner": "ana", "team_lead": "ana", "manager": "ana"}


def keep(at):
    with clock.clock_set_to(at):
        return keep_sales.fn()


def test_the_last_parcel_sets_the_end_of_the_right_and_the_day_on_which_the_sale_is_final(sale):
    sale.sell({"JD1": ARRIVED, "JD2": None})
    assert keep(ARRIVED).sales == 1
    assert (sale.order.withdrawal_closes_at, sale.order.sale_final_at) == (None, None)
    sale.scan("JD2", "delivered", ARRIVED)
    keep(ARRIVED)
    assert (sale.order.withdrawal_closes_at, sale.order.sale_final_at) == (CLOSES, CLOSES)
    assert sale.order.sale_look_at is None
    assert keep(ARRIVED) == Looked()


def test_an_open_return_keeps_the_sale_from_being_final_until_its_money_is_back(sale):
    sale.sell({"JD1": ARRIVED})
    sale.declare(CLOSES - DAY)
    keep(CLOSES - DAY)
    assert (sale.order.withdrawal_closes_at, sale.order.sale_final_at) == (CLOSES, None)
    sale.give_back("16.94", CLOSES + 3 * DAY)
    assert keep(CLOSES + 4 * DAY).moved == 1
    assert (sale.case.state, sale.money.refunded_amount) == ("refunded", Decimal("16.94"))
    assert sale.order.sale_final_at == CLOSES + 3 * DAY
    before = len(sale.rows(OutboxRow))
    keep(CLOSES + 5 * DAY)
    assert len(sale.rows(OutboxRow)) == before


@ONCE
def test_no_delivered_scan_ever_asks_a_person_once_and_lets_no_clock_expire(sale):
    sale.sell({"JD1": None})
    shipped = sale.order.shipped_at
    assert keep(ARRIVED).trouble == []
    assert sale.order.sale_look_at == shipped + timedelta(days=30, seconds=1)
    asked = keep(shipped + 31 * DAY)
    assert asked.trouble == ["when did order tienda:7 arrive? no delivery is recorded of 1 of 1 parcels"]
    sale.scan("JD1", "expired")
    assert keep(shipped + 60 * DAY).trouble == []
    assert (sale.order.withdrawal_closes_at, sale.order.sale_look_at) == (None, None)
    (aside,) = sale.rows(QuarantineRow)
    assert (aside.kind, aside.ref) == ("no delivery", "7")
    assert "the right to withdraw stays open" in aside.reason


@ONCE
def test_a_sale_that_cannot_be_looked_at_is_put_off_and_stops_no_other(sale, monkeypatch):
    def fails(*_):
        raise ValueError("núria@client.example")

    sale.sell({"JD1": ARRIVED})
    monkeypatch.setattr(tasks_returns, "keep", fails)
    assert keep(ARRIVED).trouble == ["the sale tienda:7 could not be looked at: ValueError"]
    assert sale.order.sale_look_at == ARRIVED + DAY


@ONCE
def test_the_time_of_a_run_is_bounded(sale, monkeypatch):
    sale.sell({"JD1": ARRIVED})
    monkeypatch.setattr(tasks_returns, "RUN_SECONDS", 0)
    assert keep(ARRIVED).left_over


@ONCE
def test_a_statement_is_acknowledged_when_its_letter_was_accepted(sale):
    sale.sell({"JD1": ARRIVED})
    sale.declare(TOLD)
    with clock.clock_set_to(TOLD + DAY):
        assert watch_refunds.fn(Looked()).acknowledged == 0
        sent = update(OutboxRow).where(OutboxRow.message == "withdrawal_received")
        with sale.place.store.begin() as connection:
            connection.execute(sent.values(outcome="sent", settled_at=TOLD + timedelta(minutes=2)))
        assert watch_refunds.fn(Looked()).acknowledged == 1
        assert watch_refunds.fn(Looked()).acknowledged == 0
    assert sale.money.acknowledged_at == TOLD + timedelta(minutes=2)
    assert sale.clock("R-WDR-ACK").state == "met"


@ONCE
@pytest.mark.parametrize("is_told", [False, True], ids=["nothing sent", "a parcel told"])
def test_who_has_sent_nothing_is_reminded_once_of_the_day(sale, is_told):
    sale.sell({"JD1": ARRIVED})
    sale.declare(TOLD)
    right = sale.clock("R-WDR-RET")
    assert right.next_at - right.started_at < timedelta(days=11)
    if is_told:
        with sale.place.store.begin() as connection:
            returns.track(connection, sale.case.id, "dhl", "JD9", who="ana", now=TOLD)
    for now in (right.next_at - timedelta(seconds=1), right.next_at, right.next_at + DAY):
        with clock.clock_set_to(now):
            ring_clocks.fn()
    reminders = [row.facts for row in sale.rows(OutboxRow) if row.message == "return_reminder"]
    assert reminders == ([] if is_told else [{"send_by_on": "2026-12-11"}])
    assert sale.clock("R-WDR-RET").next_at == right.due_at
    with clock.clock_set_to(right.due_at):
        ring_clocks.fn()
    assert sale.clocks["R-WDR-RET"] == "not_applicable"


def test_a_refund_waits_lawfully_until_proof_comes_and_managers_read_of_both(sale):
    sale.sell({"JD1": ARRIVED})
    sale.declare(TOLD)
    due = sale.clock("R-WDR-REF").due_at
    with clock.clock_set_to(due - timedelta(hours=1)):
        assert "16.94 EUR" in page(sale, due)
        assert watch_refunds.fn(Looked()).withheld == 1
        assert "Refunds due: **nothing**" in page(sale, due)
        assert "## Refunds due\n\nNone." in page(sale, due)
    with sale.place.store.begin() as connection:
        returns.prove(connection, sale.place.settings, sale.case.id, at=due + DAY, who="ana", now=due + DAY)
    assert "Refunds due: **16.94 EUR**, of that overdue: **nothing**" in page(sale, due + DAY)
    assert "of that overdue: **16.94 EUR**" in page(sale, due + 9 * DAY)
    assert "| medium |" in page(sale, due + 9 * DAY)


@ONCE
def test_a_refund_that_is_overdue_calls_with_the_money_and_the_risk_of_double_the_sum(desk, sale):
    sale.sell({"JD1": ARRIVED})
    sale.declare(TOLD)
    with sale.place.store.begin() as connection:
        returns.receive(connection, sale.place.settings, sale.case.id, at=TOLD, who="ana", now=TOLD)
    due = sale.clock("R-WDR-REF").due_at
    for now in (due - timedelta(seconds=1), due + timedelta(minutes=15)):
        with clock.clock_set_to(now):
            ring_clocks.fn()
    said = [row.facts for row in sale.rows(OutboxRow) if row.message == "desk_escalation"]
    calls = [facts for facts in said if facts["duty"] == "R-WDR-REF"]
    assert {call["risk_amount"] for call in calls} == {"16.94"}
    assert [(call["is_overdue"], call["double_sum"]) for call in calls[-1:]] == [(True, "medium")]
    assert {call["double_sum"] for call in calls if not call["is_overdue"]} == {""}
    with sale.place.store.begin() as connection:
        made = connection.execute(EscalationRow.__table__.select()).all()
        heard = lines_of(connection, sale.place.settings, made, due + timedelta(minutes=15))
    assert any("doble de la suma: riesgo medio" in line for line in heard)


@ONCE
def test_a_refund_whose_amount_nobody_knows_yet_is_called_that_and_adds_nothing(sale):
    sale.sell({"JD1": ARRIVED})
    sale.declare(TOLD)
    sale.declare(TOLD, order_ref="no such order", email="somebody@client.example")
    assert "Refunds due: **16.94 EUR, 1 not known yet**, of that overdue: **nothing**" in page(sale, TOLD)
    assert "| D-2026-000002 |  | not known yet |" in page(sale, TOLD)


@ONCE
def test_what_waits_for_a_person_stands_on_the_page(sale):
    sale.sell({"JD1": ARRIVED})
    sale.declare(CLOSES)
    assert "- tienda:D-2026-000001, since 2026-12-10, nobody owns it" in page(sale, CLOSES)
    assert "| acknowledged | 1 |" in page(sale, CLOSES)
    sale.declare(CLOSES, kind=ReturnKind.NON_CONFORMITY, lines=None, is_in_words=True)
    assert "- tienda:D-2026-000002, since 2026-12-10, nobody owns it: to be accepted" in page(sale, CLOSES)
    with sale.place.store.begin() as connection:
        settings, case = sale.place.settings, sale.case.id
        approve(connection, settings, case, who="ana", now=CLOSES, is_told_later=True)
    assert "nobody owns it: to be told how the goods come back" in page(sale, CLOSES)


def page(sale, at):
    with sale.place.reading() as connection:
        return returns_today(connection, at)


def hear(sale, raw, at):
    """News of an order that is known, saved as the chain saves it."""
    settings = sale.place.settings.shop("tienda")
    door, reader = open_shop("tienda", settings), Reader("tienda", settings, lambda _word: "dhl", at)
    with sale.place.store.begin() as connection:
        known = standings(connection, "tienda", ["7"])["7"]
        save(connection, [change_from(door.read_order(raw), known, reader)], at)


def test_a_line_that_comes_back_outlives_a_change_of_its_order(sale):
    sale.sell({"JD1": ARRIVED})
    sale.declare(TOLD)
    line_id = sale.lines[0].line_id
    dearer = raw_order(7, "completed", parcels=["JD1"], at=TOLD, line_items=[])
    hear(sale, dearer, TOLD)
    assert [one.line_id for one in sale.lines] == [line_id]
    refunds = [{"id": 5, "reason": "", "total": "-16.94"}]
    hear(sale, raw_order(7, "completed", parcels=["JD1"], at=TOLD + DAY, refunds=refunds), TOLD + DAY)
    keep(TOLD + 2 * DAY)
    assert sale.case.state == "refunded"


@ONCE
def test_only_sales_that_changed_are_looked_at(sale):
    sale.sell({"JD1": ARRIVED})
    keep(ARRIVED)
    with sale.place.store.begin() as connection:
        assert due_sales(connection, ARRIVED + 99 * DAY, 10) == []
        connection.execute(update(OrderRow).values(stage="cancelled", sale_look_at=ARRIVED))
    keep(ARRIVED)
    assert (sale.order.withdrawal_closes_at, sale.order.sale_final_at) == (None, None)


@ONCE
def test_the_letters_reach_the_customer_in_turn_and_in_their_language(sale, house):
    with AMailbox() as mailbox:
        sale.place = house(smtp_port=mailbox.port)
        sale.sell({"JD1": ARRIVED})
        sale.declare(TOLD, language="ca")
        with sale.place.store.begin() as connection:
            returns.receive(connection, sale.place.settings, sale.case.id, at=TOLD, who="ana", now=TOLD)
        sale.give_back("10.00", TOLD)
        keep(TOLD)
        sale.give_back("6.94", TOLD)
        keep(TOLD)
        with clock.clock_set_to(TOLD):
            send_messages.fn("email")
    about = [message_from_bytes(one.raw, policy=default) for one in mailbox.letters]
    letters = [one for one in about if one["X-Postventa-Case"]]
    assert [one["X-Postventa-Message"] for one in letters] == [
        "withdrawal_received",
        "return_instructions",
        "return_goods_received",
        "refund_made",
        "refund_made",
    ]
    assert letters[0]["Subject"] == "Hem rebut el teu desistiment (D-2026-000001)"
    assert "12:00" in letters[0].get_body(["plain"]).get_content()
    instructions = letters[1].get_body(["plain"]).get_content()
    assert "11 de desembre" in instructions
    assert "16,94" in instructions
    assert "6,94" in letters[3].get_body(["plain"]).get_content()
    assert letters[4]["Subject"] == "T’hem retornat els diners (D-2026-000001)"


def test_the_same_statement_from_two_workers_at_once_is_one_case_with_one_acknowledgement(sale):
    sale.sell({"JD1": ARRIVED})
    with ThreadPoolExecutor(2) as workers:
        filed = list(workers.map(lambda _: sale.declare(TOLD, source_ref="form"), range(2)))
    assert filed[0].case_id == filed[1].case_id
    assert sorted(one.is_new for one in filed) == [False, True]
    assert [row.message for row in sale.rows(OutboxRow)].count("withdrawal_received") == 1
