"""What no letter about a case may be: commercial, a survey, a way to the dead platform, or without a person behind it."""

import pytest
from some_cards import ABOUT_CASES

from postventa.cards import TEMPLATES
from postventa.rules.commercial import out_of_place
from postventa.rules.messages import IN_A_CASE

TO_CUSTOMERS = [card.message for card in ABOUT_CASES if card.per == "case"]


def test_every_letter_about_a_case_is_of_a_class_that_may_be_sent_in_one():
    assert {card.message for card in ABOUT_CASES if card.message_class not in IN_A_CASE} == set()


@pytest.mark.parametrize("message", TO_CUSTOMERS)
def test_no_template_of_a_case_advertises_or_links_to_the_dead_platform(message):
    for path in (TEMPLATES / message).rglob("*.*"):
        assert out_of_place(path.read_text(encoding="utf-8")) == "", path


@pytest.mark.parametrize("message", TO_CUSTOMERS)
def test_every_letter_stands_in_the_frame_that_names_a_person_to_turn_to(message):
    for body in ("html", "txt"):
        assert "words.contact_how" in (TEMPLATES / "_base" / f"frame.{body}").read_text(encoding="utf-8")
        for path in (TEMPLATES / message).glob(f"*/body.{body}"):
            written = path.read_text(encoding="utf-8")
            assert written.startswith(f'{{% extends "_base/frame.{body}" %}}'), path


def test_the_shared_parts_are_clean_too():
    for path in (TEMPLATES / "_base").iterdir():
        assert out_of_place(path.read_text(encoding="utf-8")) == "", path
