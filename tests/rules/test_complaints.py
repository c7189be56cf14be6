"""The life of a complaint: what may be done when, and what time alone never does."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from postventa.rules.commercial import advertises, out_of_place
from postventa.rules.complaints import (
    MOVES,
    OPEN,
    SETTLED,
    Act,
    Kind,
    Outcome,
    State,
    Topic,
    after_further_words,
    is_mere_thanks,
    may_lapse,
    may_survey,
    move,
)

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def test_an_act_leads_to_a_state_or_says_why_not():
    for state, act in product(State, Act):
        answer = move(state, act)
        assert (answer.state is None) == bool(answer.reason), (state, act)
        assert answer.state == MOVES[state].get(act)


def test_only_an_answer_a_withdrawal_or_a_lapse_settles_an_open_complaint():
    settling = {act for state in OPEN for act, to in MOVES[state].items() if to in SETTLED}
    assert settling == {Act.ANSWER, Act.WITHDRAW, Act.LAPSE}
    assert [state for state in State if Act.LAPSE in MOVES[state]] == [State.WAITING_CUSTOMER]


def test_everything_settled_can_be_reopened_and_nothing_open_closed():
    assert all(move(state, Act.REOPEN).state is State.REOPENED for state in SETTLED)
    for state in OPEN:
        assert "no complaint is closed without one" in move(state, Act.CLOSE).reason
    assert "reopen it first" in move(State.CLOSED, Act.ANSWER).reason
    assert "reopen it first" in move(State.ADR_REFERRED, Act.HOLD).reason


def test_whom_the_customer_is_asked_by_does_not_stop_the_waiting():
    for act in (Act.TAKE, Act.HOLD, Act.ESCALATE):
        assert move(State.WAITING_CUSTOMER, act).state is State.WAITING_CUSTOMER


def test_want_of_a_reply_resolves_only_after_a_warning_and_its_time():
    until = NOON + timedelta(days=14)
    assert "never told" in may_lapse(None, NOON)
    assert (
        may_lapse(until, until - timedelta(seconds=1)) == "the customer has time until 2026-11-16 12:00 UTC"
    )
    assert may_lapse(until, until) == ""


@pytest.mark.parametrize(
    "text",
    ["Gracias", "¡Muchas gracias por todo!", "Moltes gràcies, salutacions", "Thank you very much."],
)
def test_mere_thanks_reopen_nothing(text):
    assert is_mere_thanks(text)
    assert after_further_words(State.RESOLVED, text) is None


@pytest.mark.parametrize(
    "text", ["Gracias, pero sigue rota", "No estoy de acuerdo", "Ok", "", "Thanks for nothing"]
)
def test_anything_else_said_after_the_answer_reopens(text):
    assert after_further_words(State.RESOLVED, text) is Act.REOPEN
    assert after_further_words(State.CLOSED, text) is Act.REOPEN


def test_further_words_complete_what_was_asked_for_and_otherwise_only_add():
    assert after_further_words(State.WAITING_CUSTOMER, "Gracias") is Act.COMPLETE
    assert after_further_words(State.IN_PROGRESS, "Y otra cosa") is None


def test_nobody_is_asked_how_satisfied_they_are_before_everything_is_resolved():
    assert may_survey([]).may_go
    assert may_survey([State.RESOLVED, State.CLOSED]).may_go
    for state in OPEN:
        verdict = may_survey([State.CLOSED, state])
        assert (verdict.may_go, verdict.reason) == (False, "complaint_open")


def test_the_words_are_those_of_the_vocabulary():
    assert set(Kind) == {"query", "complaint", "claim", "incident"}
    assert {"billing", "delivery", "other"} <= set(Topic)
    assert set(Outcome) == {"upheld", "partly_upheld", "rejected", "no_reply_from_customer"}


@pytest.mark.parametrize(
    "text",
    [
        "Un 10 % para tu próxima compra",
        "Responde a esta encuesta",
        "Deixa’ns una ressenya al web",
        "Leave us a review!",
        "https://ec.europa.eu/consumers/odr/main",
    ],
)
def test_what_has_no_place_in_a_complaint_is_found(text):
    assert out_of_place(text)


@pytest.mark.parametrize(
    "text",
    ["El cupón OTOÑO no se aplicó al descuento: te devolvemos la diferencia.", "https://adr.example/odr"],
)
def test_who_complains_of_a_coupon_can_be_answered_about_it(text):
    assert out_of_place(text) == ""


def test_a_template_may_not_even_name_a_coupon_but_may_have_one_put_in():
    assert advertises("<p>Tu CUPÓN te espera</p>").startswith("it advertises ('cupón')")
    assert (
        advertises("{% if order.discount %}{{ words.coupon }}{# a discount #}{% endif %} Te escribiremos.")
        == ""
    )
