"""What the managers' report counts: one question to DuckDB for each subject, over what is published.

Whatever is added up later is counted by week, 0 being the last seven days; shares and their intervals are made of
these counts by `rules/satisfaction.py`, so nothing is said here that the datasets' formulae would not say.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import duckdb

from postventa.contracts import ContractError, arrow_schema, contract
from postventa.datasets._formulae import csat_hits, easy_hits, nps_hits
from postventa.datasets._manifest import Dataset, Manifest
from postventa.datasets._shelf import Shelf
from postventa.datasets._views import show
from postventa.rules.report import PERIOD, WEEKS
from postventa.rules.satisfaction import CONTENT_AT_LEAST

Rows = list[dict[str, Any]]
SOON_DAYS = 2
"""A deadline within so many days is for today as well."""
LOOKED_AT = timedelta(days=7 * WEEKS + 60)
OPEN_SINCE = timedelta(days=400)
"""What is still open may be older than any trend."""
_IN_WEEKS = f"($night - {{day}}) // 7 AS week FROM {{table}} WHERE {{day}} BETWEEN $night - {7 * WEEKS - 1} AND $night"
_NOW = f"BETWEEN $night - {7 * PERIOD - 1} AND $night"
_BEFORE = f"BETWEEN $night - {14 * PERIOD - 1} AND $night - {7 * PERIOD}"
_SCORES = (
    f"{nps_hits()}, {csat_hits('csat', 'overall_experience')}, {easy_hits()}, sum(ces)::BIGINT AS ces_sum"
)


def _weekly(table: str, day: str = "day") -> str:
    return _IN_WEEKS.format(table=table, day=day)


QUESTIONS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "answers": (
        ("survey_responses",),
        f"SELECT shop, carrier, {_SCORES}, {_weekly('survey_responses')} AND is_counted GROUP BY ALL",
    ),
    "requests": (
        ("daily_satisfaction",),
        f"""SELECT shop, sum(requests)::BIGINT AS requests, sum(requests_answered)::BIGINT AS answered,
            {_weekly("daily_satisfaction")} AND language = 'all' AND carrier = 'all' GROUP BY ALL""",
    ),
    "parcels": (
        ("shipment_performance",),
        f"""SELECT shop, carrier, count(*) AS parcels, count(is_on_time) AS on_time_n, count(*) FILTER (is_on_time) AS on_time_hits,
            count(*) FILTER (has_incident) AS incidents, {_weekly("shipment_performance", "first_attempt_on")} GROUP BY ALL""",
    ),
    "transit": (
        ("shipment_performance",),
        f"""SELECT carrier, count(transit_hours) AS n, quantile_cont(transit_hours, 0.5) AS half, quantile_cont(transit_hours, 0.9) AS most
            FROM shipment_performance WHERE first_attempt_on {_NOW} GROUP BY carrier""",
    ),
    "complaints": (
        ("complaint_register",),
        f"""SELECT shop, count(*) AS complaints, sum(statutory_met)::BIGINT AS met, sum(statutory_missed)::BIGINT AS missed,
            {_weekly("complaint_register")} GROUP BY ALL""",
    ),
    "first_answers": (
        ("complaint_register",),
        f"""SELECT count(hours_to_answer) FILTER (day {_NOW}) AS n, quantile_cont(hours_to_answer, 0.5) FILTER (day {_NOW}) AS half,
            count(hours_to_answer) FILTER (day {_BEFORE}) AS n_before,
            quantile_cont(hours_to_answer, 0.5) FILTER (day {_BEFORE}) AS half_before FROM complaint_register""",
    ),
    "open_complaints": (
        ("complaint_register",),
        f"""SELECT count(*) FILTER (is_overdue) AS overdue, min(next_due_on) FILTER (is_overdue) AS since,
            count(*) FILTER (NOT is_overdue AND next_due_on <= $night + {SOON_DAYS}) AS soon FROM complaint_register""",
    ),
    "refunds": (
        ("return_register",),
        f"""SELECT currency, count(*) AS refunds, sum(refunded_amount) AS amount, {_weekly("return_register", "refunded_on")} GROUP BY ALL""",
    ),
    "at_risk": (
        ("return_register",),
        f"""SELECT currency, count(*) FILTER (at_risk_amount > 0) AS open, sum(at_risk_amount) AS amount,
            count(*) FILTER (is_overdue) AS overdue, sum(overdue_amount) AS overdue_amount,
            count(*) FILTER (may_be_owed_twice) AS twice,
            count(*) FILTER (NOT is_overdue AND refund_due_on <= $night + {SOON_DAYS}) AS soon,
            sum(at_risk_amount) FILTER (NOT is_overdue AND refund_due_on <= $night + {SOON_DAYS}) AS soon_amount
            FROM return_register WHERE at_risk_amount > 0 OR is_overdue GROUP BY currency""",
    ),
    "sales": (
        ("net_sales",),
        f"""SELECT shop, currency, sum(orders)::BIGINT AS orders, sum(net_amount) AS net,
            sum(refunded_before_final_amount + refunded_after_final_amount) AS refunded, {_weekly("net_sales")} GROUP BY ALL""",
    ),
    "messages": (
        ("message_ledger",),
        f"SELECT outcome, count(*) AS messages, {_weekly('message_ledger')} GROUP BY ALL",
    ),
    "funnel": (
        ("order_timeline",),
        """SELECT count(*) AS delivered, count(asked_on) AS asked,
            count(*) FILTER (asked_on IS NOT NULL AND answered_on IS NOT NULL) AS answered,
            count(*) FILTER (asked_on IS NOT NULL AND answered_on IS NOT NULL AND reviewed_on IS NOT NULL) AS reviewed
            FROM order_timeline WHERE delivered_on BETWEEN $night - 41 AND $night - 14""",
    ),
    "orders": (
        ("order_timeline",),
        f"SELECT shop, count(*) AS orders, count(*) FILTER (day = $night) AS that_day, {_weekly('order_timeline')} GROUP BY ALL",
    ),
    "products": (
        ("survey_responses", "review_facts"),
        f"""WITH said AS (
            SELECT unnest(string_split(products, ' ')) AS product, overall_experience AS score, 0 AS rating FROM survey_responses
            WHERE is_counted AND survey = 'delivery' AND products <> '' AND day > $night - {7 * WEEKS}
            UNION ALL SELECT product, NULL, rating FROM review_facts WHERE is_counted AND day > $night - {7 * WEEKS})
        SELECT product, {csat_hits("csat", "score")},
            count(*) FILTER (rating > 0) AS reviews, sum(rating)::BIGINT AS stars, count(*) FILTER (rating >= {CONTENT_AT_LEAST}) AS good_reviews
        FROM said GROUP BY product""",
    ),
}
"""By subject: the datasets that it is asked of, and the question."""


@dataclass(slots=True)
class Figures:
    """The counts of a night by subject, and what could not be asked."""

    night: date
    rows: dict[str, Rows] = field(default_factory=dict)
    not_there: tuple[str, ...] = ()
    """Datasets that are not published, or have other columns than are asked for."""
    first: date | None = None
    """The first day with anything to tell."""

    def sums(self, subject: str, weeks: Iterable[int], **where: str) -> dict[str, Any]:
        """What a subject's counts come to over these weeks, and where its columns have these values."""
        wanted, found = set(weeks), dict[str, Any]()
        for row in self.rows.get(subject, []):
            if row["week"] in wanted and all(row[name] == value for name, value in where.items()):
                for name, value in row.items():
                    if name != "week" and not isinstance(value, str):
                        found[name] = found.get(name, 0) + (value or 0)
        return found

    def values(self, subject: str, column: str) -> list[str]:
        """The different values of a column, sorted."""
        return sorted({row[column] for row in self.rows.get(subject, []) if row[column]})

    def one(self, subject: str) -> dict[str, Any]:
        """The row of a subject that has but one; empty where it could not be asked."""
        rows = self.rows.get(subject, [])
        return rows[0] if rows else {}


def figures_of(shelf: Shelf, manifest: Manifest) -> Figures:
    """Asks all the questions of what a manifest names."""
    made, not_there = Figures(manifest.night), set()
    wanted = sorted({name for tables, _ in QUESTIONS.values() for name in tables})
    with duckdb.connect() as duck:
        duck.execute("SET enable_progress_bar = false")
        there = {name for name in wanted if _shown(duck, shelf, manifest, name)}
        for subject, (tables, question) in QUESTIONS.items():
            if not there.issuperset(tables):
                not_there |= {*tables} - there
                continue
            try:
                asked = duck.execute(f"SELECT * FROM ({question}) ORDER BY ALL", _given(question, made.night))
            except duckdb.BinderException:  # of an earlier version, whose contract has failed since
                not_there |= {*tables}
                continue
            names = [column[0] for column in asked.description or ()]
            made.rows[subject] = [dict(zip(names, row, strict=True)) for row in asked.fetchall()]
    made.not_there = tuple(sorted(not_there))
    made.first = manifest.datasets["order_timeline"].first if "order_timeline" in manifest.datasets else None
    return made


def _given(question: str, night: date) -> dict[str, date]:
    return {"night": night} if "$night" in question else {}


def _shown(duck: Any, shelf: Shelf, manifest: Manifest, name: str) -> bool:
    found = manifest.datasets.get(name)
    if found is None:
        return False
    try:
        schema = arrow_schema(contract(name))
    except ContractError:
        return False
    since = manifest.night - (OPEN_SINCE if name.endswith("_register") else LOOKED_AT)
    days = _days_since(found, since)
    show(duck, shelf, name, days, schema=schema, day="day")
    return True


def _days_since(found: Dataset, since: date) -> list[Any]:
    return [part for day, part in sorted(found.partitions.items()) if day >= since]
