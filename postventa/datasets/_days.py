"""What the store says about the days of a night: when it begins, which have ended, and which were touched by late news."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, select

from postventa.datasets._night import midnight
from postventa.datasets._quarters import days_of, quarter
from postventa.rules.nightly import NotThisNight, last_day_over
from postventa.settings import Settings
from postventa.store.asks import AnswerRow
from postventa.store.cases import CaseLogRow, CaseRow
from postventa.store.messages import AttemptRow, OutboxRow
from postventa.store.orders import EventRow, OrderRow
from postventa.store.reviews import ReviewRow
from postventa.store.shipments import ScanRow, ShipmentRow

OVERLAP = 100
"""Rows of a log get their numbers before they can be read: so many are read again."""
_ORDERS: Any = OrderRow.__table__.c
_CASES: Any = CaseRow.__table__.c
_ANSWERS: Any = AnswerRow.__table__.c
_REVIEWS: Any = ReviewRow.__table__.c
_LOGS: Mapping[str, Any] = {
    "order_events": EventRow.__table__.c,
    "scans": ScanRow.__table__.c,
    "case_log": CaseLogRow.__table__.c,
    "outbox_attempts": AttemptRow.__table__.c,
    "answers": _ANSWERS,
    "reviews": _REVIEWS,
}


def last_over(settings: Settings, now: datetime) -> date:
    """The last day that is over in every shop. Raises NotThisNight where there is no shop."""
    if not settings.shops:
        raise NotThisNight("the configuration has no [shops.NAME]: there are no days to build")
    return last_day_over(now.astimezone(shop.zone).date() for shop in settings.shops.values())


def said_at(settings: Settings, last: date) -> datetime:
    """As of when a night says everything: its last day has just ended in every shop, whenever it is built."""
    return max(midnight(last + timedelta(days=1), shop.zone) for shop in settings.shops.values())


def first_day(connection: Connection, settings: Settings) -> date | None:
    """The first local day with anything to tell: of the first order, answer, review or case."""
    days = set()
    for columns, moment in (
        (_ORDERS, _ORDERS.placed_at),
        (_ANSWERS, _ANSWERS.answered_at),
        (_REVIEWS, _REVIEWS.written_at),
        (_CASES, _CASES.opened_at),
    ):
        firsts = select(columns.shop, func.min(moment)).group_by(columns.shop)
        days |= {
            at.astimezone(settings.shops[shop].zone).date()
            for shop, at in connection.execute(firsts)
            if shop in settings.shops
        }
    return min(days, default=None)


def heard_so_far(connection: Connection) -> dict[str, int]:
    """How far each log has come."""
    return {
        name: int(connection.execute(select(func.coalesce(func.max(log.id), 0))).scalar_one())
        for name, log in _LOGS.items()
    }


def touched_since(connection: Connection, settings: Settings, heard: Mapping[str, int]) -> set[date]:
    """The days that something heard since then is about: those of the orders, cases and messages, and its own."""
    days: set[date] = set()
    for statement in _touched(connection, {name: heard.get(name, 0) - OVERLAP for name in _LOGS}):
        days |= days_of(connection.execute(statement), settings)
    return days


def _touched(connection: Connection, since: Mapping[str, int]) -> list[Select[Any]]:
    """Statements that answer (shop, quarter)."""
    events, scans, cases, attempts = (
        _LOGS[name] for name in ("order_events", "scans", "case_log", "outbox_attempts")
    )
    parcels: Any = ShipmentRow.__table__.c
    box: Any = OutboxRow.__table__.c
    of_event = OrderRow.__table__.join(EventRow.__table__, events.order_id == _ORDERS.id)
    of_scan = OrderRow.__table__.join(ShipmentRow.__table__, parcels.order_id == _ORDERS.id).join(
        ScanRow.__table__, scans.shipment_id == parcels.id
    )
    of_case = CaseRow.__table__.join(CaseLogRow.__table__, cases.case_id == _CASES.id)
    of_mail = (
        AttemptRow.__table__.join(OutboxRow.__table__, attempts.outbox_id == box.id)
        .outerjoin(OrderRow.__table__, box.order_id == _ORDERS.id)
        .outerjoin(CaseRow.__table__, box.case_id == _CASES.id)
    )
    of_answer = OrderRow.__table__.join(AnswerRow.__table__, _ANSWERS.order_id == _ORDERS.id)
    earlier = AnswerRow.__table__.alias()
    of_the_same = earlier.join(
        AnswerRow.__table__,
        (earlier.c.order_id == _ANSWERS.order_id) & (earlier.c.source_ref != _ANSWERS.source_ref),
    )
    wrote = ReviewRow.__table__.alias()
    of_the_same_writer = wrote.join(
        ReviewRow.__table__,
        (wrote.c.customer_id == _REVIEWS.customer_id)
        & (wrote.c.product_ref == _REVIEWS.product_ref)
        & (wrote.c.id < _REVIEWS.id),
    )
    of_order_of_case = of_case.join(OrderRow.__table__, _ORDERS.id == _CASES.order_id)
    of_order_of_review = OrderRow.__table__.join(ReviewRow.__table__, _REVIEWS.order_id == _ORDERS.id)
    sources: list[tuple[Any, Any, Any, Any]] = [
        (of_event, _ORDERS.shop, _ORDERS.placed_at, events.id > since["order_events"]),
        (of_event, _ORDERS.shop, events.happened_at, events.id > since["order_events"]),
        (of_scan, _ORDERS.shop, _ORDERS.placed_at, scans.id > since["scans"]),
        (of_scan, _ORDERS.shop, parcels.shipped_at, scans.id > since["scans"]),
        (of_case, _CASES.shop, _CASES.opened_at, cases.id > since["case_log"]),
        (
            of_mail,
            func.coalesce(_ORDERS.shop, _CASES.shop),
            box.owed_at,
            attempts.id > since["outbox_attempts"],
        ),
        (of_answer, _ORDERS.shop, _ORDERS.placed_at, _ANSWERS.id > since["answers"]),
        (AnswerRow.__table__, _ANSWERS.shop, _ANSWERS.answered_at, _ANSWERS.id > since["answers"]),
        # The life of an order tells of its cases and reviews.
        (of_order_of_case, _ORDERS.shop, _ORDERS.placed_at, cases.id > since["case_log"]),
        (of_order_of_review, _ORDERS.shop, _ORDERS.placed_at, _REVIEWS.id > since["reviews"]),
        # A further sheet or review about the same: which of them counts is said on the days of the earlier ones.
        (
            of_the_same,
            earlier.c.shop,
            earlier.c.answered_at,
            (_ANSWERS.id > since["answers"]) & (earlier.c.id < _ANSWERS.id),
        ),
        (of_the_same_writer, wrote.c.shop, wrote.c.written_at, _REVIEWS.id > since["reviews"]),
        (ReviewRow.__table__, _REVIEWS.shop, _REVIEWS.written_at, _REVIEWS.id > since["reviews"]),
    ]
    return [
        select(shop, quarter(connection, moment)).select_from(source).where(newer).distinct()
        for source, shop, moment, newer in sources
    ]
