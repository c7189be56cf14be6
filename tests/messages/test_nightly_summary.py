"""What a manager reads in the morning: good or bad by the subject, and the same in the text as in the page."""

import re
from dataclasses import replace
from datetime import date
from html import unescape
from types import SimpleNamespace

import pytest

from postventa import messages

GOOD, BAD = (
    {"es": "Todo en orden", "ca": "Tot en ordre", "en": "All is well"},
    {
        "es": "Atención",
        "ca": "Atenció",
        "en": "Attention",
    },
)
LANGUAGES = messages.languages("nightly_summary")
every_language = pytest.mark.parametrize("language", LANGUAGES)
FIGURE = SimpleNamespace(name="CSAT", value="84 %", before="80 %", change="+4", told="?")


@pytest.fixture
def letter(full):
    """`letter("es", today=("3 refunds are late.",))` puts a night into words."""

    def written(language, **more):
        facts = {"night_on": date(2026, 11, 21), "is_built": True, "kept_on": "", "figures": (FIGURE,)}
        facts |= {
            "failed": (),
            "today": (),
            "links": SimpleNamespace(report="", dictionary="", validation=""),
        }
        facts |= more
        facts |= {f"{name}_count": len(facts[name]) for name in ("failed", "today")}
        is_good = facts["is_built"] and not facts["failed"] and not facts["today"]
        view = replace(
            full,
            language=language,
            order=None,
            parcel=None,
            customer_name="Pau",
            facts=SimpleNamespace(**facts, is_good=is_good),
            is_for_staff=True,
        )
        return messages.render("nightly_summary", view)

    return written


def words(text):
    return set(re.findall(r"\w+", text))


@every_language
def test_the_subject_says_good_or_bad_first_and_then_why(letter, language):
    good = letter(language)
    assert good.subject.startswith(f"{GOOD[language]} · ")
    assert "2026" in good.subject
    bad = letter(language, failed=("net_sales: no.",), today=("One.", "Two."))
    assert bad.subject.startswith(f"{BAD[language]}: 1 ")
    assert ", 2 " in bad.subject
    unbuilt = letter(language, is_built=False, kept_on=date(2026, 11, 20), failed=("The disk is full.",))
    assert unbuilt.subject.startswith(f"{BAD[language]}: ")
    assert "The disk is full." in unbuilt.text
    assert "20" in unbuilt.text


@every_language
def test_text_and_page_say_the_same(letter, language):
    links = SimpleNamespace(report="https://files.example/r.html", dictionary="file:///d.html", validation="")
    for night in (
        letter(language, links=links),
        letter(language, failed=("net_sales: <b>no</b>.",), today=("One & two.",), links=links),
        letter(language, is_built=False, failed=("Why.",), figures=()),
    ):
        page = unescape(
            re.sub(r"<[^>]+>", " ", re.sub(r"<(head|div)\b.*?</\1>", " ", night.html, flags=re.DOTALL))
        )
        addresses = words(" ".join(re.findall(r'href="([^"]+)"', night.html)))
        assert words(night.text) <= words(page) | addresses
        assert "<b>no" not in night.html
        assert 'href="file:' not in night.html
