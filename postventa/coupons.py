"""Coupons that were promised for a review: reserved here, made in the shop, mailed; one for each order, whatever happens.

The same for every rating, and only for who was told of it beforehand. A killed process makes no second one: the
code is written down before the shop is asked, and the shop is asked for the code before it makes it.
"""

import secrets
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, select, update

from postventa.review_facts import REQUEST
from postventa.review_news import Coupon, MakesCoupons
from postventa.rules.messages import Outcome
from postventa.settings import Settings
from postventa.store.asking import IS_OUT, subject_of_order
from postventa.store.messages import OutboxRow
from postventa.store.orders import CustomerRow, OrderRow
from postventa.store.owing import owe_message
from postventa.store.reviews import CouponRow, ReviewRow
from postventa.store.upsert import insert_new

PURPOSE = "review"
MESSAGE = "review_coupon"
PREFIX = "gracias-"
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what looks alike. WooCommerce writes codes in small letters."""
_BOX: Any = OutboxRow.__table__
_COUPONS: Any = CouponRow.__table__
_CUSTOMERS: Any = CustomerRow.__table__
_ORDERS: Any = OrderRow.__table__
_REVIEWS: Any = ReviewRow.__table__


def reserve(connection: Connection, settings: Settings, shop: str, now: datetime, limit: int) -> int:
    """Reserves a coupon for every order whose promised review can be read; answers how many.

    Beyond the month's number none is reserved before the next month.
    """
    terms = settings.shop(shop).review_coupon
    left = 0 if terms is None else min(limit, terms.monthly - given_in_month(connection, settings, shop, now))
    if terms is None or left <= 0:
        return 0
    earned = (
        select(_REVIEWS.c.order_id, func.min(_BOX.c.id).label("letter"))
        .join(_BOX, (_BOX.c.order_id == _REVIEWS.c.order_id) & (_BOX.c.message == REQUEST))
        .outerjoin(_COUPONS, (_COUPONS.c.order_id == _REVIEWS.c.order_id) & (_COUPONS.c.purpose == PURPOSE))
        .where(_REVIEWS.c.shop == shop, _REVIEWS.c.source == "shop", _REVIEWS.c.status == "approved")
        .where(_REVIEWS.c.written_at >= _BOX.c.settled_at, _COUPONS.c.id.is_(None))
        .where(_BOX.c.outcome.in_(IS_OUT), _BOX.c.facts["reward"]["percent"].as_integer().is_not(None))
        .group_by(_REVIEWS.c.order_id)
        .order_by(_REVIEWS.c.order_id)
        .limit(left)
    )
    letters = connection.execute(earned).all()
    facts = {
        row.id: row.facts
        for row in connection.execute(_BOX.select().where(_BOX.c.id.in_([one.letter for one in letters])))
    }
    rows = [
        {
            "subject": subject_of_order(one.order_id),
            "purpose": PURPOSE,
            "shop": shop,
            "order_id": one.order_id,
            "code": PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(10)),
            "shop_ref": "",
            "percent": Decimal(facts[one.letter]["reward"]["percent"]),
            "amount": None,
            "currency": "",
            "state": "reserved",
            "reserved_at": now,
            "created_at": None,
            "expires_at": (now + timedelta(days=facts[one.letter]["reward"]["days"])).replace(microsecond=0),
        }
        for one in letters
    ]
    marked = update(ReviewRow).where(ReviewRow.order_id.in_([one.order_id for one in letters]))
    connection.execute(marked.values(is_incentivised=True))
    return insert_new(connection, CouponRow, rows, ("subject", "purpose"))


def reserved(connection: Connection, shop: str, limit: int) -> list[Any]:
    """The coupons that the shop has not confirmed yet, each with its customer's address."""
    wanted = (
        select(_COUPONS, _ORDERS.c.ref, _CUSTOMERS.c.email)
        .join(_ORDERS, _ORDERS.c.id == _COUPONS.c.order_id)
        .join(_CUSTOMERS, _CUSTOMERS.c.id == _ORDERS.c.customer_id)
        .where(_COUPONS.c.shop == shop, _COUPONS.c.state == "reserved")
        .order_by(_COUPONS.c.id)
        .limit(limit)
    )
    return list(connection.execute(wanted))


def make(door: MakesCoupons, row: Any) -> str:
    """Makes a reserved coupon in the shop, or finds the one that is there; answers the shop's id."""
    return door.coupon(Coupon(row.code, int(row.percent), row.email, row.expires_at))


def note_made(connection: Connection, row: Any, shop_ref: str, now: datetime) -> None:
    """Notes that the shop has it, and owes its mail in the same transaction."""
    made = update(CouponRow).where(CouponRow.id == row.id, CouponRow.state == "reserved")
    connection.execute(made.values(state="created", shop_ref=shop_ref, created_at=now))
    facts = {"code": row.code.upper(), "percent": int(row.percent), "until_at": row.expires_at.isoformat()}
    owe_message(
        connection,
        MESSAGE,
        f"{row.shop}:{row.ref}:-:{MESSAGE}:first",
        now,
        occasion="first",
        order_id=row.order_id,
        facts=facts,
    )


def note_refused(connection: Connection, row: Any) -> None:
    """Notes that the shop will not make it: it holds up no other, and counts for no month."""
    _set(connection, (_COUPONS.c.id == row.id) & (_COUPONS.c.state == "reserved"), state="refused")


def note_letters(connection: Connection) -> None:
    """Reads back what became of the coupons' mails: sent, or kept back for good, so that nobody knows the code."""
    letters = select(_BOX.c.id).where(_BOX.c.order_id == _COUPONS.c.order_id, _BOX.c.message == MESSAGE)
    is_created = _COUPONS.c.state == "created"
    for outcomes, state in ((IS_OUT, "sent"), ((Outcome.SUPPRESSED, Outcome.FAILED), "refused")):
        _set(connection, is_created & letters.where(_BOX.c.outcome.in_(outcomes)).exists(), state=state)


def counted(connection: Connection, since: datetime) -> Counter[tuple[str, str]]:
    """By shop and state, the coupons reserved since then."""
    rows = select(_COUPONS.c.shop, _COUPONS.c.state, func.count()).where(_COUPONS.c.reserved_at >= since)
    return Counter(
        {
            (shop, state): n
            for shop, state, n in connection.execute(rows.group_by(_COUPONS.c.shop, _COUPONS.c.state))
        }
    )


def expire(connection: Connection, now: datetime) -> None:
    """Notes which coupons can be used no more; one that was never made is given up with its promise's end."""
    over = update(CouponRow).where(
        CouponRow.state.in_(("reserved", "created", "sent")), CouponRow.expires_at <= now
    )
    connection.execute(over.values(state="expired"))


def given_in_month(connection: Connection, settings: Settings, shop: str, now: datetime) -> int:
    """How many of the month's coupons are given: whatever became of them, but for what the shop refused."""
    local = now.astimezone(settings.shop(shop).zone)
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    given = select(func.count()).where(_COUPONS.c.shop == shop, _COUPONS.c.reserved_at >= first)
    given = given.where(_COUPONS.c.state != "refused")
    return int(connection.execute(given).scalar_one())


def _set(connection: Connection, which: Any, **values: Any) -> None:
    connection.execute(update(CouponRow).where(which).values(**values))
