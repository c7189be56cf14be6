"""The proof, day by day, that nothing of a shop was missed: what each night's comparison found, how late, and repaired."""

from collections.abc import Callable
from typing import Any

import pandas as pd
from sqlalchemy import func, select

from postventa.datasets._night import Night, Span, Window
from postventa.datasets._reading import local_day, per_shop, read
from postventa.rules.reconciliation import Difference, nearest_rank
from postventa.store.reconciliation import (
    NOT_REPAIRABLE,
    REPAIRED,
    FindingRow,
    PollRow,
    ReconciliationRow,
)

READS = ()
DAY = "day"
COUNTED = {
    "missed": Difference.MISSED,
    "stale": Difference.STALE,
    "gone": Difference.GONE,
    "parcels_stale": Difference.PARCEL,
    "number_gaps": Difference.GAP,
}
ONE = ["kind", "ref", "shipment"]
"""By what a difference is known again when a day is compared a second time."""
PARCELS = ("parcels_asked", "parcels_fresh", "parcels_left", "parcels_without_carrier")
_FINDINGS: Any = FindingRow.__table__.c
_POLLS: Any = PollRow.__table__.c
_RUNS: Any = ReconciliationRow.__table__.c


def build(night: Night, span: Span) -> pd.DataFrame:
    """A row for each day of a shop with which a comparison has ended: the last day that was over then."""
    return per_shop(night, span, _rows)


def _rows(night: Night, window: Window) -> pd.DataFrame:
    """A day that was compared more than once shows each difference once, as it was left."""
    runs = read(night, _runs(window)).assign(day=lambda found: local_day(found["day_began_at"], window))
    days = runs.drop_duplicates("day", keep="last").reset_index(drop=True)
    found = read(night, _findings(window)).merge(runs[["id", "day"]], left_on="run", right_on="id")
    first, last = (found.drop_duplicates(["day", *ONE], keep=which) for which in ("first", "last"))
    late, parcels = (
        found.loc[found["late_seconds"].notna() & ((found["kind"] == Difference.PARCEL) == of_parcels)]
        for found, of_parcels in ((first, False), (last, True))
    )
    polls = read(night, _polls(window)).assign(day=lambda found: local_day(found["ended_at"], window))

    def of_days(rows: pd.DataFrame, answer: Callable[[pd.DataFrame], Any], kind: str) -> "pd.Series[Any]":
        by_day = {day: answer(mine) for day, mine in rows.groupby("day")}
        return pd.Series([by_day.get(day) for day in days["day"]], dtype=kind)

    def counted(rows: pd.DataFrame) -> "pd.Series[Any]":
        return of_days(rows, len, "Int64").fillna(0)

    def rank(percent: int) -> "pd.Series[Any]":
        return of_days(
            late, lambda rows: nearest_rank(sorted(rows["late_seconds"].astype(float)), percent), "Float64"
        )

    return pd.DataFrame(
        {
            "shop": days["shop"],
            "day": days["day"],
            "orders_in_shop": days["orders_in_shop"],
            "orders_in_ours": days["orders_in_ours"],
            **{name: counted(last.loc[last["kind"] == kind]) for name, kind in COUNTED.items()},
            "set_aside": days["set_aside"],
            **{name: days[name] for name in PARCELS},
            "late_p50_seconds": rank(50),
            "late_p95_seconds": rank(95),
            "late_max_seconds": rank(100),
            "parcels_late_max_seconds": of_days(
                parcels, lambda rows: float(rows["late_seconds"].max()), "Float64"
            ),
            "repaired": counted(last.loc[last["outcome"] == REPAIRED]),
            "not_repairable": counted(last.loc[last["outcome"] == NOT_REPAIRABLE]),
            "poll_news": of_days(polls, lambda rows: int(rows["news"].sum()), "Int64").fillna(0),
            "poll_lag_max_seconds": of_days(polls, lambda rows: float(rows["lag"].max()), "Float64"),
        }
    )


def _runs(window: Window) -> Any:
    """Comparisons that have ended; one that was killed has proven nothing."""
    return (
        select(
            _RUNS.id,
            _RUNS.shop,
            _RUNS.day_began_at,
            _RUNS.orders_in_shop,
            _RUNS.orders_in_ours,
            _RUNS.set_aside,
            *(_RUNS[name] for name in PARCELS),
        )
        .where(_RUNS.shop == window.shop, window.holds(_RUNS.day_began_at), _RUNS.ended_at.is_not(None))
        .order_by(_RUNS.id)
    )


def _findings(window: Window) -> Any:
    number = _FINDINGS.reconciliation_id
    return (
        select(
            number.label("run"),
            _FINDINGS.kind,
            _FINDINGS.ref,
            func.coalesce(_FINDINGS.shipment_id, 0).label("shipment"),
            _FINDINGS.outcome,
            _FINDINGS.late_seconds,
        )
        .join(ReconciliationRow, _RUNS.id == number)
        .where(_RUNS.shop == window.shop, window.holds(_RUNS.day_began_at), _RUNS.ended_at.is_not(None))
        .order_by(_FINDINGS.id)
    )


def _polls(window: Window) -> Any:
    return (
        select(_POLLS.ended_at, _POLLS.news, func.coalesce(_POLLS.lag_max_seconds, 0.0).label("lag"))
        .where(_POLLS.shop == window.shop, window.holds(_POLLS.ended_at))
        .order_by(_POLLS.id)
    )
