"""The words of texts: in every language, in characters that every telephone takes, in two parts at most."""

from dataclasses import replace
from itertools import product

import pytest

from postventa import messages
from postventa.cards import TEMPLATES, BadTemplate, NoSuchMessage
from postventa.messages import card, cards, values_of
from postventa.sms_numbers import mobile
from postventa.sms_words import AT_MOST, in_gsm, languages_of, parts, septets, short, worded

TEXTS = sorted(path.parent.parent.name for path in TEMPLATES.glob("*/es/sms.txt"))
INCIDENTS = ("delivery_failed", "on_hold", "exception", "return_to_sender", "delayed")
SITE = f"https://postventa.{'x' * 14}.example"
ORDER, SURVEY, OPT_OUT = f"{SITE}/order/{'t' * 70}", f"{SITE}/survey/{'t' * 44}", f"{SITE}/optout/{'t' * 60}"
REVIEW = {"survey": type("Survey", (), {"url": SURVEY})}


def widest(full, parcel, message, language, incident=""):
    """A message about an order in which everything is as long as it may be."""
    long_parcel = replace(parcel, carrier="C" * 60, pickup_point="P" * 200, count=12, position=11)
    return replace(
        full,
        language=language,
        shop_name="Núria " * 12,
        order=replace(full.order, number="9" * 40),
        parcel=long_parcel,
        incident=incident,
        order_url=ORDER,
        opt_out_url=OPT_OUT,
        facts=type("Facts", (), REVIEW),
        all_delivered=message == "delivered",
    )


@pytest.mark.parametrize(("message", "language"), [*product(TEXTS, ("es", "ca", "en"))])
def test_a_text_fits_into_two_parts_with_the_longest_of_everything(full, parcel, message, language):
    for incident in INCIDENTS if message == "incident" else ("",):
        view = widest(full, parcel, message, language, incident)
        text = worded(message, language, values_of(card(message), view))
        assert parts(text) <= AT_MOST
        assert text == in_gsm(text)
        assert text.startswith("Núria".replace("ú", "u"))
        assert not any(mark in text for mark in ("{", "}", "None", "  ", "\n"))
        bare = replace(view, parcel=None, order_url="")
        assert parts(worded(message, language, values_of(card(message), bare))) <= AT_MOST


def test_a_card_says_of_its_message_whether_it_can_be_a_text_in_every_language():
    spoken = frozenset(messages.languages("received"))
    assert {one.message: languages_of(one.message) for one in cards()} == {
        one.message: spoken if "sms" in one.channels else frozenset() for one in cards()
    }
    assert {"ready_for_pickup", "out_for_delivery", "incident", "review_requested"} <= set(TEXTS)


def test_a_text_that_is_longer_is_refused_by_its_name(full, monkeypatch):
    monkeypatch.setattr("postventa.sms_words.AT_MOST", 0)
    with pytest.raises(BadTemplate, match=r"^templates/shipped/es/sms.txt: \d+ characters are more than 0"):
        worded("shipped", "es", values_of(card("shipped"), full))
    with pytest.raises(NoSuchMessage, match=r"templates/paid/es/sms.txt"):
        worded("paid", "es", values_of(card("paid"), full))


@pytest.mark.parametrize(
    ("written", "gsm"),
    [
        ("está à ñ ç l·l", "esta à ñ c l.l"),
        ("Łódź “ja”…", 'Lodz "ja"...'),
        ("paquete 📦 aquí", "paquete  aqui"),
        ("10 €\N{NO-BREAK SPACE}ya", "10 € ya"),
        ("Київ", ""),
    ],
)
def test_what_telephones_lack_is_written_with_what_they_have(written, gsm):
    assert in_gsm(written) == gsm


@pytest.mark.parametrize(
    ("text", "size", "count"),
    [("a" * 160, 160, 1), ("a" * 161, 161, 2), ("a" * 306, 306, 2), ("a" * 307, 307, 3), ("€" * 80, 160, 1)],
)
def test_parts_are_counted_as_they_are_paid_for(text, size, count):
    assert (septets(text), parts(text)) == (size, count)


def test_a_long_name_is_cut_where_it_can_be_seen():
    assert short("Carrer de Sants, 20", 12) == "Carrer de..."
    assert short(" a  b ", 12) == "a b"


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("600 000 001", "ES", "+34600000001"),
        ("+34 600-00-00-01", "", "+34600000001"),
        ("0034 600 000 001", "es", "+34600000001"),
        ("07911 123456", "GB", "+447911123456"),
        ("930 000 000", "ES", ""),
        ("600 000 001", "", ""),
        ("call me", "ES", ""),
    ],
)
def test_only_a_mobile_number_whose_country_is_known_gets_texts(written, country, number):
    assert mobile(written, country) == number
