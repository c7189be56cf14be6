"""The managers' report as pages: one for a night and the index of all nights, each one file with nothing to load."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from postventa.cards import TEMPLATES, read_toml
from postventa.datasets._days import said_at
from postventa.datasets._manifest import Manifest
from postventa.report_figures import Figures
from postventa.report_findings import Column, Finding
from postventa.report_kpis import NOW, Kpi
from postventa.report_sections import charts
from postventa.report_tables import carriers, products, shops
from postventa.report_words import FOLDER, Words
from postventa.rules.messages import Outcome
from postventa.rules.report import PERIOD, Told
from postventa.settings import Settings

SHOWN = 6
"""Findings of a column; a manager reads no more of them."""
BOLD = ("nps", "csat", "on_time", "net_sales")
NOTHING_BEFORE = ("no_orders_yet", "first_day", "first_weeks")
"""Notes that say that there is nothing to compare with."""
OUTCOMES = (
    *(Outcome.SENT, Outcome.SUPPRESSED, Outcome.DEFERRED),
    *(Outcome.FAILED, Outcome.UNCERTAIN, Outcome.WAITING),
)


@dataclass(frozen=True, slots=True)
class NightTold:
    """All that is known of a night."""

    manifest: Manifest
    figures: Figures
    kpis: Sequence[Kpi]
    findings: Sequence[Finding]


def night_page(night: NightTold, settings: Settings, words: Words) -> str:
    """The page of one night. It says nothing of the run: the same night is the same page."""
    manifest, figures, findings = night.manifest, night.figures, night.findings
    is_young = any(one.key in NOTHING_BEFORE for one in findings)
    first = manifest.night - timedelta(weeks=PERIOD) + timedelta(days=1)
    zone = next(iter(settings.shops.values())).zone
    named = {name: shop.display_name or name for name, shop in settings.shops.items()}
    return _page(
        "night.html",
        words=words,
        title=words("title", night=manifest.night),
        brand=" · ".join(named.values()),
        period=words("period_alone" if is_young else "period", span=words.span(first, manifest.night)),
        as_of=words("made_of", moment=words.moment(said_at(settings, manifest.night).astimezone(zone))),
        notes=said(findings, Column.NOTE, words)[0],
        columns=[
            (column, words(column), *said(findings, column, words), words(f"{column}_none"))
            for column in (Column.TODAY, Column.BAD, Column.GOOD)
        ],
        kpis=(rows := [_row(kpi, words, is_young=is_young) for kpi in night.kpis]),
        is_compared=any(row["before"] or row["change"] for row in rows),
        charts=list(charts(figures, words)),
        asked=figures.rows.keys(),
        carriers=carriers(figures, words),
        products=products(figures, words),
        shops=shops(figures, words, named),
        ledger=_ledger(figures, words),
        datasets=_datasets(manifest, words),
        late=len({day for change in manifest.changes.values() for day in change.changed}),
    )


def index_page(nights: Sequence[dict[str, Any]], brand: str, words: Words) -> str:
    """The index: a line for each night, the newest first."""
    return _page(
        "index.html", words=words, title=words("title_index"), brand=brand, nights=nights, day=_day_of
    )


def said(findings: Sequence[Finding], column: Column, words: Words) -> tuple[list[str], str]:
    """A column's findings in words, and what is said of those that have no room."""
    ours = [words(one.key, **_values(one, words)) for one in findings if one.column is column]
    more = len(ours) - SHOWN
    if column is Column.NOTE or more < 2:  # one more takes no more room than saying so
        return ours, ""
    return ours[:SHOWN], words("more", n=more)


def _values(one: Finding, words: Words) -> dict[str, Any]:
    kpi = one.values.get("kpi")
    if kpi is None:
        return one.values
    return one.values | {"value": words.value(kpi), "before": words.before(kpi)}


def _row(kpi: Kpi, words: Words, *, is_young: bool) -> dict[str, Any]:
    told = kpi.change.told if kpi.change else None
    return {
        "name": words.kpi(kpi),
        "value": words.value(kpi),
        "interval": words.interval(kpi.kind, kpi.now),
        "before": words.before(kpi),
        # What is owed has no before, and where nothing has, a note says so once.
        "change": words.change(kpi) if kpi.has_before or not (is_young or kpi.key == "at_risk") else "",
        "told": words(told) if told else "",
        "is_clear": told in (Told.BETTER, Told.WORSE),
        "is_worse": told is Told.WORSE,
        "is_main": kpi.key in BOLD and kpi.is_main,
    }


def _ledger(figures: Figures, words: Words) -> str:
    counts = {
        outcome: figures.sums("messages", NOW, outcome=outcome).get("messages", 0) for outcome in OUTCOMES
    }
    if "messages" not in figures.rows:
        return ""
    if not sum(counts.values()):
        return words("nothing_owed")
    parts = ", ".join(words(f"outcome_{outcome}", n=count) for outcome, count in counts.items() if count)
    return words("ledger_says", owed=sum(counts.values()), parts=parts)


def _datasets(manifest: Manifest, words: Words) -> list[dict[str, Any]]:
    rows = []
    for name in sorted({*manifest.datasets, *(check.dataset for check in manifest.checks)}):
        checks = [check for check in manifest.checks if check.dataset == name]
        kept, one = sum(check.passed for check in checks), manifest.datasets.get(name)
        rows.append(
            {
                "name": name,
                "is_bad": any(check.blocks for check in checks),
                "up_to": words.day(one.night) if one else "",
                "rows": words.decimal(one.rows, 0) if one else "",
                "rules": words("kept_of", kept=kept, all=len(checks)),
            }
        )
    return rows


def _day_of(written: str) -> date:
    return date.fromisoformat(written)


def _page(name: str, **values: Any) -> str:
    written = _environment().get_template(name).render(style=Markup(_style()), **values)  # noqa: S704 - ours
    return "\n".join(line for line in map(str.rstrip, written.splitlines()) if line) + "\n"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES / FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    """The page's style, in the colours that mails have by day and by night."""
    palette = read_toml(TEMPLATES / "_base" / "palette.toml")
    by_day, by_night = (
        ";".join(f"--{name}:{colour}" for name, colour in palette[part].items()) for part in ("light", "dark")
    )
    style = (TEMPLATES / FOLDER / "style.css").read_text(encoding="utf-8")
    return f":root{{{by_day}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{by_night}}}}}\n{style}"
