"""Orders that are read again by themselves, because what they lack may come without moving their stamp."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from postventa.store.orders import OrderRow


def due(connection: Connection, shop: str, now: datetime, limit: int) -> list[str]:
    """The orders of `shop` that are due to be read again, longest due first."""
    found = (
        select(OrderRow.ref)
        .where(OrderRow.shop == shop, OrderRow.reread_at <= now)
        .order_by(OrderRow.reread_at)
        .limit(limit)
    )
    return list(connection.execute(found).scalars())


def put_off(connection: Connection, shop: str, refs: Sequence[str], until: datetime) -> None:
    """Notes that these orders have been read and need not be read again before `until`."""
    connection.execute(
        update(OrderRow).where(OrderRow.shop == shop, OrderRow.ref.in_(refs)).values(reread_at=until)
    )
