"""What a manager should see first: what needs somebody today, what is bad and what is good, as findings without words."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from postventa.datasets._manifest import Manifest
from postventa.datasets._reconciling import ADDS_UP_WITH_THE_LEDGER
from postventa.report_figures import Figures
from postventa.report_kpis import NOW, Kpi, csat, on_time
from postventa.rules.report import PERIOD, WEEKS, Told, stands_out
from postventa.rules.satisfaction import Estimate, share

UNHEARD = ("failed", "uncertain")
"""Outcomes of messages that a person looks at."""


class Column(StrEnum):
    """Where a finding stands."""

    TODAY = "today"
    BAD = "bad"
    GOOD = "good"
    NOTE = "note"
    """What explains the page itself: an empty day, a first one, too few answers, a dataset that stayed behind."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: which sentence, and what is filled in."""

    column: Column
    key: str
    values: dict[str, Any] = field(default_factory=dict)


def findings_of(manifest: Manifest, figures: Figures, kpis: list[Kpi]) -> list[Finding]:
    """All findings, the most urgent first in each column."""
    return [
        *_notes(manifest, figures, kpis),
        *_contracts(manifest),
        *_to_do(figures),
        *_deadlines(figures),
        *_changes(kpis),
        *_carriers(figures),
        *_products(figures),
        *_books(manifest),
    ]


def _notes(manifest: Manifest, figures: Figures, kpis: list[Kpi]) -> Iterator[Finding]:
    if figures.first is None and "orders" in figures.rows:
        yield Finding(Column.NOTE, "no_orders_yet")
    elif "orders" in figures.rows and not figures.sums("orders", [0]).get("that_day"):
        yield Finding(Column.NOTE, "empty_day")
    if figures.first == manifest.night:
        yield Finding(Column.NOTE, "first_day")
    elif figures.first and figures.first > manifest.night - timedelta(weeks=PERIOD):
        yield Finding(Column.NOTE, "first_weeks", {"day": figures.first})
    scores = [kpi.now for kpi in kpis if kpi.key in ("nps", "csat", "easy")]
    if scores and all(one.is_masked or one.n == 0 for one in scores):
        yield Finding(Column.NOTE, "all_masked" if any(one.is_masked for one in scores) else "no_answers")
    if figures.not_there:
        yield Finding(Column.NOTE, "not_there", {"names": figures.not_there, "n": len(figures.not_there)})


def _contracts(manifest: Manifest) -> Iterator[Finding]:
    for name in dict.fromkeys(check.dataset for check in manifest.failed):
        first = next(check for check in manifest.failed if check.dataset == name)
        kept = manifest.datasets.get(name)
        said = {"name": name, "rule": first.rule, "sentence": first.sentence.rstrip(".")}
        if kept:
            yield Finding(Column.TODAY, "not_published", said | {"day": kept.night})
        else:
            yield Finding(Column.TODAY, "never_published", said)


def _to_do(figures: Figures) -> Iterator[Finding]:
    waiting = figures.one("open_complaints")
    if waiting.get("overdue"):
        yield Finding(Column.TODAY, "complaints_overdue", {"n": waiting["overdue"], "day": waiting["since"]})
    if waiting.get("soon"):
        yield Finding(Column.TODAY, "complaints_soon", {"n": waiting["soon"]})
    for row in figures.rows.get("at_risk", []):
        money = {"currency": row["currency"]}
        if row["overdue"]:
            values = {"n": row["overdue"], "amount": row["overdue_amount"] or 0} | money
            yield Finding(Column.TODAY, "refunds_overdue", values)
        if row["twice"]:
            yield Finding(Column.TODAY, "owed_twice", {"n": row["twice"]})
        if row["soon"]:
            values = {"n": row["soon"], "amount": row["soon_amount"] or 0} | money
            yield Finding(Column.TODAY, "refunds_soon", values)
    for outcome in UNHEARD:
        found = figures.sums("messages", range(WEEKS if outcome == "uncertain" else 1), outcome=outcome)
        if found:
            yield Finding(Column.TODAY, f"messages_{outcome}", {"n": found["messages"]})


def _deadlines(figures: Figures) -> Iterator[Finding]:
    ended = figures.sums("complaints", NOW)
    if ended.get("missed"):
        values = {"n": ended["missed"], "all": ended["missed"] + ended["met"]}
        yield Finding(Column.BAD, "deadlines_missed", values)
    elif ended.get("met"):
        yield Finding(Column.GOOD, "deadlines_met", {"n": ended["met"]})


def _changes(kpis: list[Kpi]) -> Iterator[Finding]:
    for kpi in kpis:
        if kpi.change and kpi.change.told is not Told.UNSURE:
            column = Column.GOOD if kpi.change.told is Told.BETTER else Column.BAD
            yield Finding(column, f"kpi_{kpi.change.told}", {"kpi": kpi})


def _carriers(figures: Figures) -> Iterator[Finding]:
    for carrier in figures.values("parcels", "carrier"):
        ours, all_of_them = (
            figures.sums("parcels", NOW, **where) for where in ({"carrier": carrier}, dict[str, str]())
        )
        part = on_time(figures, NOW, carrier=carrier)
        rest = _rest(ours, all_of_them, "on_time")
        yield from _odd(
            "carrier_on_time", stands_out(part, rest), {"carrier": carrier, "part": part, "rest": rest}
        )
    for carrier in figures.values("answers", "carrier"):
        ours, all_of_them = (
            figures.sums("answers", NOW, **where) for where in ({"carrier": carrier}, dict[str, str]())
        )
        part = csat(figures, NOW, carrier=carrier)
        rest = _rest(ours, all_of_them, "csat")
        yield from _odd(
            "carrier_csat", stands_out(part, rest), {"carrier": carrier, "part": part, "rest": rest}
        )


def _products(figures: Figures) -> Iterator[Finding]:
    rows = figures.rows.get("products", [])
    total = {name: sum(row[name] for row in rows) for name in ("csat_n", "csat_hits")}
    for row in rows:
        part, rest = share(row["csat_hits"], row["csat_n"]), _rest(row, total, "csat")
        yield from _odd(
            "product_csat", stands_out(part, rest), {"product": row["product"], "part": part, "rest": rest}
        )


def _books(manifest: Manifest) -> Iterator[Finding]:
    if manifest.datasets and not manifest.failed:
        yield Finding(Column.GOOD, "contracts_kept", {"n": len(manifest.datasets)})
    for check in manifest.checks:
        if check.rule == ADDS_UP_WITH_THE_LEDGER and check.passed:
            yield Finding(Column.GOOD, "ledger_adds_up", {"n": int(check.observed or 0)})


def _rest(part: dict[str, Any], whole: dict[str, Any], name: str) -> Estimate:
    hits, n = f"{name}_hits", f"{name}_n"
    return share(whole.get(hits, 0) - part.get(hits, 0), whole.get(n, 0) - part.get(n, 0))


def _odd(key: str, told: Told, values: dict[str, Any]) -> Iterator[Finding]:
    if told is not Told.UNSURE:
        yield Finding(Column.GOOD if told is Told.BETTER else Column.BAD, f"{key}_{told}", values)
