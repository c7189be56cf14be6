"""Orders that are read again by themselves, because what they lack may come without moving their stamp."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, literal, select, update

from postventa.rules.orders import Stage
from postventa.store.base import Instant
from postventa.store.orders import OrderRow

WHILE_SHIPPED_UNTRACKED = timedelta(hours=1)


def due(connection: Connection, shop: str, now: datetime, limit: int) -> list[str]:
    """The orders of `shop` that are due to be read again, longest due first."""
    found = (
        select(OrderRow.ref)
        .where(OrderRow.shop == shop, OrderRow.reread_at <= now)
        .order_by(OrderRow.reread_at)
        .limit(limit)
    )
    return list(connection.execute(found).scalars())


def put_off(
    connection: Connection, shop: str, refs: Sequence[str], now: datetime, usually: timedelta
) -> None:
    """Notes that these orders have been read: one that has left without tracking is read again soon."""
    soon = min(usually, WHILE_SHIPPED_UNTRACKED)
    after = case((OrderRow.stage == Stage.SHIPPED, literal(now + soon, Instant())), else_=now + usually)
    connection.execute(
        update(OrderRow).where(OrderRow.shop == shop, OrderRow.ref.in_(refs)).values(reread_at=after)
    )
