"""The flows of reviews and of reactions in a real Prefect server: their colours, and the pages that managers read."""

import json
from datetime import timedelta

import pytest
from a_sale import ARRIVED, DAY
from an_ask import an_ask
from an_office import DESK
from an_order import fill, raw_order

from postventa import clock
from postventa.store.cases import CaseRow
from postventa.surveys import record

pytestmark = pytest.mark.prefect
DAY_7 = ARRIVED + 7 * DAY


def artifact(server, key):
    found = server.ask("/artifacts/latest/filter", artifacts={"key": {"any_": [key]}})
    return found[0]["data"] if found else ""


def test_a_bad_answer_to_a_review_request_becomes_a_case_and_both_runs_say_what_they_did(
    house, configuration, sandbox, in_prefect, monkeypatch
):
    from flows.reactions import react_to_customers
    from flows.reviews import ask_customers

    monkeypatch.setenv("POSTVENTA_WEB_SECRET", "k" * 40)
    configuration["web"] = {"url": "https://postventa.tienda.example"}
    configuration["desk"] = DESK
    place = house(shop_url=sandbox.url, smtp_port=sandbox.smtp_port)
    fill(place, [raw_order(7), raw_order(8)], ARRIVED)
    due = an_ask(place, DAY_7, state="planned", asked_at=None, next_at=DAY_7 - DAY)
    answered = an_ask(place, DAY_7, order_id=2)
    with place.store.begin() as connection:
        record(connection, place.settings, answered, {"overall_experience": "1"}, DAY_7)

    with clock.clock_set_to(DAY_7 + timedelta(minutes=20)):
        asked = ask_customers(return_state=True)
        reacted = react_to_customers(return_state=True)

    assert (asked.name, reacted.name) == ("Completed", "Completed")
    assert due
    assert "- 1 asks looked at, 0 requests and reminders newly owed" in artifact(in_prefect, "reviews-run")
    assert "- 1 not asked now: not_delivered" in artifact(in_prefect, "reviews-run")
    assert "| tienda:8 | overall_experience:1 |" in artifact(in_prefect, "reviews-today")
    assert "- 1 cases opened" in artifact(in_prefect, "reactions-run")
    with place.reading() as connection:
        assert len(connection.execute(CaseRow.__table__.select()).all()) == 1
    assert "N\u00faria" not in json.dumps(in_prefect.ask("/artifacts/filter", limit=50))


def test_where_nobody_can_be_told_of_a_low_score_the_run_is_red_and_names_its_case(house, in_prefect):
    from flows.reactions import react_to_customers

    place = house()
    fill(place, [raw_order(7)], ARRIVED)
    answered = an_ask(place, DAY_7)
    with place.store.begin() as connection:
        record(connection, place.settings, answered, {"order_condition": "1"}, DAY_7)
    with clock.clock_set_to(DAY_7 + timedelta(minutes=20)):
        state = react_to_customers(return_state=True)

    assert state.is_failed()
    assert "tienda:R-2026-000001: nobody is told of a low score" in state.message
