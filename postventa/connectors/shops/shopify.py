"""PREVIEW: Shopify's GraphQL Admin API as a shop's door, written from its documentation and never run against a shop.

Reads alone: no coupons and no reviews. Without the right `read_all_orders` Shopify shows the orders of the last 60 days
and is silent about all others, so what it does not show is not gone.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from postventa import clock, settings
from postventa.connectors.ahead import read_ahead
from postventa.connectors.fields import inside, moment, need, objects, text
from postventa.connectors.http import NotJson, Refused
from postventa.connectors.shops import _shopify_reading as reading
from postventa.connectors.shops._shopify_access import Access, TooDear
from postventa.connectors.shops._shopify_lines import known_by
from postventa.connectors.shops._shopify_questions import CHANGED_ORDERS, MORE_LINES, ONE_ORDER, RIGHTS
from postventa.inbound_contracts import inbound
from postventa.news import Heard, NotUnderstood, OrderNews, Page, Raw, RefundNews

SHOWN = timedelta(days=60)
"""How far back Shopify shows orders to an app that may not read all of them."""
ALL_ORDERS = "read_all_orders"
PER_PAGE = 25
TURNS = 200
"""Pages until the walk begins anew at the newest stamp: a list ends in silence after 25,000 orders."""
IMPOSSIBLE = timedelta(days=1)
"""A stamp further ahead than this is a mistake in the shop's data and no place to go on from."""


def connect(name: str, shop: settings.Shop) -> "Shopify":
    """The door to a configured shop; nothing is asked yet. Raises BadConfiguration if a secret is not set."""
    return Shopify(name, shop)


class Shopify:
    """One shop. Safe to use from several threads."""

    def __init__(self, name: str, shop: settings.Shop) -> None:
        self._name = name
        self._access = Access(name, shop)
        self._overlap = timedelta(minutes=shop.overlap_minutes)
        self._backfill_since = shop.backfill_since
        self._per_page = PER_PAGE

    def changed_orders(self, since: datetime) -> Iterator[Page]:
        """Pages of orders changed after `since` less the overlap; the cursor is made of the shop's own stamps."""
        cursor = since
        for nodes in read_ahead(self._walk(since - self._overlap)):
            heard, refused = self._heard_in(nodes)
            latest = clock.now() + IMPOSSIBLE
            stamps = [one.modified_at for one in heard if one.modified_at <= latest]
            cursor, before = max([cursor, *stamps]), cursor
            if heard or refused or cursor > before:
                yield Page(heard, refused, cursor)

    def changed_refunds(self, since: datetime) -> Iterator[Page]:  # noqa: ARG002 - nothing to be heard there
        """None: a refund moves its order's stamp and comes with it."""
        return iter(())

    def order(self, ref: str) -> Heard | None:
        """One order; None if the shop has it no more. Raises NotUnderstood where Shopify may only be silent about it."""
        raw = self._access.ask(ONE_ORDER, {"id": f"gid://shopify/Order/{ref}"}).get("order")
        if isinstance(raw, dict):
            return self._heard(raw)
        if ALL_ORDERS in self._rights()[0]:
            return None
        raise NotUnderstood(
            f"order {ref} is not shown: it was deleted, or is older than {SHOWN.days} days, which Shopify shows to apps "
            f"with {ALL_ORDERS} alone"
        )

    def read_order(self, raw: Raw) -> OrderNews:
        """Translates a raw order. Raises NotUnderstood with a sentence that names the field."""
        if broken := inbound("shopify", "order").broken(raw):
            raise NotUnderstood(broken)
        return reading.read_order(raw)

    def read_refund(self, raw: Raw) -> RefundNews:
        """Shopify tells of refunds within their order: there is none to be read by itself."""
        raise NotUnderstood(f"refund {known_by(raw)}: it is read with its order, never by itself")

    def check(self) -> str:
        """Reads the app's rights and the newest order; answers one line, with how far back Shopify lets us look."""
        rights, newest = self._rights()
        if not rights & {"read_orders", "write_orders"}:
            raise Refused(f"shops.{self._name}: the app may not read orders: give it read_orders")
        said = "no orders yet"
        if newest is not None:
            said = f"newest change {moment(need(newest, 'updatedAt'), 'updatedAt'):%Y-%m-%dT%H:%MZ}"
        line = f"Shopify answers (PREVIEW, never run against a real shop); {said}"
        if ALL_ORDERS in rights:
            return line
        limit = f"{line}; without {ALL_ORDERS} it shows the orders of the last {SHOWN.days} days alone"
        shown_since = clock.now() - SHOWN
        if self._backfill_since < shown_since:
            return f"{limit}: orders before {shown_since:%Y-%m-%d} will not be heard, though backfill_since is earlier"
        return limit

    def _rights(self) -> tuple[set[str], Mapping[str, Any] | None]:
        answer = self._access.ask(RIGHTS)
        scopes = objects(inside(answer, "currentAppInstallation"), "accessScopes")
        nodes = objects(inside(answer, "orders"), "nodes")
        return {text(one, "handle") for one in scopes}, nodes[0] if nodes else None

    def _walk(self, start: datetime) -> Iterator[list[Any]]:
        """By Shopify's own cursors, which stay where they are while orders are edited, begun anew now and then."""
        low, after, turns, newest = start, None, 0, start
        while True:
            connection = self._page(low, after)
            nodes = connection["nodes"]
            newest = max([newest, *_stamps(nodes)])
            yield nodes
            info = inside(connection, "pageInfo")
            if info.get("hasNextPage") is not True:
                return
            after, turns = self._further(info, after), turns + 1
            if turns >= TURNS and newest > low:
                low, after, turns = newest, None, 0

    def _page(self, low: datetime, after: str | None) -> Mapping[str, Any]:
        shown = low.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        while True:
            asked = {"first": self._per_page, "after": after, "filter": f"updated_at:>='{shown}'"}
            try:
                connection = self._access.ask(CHANGED_ORDERS, asked).get("orders")
            except TooDear:
                if self._per_page == 1:
                    raise
                self._per_page //= 2
                continue
            if not isinstance(connection, dict) or not isinstance(connection.get("nodes"), list):
                raise NotJson(f"shops.{self._name}: Shopify's answer holds no list of orders")
            return connection

    def _further(self, info: Mapping[str, Any], before: str | None) -> str:
        """The cursor of the next page, which is not the one before: else the walk would never end."""
        after = text(info, "endCursor")
        if not after or after == before:
            raise NotJson(
                f"shops.{self._name}: Shopify promises a further page and does not say where it begins"
            )
        return after

    def _heard_in(self, nodes: list[Any]) -> tuple[tuple[Heard, ...], tuple[tuple[Raw | str, str], ...]]:
        heard: list[Heard] = []
        refused: list[tuple[Raw | str, str]] = []
        for raw in nodes:
            try:
                heard.append(self._heard(raw))
            except NotUnderstood as reason:
                refused.append((raw if isinstance(raw, dict) else str(type(raw)), str(reason)))
        return tuple(heard), tuple(refused)

    def _heard(self, raw: Any) -> Heard:
        if not isinstance(raw, dict):
            raise NotUnderstood("a row of the list is not an object")
        ref, modified_at = known_by(raw), moment(need(raw, "updatedAt"), "updatedAt")
        return Heard("order", ref, modified_at, self._with_all_lines(raw), ref)

    def _with_all_lines(self, raw: Raw) -> Raw:
        """The order with the lines that did not fit into the list's answer."""
        lines = inside(raw, "lineItems")
        nodes, info = list(lines.get("nodes") or ()), inside(lines, "pageInfo")
        if info.get("hasNextPage") is not True:
            return raw
        after: str | None = None
        while info.get("hasNextPage") is True:
            after = self._further(info, after)
            more = inside(
                inside(self._access.ask(MORE_LINES, {"id": raw["id"], "after": after}), "order"), "lineItems"
            )
            nodes += objects(more, "nodes")
            info = inside(more, "pageInfo")
        return {**raw, "lineItems": {"pageInfo": {"hasNextPage": False}, "nodes": nodes}}


def _stamps(nodes: list[Any]) -> list[datetime]:
    stamps: list[datetime] = []
    for node in nodes:
        try:
            stamps.append(moment(need(node, "updatedAt"), "updatedAt"))
        except (NotUnderstood, TypeError):
            continue
    return stamps
