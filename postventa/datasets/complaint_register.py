"""Every complaint: what it is about, how soon it was answered and settled, and which of its clocks were met or missed."""

from typing import Any

import pandas as pd
from sqlalchemy import Integer, case, cast, func, select

from postventa.datasets._night import Night, Span, Window
from postventa.datasets._reading import exact_sum, hours, local_day, money, per_shop, read
from postventa.store.cases import CaseRow
from postventa.store.clocks import TICKING, ClockRow, EscalationRow
from postventa.store.compensation import SPENT
from postventa.store.complaints import ComplaintRow
from postventa.store.returns import RemedyRow

READS = ()
DAY = "day"
_CASES: Any = CaseRow.__table__.c
_CLOCKS: Any = ClockRow.__table__.c
_COMPLAINTS: Any = ComplaintRow.__table__.c
_REMEDIES: Any = RemedyRow.__table__.c
_RINGS: Any = EscalationRow.__table__.c
_RUNNING = tuple(TICKING.partition("(")[2].replace("'", "").rstrip(")").split(", "))


def build(night: Night, span: Span) -> pd.DataFrame:
    """A row for each complaint, on the local day on which it reached the shop."""
    return per_shop(night, span, _rows)


def _rows(night: Night, window: Window) -> pd.DataFrame:
    found, names = read(night, _complaints(window)), night.pseudonyms
    opened = found["opened_at"]
    counts = ("statutory_met", "statutory_missed", "statutory_running", "promises_met", "promises_missed")
    return pd.DataFrame(
        {
            "shop": found["shop"],
            "day": local_day(opened, window),
            "case_id": names.of("case", found["id"]),
            "order_id": names.of("order", found["order_id"]),
            "customer_id": names.of("customer", found["customer_id"]),
            "kind": found["kind"],
            "topic": found["topic"],
            "source": found["source"],
            "language": found["language"],
            "region": found["region"],
            "is_official_form": found["is_official_form"],
            "state": found["state"],
            "outcome": found["outcome"],
            "hours_to_acknowledge": hours(opened, found["acknowledged_at"]),
            "hours_to_answer": hours(opened, found["answered_at"]),
            "hours_to_resolve": hours(opened, found["resolved_at"]),
            "resolved_on": local_day(found["resolved_at"], window),
            "reopened": found["reopened"],
            "escalations": found["escalations"].fillna(0),
            **{name: found[name].fillna(0) for name in counts},
            "next_due_on": local_day(found["next_due_at"], window),
            "is_overdue": (found["next_due_at"] <= night.now).astype("boolean"),
            "compensation_amount": money(found["compensation"]),
            "compensation_currency": found["currency"],
        }
    )


def _complaints(window: Window) -> Any:
    mine = (_CASES.shop == window.shop) & (_CASES.family == "complaint") & window.holds(_CASES.opened_at)
    ids = select(_CASES.id).where(mine)
    clocks, rings, remedies = _clocks(ids), _rings(ids), _remedies(ids)
    counted = [column for column in clocks.c if column.key != "case_id"]
    said = ("kind", "topic", "is_official_form", "outcome", "acknowledged_at", "answered_at", "resolved_at")
    return (
        select(
            *(_CASES[name] for name in ("id", "shop", "order_id", "customer_id", "source", "language")),
            *(_CASES[name] for name in ("region", "state", "opened_at")),
            *(_COMPLAINTS[name] for name in (*said, "reopened")),
            *counted,
            rings.c.escalations,
            remedies.c.compensation,
            remedies.c.currency,
        )
        .join(ComplaintRow, _COMPLAINTS.case_id == _CASES.id)
        .outerjoin(clocks, clocks.c.case_id == _CASES.id)
        .outerjoin(rings, rings.c.case_id == _CASES.id)
        .outerjoin(remedies, remedies.c.case_id == _CASES.id)
        .where(mine)
        .order_by(_CASES.id)
    )


def _clocks(ids: Any) -> Any:
    """The law's clocks and the shop's own promises; one in the shadow of another binds nobody and is left out."""
    law, promise = _CLOCKS.is_statutory.is_(True), _CLOCKS.is_statutory.is_(False)
    runs = _CLOCKS.state.in_(_RUNNING)
    return (
        select(
            _CLOCKS.case_id,
            _count(law & (_CLOCKS.state == "met")).label("statutory_met"),
            _count(law & (_CLOCKS.state == "missed")).label("statutory_missed"),
            _count(law & runs).label("statutory_running"),
            _count(promise & (_CLOCKS.state == "met")).label("promises_met"),
            _count(promise & (_CLOCKS.state == "missed")).label("promises_missed"),
            func.min(case((law & runs, _CLOCKS.due_at))).label("next_due_at"),
        )
        .where(_CLOCKS.case_id.in_(ids), _CLOCKS.is_shadow.is_(False))
        .group_by(_CLOCKS.case_id)
        .subquery()
    )


def _rings(ids: Any) -> Any:
    return (
        select(_CLOCKS.case_id, func.count().label("escalations"))
        .join(EscalationRow, _RINGS.clock_id == _CLOCKS.id)
        .where(_CLOCKS.case_id.in_(ids))
        .group_by(_CLOCKS.case_id)
        .subquery()
    )


def _remedies(ids: Any) -> Any:
    """What was given or promised; a case has one currency, its order's."""
    return (
        select(
            _REMEDIES.case_id,
            exact_sum(_REMEDIES.amount).label("compensation"),
            func.min(_REMEDIES.currency).label("currency"),
        )
        .where(_REMEDIES.case_id.in_(ids), _REMEDIES.state.in_(SPENT))
        .group_by(_REMEDIES.case_id)
        .subquery()
    )


def _count(condition: Any) -> Any:
    return cast(func.sum(case((condition, 1), else_=0)), Integer)
