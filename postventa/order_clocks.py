"""The clocks of orders: started, ended and taken up again for a batch of sales at once, as they stand now.

A look at a sale is owed in the transaction that records what happened to it, so that no clock is forgotten; the
batch that hears a shop's news does not count deadlines itself.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from postventa.clock_rows import Start
from postventa.clocks import start_many
from postventa.proofs import ORDER_RECEIPT, PROOFS
from postventa.rules.deliveries import (
    Fate,
    Sold,
    contracted_at,
    fate_of_delivery,
    fate_of_receipt,
    must_acknowledge,
    must_deliver,
)
from postventa.rules.messages import Outcome
from postventa.rules.orders import STOPPED, Stage
from postventa.rules.shipments import ShipmentStatus
from postventa.sales import home_of, possession_of
from postventa.settings import Settings
from postventa.store.clocks import ClockRow
from postventa.store.messages import OutboxRow
from postventa.store.sales import Sale

DELIVER = "R-DEL-MAX"
PLACED, CONTRACTED = "order.accepted_by_consumer", "order.contracted"
_BOX: Any = OutboxRow.__table__
_CLOCKS: Any = ClockRow.__table__
_SETTLED = (
    update(_CLOCKS)
    .where(_CLOCKS.c.id == bindparam("clock"))
    .values(
        state=bindparam("as"),
        ended_at=bindparam("ended"),
        is_shadow=bindparam("shadow"),
        next_at=bindparam("at"),
    )
)


def keep_clocks(connection: Connection, settings: Settings, found: Collection[Sale], now: datetime) -> int:
    """Starts what these sales start and settles what has become of it; answers how many clocks are new."""
    ids = [sale.order.id for sale in found]
    if not ids:
        return 0
    told = acknowledged(connection, ids)
    known = {(row.order_id, row.rule_id): row for row in _held(connection, ids)}
    stands = {sale.order.id: sold_of(sale, told.get(sale.order.id)) for sale in found}
    starts = [start for sale in found for start in _starts(settings, sale, stands[sale.order.id], known)]
    new = start_many(connection, settings, starts, now)
    if new:
        known = {(row.order_id, row.rule_id): row for row in _held(connection, ids)}
    settle(connection, [(row, fate_of(row, stands[row.order_id])) for row in known.values()], now)
    return new


def acknowledged(connection: Connection, order_ids: Collection[int]) -> dict[int, datetime]:
    """When each of these orders was acknowledged, where it was."""
    box = _BOX.c
    first = select(box.order_id, func.min(box.settled_at)).where(
        box.order_id.in_(order_ids), box.message.in_(PROOFS[ORDER_RECEIPT]), box.outcome == Outcome.SENT
    )
    rows = connection.execute(first.group_by(box.order_id))
    return {order_id: at for order_id, at in rows if at is not None}


def sold_of(sale: Sale, acknowledged_at: datetime | None) -> Sold:
    """The sale as far as its deadlines ask."""
    order = sale.order
    parcels = [row for row in sale.parcels if row.status != ShipmentStatus.CANCELLED]
    arrived = max(possession_of(sale).since, default=None) if order.needs_shipping else None
    return Sold(
        stage=Stage(order.stage),
        placed_at=order.placed_at,
        paid_at=order.paid_at,
        needs_shipping=order.needs_shipping,
        stopped_at=order.modified_at if order.stage in STOPPED else None,
        acknowledged_at=acknowledged_at,
        arrived_at=arrived,
        is_all_shipped=order.is_all_shipped,
        is_followed=any(row.carrier for row in parcels),
    )


def fate_of(clock: Any, sold: Sold) -> Fate:
    """What has become of an order's clock. A promise of the shop's own about an order ends with its delivery."""
    return (fate_of_receipt if clock.rule_id == ORDER_RECEIPT else fate_of_delivery)(sold, clock.due_at)


def settle(connection: Connection, fates: Iterable[tuple[Any, Fate]], now: datetime) -> None:
    """Writes down what has changed. A clock that was ended and runs after all is looked at at once."""
    rows = [
        {
            "clock": clock.id,
            "as": clock.state if fate.runs and clock.ended_at is None else fate.state,
            "ended": fate.ended_at,
            "shadow": fate.is_shadow,
            "at": _next_look(clock, fate, now),
        }
        for clock, fate in fates
        if (clock.ended_at, clock.is_shadow) != (fate.ended_at, fate.is_shadow)
    ]
    if rows:
        connection.execute(_SETTLED, rows)


def _next_look(clock: Any, fate: Fate, now: datetime) -> datetime | None:
    if not fate.runs:
        return None
    return clock.next_at if clock.ended_at is None and clock.next_at is not None else now


def _starts(
    settings: Settings, sale: Sale, sold: Sold, known: Mapping[tuple[int, str], Any]
) -> Iterable[Start]:
    order, since = sale.order, settings.shop(sale.order.shop).backfill_since
    home = home_of(order)
    common = {"shop": order.shop, "order_id": order.id, "region": home.region, "zone": str(home.zone or "")}
    if (order.id, ORDER_RECEIPT) not in known and must_acknowledge(sold, since):
        yield Start(PLACED, events=[sold.placed_at], **common)
    if (order.id, DELIVER) not in known and must_deliver(sold, since):
        yield Start(CONTRACTED, events=[contracted_at(sold)], **common)


def _held(connection: Connection, order_ids: Collection[int]) -> Any:
    """The clocks that these orders started by being placed, ours until the transaction ends."""
    clocks = _CLOCKS.c
    mine = clocks.order_id.in_(order_ids) & (clocks.occasion == "")
    return connection.execute(_CLOCKS.select().where(mine).order_by(clocks.id).with_for_update()).all()
