"""What managers see: deadlines by owner and by day, the refunds that are due, and an order's own clocks."""

import copy
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from an_office import DESK, DUE, HALF, MADRID, Office, at
from an_order import fill, raw_order
from sqlalchemy import select, update

from postventa import desk_page as pages
from postventa.cli import run as command
from postventa.desk import When, due_list, refunds_due
from postventa.desk_page import desk_page, desk_today
from postventa.store import migrate
from postventa.store.cases import CaseRow
from postventa.store.orders import OrderRow
from postventa.timeline import timeline

SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
NOW = at("2026-11-16 12:00")


@pytest.fixture
def office(house, configuration):
    """Four complaints: overdue, due today, due this week and later; and a refund that is due today."""
    configuration["desk"] = copy.deepcopy(DESK)
    office = Office(house())
    office.opened("overdue", at("2026-10-30 10:00"))
    office.opened("today", at("2026-11-01 10:00"), owner="marta")
    office.opened("week", at("2026-11-05 10:00"), owner=None)
    office.opened("later", at("2026-11-12 10:00"))
    refund = {"family": "return", "trigger": "withdrawal.informed", "currency": "EUR"}
    office.opened("refund", at("2026-11-02 10:00"), amount=Decimal("59.90"), **refund)
    return office


def due(office, **more):
    with office.place.reading() as connection:
        return due_list(connection, MADRID, NOW, **more)


def test_deadlines_are_overdue_due_today_within_a_week_or_not_shown(office):
    found = [(one.case, one.when, one.owner) for one in due(office)]
    assert found == [
        ("R-2026-000001", When.OVERDUE, "ana"),
        ("R-2026-000002", When.TODAY, "marta"),
        ("D-2026-000001", When.TODAY, "ana"),
        ("R-2026-000003", When.THIS_WEEK, "nobody"),
    ]
    every = due(office, within=None)
    assert ("R-2026-000004", When.LATER) in {(one.case, one.when) for one in every}
    assert {one.rule_id for one in every} == {"R-CMP-ANS", "R-CMP-ADR-MAX", "R-WDR-REF"}, (
        "duties, and no rights"
    )


def page_of(office):
    with office.place.reading() as connection:
        return desk_page(connection, MADRID, NOW)


def test_the_page_counts_by_owner_and_sums_the_refunds(office):
    page = desk_today(page_of(office), NOW)
    assert "or more" not in page
    for row in (
        "| ana | 1 | 1 | 0 |",
        "| marta | 0 | 1 | 0 |",
        "| nobody | 0 | 0 | 1 |",
        "| EUR | 0.00 | 59.90 | 0.00 |",
    ):
        assert row in page
    assert "tienda:R-2026-000001" in page
    assert "Núria" not in page
    assert refunds_due(due(office)) == {"EUR": {When.TODAY: Decimal("59.90")}}


@SQLITE
def test_a_page_of_more_than_can_be_counted_has_the_first_and_says_so(office, monkeypatch):
    """It is written after every look at the clocks: what it reads may not grow with what runs."""
    monkeypatch.setattr(pages, "COUNTED_AT_MOST", 2)
    monkeypatch.setattr(pages, "SHOWN_AT_MOST", 1)
    page = page_of(office)
    assert [one.case for one in page.first] == ["R-2026-000001"]
    assert page.total == {When.OVERDUE: 1, When.TODAY: 1}
    assert "**2 deadlines or more end within a week**: the first 2 are counted here." in desk_today(page, NOW)


@SQLITE
def test_the_list_answers_in_words_and_as_json(office, capsys, monkeypatch):
    monkeypatch.setattr(migrate, "version", lambda _store: migrate.Version("head", "head"))
    words = ["complaint", "list", "--due", "--now", NOW.isoformat()]
    assert command(words) == 0
    said = capsys.readouterr().out
    assert "1 overdue, 2 today, 1 this week, 0 later" in said
    assert "2026-11-14 23:59" in said
    assert "refunds due in EUR: 59.90 today" in said
    assert command([*words, "--json"]) == 0
    first = json.loads(capsys.readouterr().out)[0]
    assert (first["case"], first["when"], first["days_left"]) == ("R-2026-000001", "overdue", -2)


@SQLITE
def test_an_orders_timeline_shows_the_clocks_of_its_cases_and_their_calls(house, configuration):
    configuration["desk"] = copy.deepcopy(DESK)
    office = Office(house())
    fill(office.place, [raw_order(7, "completed")], at("2026-11-01 10:00"))
    case_id = office.opened()
    with office.place.store.begin() as connection:
        order_id = connection.execute(select(OrderRow.id)).scalar_one()
        connection.execute(update(CaseRow).where(CaseRow.id == case_id).values(order_id=order_id))
    office.run(HALF + timedelta(hours=3))
    with office.place.reading() as connection:
        lines = [(line.kind, line.what) for line in timeline(connection, order_id, "tienda", "7")]
    due = f"due {DUE:%Y-%m-%d %H:%M} UTC"
    assert ("clock", f"R-CMP-ANS started · R-2026-000001 · {due} · LGDCU 21.3 (Ley 10/2025 DF3.dos)") in lines
    assert ("clock", "R-CMP-ACK met · R-2026-000001") in lines
    assert ("call", "R-CMP-ANS: owner · ana · late · R-2026-000001") in lines
