"""Messages about no order and no case: claimed when nothing else is due, each for itself, by an index of their own."""

from datetime import date

import pytest
from some_orders import MONDAY
from sqlalchemy import event

from postventa.night_letters import owe_summary
from postventa.settings import settings_from
from postventa.store import claims
from postventa.store.ledger import ledger

NIGHT = date(2026, 11, 1)


@pytest.fixture
def settings():
    people = {name: {"name": name.title(), "email": f"{name}@tienda.example"} for name in ("ana", "pau")}
    company = dict.fromkeys(("legal_name", "tax_id", "address", "email", "phone", "registry"), "x")
    return settings_from(
        {
            "store": {"url": "sqlite://"},
            "company": company,
            "desk": {"people": people, "manager": "pau"},
            "datasets": {"managers": ["ana", "pau", "ana"]},
        }
    )


@pytest.fixture
def claim(store):
    def ask(sender, **more):
        with store.begin() as connection:
            claimed = claims.claim(connection, sender, MONDAY, MONDAY, 100, **more)
        return [row.recipient or row.order_id for row in claimed]

    return ask


def owe(store, settings, **more):
    with store.begin() as connection:
        return owe_summary(connection, settings, NIGHT, {"night_on": str(NIGHT)}, MONDAY, **more)


def test_each_manager_is_owed_a_night_once_and_gets_it_when_nothing_else_is_due(
    store, settings, owing, claim, box
):
    assert (owe(store, settings), owe(store, settings)) == (2, 0)
    (order,) = owing(1, ("received",))
    assert claim("a") == [order]
    assert claim("b", channel="sms") == []
    assert claim("b") == ["ana", "pau"]
    assert claim("c") == []
    with store.connect() as connection:
        counted = ledger(connection)
    assert (counted.owed, counted.waiting, counted.is_balanced) == (3, 3, True)
    assert {row.key for row in box() if row.recipient} == {
        f"-:-:-:nightly_summary:2026-11-01@{name}" for name in ("ana", "pau")
    }


def test_without_a_list_the_desks_manager_gets_it_and_without_one_nobody(store, settings):
    usual = settings.model_copy(update={"datasets": settings.datasets.model_copy(update={"managers": ()})})
    assert owe(store, usual) == 1
    nobody = usual.model_copy(update={"desk": usual.desk.model_copy(update={"manager": ""})})
    assert owe(store, nobody, occasion="not_built") == 0


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_the_third_question_is_asked_only_after_the_others_and_answered_by_its_index(
    store, settings, owing, claim
):
    owe(store, settings)
    owing(1, ("received",))
    asked = []

    def note(connection, _cursor, statement, parameters, *_):
        if statement.startswith("SELECT") and "LIMIT" in statement:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            asked.append(" ".join(row.detail for row in plan))

    event.listen(store, "before_cursor_execute", note)
    try:
        claim("a")
        first = list(asked)
        asked.clear()
        claim("b")
    finally:
        event.remove(store, "before_cursor_execute", note)
    assert not any("ix_outbox_open_alone" in plan for plan in first)
    assert ["ix_outbox_open_alone" in plan for plan in asked] == [False, False, True]
