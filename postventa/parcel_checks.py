"""Which parcels a carrier is asked about once more at night: those that nobody follows first, then the longest unasked."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, or_, select, update

from postventa.findings import ASKED, NOT_FOLLOWED
from postventa.rules.reconciliation import Difference
from postventa.rules.shipments import FINAL, GIVE_UP_AFTER, ShipmentStatus
from postventa.store.inbox import ParkedRow
from postventa.store.orders import OrderRow
from postventa.store.reconciliation import FindingRow, ReconciliationRow
from postventa.store.shipments import ShipmentRow

DELIVERED_WITHIN = timedelta(days=7)
"""So long after its delivery a parcel may still turn out to have gone back."""
JUST_ASKED = timedelta(hours=1)
_ORDERS: Any = OrderRow.__table__.c
_PARCELS: Any = ShipmentRow.__table__.c
_RUNS: Any = ReconciliationRow.__table__


def plan_looks(connection: Connection, reconciliation: Any, carrier: str, budget: int, now: datetime) -> int:
    """Makes up to so many of the shop's parcels with this carrier due for a look; answers how many.

    What they were before is written down, so that it can be said what the look has found.
    """
    found = _worth_asking(connection, reconciliation.shop, carrier, budget, now)
    if not found:
        return 0
    ids = [row.id for row in found]
    connection.execute(
        FindingRow.__table__.insert(),  # type: ignore[attr-defined]
        [
            {
                "reconciliation_id": reconciliation.id,
                "kind": Difference.PARCEL,
                "ref": row.ref,
                "shipment_id": row.id,
                "changed_at": row.looked_at or row.last_news_at,
                "late_seconds": None,
                "outcome": ASKED,
                "said": NOT_FOLLOWED if row.is_lost else row.status,
            }
            for row in found
        ],
    )
    connection.execute(update(ShipmentRow).where(_PARCELS.id.in_(ids)).values(look_at=now))
    asked = _RUNS.c.parcels_asked + len(ids)
    connection.execute(update(_RUNS).where(_RUNS.c.id == reconciliation.id).values(parcels_asked=asked))
    return len(ids)


def _worth_asking(connection: Connection, shop: str, carrier: str, budget: int, now: datetime) -> list[Any]:
    is_under_way = _PARCELS.status.not_in(FINAL) & (_PARCELS.last_news_at > now - GIVE_UP_AFTER)
    is_lost = and_(is_under_way, _PARCELS.look_at.is_(None))
    came = (_PARCELS.status == ShipmentStatus.DELIVERED) & (_PARCELS.delivered_at > now - DELIVERED_WITHIN)
    is_parked = select(ParkedRow.id).where(
        ParkedRow.shop == shop, ParkedRow.order_ref == _ORDERS.ref, ParkedRow.resolved_at.is_(None)
    )
    wanted = (
        select(
            _PARCELS.id,
            _ORDERS.ref,
            _PARCELS.status,
            _PARCELS.looked_at,
            _PARCELS.last_news_at,
            case((is_lost, True), else_=False).label("is_lost"),
        )
        .join(OrderRow, _ORDERS.id == _PARCELS.order_id)
        .where(_ORDERS.shop == shop, _PARCELS.carrier == carrier, ~is_parked.exists())
        .where(or_(is_under_way, came))
        .where(or_(_PARCELS.looked_at.is_(None), _PARCELS.looked_at < now - JUST_ASKED))
        .order_by(case((is_lost, 0), (came, 2), else_=1), _PARCELS.looked_at.nulls_first(), _PARCELS.id)
        .limit(budget)
    )
    return list(connection.execute(wanted))
