"""Every deadline is watched: each call is made once and by one worker, late ones are marked, and none is lost."""

import copy
import threading
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from an_office import DESK, DUE, FILED, HALF, NINE_TENTHS, THREE_QUARTERS, Office, at
from sqlalchemy import update
from werkzeug import Response

from postventa import clock, scenes
from postventa.case_letters import CaseDesk
from postventa.clock_rows import UNCOUNTED
from postventa.clocks import driving, end_clocks, pause, resume, start_clocks
from postventa.store.case_dossiers import case_dossiers
from postventa.store.cases import CaseEntryRow, CaseLogRow, CaseRow
from postventa.store.clocks import ClockRow, EscalationRow, due_clocks
from postventa.store.inbox import QuarantineRow
from postventa.store.messages import OutboxRow
from tasks.complaints import ring_clocks, tell_webhook

SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
POSTGRES = pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
SECOND = timedelta(seconds=1)


@pytest.fixture
def configuration(configuration):
    configuration["desk"] = copy.deepcopy(DESK)
    return configuration


@pytest.fixture
def office(house):
    return Office(house())


def test_each_person_is_called_once_however_often_the_flow_runs(office):
    office.opened()
    assert office.run(HALF - SECOND).calls == 0
    for now in (HALF, HALF, HALF + timedelta(minutes=15), THREE_QUARTERS, NINE_TENTHS, NINE_TENTHS):
        office.run(now)
    assert office.called() == [("owner", "ana"), ("team_lead", "marta"), ("manager", "pau")]
    assert office.owed() == [("ana", "owner"), ("marta", "team_lead"), ("pau", "manager")]
    assert [row.author for row in office.rows(CaseEntryRow, kind="escalation")] == ["clock"] * 3
    assert office.the(CaseRow).state == "escalated", "it has gone above its owner"
    assert office.the(ClockRow, rule_id="R-CMP-ANS").state == "due_soon"
    assert not any(row.is_late for row in office.rows(EscalationRow))


@SQLITE
def test_what_fell_due_while_the_flow_was_down_for_three_days_is_made_once_and_marked_late(office):
    office.opened()
    back = THREE_QUARTERS + timedelta(days=3)
    office.run(HALF)
    office.run(back)
    office.run(back)
    made = [(row.rung, row.is_late) for row in office.rows(EscalationRow)]
    assert made == [
        ("owner", False),
        ("team_lead", True),
        ("manager", True),
        ("overdue:1", True),
        ("overdue:2", False),
    ]
    letters = office.rows(OutboxRow, message="desk_escalation")
    assert [row.facts["is_late"] for row in letters] == [late for _, late in made]


@SQLITE
def test_past_the_deadline_the_manager_is_called_daily_and_the_customer_gets_one_apology(office):
    office.opened()
    for hours in range(0, 7 * 24, 9):
        office.run(DUE + timedelta(hours=hours))
    overdue = [rung for rung, _ in office.called() if rung.startswith("overdue")]
    assert overdue == [f"overdue:{number}" for number in range(1, 8)]
    assert office.owed("complaint_overdue") == [(None, "")]
    assert office.the(ClockRow, rule_id="R-CMP-ANS").state == "overdue"


@SQLITE
def test_the_month_tells_of_dispute_resolution_three_days_before_it_ends_and_calls_when_it_has(office):
    office.opened()
    month = at("2026-12-03 00:00")
    office.run(month - timedelta(days=3) - SECOND)
    assert office.owed("complaint_adr") == []
    office.run(month - timedelta(days=3))
    office.run(month - timedelta(days=2))
    assert len(office.owed("complaint_adr")) == 1
    assert office.called("R-CMP-ADR-MAX") == []
    office.run(month)
    office.run(month + timedelta(days=5))
    assert office.called("R-CMP-ADR-MAX") == [("overdue:1", "pau")]


@SQLITE
@pytest.mark.parametrize("late", [False, True])
def test_a_duty_that_a_letter_fulfils_ends_when_it_was_sent_and_not_when_it_was_owed(office, late):
    case_id = office.opened()
    limit = at("2026-12-03 00:00")
    office.run(limit - timedelta(days=3))
    sent_at = limit if late else limit - SECOND
    with office.place.store.begin() as connection:
        letter = (OutboxRow.message == "complaint_adr") & (OutboxRow.case_id == case_id)
        connection.execute(update(OutboxRow).where(letter).values(outcome="sent", settled_at=sent_at))
    office.run(limit + timedelta(hours=2))
    ended = office.the(ClockRow, rule_id="R-CMP-ADR-MAX")
    assert (ended.state, ended.ended_at, ended.next_at) == ("missed" if late else "met", sent_at, None)
    assert office.called("R-CMP-ADR-MAX") == []


@SQLITE
def test_answered_one_second_late_is_missed_and_one_second_before_is_met(office):
    late, timely = office.opened("late"), office.opened("timely")
    with office.place.store.begin() as connection:
        assert end_clocks(connection, now=DUE, at=DUE, case_id=late) == 2
        assert end_clocks(connection, now=DUE, at=DUE - SECOND, case_id=timely) == 2
        assert end_clocks(connection, now=DUE, at=DUE, case_id=late) == 0
        assert driving(connection, late) is None
    states = {row.case_id: row.state for row in office.rows(ClockRow, rule_id="R-CMP-ANS")}
    assert states == {late: "missed", timely: "met"}
    rights = office.rows(ClockRow, rule_id="R-CMP-ADR-YEAR")
    assert {row.state for row in rights} == {"running"}, "an answer ends no right of the customer"
    assert office.run(DUE + timedelta(days=1)).calls == 0


@SQLITE
def test_a_complaint_of_28_december_2025_minus_one_second_has_a_month_and_calls_by_it(office):
    filed = at("2025-12-28 00:00") - SECOND
    case_id = office.opened(filed=filed)
    with office.place.reading() as connection:
        assert driving(connection, case_id).due_at == at("2026-01-28 00:00")
    office.run(at("2026-01-28 00:00"))
    assert [rung for rung, _ in office.called()] == ["owner", "team_lead", "manager", "overdue:1"]
    assert office.called("R-CMP-ADR-MAX") == [("overdue:1", "pau")]


@SQLITE
def test_a_case_that_nobody_owns_goes_to_the_team_lead_and_says_so(office):
    office.opened(owner=None)
    office.run(HALF)
    assert office.called() == [("owner", "marta")]
    assert office.the(OutboxRow, message="desk_escalation").facts["is_unowned"] is True


@SQLITE
def test_where_nobody_is_configured_the_run_says_so_once_for_each_clock(office, configuration, house):
    configuration["desk"] = {}
    house()
    office.opened("1", owner=None)
    office.opened("2", owner=None)
    said = office.run(HALF).trouble
    assert len(said) == 2
    assert "R-CMP-ANS of case tienda:R-2026-000001" in said[0]
    assert "[desk.people]" in said[0]
    assert office.run(THREE_QUARTERS).trouble == []
    assert {to for _, to in office.called()} == {""}


@SQLITE
def test_a_bad_clock_fails_alone_and_the_run_names_it(office, monkeypatch):
    office.opened("bad")
    office.opened("good")
    shares, seen = scenes.shares_of, []

    def poisoned(settings, rule):
        seen.append(rule)
        return shares(settings, rule) if len(seen) > 1 else 1 / 0

    with monkeypatch.context() as poison:
        poison.setattr(scenes, "shares_of", poisoned)
        rung = office.run(HALF)
    assert rung.calls == 1
    (said,) = rung.trouble
    assert said.startswith("R-CMP-ANS of case tienda:R-2026-000001 could not be looked at: ZeroDivisionError")
    assert office.run(HALF).calls == 1, "it stays due until it can be looked at"


@POSTGRES
def test_two_workers_at_once_make_every_call_once(office):
    for number in range(12):
        office.opened(str(number))
    start, done = threading.Barrier(2), []

    def work():
        start.wait()
        done.append(ring_clocks.fn())

    with clock.clock_set_to(DUE + timedelta(hours=1)):
        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        done.append(ring_clocks.fn())  # what one skipped because the other held it
    assert sum(rung.calls for rung in done) == 12 * 4
    assert [rung.trouble for rung in done] == [[], [], []]
    assert len(office.rows(EscalationRow)) == len(office.owed()) == 12 * 4
    assert len(office.owed("complaint_overdue")) == 12


@pytest.fixture
def webhook(httpserver, configuration, house, office, monkeypatch):
    """A webhook that hears; `webhook.answers` is what it says next."""
    configuration["desk"]["webhook_env"] = "DESK_HOOK"
    monkeypatch.setenv("DESK_HOOK", httpserver.url_for("/services/secret"))
    office.place = house()
    heard, answers = [], []

    def hear(request):
        status = answers.pop(0) if answers else 200
        if status == 200:
            heard.append(request.get_json()["text"])
        return Response("ok", status)

    httpserver.expect_request("/services/secret", method="POST").respond_with_handler(hear)
    return SimpleNamespace(heard=heard, answers=answers)


def tell(now):
    with clock.clock_set_to(now):
        return tell_webhook.fn()


def test_the_webhook_hears_each_call_once_with_number_days_and_money_and_nobodys_name(office, webhook):
    office.opened(family="return", trigger="withdrawal.informed", amount=Decimal("59.90"), currency="EUR")
    now = at("2026-11-12 12:00")
    office.run(now)
    assert [tell(now).lines for _ in range(2)] == [1, 0]
    (line,) = webhook.heard
    assert line.startswith("D-2026-000001: quedan 4 días y 12 horas para devolver el dinero")
    assert "59,90" in line
    assert "R-WDR-REF, owner" in line
    assert "Núria" not in line


@SQLITE
def test_a_webhook_that_is_down_is_told_later_and_stops_no_letter(office, webhook):
    for source in ("1", "2", "3"):
        office.opened(source)
    office.run(HALF)
    webhook.answers[:] = [200, 503]
    told = tell(HALF)
    assert told.lines == 1
    (said,) = told.trouble
    assert "503" in said
    assert "secret" not in said
    assert len(office.owed()) == 3
    assert tell(HALF + timedelta(minutes=15)).lines == 2
    assert sorted(line.partition(":")[0] for line in webhook.heard) == [
        f"R-2026-00000{number}" for number in (1, 2, 3)
    ]


@SQLITE
def test_a_webhook_that_cannot_be_reached_for_three_days_is_given_up_aloud(office, webhook, monkeypatch):
    office.opened()
    office.run(HALF)
    monkeypatch.setenv("DESK_HOOK", "http://127.0.0.1:9/services/secret")
    (said,) = tell(HALF).trouble
    assert "cannot be reached" in said
    assert "secret" not in said
    monkeypatch.delenv("DESK_HOOK")
    said = tell(HALF + timedelta(days=4)).trouble
    assert "$DESK_HOOK" in said[0]
    assert said[1] == "1 calls were kept from it for three days and are given up"
    assert tell(HALF + timedelta(days=5)).trouble == []


@SQLITE
def test_a_rule_that_is_missing_loses_no_case(office):
    case_id = office.opened(trigger="complaint.of_a_kind_nobody_knows")
    stand_in = office.the(ClockRow)
    assert (stand_in.rule_id, stand_in.case_id) == (UNCOUNTED, case_id)
    aside = office.the(QuarantineRow)
    assert (aside.kind, aside.ref) == ("clock", f"case:{case_id}")
    assert "complaint.of_a_kind_nobody_knows" in aside.reason
    office.run(FILED + timedelta(days=1))
    assert [rung for rung, _ in office.called(UNCOUNTED)] == ["owner", "team_lead", "manager", "overdue:1"]


@SQLITE
def test_law_that_cannot_be_read_loses_no_case(office, configuration, house, tmp_path):
    (tmp_path / "own.toml").write_text("[[rule]]\nrule_id = 7\n", encoding="utf-8")
    configuration["policy"] = {"rules": str(tmp_path / "own.toml")}
    office.place = house()
    office.opened()
    assert office.the(ClockRow).rule_id == UNCOUNTED
    assert "own.toml" in office.the(QuarantineRow).reason


@SQLITE
def test_a_refund_is_called_by_its_own_ladder_with_the_money_at_risk(office):
    office.opened(family="return", trigger="withdrawal.informed", amount=Decimal("59.90"), currency="EUR")
    office.run(at("2026-11-10 12:00"))
    assert office.called("R-WDR-REF") == [("owner", "ana")]
    assert office.the(OutboxRow, message="desk_escalation").facts["risk_amount"] == "59.90"
    office.run(at("2026-11-17 00:00"))
    assert office.owed("complaint_overdue") == [], "a return gets no complaint's apology"


@SQLITE
def test_a_right_that_ran_out_ends_and_its_owner_decides_what_follows(office):
    office.opened(trigger="complaint.incomplete_notice_sent")
    office.run(at("2026-11-18 09:00"))
    right = office.the(ClockRow, rule_id="R-CMP-FIX")
    assert (right.state, right.next_at) == ("not_applicable", None)
    assert office.called("R-CMP-FIX") == [("lapsed", "ana")]


@SQLITE
def test_a_call_is_not_mailed_once_its_duty_is_done_but_a_lapsed_right_is(office):
    case_id = office.opened()
    office.opened("2", trigger="complaint.incomplete_notice_sent")
    office.run(at("2026-11-18 09:00"))

    def verdicts():
        dossiers = case_dossiers_of(office)
        return {
            (row.case_id, row.occasion.partition(":")[2]): dossiers[row.case_id].verdict(row, DUE).reason
            for row in office.rows(OutboxRow, message="desk_escalation")
        }

    assert set(verdicts().values()) == {""}
    with office.place.store.begin() as connection:
        end_clocks(connection, now=DUE, at=DUE, case_id=case_id)
    after = verdicts()
    assert {why for (case, _), why in after.items() if case == case_id} == {"superseded"}
    assert {call: why for (case, call), why in after.items() if case != case_id} == {"lapsed": ""}


def case_dossiers_of(office):
    """The desks of all the cases, by case."""
    settings = office.place.settings
    with office.place.reading() as connection:
        read = case_dossiers(connection, [row.id for row in office.rows(CaseRow)])
    return {case_id: CaseDesk(one, settings, settings.channels["email"]) for case_id, one in read.items()}


PROMISE = """
[[rule]]
rule_id = "P-REPLY"
title = "Say something within eight hours at the desk"
trigger = "complaint.received"
length = 8
unit = "business_hour"
counting = "BH"
direction = "trader_duty"
article = "our promise"
is_statutory = false
may_pause = true
"""


@SQLITE
def test_only_a_promise_of_the_shop_pauses_and_goes_on_with_what_it_had_left(
    office, configuration, house, tmp_path
):
    (tmp_path / "own.toml").write_text(PROMISE, encoding="utf-8")
    configuration["policy"] = {"rules": str(tmp_path / "own.toml")}
    office.place = house()
    case_id = office.opened()
    settings = office.place.settings
    with office.place.store.begin() as connection:
        assert pause(connection, settings, case_id=case_id, now=FILED + timedelta(hours=1)) == 1
    assert office.the(ClockRow, rule_id="R-CMP-ANS").state == "running"
    paused = office.the(ClockRow, rule_id="P-REPLY")
    assert (paused.state, paused.next_at) == ("paused", None)
    with office.place.store.begin() as connection:
        back = FILED + timedelta(hours=3)
        assert resume(connection, settings, case_id=case_id, at=back, now=back) == 1
    resumed = office.the(ClockRow, rule_id="P-REPLY")
    assert resumed.due_at == at("2026-11-03 11:00:01")
    assert resumed.state == "running"


@SQLITE
def test_clocks_start_once_for_each_occasion_and_every_step_stands_in_the_log(office):
    case_id = office.opened()
    for occasion in ("", "reopened:1", "reopened:1"):
        with office.place.store.begin() as connection:
            start_clocks(
                connection,
                office.place.settings,
                trigger="complaint.received",
                shop="tienda",
                events=[FILED + timedelta(days=3)],
                now=FILED + timedelta(days=3),
                case_id=case_id,
                occasion=occasion,
            )
    found = office.rows(ClockRow, rule_id="R-CMP-ANS")
    assert [row.occasion for row in found] == ["", "reopened:1"]
    lines = [row.what for row in office.rows(CaseLogRow)]
    assert lines.count("clocks_started") == 2
    with office.place.reading() as connection:
        assert due_clocks(connection, FILED, 10) == []
