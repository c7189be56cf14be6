"""Trends of products, carriers and regions: looked for in the answers of nine weeks, told once, and ended."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, select, update

from postventa.rules.trends import BEFORE, WINDOW, change_in, days_of, is_over
from postventa.sales import home_of
from postventa.settings import Settings
from postventa.store.asks import AnswerRow
from postventa.store.orders import LineRow, OrderRow
from postventa.store.reviews import ReviewRow, TrendRow
from postventa.store.shipments import ShipmentRow
from postventa.store.upsert import insert_new

OF_PRODUCTS = ("overall_experience", "order_condition")
OF_THE_WAY = ("overall_experience", "delivery_time")
RATING = "rating"
LONGEST_CHANGE = timedelta(days=90)
"""How far back a change that is still told is compared with what was before it."""
_ANSWERS: Any = AnswerRow.__table__
_LINES: Any = LineRow.__table__
_ORDERS: Any = OrderRow.__table__
_PARCELS: Any = ShipmentRow.__table__
_REVIEWS: Any = ReviewRow.__table__
_TRENDS: Any = TrendRow.__table__

Series = dict[tuple[str, str], list[tuple[date, float]]]
"""(subject, metric) -> single answers, each with its local day."""


@dataclass(slots=True)
class Found:
    """What a look found: sentences about changes that are news, and how many changes have ended."""

    news: list[str] = field(default_factory=list)
    ended: int = 0


def look_for_trends(connection: Connection, settings: Settings, shop: str, now: datetime) -> Found:
    """Looks once at everything that customers of a shop scored. Safe to run twice: a change is told once."""
    today = now.astimezone(settings.shop(shop).zone).date()
    said, found = _series(connection, settings, shop, now), Found()
    told = _TRENDS.select().where(_TRENDS.c.shop == shop, _TRENDS.c.ended_at.is_(None))
    still = {(row.subject, row.metric): row for row in connection.execute(told)}
    for (subject, metric), answers in sorted(said.items()):
        days, known = days_of(answers), still.get((subject, metric))
        if known is not None:
            since = date.fromisoformat(known.since)
            if is_over(days, since, today) or today - since > LONGEST_CHANGE:
                _end(connection, known.id, now)
                found.ended += 1
            continue
        change = change_in(days, today)
        if change is None:
            continue
        row = {
            "shop": shop,
            "subject": subject,
            "metric": metric,
            "since": change.since.isoformat(),
            "found_at": now,
            "evidence": change.evidence,
            "ended_at": None,
        }
        if insert_new(connection, TrendRow, [row], ("shop", "subject", "metric", "since")):
            found.news.append(f"{shop}, {subject}: {metric} has become worse: {change.evidence}")
    return found


def _series(connection: Connection, settings: Settings, shop: str, now: datetime) -> Series:
    zone = settings.shop(shop).zone
    since = now - BEFORE - WINDOW - LONGEST_CHANGE
    said: Series = defaultdict(list)
    answers, orders = _ANSWERS.c, _ORDERS.c
    scored = (
        (answers.shop == shop)
        & (answers.answered_at >= since)
        & answers.question.in_({*OF_PRODUCTS, *OF_THE_WAY})
        & answers.number.is_not(None)
    )
    # the answer's id, last, so that one product in two lines counts once and two answers alike count twice
    columns = (answers.question, answers.number, answers.answered_at)

    def add(wanted: Select[Any], kind: str, metrics: tuple[str, ...]) -> None:
        for question, number, at, subject, _ in connection.execute(wanted.where(scored).distinct()):
            if subject and question in metrics:
                said[f"{kind}:{subject}"[:128], question].append((at.astimezone(zone).date(), number))

    of_lines = select(*columns, _LINES.c.product_ref, answers.id).join(
        _LINES, _LINES.c.order_id == answers.order_id
    )
    of_parcels = select(*columns, _PARCELS.c.carrier, answers.id).join(
        _PARCELS, _PARCELS.c.order_id == answers.order_id
    )
    add(of_lines, "product", OF_PRODUCTS)
    add(of_parcels, "carrier", OF_THE_WAY)
    homes = select(*columns, orders.details).join(_ORDERS, orders.id == answers.order_id).where(scored)
    for row in connection.execute(homes):
        region = home_of(row).region
        if region and row.question in OF_THE_WAY:
            said[f"region:{region}", row.question].append(
                (row.answered_at.astimezone(zone).date(), row.number)
            )
    reviews = select(_REVIEWS.c.product_ref, _REVIEWS.c.rating, _REVIEWS.c.written_at)
    for product, rating, at in connection.execute(
        reviews.where(_REVIEWS.c.shop == shop, _REVIEWS.c.written_at >= since)
    ):
        said[f"product:{product}"[:128], RATING].append((at.astimezone(zone).date(), rating))
    return said


def _end(connection: Connection, trend_id: int, now: datetime) -> None:
    connection.execute(update(_TRENDS).where(_TRENDS.c.id == trend_id).values(ended_at=now))
