"""Every product review as its shop or platform shows it: the stars and what is known of the writer, never the words."""

from typing import Any

import pandas as pd
from sqlalchemy import Boolean, Integer, case, cast, func, select

from postventa.datasets._night import Night, Span, Window
from postventa.datasets._reading import hours, local_day, per_shop, read
from postventa.store.orders import OrderRow
from postventa.store.reviews import ReviewRow

READS = ()
DAY = "day"
REFUSED = ("spam", "trash")
_ORDERS: Any = OrderRow.__table__.c
_REVIEWS: Any = ReviewRow.__table__


def build(night: Night, span: Span) -> pd.DataFrame:
    """A row for each review, on the local day on which it was written."""
    return per_shop(night, span, _rows)


def _rows(night: Night, window: Window) -> pd.DataFrame:
    found, names = read(night, _reviews(window)), night.pseudonyms
    written = found["written_at"]
    return pd.DataFrame(
        {
            "shop": found["shop"],
            "day": local_day(written, window),
            "review_id": names.of("review", found["id"]),
            "order_id": names.of("order", found["order_id"]),
            "customer_id": names.of("customer", found["customer_id"]),
            "product": found["product_ref"],
            "source": found["source"],
            "language": found["language"],
            "rating": found["rating"],
            "status": found["status"],
            "is_verified": found["is_verified"],
            "is_incentivised": found["is_incentivised"],
            "has_text": found["has_text"],
            "hours_since_delivery": hours(found["delivered_at"], written),
            "is_before_delivery": (written < found["delivered_at"]).astype("boolean"),
            "revision": found["revision"],
            "is_counted": found["is_counted"],
        }
    )


def _reviews(window: Window) -> Any:
    """Reviews written within the window, each with its place among the same person's of the same product."""
    mine, every = _REVIEWS.alias(), _REVIEWS.c
    in_window = (mine.c.shop == window.shop) & window.holds(mine.c.written_at)
    writers = select(mine.c.customer_id).where(in_window, mine.c.customer_id.is_not(None))
    lonely = (every.shop == window.shop) & every.customer_id.is_(None) & window.holds(every.written_at)
    is_refused = case((every.status.in_(REFUSED), 1), else_=0)
    same: Any = {
        "partition_by": (func.coalesce(every.customer_id, -every.id), every.product_ref, every.source)
    }
    latest: Any = {"order_by": (is_refused, every.written_at.desc(), every.id.desc())}
    placed = (
        select(
            _REVIEWS,
            _ORDERS.delivered_at,
            func.row_number(type_=Integer)
            .over(**same, order_by=(every.written_at, every.id))
            .label("revision"),
            func.row_number(type_=Integer).over(**same, **latest).label("from_the_last"),
        )
        .outerjoin(OrderRow, _ORDERS.id == every.order_id)
        .where((every.shop == window.shop) & every.customer_id.in_(writers) | lonely)
        .subquery()
    )
    row = placed.c
    return (
        select(
            *(row[name] for name in ("id", "shop", "source", "product_ref", "order_id", "customer_id")),
            *(row[name] for name in ("language", "rating", "status", "is_verified", "is_incentivised")),
            *(row[name] for name in ("written_at", "delivered_at", "revision")),
            cast(row.text != "", Boolean).label("has_text"),
            cast((row.from_the_last == 1) & row.status.not_in(REFUSED), Boolean).label("is_counted"),
        )
        .where(window.holds(row.written_at))
        .order_by(row.id)
    )
