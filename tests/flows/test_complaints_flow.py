"""The flow that watches deadlines, in a real Prefect server: its colour, its pages, and what it owes goes out."""

import copy
import json

import pytest
from an_office import DESK, DUE, HALF, Office, at

from postventa import clock
from tasks.messages import send_messages

pytestmark = pytest.mark.prefect


def artifact(server, key):
    found = server.ask("/artifacts/latest/filter", artifacts={"key": {"any_": [key]}})
    return found[0]["data"] if found else ""


def test_a_call_reaches_its_person_by_mail_and_managers_see_what_is_due(
    house, configuration, sandbox, in_prefect
):
    from flows.complaints import watch_deadlines

    configuration["desk"] = copy.deepcopy(DESK)
    office = Office(house(smtp_port=sandbox.smtp_port))
    office.opened()
    sandbox.mailbox.clear()
    with clock.clock_set_to(HALF):
        state = watch_deadlines(return_state=True)
        send_messages.fn("email")

    assert state.is_completed()
    (mail,) = [mail for mail in sandbox.mailbox.mails() if mail.header("To").endswith("<ana@tienda.example>")]
    assert "R-2026-000001: quedan 7 días y 15 horas para responder" in mail.header("Subject")
    with clock.clock_set_to(at("2026-11-16 12:00")):
        watch_deadlines(return_state=True)
    assert "| ana | 0 | 0 | 1 |" in artifact(in_prefect, "desk-today")
    assert "R-2026-000001" in json.dumps(artifact(in_prefect, "deadlines"))


def test_where_nobody_can_be_called_the_run_is_red_and_names_the_case(house, in_prefect):
    from flows.complaints import watch_deadlines

    Office(house()).opened(owner=None)
    with clock.clock_set_to(DUE):
        state = watch_deadlines(return_state=True)

    assert state.is_failed()
    assert "R-CMP-ANS of case tienda:R-2026-000001" in state.message
    assert "Núria" not in json.dumps(in_prefect.ask("/artifacts/filter", limit=50))
