"""Everything that the messages of a batch of orders are decided and written from, read in five queries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from postventa.rules.messages import Outcome
from postventa.store.batches import among
from postventa.store.messages import OutboxRow
from postventa.store.orders import CustomerRow, LineRow, OrderRow
from postventa.store.shipments import ShipmentRow


@dataclass(slots=True)
class Dossier:
    """One order with its customer, lines, parcels, and what its customer has been told: (message, parcel's id)."""

    order: Any
    customer: Any
    lines: list[Any] = field(default_factory=list)
    parcels: dict[int, Any] = field(default_factory=dict)
    told: set[tuple[str, int | None]] = field(default_factory=set)


def dossiers(connection: Connection, order_ids: Sequence[int], channel: str = "email") -> dict[int, Dossier]:
    """The dossiers of these orders, by order id, with what was told over one channel."""
    if not order_ids:
        return {}
    orders, customers = OrderRow.__table__, CustomerRow.__table__
    found = connection.execute(orders.select().where(among(connection, orders.c.id, order_ids))).all()
    people = {
        row.id: row
        for row in connection.execute(
            customers.select().where(
                among(connection, customers.c.id, {order.customer_id for order in found})
            )
        )
    }
    read = {order.id: Dossier(order, people[order.customer_id]) for order in found}
    lines = LineRow.__table__
    for line in connection.execute(
        lines.select().where(among(connection, lines.c.order_id, order_ids)).order_by(lines.c.id)
    ):
        read[line.order_id].lines.append(line)
    parcels = ShipmentRow.__table__
    for parcel in connection.execute(
        parcels.select().where(among(connection, parcels.c.order_id, order_ids)).order_by(parcels.c.id)
    ):
        read[parcel.order_id].parcels[parcel.id] = parcel
    box = OutboxRow.__table__.c
    told = select(box.order_id, box.message, box.shipment_id).where(
        among(connection, box.order_id, order_ids),
        box.outcome.in_((Outcome.SENT, Outcome.UNCERTAIN)),
        box.channel == channel,
    )
    for order_id, message, shipment_id in connection.execute(told):
        read[order_id].told.add((message, shipment_id))
    return read
