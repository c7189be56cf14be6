"""PrestaShop's webservice as a shop's door: what changed, what an order holds, whether the key works.

Reads only, but for vouchers: a new order state or tracking number may write to the customer. Only named fields are
asked for, because a customer's whole row brings the hash of their password.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from postventa import clock, settings
from postventa.connectors.ahead import read_ahead
from postventa.connectors.shops import _prestashop_reading as reading
from postventa.connectors.shops._prestashop_access import Access, Row, one_of
from postventa.connectors.shops._prestashop_coupons import coupon_in
from postventa.connectors.shops._prestashop_lookups import wall_of
from postventa.connectors.shops._prestashop_time import Wall, shown_in, written
from postventa.connectors.shops._prestashop_walk import PER_PAGE, Ask, Leaf, walk
from postventa.connectors.shops._prestashop_whole import FOUND, NEEDED, ORDER, SLIP, WELCOME, Gatherer
from postventa.inbound_contracts import inbound
from postventa.news import Heard, NotUnderstood, OrderNews, Page, Raw, RefundNews
from postventa.review_news import Coupon

EVER = datetime(2999, 12, 31)  # noqa: DTZ001 - a wall's time has no zone
IMPOSSIBLE = timedelta(days=1)
"""A stamp further ahead than this is a mistake in the shop's data and no place to go on from."""
AT_ONCE = 50


def connect(name: str, shop: settings.Shop) -> "PrestaShop":
    """The door to a configured shop; nothing is asked yet. Raises BadConfiguration if a secret is not set."""
    return PrestaShop(name, shop)


class PrestaShop:
    """One shop. Safe to use from several threads."""

    def __init__(self, name: str, shop: settings.Shop) -> None:
        self._shop = shop
        self._access = Access(name, shop)
        self._overlap = timedelta(minutes=shop.overlap_minutes)
        self._gatherer = Gatherer(self._access, shop.consent_meta_keys)
        self._wall: Wall | None = None
        self._habits = reading.Habits(name, shop.statuses, shop.consent_meta_keys)

    def changed_orders(self, since: datetime) -> Iterator[Page]:
        """Pages of whole orders changed after `since` less the overlap, oldest change first."""
        yield from read_ahead(self._pages("orders", ORDER, since))

    def changed_refunds(self, since: datetime) -> Iterator[Page]:
        """Pages of credit slips written after `since` less the overlap."""
        yield from self._pages("order_slip", ("id", "id_order", *SLIP), since)

    def order(self, ref: str) -> Heard | None:
        """One order with everything that belongs to it, its tracking numbers among them: those move no stamp."""
        return self.orders([ref]).get(ref)

    def orders(self, refs: Sequence[str]) -> Mapping[str, Heard]:
        """Several orders at once, by their ids; those that the shop does not have are left out."""
        wall = self._clock()
        found: dict[str, Heard] = {}
        for start in range(0, len(refs), AT_ONCE):
            part = [ref for ref in refs[start : start + AT_ONCE] if ref.isascii() and ref.isdigit()]
            rows = self._access.rows("orders", ORDER, {"filter[id]": one_of(part)}) if part else []
            shown = tuple((row, shown_in(row.get("date_upd"), "date_upd")) for row in rows)
            found |= {one.ref: one for one in self._heard("orders", Leaf(shown, ()), wall)}
        return found

    def coupon(self, wanted: Coupon) -> str:
        """The shop's id of this voucher, made now if the shop does not have its code yet."""
        return coupon_in(self._access, wanted, clock.now().astimezone(self._clock().zone))

    def read_order(self, raw: Raw) -> OrderNews:
        """Translates a whole order. Raises NotUnderstood with a sentence that names the field."""
        _as_promised("order", raw)
        return reading.read_order(raw, self._habits)

    def read_refund(self, raw: Raw) -> RefundNews:
        """Translates a credit slip. Raises NotUnderstood with a sentence that names the field."""
        _as_promised("refund", raw)
        return reading.read_refund(raw)

    def check(self) -> str:
        """Reads one row of all that is needed, the newest order among it; answers one line."""
        for resource in NEEDED:
            self._access.rows(resource, ("id",), {"limit": "0,1"})
        asked = {"sort": "[date_upd_DESC,id_DESC]", "date": "1", "limit": "0,1"}
        rows = self._access.rows("orders", ORDER, asked)
        wall = self._clock()
        said = "no orders yet"
        if rows:
            newest = wall.instant(shown_in(rows[0].get("date_upd"), "date_upd"))
            said = f"newest change {newest:%Y-%m-%dT%H:%MZ}"
        lacking = [resource for resource in WELCOME if not self._access.may_read(resource)]
        more = f"; it tells more to a key that may read {', '.join(lacking)}" if lacking else ""
        return f"PrestaShop answers, its zone is {wall.zone.key}; {said}{more}"

    def _pages(self, resource: str, fields: Sequence[str], since: datetime) -> Iterator[Page]:
        self._wall = None  # a poll reads the shop's zone anew: somebody may have set another
        wall = self._clock()
        cursor = since
        for leaf in walk(self._asking(resource, fields), wall.asks_from(since - self._overlap)):
            latest = clock.now() + IMPOSSIBLE
            stamps = [at for _, shown in leaf.rows if (at := wall.instant(shown)) <= latest]
            cursor = max([cursor, *stamps])
            if leaf.rows or leaf.refused:
                yield Page(self._heard(resource, leaf, wall), leaf.refused, cursor)

    def _heard(self, resource: str, leaf: Leaf, wall: Wall) -> tuple[Heard, ...]:
        now = clock.now()
        if resource == "orders":
            whole = self._gatherer.whole(leaf.rows, wall, now) if leaf.rows else []
            refs = [str(row["id"]) for row in whole]
            return tuple(
                Heard("order", ref, wall.last_touched(shown, now), row, ref)
                for ref, row, (_, shown) in zip(refs, whole, leaf.rows, strict=True)
            )
        return tuple(
            Heard(
                "refund", str(row["id"]), wall.instant(shown), _slip(row, wall), str(row.get("id_order", ""))
            )
            for row, shown in leaf.rows
        )

    def _asking(self, resource: str, fields: Sequence[str]) -> Ask:
        def ask(low: datetime, after_id: str | None) -> list[Row]:
            asked: dict[str, Any] = {
                "filter[date_upd]": f"[{written(low)},{written(EVER if after_id is None else low)}]",
                "sort": "[date_upd_ASC,id_ASC]",
                "date": "1",
                "limit": f"0,{PER_PAGE}",
            }
            if after_id is not None:
                asked["filter[id]"] = f">[{after_id}]"
            return self._access.rows(resource, fields, asked)

        return ask

    def _clock(self) -> Wall:
        if self._wall is None:
            self._wall = wall_of(self._access, self._shop.zone)
        return self._wall


def _slip(row: Row, wall: Wall) -> Row:
    return {**row, FOUND: {"zone": wall.zone.key}}


def _as_promised(table: str, raw: Raw) -> None:
    """What the contract says of every shop of this platform, before its meaning is read."""
    if broken := inbound("prestashop", table).broken(raw):
        raise NotUnderstood(broken)
