"""Medusa v2's Admin REST API as a shop's door: what changed, what an order holds, whether the key works.

Reads only, but for coupons. An order's stamp does not move when it is paid, nor when what came back is paid back:
`changed_refunds` listens for those. How raw payloads are understood is in the private modules beside this one.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from postventa import clock, settings
from postventa.connectors.ahead import read_ahead
from postventa.connectors.fields import inside, moment, moment_or_none, need, text
from postventa.connectors.http import NotJson, NotThere
from postventa.connectors.shops import _medusa_reading as reading
from postventa.connectors.shops._medusa_access import Access
from postventa.connectors.shops._medusa_coupons import coupon_in
from postventa.connectors.shops._medusa_fields import FIELDS, known_by, said_once
from postventa.connectors.shops._medusa_walk import PER_PAGE, Leaf, walk
from postventa.inbound_contracts import inbound
from postventa.news import Heard, NotUnderstood, OrderNews, Page, Raw, RefundNews
from postventa.review_news import Coupon

IMPOSSIBLE = timedelta(days=1)
"""A stamp further ahead than this is a mistake in the shop's data and no place to go on from."""
WATCHED = timedelta(days=45)
"""For so long after something came back its refund is looked for: it moves no stamp."""
PAYMENT_FIELDS = "id,updated_at,payment_collection.order.id,payment_collection.order.updated_at"
RETURN_FIELDS = "id,order_id,updated_at"
REFUND_FIELDS = "id,updated_at,payment_collections.payments.refunds.created_at"


def connect(name: str, shop: settings.Shop) -> "Medusa":
    """The door to a configured shop; nothing is asked yet. Raises BadConfiguration if a secret is not set."""
    return Medusa(name, shop)


class Medusa:
    """One shop. Safe to use from several threads."""

    def __init__(self, name: str, shop: settings.Shop) -> None:
        self._name = name
        self._access = Access(name, shop)
        self._overlap = timedelta(minutes=shop.overlap_minutes)
        self._habits = reading.Habits(
            invoice_number_meta_keys=shop.invoice_number_meta_keys,
            einvoice_consent_meta_keys=shop.einvoice_consent_meta_keys,
            consent_meta_keys=shop.consent_meta_keys,
        )

    def changed_orders(self, since: datetime) -> Iterator[Page]:
        """Pages of orders changed after `since` less the overlap; the cursor is made of the shop's own stamps."""
        cursor = since
        for leaf in read_ahead(self._leaves("orders", FIELDS, since - self._overlap)):
            cursor, before = max([cursor, *_believable(leaf)]), cursor
            heard, refused = _heard_in([row for row, _ in leaf.rows])
            if heard or refused or leaf.refused or cursor > before:
                yield Page(heard, (*leaf.refused, *refused), cursor)

    def changed_refunds(self, since: datetime) -> Iterator[Page]:
        """Pages of *orders* whose money moved and whose stamp did not: paid since, or paid back after a return.

        Returns come first and leave the cursor alone: a poll that is broken off forgets none of them.
        """
        start = since - self._overlap
        for refs in self._returned():
            rows = [row for row in self._by_id(refs, REFUND_FIELDS) if reading.refunded_since(row, start)]
            if rows:
                yield self._whole([known_by(row) for row in rows], since)
        cursor = since
        for leaf in self._leaves("payments", PAYMENT_FIELDS, start):
            cursor, before = max([cursor, *_believable(leaf)]), cursor
            refs = list(dict.fromkeys(ref for row, stamp in leaf.rows if (ref := _unheard(row, stamp))))
            if refs or cursor > before:
                yield self._whole(refs, cursor)

    def order(self, ref: str) -> Heard | None:
        """One order; None if the shop has it no more."""
        try:
            answer = self._access.get(f"orders/{quote(ref, safe='')}", {"fields": FIELDS})
        except NotThere:
            if self._access.is_there():
                return None
            raise
        raw = answer.get("order") if isinstance(answer, dict) else None
        if not isinstance(raw, dict):
            raise NotJson(f"shops.{self._name}: an order was answered without an order in it")
        return _heard(raw)

    def coupon(self, wanted: Coupon) -> str:
        """The shop's id of this coupon, made now if the shop does not have its code yet."""
        return coupon_in(self._access, wanted)

    def read_order(self, raw: Raw) -> OrderNews:
        """Translates a raw order. Raises NotUnderstood with a sentence that names the field."""
        if broken := inbound("medusa", "order").broken(raw):
            raise NotUnderstood(broken)
        return reading.read_order(raw, self._habits)

    def read_refund(self, raw: Raw) -> RefundNews:
        """Medusa tells of refunds within their order: there is none to be read by itself."""
        raise NotUnderstood(f"refund {known_by(raw)}: it is read with its order, never by itself")

    def check(self) -> str:
        """Reads the newest order; answers one line."""
        rows, count = self._access.rows(
            "orders", {"limit": 1, "order": "-updated_at", "fields": "id,updated_at"}
        )
        if not rows:
            return "Medusa answers; no orders yet"
        newest = moment(need(rows[0], "updated_at"), "updated_at")
        return f"Medusa answers; {count} orders, newest change {newest:%Y-%m-%dT%H:%MZ}"

    def _leaves(self, what: str, fields: str, start: datetime) -> Iterator[Leaf]:
        return walk(lambda asked: self._access.rows(what, {**asked, "fields": fields}), start)

    def _returned(self) -> Iterator[list[str]]:
        """The orders that something came back of lately, a page's worth at a time."""
        refs: list[str] = []
        for leaf in self._leaves("returns", RETURN_FIELDS, clock.now() - WATCHED):
            refs += [ref for row, _ in leaf.rows if (ref := text(row, "order_id"))]
        refs = list(dict.fromkeys(refs))
        yield from (refs[at : at + PER_PAGE] for at in range(0, len(refs), PER_PAGE))

    def _whole(self, refs: Sequence[str], cursor: datetime) -> Page:
        heard, refused = _heard_in(self._by_id(refs, FIELDS))
        return Page(heard, refused, cursor)

    def _by_id(self, refs: Sequence[str], fields: str) -> list[Mapping[str, Any]]:
        if not refs:
            return []
        rows, _ = self._access.rows(
            "orders", {"id[]": list(refs), "order": "id", "limit": PER_PAGE, "fields": fields}
        )
        return [row for row in rows if isinstance(row, dict)]


def _heard(raw: Raw) -> Heard:
    ref = known_by(raw)
    return Heard("order", ref, reading.moved_at(raw), said_once(raw), ref)


def _heard_in(rows: Sequence[Raw]) -> tuple[tuple[Heard, ...], tuple[tuple[Raw | str, str], ...]]:
    heard: list[Heard] = []
    refused: list[tuple[Raw | str, str]] = []
    for raw in rows:
        try:
            heard.append(_heard(raw))
        except NotUnderstood as reason:
            refused.append((raw, str(reason)))
    return tuple(heard), tuple(refused)


def _unheard(payment: Raw, moved_at: datetime) -> str:
    """The order of a payment; none where the order itself has moved since, and is heard for that."""
    order = inside(inside(payment, "payment_collection"), "order")
    stamp = moment_or_none(order, "updated_at")
    return "" if stamp is not None and stamp > moved_at else text(order, "id")


def _believable(leaf: Leaf) -> list[datetime]:
    latest = clock.now() + IMPOSSIBLE
    return [stamp for _, stamp in leaf.rows if stamp <= latest]
