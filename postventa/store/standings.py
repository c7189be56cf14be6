"""What we know of a batch of orders before their news is applied, read in a few queries whatever the batch.

Read to be changed: until the transaction ends nobody else changes these orders, so that what the shop says and what a
carrier says at the same moment come one after the other. Orders are locked by id, so that nobody waits in a circle.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from postventa.rules.happenings import Known
from postventa.rules.orders import PaymentState, Stage
from postventa.rules.shipments import ShipmentStatus
from postventa.store.orders import BY_HAND, OrderRow, RefundRow
from postventa.store.shipments import ShipmentRow


@dataclass(slots=True)
class Standing:
    """One order as stored: the known facts of the chain and what is needed to save less than everything."""

    order_id: int
    shop: str
    ref: str
    known: Known
    placed_at: datetime
    modified_at: datetime
    lines_digest: str
    parcels: dict[str, Any] = field(default_factory=dict)
    """Tracking number -> the parcel's row."""
    refunds: frozenset[str] = frozenset()


def standings(connection: Connection, shop: str, refs: Sequence[str]) -> dict[str, Standing]:
    """The orders of `shop` among `refs` that are stored, by their ref."""
    orders = OrderRow.__table__
    wanted = orders.select().where(orders.c.shop == shop, orders.c.ref.in_(refs))
    rows = connection.execute(wanted.order_by(orders.c.id).with_for_update(key_share=True)).all()
    return {standing.ref: standing for standing in _standings(connection, rows)}


def standings_by_id(connection: Connection, order_ids: Sequence[int]) -> dict[int, Standing]:
    """The orders of these ids."""
    orders = OrderRow.__table__
    wanted = orders.select().where(orders.c.id.in_(order_ids))
    rows = connection.execute(wanted.order_by(orders.c.id).with_for_update(key_share=True)).all()
    return {standing.order_id: standing for standing in _standings(connection, rows)}


def _standings(connection: Connection, rows: Sequence[Any]) -> list[Standing]:
    ids = [row.id for row in rows]
    parcels: dict[int, dict[str, Any]] = {}
    shipments = ShipmentRow.__table__
    for parcel in connection.execute(shipments.select().where(shipments.c.order_id.in_(ids))):
        parcels.setdefault(parcel.order_id, {})[parcel.tracking_number] = parcel
    refunds: dict[int, set[str]] = {}
    listed = select(RefundRow.order_id, RefundRow.ref).where(
        RefundRow.order_id.in_(ids), RefundRow.withdrawn_at.is_(None), RefundRow.ref.not_like(f"{BY_HAND}%")
    )
    for order_id, ref in connection.execute(listed):
        refunds.setdefault(order_id, set()).add(ref)
    return [
        Standing(
            order_id=row.id,
            shop=row.shop,
            ref=row.ref,
            known=_known(row, parcels.get(row.id, {})),
            placed_at=row.placed_at,
            modified_at=row.modified_at,
            lines_digest=row.details["lines_digest"],
            parcels=parcels.get(row.id, {}),
            refunds=frozenset(refunds.get(row.id, ())),
        )
        for row in rows
    ]


def _known(row: Any, parcels: dict[str, Any]) -> Known:
    return Known(
        stage=Stage(row.stage),
        payment_state=PaymentState(row.payment_state),
        is_held=row.is_held,
        is_all_shipped=row.is_all_shipped,
        parcels={
            number: ShipmentStatus(parcel.status)
            for number, parcel in parcels.items()
            if parcel.status != ShipmentStatus.CANCELLED
        },
        left=frozenset(number for number, parcel in parcels.items() if parcel.shipped_at is not None),
        was_delivered=row.delivered_at is not None,
    )
