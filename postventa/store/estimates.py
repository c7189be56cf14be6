"""How long parcels have taken, by carrier and destination: learned once a night, read whenever one leaves."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, bindparam, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from postventa.rules.estimates import Journey, Usual
from postventa.rules.places import region_among
from postventa.store.base import Base
from postventa.store.orders import OrderRow
from postventa.store.shipments import ShipmentRow

_ORDERS: Any = OrderRow.__table__
_PARCELS: Any = ShipmentRow.__table__


class TransitTimeRow(Base):
    """What deliveries of ours say of one carrier and place."""

    __tablename__ = "transit_times"

    carrier: Mapped[str] = mapped_column(String(64), primary_key=True)
    place: Mapped[str] = mapped_column(String(8), primary_key=True)
    """As in ISO 3166: a region such as `ES-CT`, and its country as a whole."""
    deliveries: Mapped[int]
    p50_days: Mapped[int]
    p90_days: Mapped[int]
    """Working days of that place from leaving to arriving, that half and nine of ten needed at most."""
    learned_at: Mapped[datetime]


_TIMES: Any = TransitTimeRow.__table__


def journeys(connection: Connection, since: datetime) -> Iterator[Journey]:
    """Every parcel that left and arrived since then, in one question to the store."""
    wanted = (
        select(_PARCELS.c.carrier, *_address(), _PARCELS.c.shipped_at, _PARCELS.c.delivered_at)
        .join(OrderRow, _ORDERS.c.id == _PARCELS.c.order_id)
        .where(_PARCELS.c.delivered_at >= since, _PARCELS.c.carrier.is_not(None))
        .where(_PARCELS.c.shipped_at.is_not(None))
    )
    for carrier, *address, left_at, arrived_at in connection.execute(wanted):
        yield Journey(carrier, _region(address), left_at, arrived_at)


def keep_usual(connection: Connection, learned: Sequence[Usual], now: datetime) -> None:
    """Puts what was learned in the place of what was known before."""
    connection.execute(delete(TransitTimeRow))
    if learned:
        connection.execute(
            _TIMES.insert(),
            [
                {
                    "carrier": one.carrier,
                    "place": one.place,
                    "deliveries": one.deliveries,
                    "p50_days": one.p50_days,
                    "p90_days": one.p90_days,
                    "learned_at": now,
                }
                for one in learned
            ],
        )


def usual_times(connection: Connection) -> dict[tuple[str, str], Usual]:
    """All that was learned, by carrier and place."""
    return {
        (row.carrier, row.place): Usual(row.carrier, row.place, row.deliveries, row.p50_days, row.p90_days)
        for row in connection.execute(_TIMES.select())
    }


def of_orders(order_ids: Sequence[int]) -> Any:
    """The condition that a parcel is one of these orders'."""
    return _PARCELS.c.order_id.in_(order_ids)


def of_refs(shop: str, refs: Sequence[str]) -> Any:
    """The same, by the shop's own ids."""
    return (_ORDERS.c.shop == shop) & _ORDERS.c.ref.in_(refs)


def without_estimate(connection: Connection, which: Any) -> list[tuple[int, str, str, datetime]]:
    """The parcels of those orders that have left, and of which nobody has said when they arrive.

    Each with its id, carrier, region, and when it left.
    """
    parcels = _PARCELS.c
    wanted = (
        select(parcels.id, parcels.carrier, *_address(), parcels.shipped_at)
        .join(OrderRow, _ORDERS.c.id == parcels.order_id)
        .where(which, parcels.carrier.is_not(None))
        .where(parcels.shipped_at.is_not(None), parcels.delivered_at.is_(None))
        .where(parcels.first_estimated_at.is_(None), parcels.guessed_at.is_(None))
    )
    return [
        (number, carrier, _region(address), left_at)
        for number, carrier, *address, left_at in connection.execute(wanted)
    ]


def keep_guesses(connection: Connection, guesses: Sequence[tuple[int, datetime]]) -> None:
    """Writes down when these parcels are likely to arrive; what was written before stays."""
    if guesses:
        is_it = (_PARCELS.c.id == bindparam("parcel")) & _PARCELS.c.guessed_at.is_(None)
        connection.execute(
            update(_PARCELS).where(is_it).values(guessed_at=bindparam("guess")),
            [{"parcel": number, "guess": at} for number, at in guesses],
        )


def _address() -> list[Any]:
    """The parts of both addresses that tell the place; no street and no name is read."""
    return [
        _ORDERS.c.details[address][part].as_string()
        for address in ("shipping", "billing")
        for part in ("country", "postcode", "region")
    ]


def _region(parts: Sequence[str | None]) -> str:
    words = [part or "" for part in parts]
    return region_among(
        dict(zip(("country", "postcode", "region"), address, strict=True))
        for address in (words[:3], words[3:])
    )
