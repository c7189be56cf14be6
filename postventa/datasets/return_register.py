"""Every return from the statement to the money: how long each part took, what is still owed, and by when."""

from typing import Any

import pandas as pd
from sqlalchemy import case, func, select

from postventa.datasets._night import Night, Span, Window
from postventa.datasets._reading import exact_sum, hours, in_units, local_day, money, per_shop, read
from postventa.rules.refunds import REFUND_RULES, double_sum_risk
from postventa.rules.returns import ReturnKind
from postventa.store.cases import CaseRow
from postventa.store.clocks import TICKING, ClockRow
from postventa.store.orders import OrderRow
from postventa.store.returns import ReturnLineRow, ReturnRow

READS = ()
DAY = "day"
EXACT = ("refund_due", "refunded", "deducted", "at_risk", "overdue")
_CASES: Any = CaseRow.__table__.c
_CLOCKS: Any = ClockRow.__table__.c
_LINES: Any = ReturnLineRow.__table__.c
_ORDERS: Any = OrderRow.__table__.c
_RETURNS: Any = ReturnRow.__table__.c
_RUNNING = tuple(TICKING.partition("(")[2].replace("'", "").rstrip(")").split(", "))
_AT_STAKE = tuple(str(kind) for kind in ReturnKind if double_sum_risk(kind, is_overdue=True))
"""Kinds whose refund, once overdue, may be owed twice (LGDCU 110)."""


def build(night: Night, span: Span) -> pd.DataFrame:
    """A row for each return, on the local day on which the customer declared it."""
    return per_shop(night, span, _rows)


def _rows(night: Night, window: Window) -> pd.DataFrame:
    found, names = read(night, _returns(night, window)), night.pseudonyms
    since = found["informed_at"]
    is_overdue = (found["refund_due_at"] <= night.now).astype("boolean")
    return pd.DataFrame(
        {
            "shop": found["shop"],
            "day": local_day(since, window),
            "case_id": names.of("case", found["case_id"]),
            "order_id": names.of("order", found["order_id"]),
            "customer_id": names.of("customer", found["customer_id"]),
            "kind": found["kind"],
            "state": found["state"],
            "article": found["article"],
            "source": found["source"],
            "language": found["language"],
            "region": found["region"],
            "is_collected": found["is_collected"],
            "products": found["products"].fillna(0),
            "hours_to_acknowledge": hours(since, found["acknowledged_at"]),
            "hours_to_decide": hours(since, found["decided_at"]),
            "hours_to_goods": hours(since, found["goods_received_at"]),
            "hours_to_refund": hours(since, found["refunded_at"]),
            "hours_goods_to_refund": hours(found["goods_received_at"], found["refunded_at"]),
            "refunded_on": local_day(found["refunded_at"], window),
            "currency": found["currency"],
            **{f"{name}_amount": money(found[name]) for name in EXACT},
            "refund_due_on": local_day(found["refund_due_at"], window),
            "is_overdue": is_overdue,
            "may_be_owed_twice": is_overdue & found["kind"].isin(_AT_STAKE).astype("boolean"),
        }
    )


def _returns(night: Night, window: Window) -> Any:
    mine = (_CASES.shop == window.shop) & window.holds(_RETURNS.informed_at)
    ids = select(_RETURNS.case_id).join(CaseRow, _CASES.id == _RETURNS.case_id).where(mine)
    late = case((_CLOCKS.due_at <= night.now, _CLOCKS.amount))
    clocks = (
        select(
            _CLOCKS.case_id,
            exact_sum(_CLOCKS.amount).label("at_risk"),
            exact_sum(late).label("overdue"),
            func.min(_CLOCKS.due_at).label("refund_due_at"),
        )
        .where(_CLOCKS.case_id.in_(ids), _CLOCKS.rule_id.in_(REFUND_RULES), _CLOCKS.state.in_(_RUNNING))
        .group_by(_CLOCKS.case_id)
        .subquery()
    )
    lines = select(_LINES.case_id, func.count().label("products")).where(_LINES.case_id.in_(ids))
    counted = lines.group_by(_LINES.case_id).subquery()
    moments = ("informed_at", "acknowledged_at", "decided_at", "goods_received_at", "refunded_at")
    # One row at a time, but as the sums are: in ten thousandths, which no database rounds.
    own = (
        ("refund_due", "refund_due_amount"),
        ("refunded", "refunded_amount"),
        ("deducted", "deducted_amount"),
    )
    return (
        select(
            *(_CASES[name] for name in ("shop", "order_id", "customer_id", "source", "language", "region")),
            _CASES.state,
            *(_RETURNS[name] for name in ("case_id", "kind", "article", "is_collected")),
            # Nobody has worked out what is owed yet: then it is the order's, if that is known.
            func.coalesce(func.nullif(_RETURNS.currency, ""), _ORDERS.currency).label("currency"),
            *(_RETURNS[name] for name in moments),
            *(in_units(_RETURNS[column]).label(name) for name, column in own),
            func.coalesce(clocks.c.at_risk, 0).label("at_risk"),
            func.coalesce(clocks.c.overdue, 0).label("overdue"),
            clocks.c.refund_due_at,
            counted.c.products,
        )
        .join(CaseRow, _CASES.id == _RETURNS.case_id)
        .outerjoin(OrderRow, _ORDERS.id == _CASES.order_id)
        .outerjoin(clocks, clocks.c.case_id == _RETURNS.case_id)
        .outerjoin(counted, counted.c.case_id == _RETURNS.case_id)
        .where(mine)
        .order_by(_RETURNS.case_id)
    )
