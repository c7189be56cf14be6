"""The managers' report of a seeded month: its figures are the datasets', it loads nothing, bars nobody, and stays the same."""

import json
import re
import shutil
from datetime import date, timedelta

import pytest
from axe_playwright_python.base import AXE_FILE_PATH

from postventa import report
from postventa.datasets import load
from postventa.datasets._manifest import Check
from postventa.datasets._shelf import Shelf
from postventa.night_summary import links
from postventa.rules.satisfaction import csat, nps
from tasks import nightly

pytestmark = pytest.mark.xdist_group("published-month")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def page(published_month):
    _, _, folder, manifest = published_month
    return (folder / "reports" / f"{manifest.night}.html").read_text("utf-8")


@pytest.fixture
def written(published_month, tmp_path):
    """Writes the report of a state somewhere else, and answers its page."""
    _, place, folder, manifest = published_month

    def write(**changed):
        there = tmp_path / "elsewhere"
        if not there.exists():
            shutil.copytree(folder, there, ignore=shutil.ignore_patterns("reports"))
        shelf = Shelf(str(there))
        made = report.write(shelf, manifest.model_copy(update=changed), place.settings)
        return shelf.read(made.page).decode()

    return write


def test_its_figures_are_those_of_the_published_answers(published_month):
    _, _, folder, manifest = published_month
    answers = load("survey_responses", "2026-10-05", "2026-11-01", path=str(folder))
    counted = answers[answers["is_counted"]]
    told = json.loads((folder / "reports" / f"{manifest.night}.json").read_text("utf-8"))
    said = {one["figure"]: one for one in told["kpis"]}
    wanted = nps(counted["nps"].dropna().tolist())
    assert said["NPS"]["last 28 days"] == f"{wanted.value:+.0f}".replace("-", "\N{MINUS SIGN}")
    content = csat(counted["overall_experience"].dropna().tolist())
    bounds = f"{content.low:.0%}-{content.high:.0%}".replace("%-", "-").replace("-", "\N{EN DASH}")
    assert said["CSAT de entregas"]["last 28 days"].split() == [f"{content.value:.0%}"[:-1], "%"]
    assert said["CSAT de entregas"]["95 % interval"].replace("\N{NO-BREAK SPACE}", "") == bounds
    sold = load("net_sales", "2026-10-05", "2026-11-01", path=str(folder))
    euros = sold[sold["currency"] == "EUR"]["net_amount"].sum()
    assert said["Ventas netas"]["last 28 days"].replace(".", "").split()[0] == f"{euros:.0f}"


def test_every_chart_says_what_it_shows_and_has_its_numbers_behind_it(page):
    charts = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
    drawn = [one for one in charts if "<svg" in one]
    assert len(drawn) == 7
    for one in drawn:
        assert re.search(r'<svg [^>]*role="img"[^>]*aria-label="[^"]{30,}', one)
    assert page.count("<details>") == 6  # the table of the carriers stands open beside its chart
    assert len(re.findall(r'id="(\w[^"]*)"', page)) == len(set(re.findall(r'id="(\w[^"]*)"', page)))
    assert not re.search(r'(?:src|href)="https?:|@import|url\(h|<script|<link', page)


def test_the_same_night_twice_is_the_same_page_and_says_nothing_of_its_run(page, published_month, written):
    _, _, _, manifest = published_month
    assert written(run="20261103T030000Z-ffffffff") == page
    assert manifest.run not in page


def test_a_contract_that_was_not_kept_is_said_first_and_by_its_rule(published_month, written):
    _, _, _, manifest = published_month
    broken = Check(
        dataset="cohort_repeat",
        rule="share_is_share",
        passed=False,
        severity="error",
        sentence="A share is one.",
    )
    stayed = manifest.datasets["cohort_repeat"].model_copy(update={"night": date(2026, 10, 30)})
    page = written(checks=(*manifest.checks, broken), datasets={"cohort_repeat": stayed})
    first = re.search(r'id="today">.*?<li>(.*?)</li>', page, re.DOTALL)[1]
    assert first == (
        "cohort_repeat no se ha publicado: A share is one (share_is_share). "
        "Se muestra lo publicado hasta el 30 de octubre de 2026."
    )
    assert "Los 13 conjuntos de datos cumplen" not in page


def test_where_nothing_could_be_published_the_page_says_so_and_nothing_else(published_month, written):
    page = written(datasets={}, checks=())
    assert "no están publicados, y aquí falta lo que sale de ellos" in page
    assert "<svg" not in page
    assert re.findall(r'<h2 id="(.*?)"', page) == ["today", "bad", "good", "data"]


def test_the_index_lists_the_nights_the_newest_first(published_month, written, tmp_path):
    _, _, _, manifest = published_month
    for night in (date(2026, 10, 31), manifest.night, date(2026, 10, 30)):
        written(night=night, datasets={}, checks=())
    index = (tmp_path / "elsewhere" / "reports" / "index.html").read_text("utf-8")
    assert re.findall(r'href="(2026-\d\d-\d\d).html"', index) == ["2026-11-01", "2026-10-31", "2026-10-30"]
    found = links(Shelf(str(tmp_path / "elsewhere")), manifest)
    assert "reports/2026-11-01.html" in found
    assert "dictionary.html" in found


def test_the_run_shows_every_figure_with_its_interval_and_change_and_what_became_of_every_rule(
    published_month, monkeypatch
):
    _, place, folder, manifest = published_month
    shown = {}
    monkeypatch.setattr(nightly, "open_workplace", lambda: place)
    monkeypatch.setattr(nightly, "create_table_artifact", lambda key, table, **_: shown.update({key: table}))
    monkeypatch.setattr(
        nightly, "create_markdown_artifact", lambda key, markdown, **_: shown.update({key: markdown})
    )
    assert nightly.report.fn() == []
    told = json.loads((folder / "reports" / f"{manifest.night}.json").read_text("utf-8"))["kpis"]
    figures = shown["night-figures"]
    assert len(figures) == len(told)
    in_english = {"NPS", "Response rate", "On time"}  # the page itself is in Spanish
    assert {row["figure"] for row in figures} >= in_english
    (first, *_) = figures
    assert first["figure"] == "NPS"
    assert all(first[column] for column in ("last 28 days", "95 % interval"))
    assert len(shown["dataset-contracts"]) == len(manifest.checks)
    assert {row["kept"] for row in shown["dataset-contracts"] if row["severity"] == "error"} == {"yes"}
    for page in (f"reports/{manifest.night}.html", "dictionary.html", "validation.html"):
        assert f"{page})" in shown["nightly-links"], page


def test_a_page_goes_with_the_first_of_the_facts_that_it_was_made_of(published_month, written, tmp_path):
    """Answers are kept for 400 days, and everything else for longer."""
    _, _, _, manifest = published_month
    reports = tmp_path / "elsewhere" / "reports"
    long_ago, just_kept = manifest.night - timedelta(days=401), manifest.night - timedelta(days=400)
    for night in (long_ago, just_kept):
        written(night=night, datasets={}, checks=())
    (reports / "2019-notes.html").write_text("somebody's own")
    written()
    there = {path.name for path in reports.iterdir()}
    nights = {f"{night}.{kind}" for night in (just_kept, manifest.night) for kind in ("html", "json")}
    assert there == {*nights, "index.html", "2019-notes.html"}
    assert f"{long_ago}" not in (reports / "index.html").read_text("utf-8")


@pytest.mark.browser
def test_nobody_is_barred_from_its_pages_and_they_fit_every_screen(published_month):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium on this machine: `make browser` installs it")
    from playwright.sync_api import sync_playwright

    _, _, folder, manifest = published_month
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, width, colours in (
            (f"reports/{manifest.night}", 375, "light"),
            ("reports/index", 375, "dark"),
            ("latest/dictionary", 375, "light"),
            ("latest/validation", 375, "dark"),
        ):
            context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=colours)
            seen, asked = context.new_page(), []
            seen.on("request", lambda request, asked=asked: asked.append(request.url))
            seen.goto((folder / f"{name}.html").as_uri())
            assert len(asked) == 1
            assert seen.evaluate("document.documentElement.scrollWidth") <= width
            seen.set_viewport_size({"width": 800, "height": 800})
            assert seen.evaluate("document.documentElement.scrollWidth") <= 800
            seen.evaluate(AXE_FILE_PATH.read_text("utf-8"))
            found = seen.evaluate(f"axe.run({{runOnly: {TAGS}, resultTypes: ['violations']}})")
            assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
            context.close()
        browser.close()
