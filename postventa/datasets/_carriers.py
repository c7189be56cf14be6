"""By whom an order came: the carrier of its parcels, said as one word for each order."""

from typing import Any

from sqlalchemy import case, func, select

from postventa.store.shipments import ShipmentRow

OTHER, SEVERAL, NONE = "other", "several", "none"
"""A carrier that is not in [carriers], parcels of more than one, and no parcel at all."""
_PARCELS: Any = ShipmentRow.__table__.c


def carrier_of(order_id: Any) -> Any:
    """The expression for it. Asked order by order, by the index that parcels have."""
    name = func.coalesce(_PARCELS.carrier, OTHER)
    words = case((func.count() == 0, NONE), (func.min(name) == func.max(name), func.min(name)), else_=SEVERAL)
    return select(words).where(_PARCELS.order_id == order_id).correlate_except(ShipmentRow).scalar_subquery()
