"""Own-site reviews, kept as the shop shows them: linked to the order that they are about, each person's second told apart."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from postventa.languages import language_of
from postventa.plain_text import plain_text
from postventa.review_news import ReviewNews
from postventa.settings import Settings
from postventa.store.orders import CustomerRow, LineRow, OrderRow
from postventa.store.reviews import ReviewRow
from postventa.store.upsert import Row, upsert

OWN = "shop"
OVERLAP = timedelta(days=14)
"""The list knows no changes: what is younger is read again, for a moderator's decision or a corrected word."""
_CUSTOMERS: Any = CustomerRow.__table__
_LINES: Any = LineRow.__table__
_ORDERS: Any = OrderRow.__table__
_REVIEWS: Any = ReviewRow.__table__
STAYS = ("heard_at", "testimonial", "reacted_at", "repeats", "is_incentivised", "order_id", "customer_id")


def read_since(connection: Connection, settings: Settings, shop: str) -> datetime:
    """From when on a shop's reviews are read this time."""
    mine = (_REVIEWS.c.shop == shop) & (_REVIEWS.c.source == OWN)
    newest = connection.execute(select(func.max(_REVIEWS.c.written_at)).where(mine)).scalar()
    since = settings.shop(shop).backfill_since
    return max(since, newest - OVERLAP) if newest else since


def keep_reviews(connection: Connection, shop: str, heard: Sequence[ReviewNews], now: datetime) -> int:
    """Keeps what a shop shows; answers how many reviews are new. Keeping them again changes nothing."""
    if not heard:
        return 0
    known = _known(connection, shop, [news.ref for news in heard])
    people = _people(connection, shop, {news.email.strip().lower() for news in heard})
    rows: list[Row] = []
    wrote = _wrote(connection, shop, people.values())
    for news in sorted(heard, key=lambda one: (one.written_at, int(one.ref))):
        customer = people.get(news.email.strip().lower())
        pair = (customer, news.product_ref)
        repeats = customer is not None and any(ref != news.ref for ref in wrote.get(pair, ()))
        if customer is not None:
            wrote.setdefault(pair, set()).add(news.ref)
        rows.append(_row(connection, shop, news, customer, now) | {"repeats": repeats})
    upsert(connection, ReviewRow, rows, ("shop", "source", "ref"), keep=STAYS)
    return len({news.ref for news in heard} - known)


def _row(connection: Connection, shop: str, news: ReviewNews, customer: int | None, now: datetime) -> Row:
    order_id = _order_of(connection, customer, news) if customer is not None else None
    text = plain_text(news.text).text
    return {
        "shop": shop,
        "source": OWN,
        "ref": news.ref,
        "product_ref": news.product_ref,
        "order_id": order_id,
        "customer_id": customer,
        "rating": news.rating,
        "text": text,
        "language": language_of(text),
        "is_verified": news.is_verified or order_id is not None,
        "is_incentivised": False,
        "status": news.status,
        "written_at": news.written_at,
        "heard_at": now,
        "testimonial": "",
        "reacted_at": None,
    }


def _order_of(connection: Connection, customer: int, news: ReviewNews) -> int | None:
    """The latest order of the product that its writer had placed by then."""
    bought = (
        select(_ORDERS.c.id)
        .join(_LINES, _LINES.c.order_id == _ORDERS.c.id)
        .where(_ORDERS.c.customer_id == customer, _LINES.c.product_ref == news.product_ref)
        .where(_ORDERS.c.placed_at <= news.written_at)
        .order_by(_ORDERS.c.placed_at.desc(), _ORDERS.c.id.desc())
        .limit(1)
    )
    found: int | None = connection.execute(bought).scalar()
    return found


def _known(connection: Connection, shop: str, refs: Collection[str]) -> set[str]:
    mine = (_REVIEWS.c.shop == shop) & (_REVIEWS.c.source == OWN) & _REVIEWS.c.ref.in_(refs)
    return set(connection.execute(select(_REVIEWS.c.ref).where(mine)).scalars())


def _people(connection: Connection, shop: str, emails: Collection[str]) -> dict[str, int]:
    wanted = select(_CUSTOMERS.c.identity, _CUSTOMERS.c.id)
    wanted = wanted.where(_CUSTOMERS.c.shop == shop, _CUSTOMERS.c.identity.in_(emails))
    return {identity: number for identity, number in connection.execute(wanted)}  # noqa: C416 - names


def _wrote(
    connection: Connection, shop: str, customers: Collection[int]
) -> dict[tuple[int | None, str], set[str]]:
    """What these customers have written about which product before."""
    rows = select(_REVIEWS.c.customer_id, _REVIEWS.c.product_ref, _REVIEWS.c.ref)
    rows = rows.where(_REVIEWS.c.customer_id.in_(list(customers)), _REVIEWS.c.shop == shop)
    found: dict[tuple[int | None, str], set[str]] = {}
    for customer, product_ref, ref in connection.execute(rows):
        found.setdefault((customer, product_ref), set()).add(ref)
    return found
