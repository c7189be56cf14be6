"""Rounds killed with SIGKILL in the middle of escalation and of reading refunds back: nothing is lost, nothing twice."""

import os
import random
import signal
import time
from collections import Counter
from datetime import timedelta

import pytest
from a_killable import BATCH, is_alive
from a_sale import ARRIVED, DAY
from an_office import DESK, HALF, Office
from an_order import fill, raw_order
from sqlalchemy import func, select, update

from postventa.store.cases import CaseEntryRow, CaseRow
from postventa.store.clocks import ClockRow, EscalationRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow, RefundRow
from postventa.store.returns import ReturnRow
from postventa.verification import verify_log
from postventa.withdrawals import Declaration, declare

CASES = 3 * BATCH
"""More than two batches of a round: some of the work is saved when it is killed, and some is in its hands."""


@pytest.fixture
def office(house, configuration):
    configuration["desk"] = DESK
    return Office(house())


def count(place, table, *conditions):
    with place.reading() as connection:
        return connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()


def kill_and_go_on(killables, work, done):
    """Starts rounds and kills them, after none, some and more of the work was saved; lets the last one end."""
    dice, caught = random.Random(), 0
    for saved in (0, 1, BATCH + 1):
        pid = killables.start(work)
        until = time.monotonic() + 60
        while done() < saved and is_alive(pid):
            assert time.monotonic() < until
            time.sleep(0.002)
        time.sleep(dice.uniform(0.001, 0.05))  # into the middle of the next batch
        caught += is_alive(pid)
        os.kill(pid, signal.SIGKILL) if is_alive(pid) else None
        while is_alive(pid):
            time.sleep(0.005)
    pid = killables.start(work)
    until = time.monotonic() + 120
    while is_alive(pid):
        assert time.monotonic() < until
        time.sleep(0.02)
    return caught


def logs_are_whole(place):
    with place.reading() as connection:
        ids = connection.execute(select(CaseRow.id)).scalars().all()
        return [problem for case_id in ids for problem in verify_log(connection, case_id)] == []


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_escalations_killed_in_the_middle_call_everybody_once(office, killables, monkeypatch):
    monkeypatch.setenv("POSTVENTA_CLOCK", HALF.isoformat())
    place = office.place
    for number in range(CASES):
        office.opened(str(number))

    caught = kill_and_go_on(killables, "clocks", lambda: count(place, EscalationRow))

    assert caught >= 2, "hardly a round was killed before its end"
    calls = Counter((row.clock_id, row.rung) for row in office.rows(EscalationRow))
    answers = {row.id for row in office.rows(ClockRow, rule_id="R-CMP-ANS")}
    assert {clock for clock, _ in calls} >= answers
    assert set(calls.values()) == {1}
    letters = Counter(row.case_id for row in office.rows(OutboxRow, message="desk_escalation"))
    entries = Counter(row.case_id for row in office.rows(CaseEntryRow, kind="escalation"))
    assert letters == entries == Counter({row.id: 1 for row in office.rows(CaseRow)})
    assert logs_are_whole(place)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_refunds_read_back_by_killed_rounds_are_told_and_settled_once(office, killables, monkeypatch):
    told, paid = ARRIVED, ARRIVED + DAY
    monkeypatch.setenv("POSTVENTA_CLOCK", (paid + timedelta(hours=1)).isoformat())
    place = office.place
    fill(place, [raw_order(number) for number in range(1, CASES + 1)], told)
    with place.store.begin() as connection:
        for number in range(1, CASES + 1):
            said = {
                "shop": "tienda",
                "order_ref": str(number),
                "email": "",
                "name": "Núria",
                "statement": "Desisto.",
            }
            said |= {"source": "web", "source_ref": f"f{number}", "informed_at": told, "lines": None}
            declare(connection, place.settings, Declaration(**said, is_verified=True), told)
        orders = connection.execute(select(OrderRow.id, OrderRow.total)).all()
        back = [
            {
                "order_id": row.id,
                "ref": "1",
                "amount": row.total,
                "reason": "",
                "refunded_at": paid,
                "withdrawn_at": None,
            }
            for row in orders
        ]
        connection.execute(RefundRow.__table__.insert(), back)
        connection.execute(update(OrderRow).values(sale_look_at=paid))

    def settled():
        return count(place, ReturnRow, ReturnRow.refunded_at.is_not(None))

    caught = kill_and_go_on(killables, "sales", settled)

    assert caught >= 2, "hardly a round was killed before its end"
    assert settled() == CASES
    assert {row.state for row in office.rows(CaseRow)} == {"refunded"}
    assert {row.state for row in office.rows(ClockRow, rule_id="R-WDR-REF")} == {"met"}
    letters = Counter(row.case_id for row in office.rows(OutboxRow, message="refund_made"))
    assert letters == Counter({row.id: 1 for row in office.rows(CaseRow)})
    assert logs_are_whole(place)
