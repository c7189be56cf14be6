"""The managers' report of a night, written beside the datasets: a page for the night, and the index of all nights.

It is made of what is published and of nothing else, so that it says what analysts find; the same night is the same
page, byte by byte. For the nightly only: it brings Altair along.
"""

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from postventa.contracts import ContractError, contract
from postventa.datasets._manifest import Manifest
from postventa.datasets._shelf import Shelf
from postventa.messages import language_for
from postventa.report_figures import figures_of
from postventa.report_findings import Column, findings_of
from postventa.report_kpis import Kpi, kpis_of
from postventa.report_pages import BOLD, NightTold, index_page, night_page, said
from postventa.report_words import Words
from postventa.settings import Settings

FOLDER = "reports"
INDEX = f"{FOLDER}/index.html"
_NIGHT = re.compile(rf"{FOLDER}/(\d{{4}}-\d\d-\d\d)\.(html|json)")


@dataclass(frozen=True, slots=True)
class Report:
    """Where a report was written on the shelf, and its figures as a table of words, in English as all that Prefect shows."""

    page: str
    index: str
    figures: list[dict[str, str]]


def write(shelf: Shelf, manifest: Manifest, settings: Settings) -> Report:
    """Writes the night's page and the index. Safe to run twice."""
    words = words_of(settings)
    figures = figures_of(shelf, manifest)
    kpis = kpis_of(figures)
    findings = findings_of(manifest, figures, kpis)
    page = f"{FOLDER}/{manifest.night}.html"
    shelf.write(page, night_page(NightTold(manifest, figures, kpis, findings), settings, words).encode())
    told: dict[str, Any] = {
        "night": f"{manifest.night}",
        "findings": {str(column): said(findings, column, words)[0] for column in Column},
        "figures": {words.kpi(kpi): words.value(kpi) for kpi in kpis if kpi.key in BOLD and kpi.is_main},
        "kpis": [_told(kpi, words) for kpi in kpis],
    }
    shelf.write(
        page.replace(".html", ".json"), f"{json.dumps(told, ensure_ascii=False, indent=1)}\n".encode()
    )
    _tidy(shelf, manifest)
    shelf.write(INDEX, index_page(nights(shelf), brand_of(settings), words).encode())
    english = Words("en", words.carriers)
    return Report(page, INDEX, [_told(kpi, english) for kpi in kpis])


def nights(shelf: Shelf) -> list[dict[str, Any]]:
    """What is told of each night that has a page, the newest first."""
    told = sorted((name for name in _pages(shelf) if name.endswith(".json")), reverse=True)
    return [json.loads(shelf.read(name) or b"{}") for name in told]


def _pages(shelf: Shelf) -> list[str]:
    """Of all nights. Nothing else in their folder is ever deleted."""
    return [name for name in shelf.names(FOLDER) if _NIGHT.fullmatch(name)]


def _tidy(shelf: Shelf, manifest: Manifest) -> None:
    """A page names cases and tells of days: it goes with the first of the facts that it was made of."""
    kept_from = max((day for name in manifest.datasets if (day := _kept_from(name, manifest))), default=None)
    for name in _pages(shelf) if kept_from else ():
        if name.removeprefix(f"{FOLDER}/") < f"{kept_from}":
            shelf.remove(name)


def _kept_from(name: str, manifest: Manifest) -> date | None:
    try:
        return contract(name).sla.kept_from(manifest.night)
    except ContractError:
        return None


def words_of(settings: Settings) -> Words:
    """The desk's language, as in its letters: the first shop's, else English."""
    language = next((shop.language for shop in settings.shops.values()), "")
    carriers = {name: carrier.display_name for name, carrier in settings.carriers.items()}
    return Words(language_for(language, language), carriers)


def brand_of(settings: Settings) -> str:
    """What the shops are called."""
    return " · ".join(shop.display_name or name for name, shop in settings.shops.items())


def _told(kpi: Kpi, words: Words) -> dict[str, str]:
    return {
        "figure": words.kpi(kpi),
        "last 28 days": words.value(kpi),
        "95 % interval": words.interval(kpi.kind, kpi.now),
        "28 days before": words.before(kpi),
        "change": words.change(kpi) if kpi.has_before else "",
        "said": words(kpi.change.told) if kpi.change else "",
    }
