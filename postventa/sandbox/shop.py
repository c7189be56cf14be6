"""The shop's state as of now: a time line of everything that happens, applied up to the present."""

import threading
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from postventa.sandbox import beside
from postventa.sandbox.lives import Change, Did
from postventa.sandbox.orders import Order, drawn_orders
from postventa.sandbox.parcels import Parcel
from postventa.sandbox.payloads import order_payload
from postventa.sandbox.settings import SandboxSettings
from postventa.sandbox.voices import Coupons, Voices
from postventa.sandbox.watch import Watch

HIDDEN = {"trash", "checkout-draft", "auto-draft"}
"""What `status=any` leaves out."""
CORE = {"pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed"}
OWN = {"preparing", "ready-to-ship", "partial-shipped"}
"""Statuses of the shop's plugins."""
STATUSES = CORE | OWN | HIDDEN
MANY = 500
"""From so many changes at once on, sorting anew is quicker than moving each order."""


class Shop:
    """Orders by id, and the index by modification that a poll asks for."""

    def __init__(self, settings: SandboxSettings, watch: Watch) -> None:
        self.settings, self.watch, self.site = settings, watch, ""
        self.voices = Voices(watch.now, settings.zone_info)
        self.coupons = Coupons(watch.now)
        self.orders = {order.id: order for order in drawn_orders(settings)}
        self._lock = threading.RLock()
        self._at = datetime.min.replace(tzinfo=UTC)
        self._next = 0
        self._line: list[tuple[datetime, int]] = []
        self._modified: list[tuple[datetime, int]] = []
        self._lay_out()

    def _lay_out(self) -> None:
        """Writes the time line: at which instant something happens to which order."""
        self._line = sorted(
            (change.at, order.id)
            for order in self.orders.values()
            for change in order.changes[order.applied :]
        )
        self._next = 0

    def catch_up(self) -> datetime:
        """Lets everything happen that is due by now, and answers now."""
        with self._lock:
            now = self.watch.now()
            if now < self._at:
                for order in self.orders.values():
                    order.begin_again()
                self._modified = []
                self._lay_out()
            due = bisect_right(self._line, now, lo=self._next, key=lambda entry: entry[0])
            self._apply([order_id for _, order_id in self._line[self._next : due]])
            self._next, self._at = due, now
            return now

    def _apply(self, order_ids: list[int]) -> None:
        if len(order_ids) > MANY:
            for order_id in order_ids:
                self.orders[order_id].apply_next()
            self._modified = sorted((order.modified_at, order.id) for order in self.placed())
            return
        for order_id in order_ids:
            order = self.orders[order_id]
            if order.is_placed:
                del self._modified[bisect_left(self._modified, (order.modified_at, order_id))]
            order.apply_next()
            insort(self._modified, (order.modified_at, order_id))

    def placed(self) -> list[Order]:
        return [order for order in self.orders.values() if order.is_placed]

    def by_modification(self, after: datetime | None) -> list[Order]:
        """Orders modified strictly after, by (modified, id)."""
        start = bisect_right(self._modified, after, key=lambda entry: entry[0]) if after else 0
        return [self.orders[order_id] for _, order_id in self._modified[start:]]

    def find(self, order_id: int) -> Order | None:
        order = self.orders.get(order_id)
        return order if order and order.is_placed else None

    def payload(self, order: Order) -> dict[str, Any]:
        return order_payload(order, self.site, self.settings.zone_info)

    def refunds(self) -> list[tuple[datetime, Order, int]]:
        """Every refund up to now, with its place among its order's refunds."""
        return [
            (change.at, order, place)
            for order in self.placed()
            for place, change in enumerate(order.happened.refunds)
        ]

    def refund(self, order: Order, place: int) -> dict[str, Any]:
        return beside.refund_payload(order, place, self.site, self.settings.zone_info)

    def patch(self, order_id: int, fields: dict[str, Any], *, touch: bool = True) -> Order | None:
        """Changes an order by hand, now. With a new status the rest of its planned life is called off."""
        with self._lock:
            order, at = self._now_of(order_id)
            if order is None:
                return None
            change = Change(at, Did.PATCHED, "" if touch else "untouched", fields=fields)
            return self._amend(order, change, and_stop="status" in fields)

    def give_back(self, order_id: int, what: str = "all") -> Order | None:
        """Refunds an order by hand, now: all of it, or a line by its number from 0. Raises ValueError if it has none."""
        with self._lock:
            order, at = self._now_of(order_id)
            if order is None:
                return None
            changes = [Change(at, Did.REFUNDED, what)]
            if what == "all":
                changes.append(Change(at, Did.STATUS, "refunded"))
            elif not what.isdecimal() or int(what) >= len(order.basket.lines):
                raise ValueError(f"an order of {len(order.basket.lines)} lines has no line {what}")
            return self._amend(order, *changes, and_stop=what == "all")

    def _now_of(self, order_id: int) -> tuple[Order | None, datetime]:
        """The order, and the instant at which what is done by hand happens to it."""
        now = self.catch_up().replace(microsecond=0)
        order = self.find(order_id)
        return order, max(now, order.changes[order.applied - 1].at) if order else now

    def _amend(self, order: Order, *changes: Change, and_stop: bool) -> Order:
        order.amend(*changes, and_stop=and_stop)
        # the time line holds what is to come; what the order's plan lost or gained changes it
        self._lay_out()
        at = changes[-1].at
        self._at = max(self._at, at)
        due = bisect_right(self._line, at, key=lambda entry: entry[0])
        self._apply([entry for _, entry in self._line[:due]])
        self._next = due
        return order

    def parcel_table(self) -> dict[str, Parcel]:
        """Every parcel that the orders' lives hold, by number."""
        return {parcel.number: parcel for order in self.orders.values() for parcel in order.parcels}

    def truth(self) -> dict[str, Any]:
        """Counts to compare with, and when the story ends."""
        with self._lock:
            self.catch_up()
            statuses = Counter(order.happened.status for order in self.placed())
            coming = self._line[self._next : self._next + 1]
            return {
                "total": len(self.orders),
                "placed": sum(statuses.values()),
                "by_status": dict(sorted(statuses.items())),
                "refunds": sum(len(order.happened.refunds) for order in self.placed()),
                "next_change_at": coming[0][0].isoformat() if coming else None,
                "last_change_at": self._line[-1][0].isoformat() if self._line else None,
            }
