"""Coupons that were used: read from the orders that are heard anyway, where shops name the coupons of an order."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, update

from postventa.coupons import PREFIX
from postventa.rules.orders import OrderState
from postventa.store.changes import Change
from postventa.store.reviews import CouponRow

_COUPONS: Any = CouponRow.__table__.c


def note_used(connection: Connection, shop: str, changes: Iterable[Change]) -> None:
    """Notes which of our coupons these orders used; an order that was cancelled gives its coupon back.

    Costs nothing where no order names a code of ours.
    """
    for change in changes:
        codes = [code.lower() for code in change.order["details"]["coupons"]]
        ours = [code for code in codes if code.startswith(PREFIX)]
        if ours:
            _note(connection, shop, change, ours)


def _note(connection: Connection, shop: str, change: Change, codes: list[str]) -> None:
    mine = update(CouponRow).where(_COUPONS.shop == shop, _COUPONS.code.in_(codes))
    if change.order["order_state"] == OrderState.CANCELLED:
        back = mine.where(_COUPONS.redeemed_by == change.ref)
        connection.execute(back.values(state="sent", redeemed_at=None, redeemed_by=""))
        return
    used = mine.where(_COUPONS.state != "redeemed")
    connection.execute(
        used.values(state="redeemed", redeemed_at=change.order["placed_at"], redeemed_by=change.ref)
    )
