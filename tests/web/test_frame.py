"""Every page comes in the same frame: in the reader's language, guarded, with the company's identity, and never cached."""

import re
import tomllib

import pytest

from postventa.cards import TEMPLATES
from postventa.rules.complaints import Kind, State, Topic
from postventa.rules.returns import ReturnKind, ReturnState
from postventa.rules.shipments import ShipmentStatus
from postventa.web.words import spoken, words_in


def test_the_front_page_says_who_looks_after_the_customer(visitor):
    page = visitor.get("/")

    assert page.status_code == 200
    for said in (
        "Tienda Ejemplo, S.L.",
        "B00000000",
        "Carrer Major 1",
        "Registro Mercantil",
        "+34 930 000 000",
    ):
        assert said in page.text


@pytest.mark.parametrize(
    ("accepted", "asked", "spoken_there"),
    [("fr,ca;q=0.8,en;q=0.3", "", "ca"), ("de", "", "es"), ("ca", "en", "en"), ("en;q=x, *", "xx", "es")],
)
def test_a_page_speaks_the_readers_language_and_a_chosen_one_before_it(
    visitor, accepted, asked, spoken_there
):
    page = visitor.get("/", params={"lang": asked}, headers={"Accept-Language": accepted})

    assert f'<html lang="{spoken_there}">' in page.text


def test_an_order_speaks_its_own_language_until_another_is_chosen_and_links_keep_the_choice(visitor):
    link = visitor.order_link(7002)

    assert '<html lang="ca">' in visitor.get(link).text
    chosen = visitor.get(f"{link}?lang=en").text
    assert '<html lang="en">' in chosen
    assert "/complaint?lang=en" in chosen


def test_nothing_from_elsewhere_is_loaded_and_nothing_can_run(visitor):
    page = visitor.get(visitor.order_link(7001))

    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "'unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert "max-age" in page.headers["Strict-Transport-Security"]
    assert not re.findall(r"<script|style=|\son\w+=|<img|<iframe", page.text)
    assert all(found.startswith("/ayuda/") for found in re.findall(r'<link [^>]*href="([^"]+)"', page.text))


def test_the_pages_work_below_a_path_whether_the_proxy_strips_it_or_not(visitor, pages):
    inside = visitor.get(f"{pages.url}/accessibility")
    outside = visitor.get("/accessibility")

    assert inside.text == outside.text
    assert 'href="/ayuda/accessibility?lang=ca"' in inside.text


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [("/nowhere", 404, "Esta página no existe"), ("/health", 405, "de otra manera")],
)
def test_a_refusal_is_a_page_like_any_other(visitor, path, status, said):
    page = visitor.post(path) if status == 405 else visitor.get(path)

    assert page.status_code == status
    assert said in page.text
    assert "Tienda Ejemplo, S.L." in page.text
    assert "Content-Security-Policy" in page.headers


def leaves(tree, path=""):
    """Every text of a TOML file by its path."""
    for name, inner in tree.items():
        here = f"{path}.{name}" if path else name
        yield from leaves(inner, here) if isinstance(inner, dict) else [(here, inner)]


def test_every_language_says_everything_with_the_same_gaps_to_fill():
    said = {code: dict(leaves(words_in(code))) for code in spoken()}
    gaps = {
        code: {name: re.findall(r"%[sd]", str(text)) for name, text in words.items()}
        for code, words in said.items()
    }

    assert len(gaps) >= 3
    assert all(one == gaps["es"] for one in gaps.values())
    assert all(text for words in said.values() for text in words.values())


@pytest.mark.parametrize(
    ("names", "path"),
    [
        (Kind, ("complaint", "kinds")),
        (Topic, ("complaint", "topics")),
        ((*State, *ReturnState), ("case", "states")),
        (ReturnKind, ("case", "return_kinds")),
        (ShipmentStatus, ("order", "parcel")),
    ],
)
def test_there_are_words_for_everything_that_a_case_or_a_parcel_can_be(names, path):
    for code in spoken():
        assert set(names) - set(words_in(code)[path[0]][path[1]]) == set()


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("when", ["light", "dark"])
def test_what_is_wrong_can_be_read_by_day_and_by_night(when):
    palette = tomllib.loads((TEMPLATES / "_base/palette.toml").read_text("utf-8"))[when]
    day, night = re.findall(r"--wrong:(#\w{6})", (TEMPLATES / "_pages/style.css").read_text("utf-8"))
    wrong = luminance(day if when == "light" else night)

    for ground in ("paper", "ground"):
        under = luminance(palette[ground])
        assert (max(wrong, under) + 0.05) / (min(wrong, under) + 0.05) >= 4.5
