"""A survey of ten seconds: one tap fills in, only sending writes, and a link that is no good says so."""

from datetime import timedelta

import pytest
from a_visitor import rows
from an_ask import an_ask

from postventa import clock, links
from postventa.store.asks import AnswerRow, AskRow


@pytest.fixture
def ask_id(place):
    return an_ask(place, clock.now())


@pytest.fixture
def link(place, ask_id):
    return links.survey_link(place.settings, ask_id)


def answers(place):
    return {row.question: row.text or row.number for row in rows(place, AnswerRow)}


def test_a_tap_in_the_mail_fills_the_first_answer_in_and_looking_records_nothing(visitor, place, ask_id):
    tapped = links.survey_link(place.settings, ask_id, answer=4)
    page = visitor.get(tapped)
    visitor.head(tapped)

    assert 'name="overall_experience" value="4" checked' in page.text
    assert page.text.count("checked") == 1
    assert "7001" in page.text
    assert "Núria" not in page.text
    assert not page.cookies
    assert answers(place) == {}
    for nonsense in ("9", "x", "٣", "-1"):
        assert "checked" not in visitor.get(tapped.replace("answer=4", f"answer={nonsense}")).text


def test_partial_answers_count_open_what_follows_and_can_be_changed(visitor, place, link):
    page = visitor.post(link, data={"order_condition": "1", "comment": "  Llegó rota.\x00 "})

    assert "Una pregunta más" in page.text
    assert page.text.count("<fieldset") == 1
    assert answers(place) == {"order_condition": 1, "comment": "Llegó rota."}
    thanks = visitor.post(link, data={"what_was_wrong": "damaged"})
    assert thanks.url.endswith("/thanks")
    assert "una persona lo mira" in thanks.text
    (ask,) = rows(place, AskRow)
    assert (ask.state, ask.next_at, ask.first_answer_at) == ("answered", None, clock.now())

    again = visitor.get(link).text
    assert "Llegó rota" not in again
    assert 'value="damaged" checked' in again
    with clock.clock_set_to(clock.now() + timedelta(hours=1)):
        visitor.post(link, data={"order_condition": "5", "what_was_wrong": "damaged"})
    assert answers(place) == {"order_condition": 5, "comment": "Llegó rota."}
    changed = {row.question: (row.changed_at - row.answered_at).seconds for row in rows(place, AnswerRow)}
    assert changed == {"order_condition": 3600, "comment": 0}
    assert rows(place, AskRow)[0].first_answer_at == ask.first_answer_at


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "al menos una pregunta"),
        ({"shoe_size": "4"}, "al menos una pregunta"),
        ({"nps": "11"}, "uno de los números"),
        ({"comment": "x" * 4001}, "demasiado largo"),
    ],
)
def test_what_cannot_be_an_answer_is_told_and_not_written(visitor, place, link, data, said):
    page = visitor.post(link, data=data)

    assert page.status_code == 422
    assert said in page.text
    assert answers(place) == {}


def test_a_link_that_is_forged_forwarded_too_late_or_of_another_page_says_so(visitor, place, link):
    token = links.order_token(place.settings, "tienda", 1)
    for wrong in (link[:-1], f"/survey/{token}", "/survey/x", links.survey_link(place.settings, 99)):
        assert visitor.post(wrong, data={"nps": "9"}).status_code == 404
    assert "reenviado" in visitor.get(link).text
    with clock.clock_set_to(clock.now() + timedelta(days=23)):
        for page in (visitor.get(link), visitor.post(link, data={"nps": "9"})):
            assert page.status_code == 403
            assert "ya ha terminado" in page.text
    assert answers(place) == {}
