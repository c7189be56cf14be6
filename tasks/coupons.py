"""Coupons: giving those that were promised for reviews, one for each order."""

from typing import Any

from postventa import clock, coupons
from postventa.connectors.doors import open_shop
from postventa.connectors.http import ConnectorError, Refused
from postventa.review_news import MakesCoupons
from postventa.workplace import Workplace, open_workplace
from tasks.promise import promise

BATCH = 100


@promise("give-coupons")
def give_coupons() -> list[str]:
    """Gives the coupons that were promised for reviews; answers sentences for a person.

    Safe to run twice, and after a kill at any point: one coupon for each order.
    """
    place, trouble = open_workplace(), []
    with place.store.begin() as connection:
        coupons.note_letters(connection)
        coupons.expire(connection, clock.now())
    for name, settings in place.settings.shops.items():
        if settings.review_coupon is None:
            continue
        door = open_shop(name, settings)
        if not isinstance(door, MakesCoupons):
            trouble.append(f"the shop {name} cannot make coupons: take [shops.{name}.review_coupon] out")
            continue
        with place.store.begin() as connection:
            coupons.reserve(connection, place.settings, name, clock.now(), BATCH)
        with place.reading() as connection:
            waiting = coupons.reserved(connection, name, BATCH)
        try:
            for row in waiting:
                trouble += _make(place, door, row)
        except ConnectorError as error:
            trouble.append(f"coupons of {name} could not be made: {error}")
    return trouble


def _make(place: Workplace, door: MakesCoupons, row: Any) -> list[str]:
    try:
        ref = coupons.make(door, row)
    except Refused as no:
        if no.status != 400:
            raise  # the key, or everybody's coupons: not this one's
        with place.store.begin() as connection:
            coupons.note_refused(connection, row)
        return [f"{row.shop}:{row.ref}: its coupon is refused by the shop: {no}"]
    with place.store.begin() as connection:
        coupons.note_made(connection, row, ref, clock.now())
    return []
