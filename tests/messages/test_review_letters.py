"""What customers read when they are asked what they think: every letter, in every language, with nothing left to fill in."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from postventa import messages
from postventa.cards import card
from postventa.rules.consents import ASKED_FOR

LANGUAGES = messages.languages("received")
AT = datetime(2026, 12, 10, 22, 59, tzinfo=UTC).astimezone(ZoneInfo("Europe/Madrid"))
SITE = "https://postventa.tienda.example"
SURVEY = SimpleNamespace(
    url=f"{SITE}/survey/t",
    ask="¿Cómo fue?",
    low="muy mal",
    high="muy bien",
    scale=tuple(
        SimpleNamespace(number=number, said=f"¿Cómo fue? {number}/5", url=f"{SITE}/survey/t?answer={number}")
        for number in range(1, 6)
    ),
)
PRODUCTS = tuple(
    SimpleNamespace(ref=ref, name=name, url=f"https://tienda.example/{ref}#reviews")
    for ref, name in (("1", "Cafetera <b>italiana</b>"), ("2", "Tela de lino"))
)
REWARD = SimpleNamespace(percent=10, days=60, conditions_url="https://tienda.example/opiniones")
ASK = {"until_at": AT, "products": PRODUCTS, "reward": REWARD, "survey": SURVEY}
FACTS = {
    "review_requested": ASK,
    "review_reminder": ASK,
    "review_coupon": {"code": "GRACIAS-ABCDE", "percent": 10, "until_at": AT},
    "case_survey": {"case": "R-2026-000012", "until_at": AT, "survey": SURVEY},
    "opt_out_confirmed": {"reference": "O-2026-000123", "scope": "all", "objected_at": AT},
}
SAYS = {
    "review_requested": (
        "https://tienda.example/1#reviews",
        f"{SITE}/survey/t",
        "10 %",
        REWARD.conditions_url,
    ),
    "review_reminder": (
        "https://tienda.example/2#reviews",
        f"{SITE}/survey/t",
        "10 %",
        REWARD.conditions_url,
    ),
    "review_coupon": ("GRACIAS-ABCDE", "10 %", "2026"),
    "case_survey": ("R-2026-000012", f"{SITE}/survey/t", "2026"),
    "opt_out_confirmed": ("O-2026-000123", "23:59", "listarobinson.es", "aepd.es"),
}
LEFT_OVER = re.compile(
    r"\{\{|\}\}|\{%|%\}|\bNone\b|\bUndefined\b|<built-in|SimpleNamespace|%[sd]\b|%\(|\bTrue\b|\bFalse\b"
)
"""What a value leaves behind that nobody filled in, or filled in with the wrong thing."""
every_letter = pytest.mark.parametrize("message", sorted(FACTS))
every_language = pytest.mark.parametrize("language", LANGUAGES)


def write(full, message, language="es", **facts):
    refusable = card(message).message_class in ASKED_FOR
    view = replace(
        full,
        language=language,
        parcel=None,
        opt_out_url=f"{SITE}/optout/t" if refusable else "",
        facts=SimpleNamespace(**FACTS[message] | facts),
    )
    return messages.render(message, view)


def words_of(html):
    bare = re.sub(r"<style.*?</style>|<!--.*?-->|<[^>]+>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", bare)


@every_letter
@every_language
def test_nothing_in_a_letter_is_left_to_fill_in_and_it_says_what_it_must(full, message, language):
    letter = write(full, message, language)
    for part in (letter.subject, letter.text, words_of(letter.html)):
        assert not LEFT_OVER.search(part), LEFT_OVER.search(part)
    for said in SAYS[message]:
        assert said in letter.text.replace("\N{NO-BREAK SPACE}", " ")
        assert said in letter.html.replace("\N{NO-BREAK SPACE}", " ")
    assert letter.text.splitlines()[0] in words_of(letter.html)
    assert "<b>italiana" not in letter.html


@every_letter
@every_language
def test_only_what_may_be_refused_says_how_to_refuse_it(full, message, language):
    letter = write(full, message, language)
    refusable = card(message).message_class in ASKED_FOR
    assert (f"{SITE}/optout/t" in letter.text) == refusable
    assert (f"{SITE}/optout/t" in letter.html) == refusable


@every_language
def test_without_a_coupon_or_pages_for_reviews_nothing_is_promised_and_the_survey_is_asked_alone(
    full, language
):
    bare = tuple(SimpleNamespace(ref=one.ref, name=one.name, url="") for one in PRODUCTS)
    for message in ("review_requested", "review_reminder"):
        letter = write(full, message, language, reward="", products=bare)
        assert "10 %" not in letter.text.replace("\N{NO-BREAK SPACE}", " ")
        assert REWARD.conditions_url not in letter.text + letter.html
        assert "#reviews" not in letter.text + letter.html
        assert SURVEY.url in letter.text


@every_language
def test_a_reminder_is_no_request_and_what_was_refused_is_said(full, language):
    first, second = write(full, "review_requested", language), write(full, "review_reminder", language)
    assert first.subject != second.subject
    assert first.text.splitlines()[0] != second.text.splitlines()[0]
    everything, surveys = (
        write(full, "opt_out_confirmed", language, scope=scope).text for scope in ("all", "relationship")
    )
    assert everything != surveys


def test_the_lint_would_find_what_is_left_to_fill_in():
    for bait in ("Hola {{ name }}", "Hola None", "%s te espera", "{% if x %}", "namespace SimpleNamespace()"):
        assert LEFT_OVER.search(bait)
    assert not LEFT_OVER.search("Un cupón del 10 % para otra compra")
