"""The orders of a shop that have been silent for too long, and whether one that somebody is to be told of still is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from postventa.estimates import calendar_of
from postventa.rules.counting import Holidays
from postventa.rules.estimates import working_days_since
from postventa.rules.orders import Stage
from postventa.rules.places import region_among
from postventa.rules.shipments import ShipmentStatus
from postventa.rules.silence import PACKING, Limits, Parcel, Quiet, Silent, Waiting, quiet, silences
from postventa.settings import Settings, Shop
from postventa.store.orders import OrderRow
from postventa.store.shipments import ShipmentRow

ASKED_WITHIN = timedelta(days=1)
_ORDERS: Any = OrderRow.__table__
_PARCELS: Any = ShipmentRow.__table__


@dataclass(frozen=True, slots=True)
class SilentOrder:
    """An order with one silence; `parcel` is the row of the parcel that it is about."""

    order: Any
    silent: Silent
    parcel: Any = None


def silent_orders(connection: Connection, settings: Settings, shop: str, now: datetime) -> list[SilentOrder]:
    """Every silence of the shop's orders that were placed in our time, the longest first."""
    shop_settings = settings.shop(shop)
    limits, country = limits_of(shop_settings), settings.policy.jurisdiction
    orders = _under_way(connection, shop, shop_settings.backfill_since)
    parcels: dict[int, list[Any]] = {}
    mine = _PARCELS.c.order_id.in_(
        select(_ORDERS.c.id).where(_is_under_way(shop, shop_settings.backfill_since))
    )
    for row in connection.execute(_PARCELS.select().where(mine).order_by(_PARCELS.c.id)):
        parcels.setdefault(row.order_id, []).append(row)
    found = []
    for order in orders:
        rows = {row.id: row for row in parcels.get(order.id, ())}
        region = region_among((order.details.get("shipping"), order.details.get("billing"))) or country
        zone, holidays = (
            calendar_of(country, region) or calendar_of(country, country) or (shop_settings.zone, None)
        )
        if holidays is None:
            continue
        days = partial(_days, zone=zone, holidays=holidays, now=now)
        told = silences(waiting_of(order, rows.values()), limits, region.partition("-")[0], days)
        about = [SilentOrder(order, one, rows.get(one.quiet.parcel or 0)) for one in told]
        found += [one for one in about if _was_asked(one.parcel, now)]
    return sorted(found, key=lambda one: (-one.silent.days, one.order.id))


def limits_of(shop: Shop) -> Limits:
    """The shop's limits, as its configuration says them."""
    said = shop.silence
    return Limits(
        said.label_days, said.handover_days, said.scan_days, said.news_days, said.scan_days_by_country
    )


def waiting_of(order: Any, parcels: Collection[Any]) -> Waiting:
    """An order and its parcels, rows of the store, as far as their silence asks."""
    return Waiting(
        stage=Stage(order.stage),
        is_held=order.is_held,
        needs_shipping=order.needs_shipping,
        sold_at=order.paid_at or order.placed_at,
        shipped_at=order.shipped_at,
        parcels=tuple(
            Parcel(row.id, ShipmentStatus(row.status), bool(row.carrier), row.shipped_at, row.last_news_at)
            for row in parcels
        ),
    )


def is_still_quiet(said: Quiet, order: Any, parcels: Collection[Any]) -> bool:
    """Whether nothing has been heard since."""
    return said in quiet(waiting_of(order, parcels))


def _was_asked(parcel: Any, now: datetime) -> bool:
    """Whether the carrier has been silent, and not we: one that could not be asked for a day may have said a lot."""
    return parcel is None or (parcel.looked_at is not None and parcel.looked_at > now - ASKED_WITHIN)


def _is_under_way(shop: str, since: datetime) -> Any:
    orders = _ORDERS.c
    stages = [str(stage) for stage in (*sorted(PACKING), Stage.SHIPPED)]
    return (orders.shop == shop) & orders.stage.in_(stages) & (orders.placed_at >= since)


def _under_way(connection: Connection, shop: str, since: datetime) -> list[Any]:
    return list(connection.execute(_ORDERS.select().where(_is_under_way(shop, since)).order_by(_ORDERS.c.id)))


def _days(since: datetime, *, zone: ZoneInfo, holidays: Holidays, now: datetime) -> int:
    return working_days_since(since.astimezone(zone).date(), now.astimezone(zone).date(), holidays)
