"""Surveys: definitions that cannot ask too much, answers that count or are told apart, and what a low score is."""

import copy
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import postventa
from postventa.rules.complaints import State
from postventa.rules.surveys import (
    Answer,
    BadSurvey,
    asked,
    check,
    low_scores,
    may_ask_about_case,
    read_survey,
)

FOLDER = Path(postventa.__file__).parent / "surveys"
WRITTEN = tomllib.loads((FOLDER / "delivery.toml").read_text("utf-8"))
DELIVERY = read_survey("delivery", WRITTEN)
DAY = datetime(2026, 11, 2, 8, tzinfo=UTC)


def answered(**said):
    return check(DELIVERY, {name: str(value) for name, value in said.items()}).answers


def test_every_survey_that_ships_can_be_read_and_begins_with_one_tap():
    for path in FOLDER.glob("*.toml"):
        survey = read_survey(path.stem, tomllib.loads(path.read_text("utf-8")))
        assert survey.first.low_at == 2
        assert survey.question(survey.first.name) is survey.first
    assert DELIVERY.question("shoe_size") is None


def broken(change):
    written = copy.deepcopy(WRITTEN)
    change(written)
    return written


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda w: w.pop("ca"), "a title and a lead in ca"),
        (lambda w: w.update(questions=[]), "has 0 questions"),
        (lambda w: w["questions"].append({}), "has 8 questions"),
        (lambda w: w["questions"].reverse(), "depends on 'order_condition'"),
        (lambda w: w.update(questions=[w["questions"][6]]), "must begin with a scale"),
        (lambda w: w["questions"].__setitem__(1, {**w["questions"][6], "name": "more"}), "depends on"),
        (lambda w: w["questions"].__setitem__(4, {**w["questions"][6], "name": "more"}), "more than once"),
        (lambda w: w["questions"][1].update(name="Überall"), "a name of its own"),
        (lambda w: w["questions"][1].update(name="overall_experience"), "a name of its own"),
        (lambda w: w["questions"][1].update(kind="smiley"), "needs a kind"),
        (lambda w: w["questions"][1].update(scale=[5, 1]), "needs a scale"),
        (lambda w: w["questions"][2].update(options=["damaged"]), "two options"),
        (lambda w: w["questions"][2]["en"]["options"].pop("size"), "lacks words in en"),
    ],
)
def test_a_definition_that_cannot_be_asked_is_refused_by_its_name(change, said):
    with pytest.raises(BadSurvey, match=said):
        read_survey("delivery", broken(change))


def in_portuguese():
    """The survey with the words of one more language, which are the Spanish ones."""
    written = copy.deepcopy(WRITTEN)
    for words in (written, *written["questions"]):
        words["pt"] = words["es"]
    return written


def test_a_survey_may_speak_one_more_language_and_then_says_everything_in_it():
    spoken = read_survey("delivery", in_portuguese())
    assert {"es", "ca", "en", "pt"} == set(spoken.words) == set(spoken.first.words)
    half = in_portuguese()
    del half["questions"][3]["pt"]
    with pytest.raises(BadSurvey, match="'delivery_time' of the survey delivery lacks words in pt"):
        read_survey("delivery", half)


def test_partial_answers_count_and_nonsense_is_told_apart():
    given = {
        "overall_experience": " 4 ",
        "nps": "11",
        "delivery_time": "",
        "comment": "x" * 4001,
        "shoe_size": "4",
    }
    checked = check(DELIVERY, given | {"what_was_wrong": "smell", "customer_care": "٣"})

    assert checked.answers == {"overall_experience": Answer("overall_experience", 4)}
    assert checked.problems == {
        "nps": "no_number",
        "comment": "too_long",
        "what_was_wrong": "no_option",
        "customer_care": "no_number",
    }


def test_what_was_wrong_is_asked_only_of_who_got_something_wrong():
    def is_asked(**said):
        return "what_was_wrong" in {question.name for question in asked(DELIVERY, answered(**said))}

    assert is_asked(order_condition=2)
    assert not is_asked(order_condition=3)
    assert not is_asked(overall_experience=1)
    assert not is_asked(order_condition=3, what_was_wrong="damaged")


def test_low_scores_are_those_that_somebody_must_hear_of():
    said = answered(overall_experience=3, delivery_time=2, nps=6, comment="tarde", what_was_wrong="other")

    assert [low.question for low in low_scores(DELIVERY, said, has_bad_topic=False)] == ["delivery_time"]
    assert [low.question for low in low_scores(DELIVERY, said, has_bad_topic=True)] == [
        "delivery_time",
        "nps",
    ]


def test_a_case_is_asked_about_once_it_is_resolved_between_one_day_and_three():
    def verdict(hours, *states):
        return may_ask_about_case([State.RESOLVED, *states], DAY, DAY + timedelta(hours=hours))

    assert verdict(23).until == DAY + timedelta(hours=24)
    assert verdict(24).may_go
    assert verdict(24, State.REOPENED).reason == "complaint_open"
    assert verdict(72).reason == "stale_event"
