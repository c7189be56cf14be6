"""What the night's mail says: whether all is well, what needs somebody today, and the report's own figures and sentences.

It is written down when it is owed, in the managers' language: what goes an hour later says what held then.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from postventa.datasets._manifest import Manifest
from postventa.datasets._pages import DICTIONARY, VALIDATION
from postventa.datasets._shelf import Shelf
from postventa.report import FOLDER, words_of
from postventa.report_figures import figures_of
from postventa.report_findings import Column, Finding, findings_of
from postventa.report_kpis import Kpi, kpis_of
from postventa.report_words import Words
from postventa.settings import Settings

PAGES = {"dictionary": DICTIONARY, "validation": VALIDATION}
NOT_PUBLISHED = frozenset({"not_published", "never_published"})
NAMED_AT_MOST = 12
"""A line each; the report has them all."""


def facts_of_a_night(shelf: Shelf, manifest: Manifest, settings: Settings) -> dict[str, Any]:
    """What is said of a night that was built."""
    words = words_of(settings)
    figures = figures_of(shelf, manifest)
    kpis = kpis_of(figures)
    today = [one for one in findings_of(manifest, figures, kpis) if one.column is Column.TODAY]
    failed = [_said(words, one) for one in today if one.key in NOT_PUBLISHED]
    waits = [_said(words, one) for one in today if one.key not in NOT_PUBLISHED]
    return {
        "night_on": str(manifest.night),
        "is_built": True,
        "is_good": not today,
        "failed": failed[:NAMED_AT_MOST],
        "failed_count": len(failed),
        "today": waits[:NAMED_AT_MOST],
        "today_count": len(waits),
        "figures": [_figure(words, kpi) for kpi in kpis if kpi.is_main],
        "links": _links(shelf, manifest),
    }


def facts_of_no_night(night: date, readers_have: date | None, reasons: Sequence[str]) -> dict[str, Any]:
    """What is said of a night of which nothing came."""
    return {
        "night_on": str(night),
        "is_built": False,
        "is_good": False,
        "kept_on": str(readers_have) if readers_have else "",
        "failed": list(reasons[:NAMED_AT_MOST]),
        "failed_count": len(reasons),
        "today": [],
        "today_count": 0,
        "figures": [],
        "links": dict.fromkeys(("report", *PAGES), ""),
    }


def _said(words: Words, finding: Finding) -> str:
    return words(finding.key, **finding.values)


def _figure(words: Words, kpi: Kpi) -> dict[str, str]:
    return {
        "name": words.kpi(kpi),
        "value": words.value(kpi),
        "before": words.before(kpi) if kpi.has_before else "",
        "change": words.change(kpi) if kpi.has_before else "",
        "told": words(kpi.change.told) if kpi.change else "",
    }


def _links(shelf: Shelf, manifest: Manifest) -> dict[str, str]:
    """Where the pages of the night are; empty for one that was not written."""
    report = f"{FOLDER}/{manifest.night}.html"
    links = {"report": shelf.link(report) if report in shelf.names(FOLDER) else ""}
    for name, file in PAGES.items():
        links[name] = shelf.link(f"latest/{file}") if file in manifest.laptop else ""
    return links
