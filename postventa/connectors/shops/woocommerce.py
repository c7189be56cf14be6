"""WooCommerce's REST API v3 as a shop's door: what changed, what an order holds, whether the key works.

Reads only, but for coupons: a POST to refunds would move money and a note may write to the customer. How raw
payloads are understood is in the private modules beside this one.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from postventa import clock, settings
from postventa.connectors.ahead import read_ahead
from postventa.connectors.http import NotJson, NotThere, Refused
from postventa.connectors.shops import _woocommerce_reading as reading
from postventa.connectors.shops._woocommerce_access import Access
from postventa.connectors.shops._woocommerce_ahead import Ahead, AskFor
from postventa.connectors.shops._woocommerce_coupons import coupon_in
from postventa.connectors.shops._woocommerce_fields import meta_of
from postventa.connectors.shops._woocommerce_reviews import review_pages
from postventa.connectors.shops._woocommerce_tracking import (
    FOUND,
    FULFILMENT_STATUS,
    announced,
    has_tracking,
)
from postventa.connectors.shops._woocommerce_walk import PER_PAGE, Leaf, file_row, file_rows, walk
from postventa.connectors.shops._woocommerce_webhooks import knock
from postventa.inbound_contracts import inbound
from postventa.news import Heard, NotUnderstood, OrderNews, Page, Raw, RefundNews
from postventa.review_news import Coupon, ReviewNews

__all__ = ["WooCommerce", "connect", "knock"]

logger = logging.getLogger(__name__)

API = "/wp-json/wc/v3"
ORDERS = f"{API}/orders"
NO_ROUTE = "rest_no_route"
NO_SUCH_ORDER = "woocommerce_rest_shop_order_invalid_id"
BIN_EVERY = 20
"""Pages of orders between two looks into the bin."""
IMPOSSIBLE = timedelta(days=1)
"""A stamp further ahead than this is a mistake in the shop's data and no place to go on from."""
PASSES = 2
"""How often the list of refunds is gone through when it shrinks under our feet."""


def connect(name: str, shop: settings.Shop) -> "WooCommerce":
    """The door to a configured shop; nothing is asked yet. Raises BadConfiguration if a secret is not set."""
    return WooCommerce(name, shop)


class WooCommerce:
    """One shop. Safe to use from several threads."""

    def __init__(self, name: str, shop: settings.Shop) -> None:
        self._name = name
        self._shop = shop
        self._access = Access(name, shop)
        self._overlap = timedelta(minutes=shop.overlap_minutes)
        self._absent: set[str] = set()
        self._habits = reading.Habits(
            shop=name,
            statuses=shop.statuses,
            tracking_meta_keys=shop.tracking_meta_keys,
            invoice_number_meta_keys=shop.invoice_number_meta_keys,
            einvoice_consent_meta_keys=shop.einvoice_consent_meta_keys,
            consent_meta_keys=shop.consent_meta_keys,
        )

    def changed_orders(self, since: datetime) -> Iterator[Page]:
        """Pages of orders changed after `since` less the overlap, trashed ones among them.

        The cursor is made of the shop's own stamps alone, so its clock may be wrong. It never passes what
        the last look into the bin covers, so a walk that is broken off forgets no trashed order.
        """
        start = since - self._overlap
        with Ahead(self._asking("any")) as asking:
            yield from self._orders(read_ahead(walk(asking, start)), since)

    def _orders(self, leaves: Iterator[Leaf], since: datetime) -> Iterator[Page]:
        start = since - self._overlap
        cursor = newest = covered = since
        binned = start
        for number, leaf in enumerate(leaves):
            newest = max([newest, *_believable(leaf)])
            if number % BIN_EVERY == 0 or leaf.is_last:
                for trashed in walk(self._asking("trash"), binned):
                    binned = max([binned, *(stamp - self._overlap for stamp in _believable(trashed))])
                    yield from _pages(trashed, cursor)
                covered = newest
            before, cursor = cursor, max(cursor, min(newest, covered))
            yield from _pages(leaf, cursor, moved=cursor > before)

    def changed_refunds(self, since: datetime) -> Iterator[Page]:
        """Pages of refunds touched after `since` less the overlap; none where the shop cannot list them."""
        start = (since - self._overlap).replace(microsecond=0) - timedelta(seconds=1)
        try:
            yield from read_ahead(self._refund_pages(start, since))
        except NotThere as missing:
            if missing.code != NO_ROUTE:
                raise
            if "refunds" not in self._absent:
                self._absent.add("refunds")
                logger.warning(
                    "shops.%s: WooCommerce before 9.0 has no list of refunds; refunds are heard with their orders",
                    self._name,
                )

    def order(self, ref: str) -> Heard | None:
        """One order, with the tracking numbers that plugins keep outside it."""
        try:
            raw, _ = self._access.get(f"{ORDERS}/{quote(ref, safe='')}")
        except NotThere as missing:
            if missing.code == NO_SUCH_ORDER:
                return None
            raise
        heard = file_row(raw, "order", "date_modified_gmt")
        if raw.get("shipping_lines") and not has_tracking(raw, self._shop.tracking_meta_keys):
            raw[FOUND] = self._tracking_elsewhere(heard.ref, meta_of(raw))
        return heard

    def product_reviews(self, since: datetime) -> Iterator[list[ReviewNews]]:
        """Pages of product reviews written after `since`, whatever their moderation says."""
        return review_pages(self._rows, since)

    def coupon(self, wanted: Coupon) -> str:
        """The shop's id of this coupon, made now if the shop does not have its code yet."""
        return coupon_in(self._access, self._rows, wanted)

    def read_order(self, raw: Raw) -> OrderNews:
        """Translates a raw order. Raises NotUnderstood with a sentence that names the field."""
        _as_promised("order", raw)
        return reading.read_order(raw, self._habits)

    def read_refund(self, raw: Raw) -> RefundNews:
        """Translates a raw refund. Raises NotUnderstood with a sentence that names the field."""
        _as_promised("refund", raw)
        return reading.read_refund(raw)

    def check(self) -> str:
        """Reads the newest order; answers one line."""
        asked = {"status": "any", "orderby": "modified", "order": "desc", "per_page": 1}
        rows, total = self._rows(ORDERS, asked)
        if not rows:
            return "WooCommerce answers; no orders yet"
        newest = file_row(rows[0], "order", "date_modified_gmt").modified_at
        return f"WooCommerce answers; {total or 'some'} orders, newest change {newest:%Y-%m-%dT%H:%MZ}"

    def _asking(self, status: str) -> AskFor:
        def ask(after: datetime, page: int, per_page: int = PER_PAGE) -> tuple[list[Any], int | None]:
            asked = {"status": status, "orderby": "modified", "order": "asc"}
            return self._rows(ORDERS, _changed_after(after, page, per_page) | asked)

        return ask

    def _refund_pages(self, after: datetime, since: datetime) -> Iterator[Page]:
        seen: set[str] = set()
        refused_before: set[str] = set()
        cursor, page, expected, passes = since, 1, 0, 1
        turned: list[str] = []
        while True:
            asked = _changed_after(after, page) | {"orderby": "id", "order": "asc"}
            rows, total = self._rows(f"{API}/refunds", asked)
            filed, refused = file_rows(rows, "refund", "date_created_gmt", refused_before)
            fresh = tuple(heard for heard in filed if heard.ref not in seen)
            seen.update(heard.ref for heard in fresh)
            expected = total or 0 if page == 1 else expected
            leaf = Leaf(fresh, refused, len(rows) < PER_PAGE or [heard.ref for heard in filed] == turned)
            turned = [heard.ref for heard in filed]
            cursor = max([cursor, *_believable(leaf)])
            yield from _pages(leaf, cursor)
            if not leaf.is_last:
                page += 1
            elif len(seen) + len(refused_before) < expected and passes < PASSES:
                # A refund was deleted meanwhile and the pages moved up: once more, hearing nothing twice.
                page, passes, turned = 1, passes + 1, []
            else:
                return

    def _tracking_elsewhere(self, ref: str, meta: Mapping[str, Any]) -> dict[str, Any]:
        """Asks plugin, core fulfilments and notes in turn until one knows a number."""
        trackings = self._extra(
            "shipment tracking", f"/wp-json/wc-shipment-tracking/v3/orders/{ref}/shipment-trackings"
        )
        if trackings:
            return {"trackings": _without_links(trackings)}
        if meta.get(FULFILMENT_STATUS) not in (None, "", "no_fulfillments"):
            fulfilments = self._extra("fulfilments", f"{ORDERS}/{ref}/fulfillments")
            if isinstance(fulfilments, dict):
                fulfilments = fulfilments.get("fulfillments")
            if fulfilments:
                return {"fulfillments": _without_links(fulfilments)}
        notes = announced(self._extra("notes", f"{ORDERS}/{ref}/notes"))
        return {"notes": notes} if notes else {}

    def _extra(self, place: str, path: str) -> Any:
        """What an optional place says; None where the shop does not have it or does not let us look."""
        if place in self._absent:
            return None
        try:
            return self._access.get(path)[0]
        except (NotThere, Refused) as missing:
            if missing.code == NO_ROUTE or isinstance(missing, Refused):
                self._absent.add(place)
                logger.info("shops.%s: no %s here (%s); not asked again", self._name, place, missing.code)
            return None

    def _rows(self, path: str, asked: Mapping[str, Any]) -> tuple[list[Any], int | None]:
        rows, headers = self._access.get(path, asked)
        if not isinstance(rows, list):
            raise NotJson(
                f"shops.{self._name}: {path} answered JSON that is no list: something stands before it"
            )
        total = headers.get("X-WP-Total", "")
        return rows, int(total) if total.isdigit() else None


def _as_promised(table: str, raw: Raw) -> None:
    """What the contract says of every shop of this platform, before its meaning is read."""
    if broken := inbound("woocommerce", table).broken(raw):
        raise NotUnderstood(broken)


def _changed_after(after: datetime, page: int, per_page: int = PER_PAGE) -> dict[str, Any]:
    """Naive GMT *with* the flag: a Z beside the flag makes shops east of Greenwich skip orders in silence."""
    return {
        "modified_after": after.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "dates_are_gmt": "true",
        "per_page": per_page,
        "page": page,
    }


def _believable(leaf: Leaf) -> list[datetime]:
    latest = clock.now() + IMPOSSIBLE
    return [heard.modified_at for heard in leaf.heard if heard.modified_at <= latest]


def _pages(leaf: Leaf, cursor: datetime, *, moved: bool = False) -> Iterator[Page]:
    if leaf.heard or leaf.refused or moved:
        yield Page(leaf.heard, leaf.refused, cursor)


def _without_links(items: Any) -> Any:
    if not isinstance(items, list):
        return []
    return [{key: item[key] for key in item if key != "_links"} for item in items if isinstance(item, dict)]
