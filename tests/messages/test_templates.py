"""The templates themselves: the same in every language, free of advertising, legible."""

import re
import tomllib
from itertools import product
from pathlib import Path

import pytest
from jinja2 import FileSystemBytecodeCache, TemplateSyntaxError, nodes

from postventa import messages, rules, surveys, templating
from postventa.cards import TEMPLATES
from postventa.rules.consents import ASKED_FOR
from postventa.templating import template_environment

LANGUAGES = messages.languages("received")
MESSAGES = [card.message for card in messages.cards()]
every_message = pytest.mark.parametrize("message", MESSAGES)
every_text = pytest.mark.parametrize(("message", "language"), [*product(MESSAGES, LANGUAGES)])
PROMOTION = {
    "es": r"ofertas?\b|promoci|rebaja|descuento|cup[oó]n|gratis|no te pierdas|aprovecha|newsletter|bolet[ií]n|síguenos|"
    r"valora|reseña|opini[oó]n|recomiend|te puede gustar|próxima compra|regalo|sorteo|última oportunidad|puntos\b(?! de recogida)",
    "ca": r"oferta|ofertes|promoci|rebaix|descompte|cup[oó]|gratis|de franc|no et perdis|aprofita|newsletter|butllet|"
    r"segueix-nos|valora|ressenya|opini|recoman|et pot agradar|pròxima compra|regal|sorteig|última oportunitat",
    "en": r"\boffers?\b|promotion|\bsale\b|discount|coupon|voucher|\bfree\b|don.t miss|newsletter|follow us|\brate\b|"
    r"review|recommend|you may also like|next purchase|\bgift|prize|last chance|loyalty",
}


def read(path):
    return path.read_text(encoding="utf-8")


def spoken_of(path):
    """Every value that a template asks for, such as `order.total`."""
    tree = template_environment().parse(read(path))
    names = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "load"}
    return names | {
        f"{node.node.name}.{node.attr}"
        for node in tree.find_all(nodes.Getattr)
        if isinstance(node.node, nodes.Name)
    }


@every_message
def test_every_language_has_the_same_files_and_speaks_of_the_same(message):
    files = {
        language: {path.name: spoken_of(path) for path in (TEMPLATES / message / language).iterdir()}
        for language in LANGUAGES
    }
    for language in LANGUAGES:
        assert files[language] == files["es"], language
    assert {"subject.txt", "body.txt", "body.html"} <= set(files["es"])


def words_of(folder, language):
    """The words that a folder has in a language, by name; those of a table by the names of both."""
    written = tomllib.loads(read(TEMPLATES / folder / f"{language}.toml"))
    tables = [("", written), *((f"{name}.", one) for name, one in written.items() if isinstance(one, dict))]
    return {
        f"{above}{name}": word
        for above, one in tables
        for name, word in one.items()
        if not isinstance(word, dict)
    }


@pytest.mark.parametrize("folder", sorted({path.parent.name for path in TEMPLATES.glob("_*/es.toml")}))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_words(folder, language):
    words, others = words_of(folder, "es"), words_of(folder, language)
    assert set(others) == set(words)
    for key, word in words.items():
        other = others[key]
        if isinstance(word, str):
            assert (other.count("%s"), sorted(re.findall(r"{\w*}", other))) == (
                word.count("%s"),
                sorted(re.findall(r"{\w*}", word)),
            ), key
        else:
            assert not isinstance(word, list) or len(other) == len(word), key


@pytest.mark.parametrize("survey", surveys.names())
def test_a_survey_is_written_in_every_language_of_the_messages(survey):
    assert set(surveys.definition(survey).words) >= set(LANGUAGES)


def test_what_customers_write_is_understood_in_every_language_of_the_messages():
    assert {path.stem for path in (Path(rules.__file__).parent / "topics").glob("*.toml")} >= set(LANGUAGES)


@pytest.mark.parametrize(
    ("message", "language"),
    [*product([card.message for card in messages.cards() if card.message_class not in ASKED_FOR], LANGUAGES)],
)
def test_a_message_about_an_order_carries_no_advertising(message, language):
    for path in (TEMPLATES / message / language).iterdir():
        prose = re.sub(r"\{[{%#].*?[}%#]\}", " ", read(path)) if path.name != "reasons.txt" else read(path)
        found = re.search(PROMOTION[language], prose, flags=re.IGNORECASE)
        assert not found, f"{path}: {found}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_word_list_would_find_an_advertisement(language):
    bait = {
        "es": "Aprovecha esta oferta",
        "ca": "No et perdis aquesta oferta",
        "en": "10 % off with this coupon",
    }[language]
    assert re.search(PROMOTION[language], bait, flags=re.IGNORECASE)


@every_text
def test_apostrophes_and_points_are_typographic(message, language):
    for path in (TEMPLATES / message / language).iterdir():
        prose = re.sub(
            r"\{%.*?%\}|\{\{.*?\}\}|<[^>]*>",
            " ",
            read(path),
            flags=re.DOTALL if path.suffix == ".html" else 0,
        )
        if path.name != "reasons.txt":
            assert not re.search(r"\w'\w|\.\.\.|  \S+  [.,]", prose), path


def palette():
    return tomllib.loads(read(TEMPLATES / "_base" / "palette.toml"))


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("time_of_day", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        *product(("ink", "muted", "accent"), ("ground", "paper", "panel")),
        ("on_accent", "accent"),
        ("on_notice", "notice"),
    ],
)
def test_every_colour_of_text_can_be_read_on_its_ground(time_of_day, ink, paper):
    colours = palette()[time_of_day]
    bright, dim = sorted((luminance(colours[ink]), luminance(colours[paper])), reverse=True)
    assert (bright + 0.05) / (dim + 0.05) >= 4.5


def test_every_colour_has_its_colour_by_night():
    assert set(palette()["light"]) == set(palette()["dark"])


def test_a_class_becomes_its_style_and_an_unknown_class_is_refused():
    looks = template_environment().extensions["postventa.looks.Looks"]
    styled = looks.preprocess('<p class="small step">', "a.html")
    assert 'class="small step" style="font-size:13px;' in styled
    assert palette()["light"]["accent"] in styled
    assert looks.preprocess('class="nothing"', "a.txt") == 'class="nothing"'
    with pytest.raises(TemplateSyntaxError, match="'nothing'"):
        looks.preprocess('\n<p class="nothing">', "a.html")


def test_the_page_about_messages_tells_what_the_cards_tell():
    page = read(TEMPLATES.parent / "docs" / "messages.md")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if line.startswith("| `")
    ]
    told = [
        [
            f"`{card.message}`",
            card.message_class,
            card.step or "-",
            card.per,
            f"{card.stale_hours} h" if card.stale_hours else "always",
            card.purpose,
        ]
        for card in messages.cards()
    ]
    assert rows == told


def test_a_changed_look_is_seen_although_compiled_templates_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(templating, "TEMPLATES", tmp_path)
    base = tmp_path / "_base"
    base.mkdir()
    (base / "palette.toml").write_text("[light]\n[dark]\n", encoding="utf-8")
    (tmp_path / "page.html").write_text('<p class="note">', encoding="utf-8")
    try:
        for look in ("color:red", "color:blue"):
            (base / "style.toml").write_text(f'note = "{look}"\n', encoding="utf-8")
            template_environment.cache_clear()
            assert look in template_environment().get_template("page.html").render()
    finally:
        template_environment.cache_clear()


def test_where_compiled_templates_cannot_be_kept_they_are_compiled_again(monkeypatch):
    monkeypatch.setattr(FileSystemBytecodeCache, "_get_default_cache_dir", _no_safe_folder)
    try:
        template_environment.cache_clear()
        assert template_environment().get_template("received/es/body.html")
    finally:
        template_environment.cache_clear()


def _no_safe_folder(_cache):
    raise RuntimeError("no folder is safe")
