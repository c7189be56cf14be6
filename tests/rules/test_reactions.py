"""Reactions: numbers decide, words say what it is about, and no text is judged by its mood."""

import tomllib
from pathlib import Path

import pytest

import postventa
from postventa.rules.complaints import Topic
from postventa.rules.reactions import ABOUT, Deed, plain, read_vocabulary, to_answers, to_review, topics_in
from postventa.rules.surveys import LANGUAGES, check, read_survey

HOME = Path(postventa.__file__).parent
WORDS = {
    code: read_vocabulary(tomllib.loads((HOME / f"rules/topics/{code}.toml").read_text("utf-8")))
    for code in LANGUAGES
}
DELIVERY = read_survey("delivery", tomllib.loads((HOME / "surveys/delivery.toml").read_text("utf-8")))


def reaction(topics=(), **said):
    return to_answers(
        DELIVERY, check(DELIVERY, {name: str(value) for name, value in said.items()}).answers, topics
    )


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("LLEGÓ ROTA la taza, ¡y tarde!", ("damaged", "late")),
        ("Llegó sin ningún retraso; nunca llega roto.", ()),
        ("La paquetería bien. Buenas tardes.", ()),
        ("M’ha arribat malmès i ningú no respon", ("damaged", "care")),
        ("Sense cap retard, perfecte, un cop més", ()),
        ("It didn’t arrive, I want my money back", ("missing", "refund")),
        ("Not late at all; the latest fashion", ()),
        ("", ()),
    ],
)
def test_topics_are_found_by_whole_words_in_any_language_unless_they_are_taken_back(text, topics):
    assert topics_in(text, WORDS.values()) == topics


def test_every_language_has_words_for_every_topic_and_each_is_found_by_itself():
    for code in LANGUAGES:
        written = tomllib.loads((HOME / f"rules/topics/{code}.toml").read_text("utf-8"))
        assert set(written["topics"]) == set(ABOUT)
        for topic, phrases in written["topics"].items():
            for phrase in phrases:
                assert plain(phrase.replace("*", "")) == phrase.replace("*", "")
                assert topic in topics_in(phrase.replace("*", ""), [WORDS[code]]), phrase


def test_a_low_score_is_a_case_about_what_its_customer_named():
    found = reaction(["late"], order_condition=1, what_was_wrong="damaged", overall_experience=5)
    assert (found.deed, found.reasons, found.topics) == (
        Deed.CASE,
        ("order_condition:1",),
        ("damaged", "late"),
    )
    assert found.about is Topic.PRODUCT
    assert reaction(delivery_time=2).about is Topic.DELIVERY
    assert reaction(overall_experience=1).about is Topic.OTHER


def test_a_lukewarm_recommendation_is_a_case_only_with_a_topic():
    assert reaction(nps=6).deed is Deed.NONE
    assert reaction(["refund"], nps=6).about is Topic.BILLING
    assert reaction(["refund"], nps=7).deed is Deed.NONE


def test_the_glad_are_offered_unless_they_name_something_wrong():
    assert reaction(overall_experience=5, nps=8).reasons == ("overall_experience:5",)
    assert reaction(nps=9).deed is Deed.OFFER
    assert reaction(["late"], nps=10).deed is Deed.NONE
    assert reaction(comment="Bien").deed is Deed.NONE


def test_a_review_reacts_by_its_stars():
    assert to_review(2, ["late"]).about is Topic.DELIVERY
    assert to_review(1, []).about is Topic.PRODUCT
    assert [to_review(stars, topics).deed for stars, topics in ((3, []), (5, []), (5, ["size"]))] == [
        *(Deed.NONE, Deed.OFFER, Deed.NONE)
    ]
