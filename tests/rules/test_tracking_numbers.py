"""Tracking numbers: right and wrong check digits, whom a number may belong to, and links that lack something."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postventa.rules import tracking_numbers as rules
from postventa.rules.tracking_numbers import (
    CHECKS,
    BadCatalogue,
    filled,
    link_to,
    mistyped,
    named,
    read_carriers,
    suggestions,
)

FILE = Path(rules.__file__).with_suffix(".toml")
CARRIERS = read_carriers(tomllib.loads(FILE.read_text("utf-8")), FILE.name)
BY_KEY = {one.key: one for one in CARRIERS}

RIGHT = {
    "RR123456785ES": "correos",
    "PQ856C0710027820144566Q": "correos",
    "PQ856C071002782E": "correos",
    "1Z023E2X0214323462": "ups",
    "1Z999AA10123456784": "ups",
    "00340434161094042557": "dhl",
    "00340434161094038253": "dhl",
    "7777777770": "dhl",
    "986578788855": "fedex",
}
UNCHECKED = {
    "0034050034059700104370": ["ctt", "tipsa"],
    "61143283984788": ["seur", "gls_spain"],
    "1234/12345678": ["nacex"],
    "JD0146000100072211": ["dhl"],
    "3230001234567890": ["correos_express"],
    "01234A567890": ["mrw"],
    "hola": [],
}


def keys(found) -> list[str]:
    return [one.carrier.key for one in found]


@pytest.mark.parametrize(("number", "key"), RIGHT.items())
def test_a_right_check_digit_suggests_its_carrier_first(number, key):
    found = suggestions(f" {number[:4].lower()} {number[4:]} ", CARRIERS)
    assert (found[0].carrier.key, found[0].is_checked) == (key, True)
    assert mistyped(number, CARRIERS) == ()


def test_one_wrong_character_is_found_in_every_number_that_has_a_check_digit():
    slipped = []
    for number in RIGHT:
        last = number[10] if number[-2:] == "ES" else number[-1]
        place = 10 if number[-2:] == "ES" else len(number) - 1
        for other in "0123456789" if last.isdecimal() else "ABCDEFGHJKLMNPQRSTVWXYZ":
            written = f"{number[:place]}{other}{number[place + 1 :]}"
            if other != last and any(one.is_checked for one in suggestions(written, CARRIERS)):
                slipped.append(written)
            if other != last and not mistyped(written, CARRIERS):
                slipped.append(written)
    assert slipped == []


def test_numbers_without_a_check_digit_suggest_all_whose_numbers_look_so():
    found = {number: suggestions(number, CARRIERS) for number in UNCHECKED}
    assert {number: keys(found[number]) for number in UNCHECKED} == UNCHECKED
    assert not any(one.is_checked for told in found.values() for one in told)


@given(st.text(max_size=40))
def test_no_number_is_too_strange_to_look_at(number):
    suggestions(number, CARRIERS)
    mistyped(number, CARRIERS)


@given(
    st.sampled_from([form for one in CARRIERS for form in one.forms]).flatmap(
        lambda form: st.from_regex(re.compile(form.pattern.pattern, re.ASCII), fullmatch=True)
    )
)
def test_every_number_of_a_known_form_is_suggested_or_mistyped(number):
    assert suggestions(number, CARRIERS) or mistyped(number, CARRIERS)


def test_a_carrier_is_known_by_the_whole_word_and_never_by_a_part_of_it():
    said = {
        "Correos Express": "correos_express",
        "CORREOS": "correos",
        "  gls   Spain ": "gls_spain",
        "ups": "ups",
    }
    assert {word: found.key for word in said if (found := named(word, CARRIERS))} == said
    assert [
        word for word in ("", " ", "correo", "mi transportista dhl", "glsx") if named(word, CARRIERS)
    ] == []


def test_every_link_is_filled_with_what_it_asks_for():
    numbers = {"nacex": "1234/12345678"}
    links = {one.key: link_to(one, numbers.get(one.key, "A 1&2"), "17001") for one in CARRIERS}
    assert [key for key, link in links.items() if not link] == ["tipsa", "envialia"]
    assert [link for link in links.values() if link and not link.startswith("https://")] == []
    assert "{" not in "".join(links.values())
    assert links["correos"].endswith("?tracking-number=A1%262")
    assert links["gls_spain"] == "https://mygls.gls-spain.es/e/A1%262/17001/es"
    assert "agencia_origen=1234&numero_albaran=12345678&" in links["nacex"]


def test_a_link_that_lacks_something_is_none():
    assert link_to(BY_KEY["gls_spain"], "61143283984788") == ""
    assert link_to(BY_KEY["nacex"], "12345678") == ""
    assert filled("https://x.example/{number}/{other}", "1") == ""
    assert filled("https://x.example/{number}", "../a") == "https://x.example/..%2FA"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"forms": [{"pattern": "1", "about": "x", "check": "luck"}]}, "no check digit called luck"),
        ({"key": "ups"}, "there twice"),
        ({"words": ["seur"]}, "'seur' may mean several"),
    ],
)
def test_a_catalogue_that_cannot_be_right_says_so(more, said):
    written = tomllib.loads(FILE.read_text("utf-8"))
    new = {"key": "new", "name": "New", "words": [], "link": "", "forms": []} | more
    with pytest.raises(BadCatalogue, match=said):
        read_carriers({"carrier": [*written["carrier"], new]}, "x.toml")


def test_every_check_is_used():
    assert {form.check for one in CARRIERS for form in one.forms} - {""} == set(CHECKS)
