"""Orders: hearing what changed in a shop, and moving orders by it, a bounded batch at a time."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from postventa import clock
from postventa.connectors.doors import open_shop
from postventa.connectors.errors import ConnectorError
from postventa.moving import Batch, Moved, Tally
from postventa.news import Heard, NotUnderstood, Page, TellsInPieces
from postventa.poll_lag import keep_lag
from postventa.rereading import Rereader
from postventa.store import filing, leases, rereading
from postventa.store.reconciliation import newest_in_inbox
from postventa.workplace import Workplace, open_workplace
from tasks.promise import promise

BATCH = 200
RUN_SECONDS = 240
"""A task that moves orders stops after this long; the next run goes on where it stopped."""
FIRST_LOOK_BACK = timedelta(days=30)
"""How far before the backfill cut-off the first poll begins: orders under way then are known, and nobody is mailed."""
REREAD_AT_ONCE = 200
REREAD_THREADS = 4


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll brought: payloads heard, how many of them were news, how many could not be filed, and what is new of those."""

    pages: int = 0
    heard: int = 0
    news: int = 0
    refused: int = 0
    set_aside: tuple[str, ...] = ()
    """Of what was not understood and is said for the first time: the order, or the list it stood on."""


@promise("poll-orders-{shop}")
def poll_orders(shop: str) -> Polled:
    """Files every order that changed since the last poll, page by page, each page with its cursor."""
    place = open_workplace()
    door = open_shop(shop, place.settings.shop(shop))
    return _file(place, shop, "orders", door.changed_orders)


@promise("poll-refunds-{shop}")
def poll_refunds(shop: str) -> Polled:
    """Files every refund made since the last poll: a refund does not always move its order's stamp."""
    place = open_workplace()
    door = open_shop(shop, place.settings.shop(shop))
    return _file(place, shop, "refunds", door.changed_refunds)


@promise("reread-orders-{shop}")
def reread_orders(shop: str) -> Polled:
    """Reads again, one by one, the orders whose tracking or refunds may change without moving their stamp.

    An order that its shop cannot show stays due and holds up no other; the run is told of the first.
    """
    place = open_workplace()
    settings = place.settings.shop(shop)
    door = open_shop(shop, settings)
    if isinstance(door, TellsInPieces):
        return Polled()
    with place.reading() as connection:
        refs = rereading.due(connection, shop, clock.now(), REREAD_AT_ONCE)
    if not refs:
        return Polled()
    reader = Rereader(door)
    reader.fetch(refs)
    with ThreadPoolExecutor(REREAD_THREADS) as readers:
        found = list(zip(refs, readers.map(reader.read, refs), strict=True))
    now, set_aside = clock.now(), list[str]()
    with place.store.begin() as connection:
        news = filing.file_heard(connection, shop, [one for _, one in found if isinstance(one, Heard)], now)
        for ref, one in found:
            if isinstance(one, NotUnderstood) and filing.quarantine(
                connection, source=shop, kind="order", ref=ref, reason=str(one), raw="", now=now
            ):
                set_aside.append(f"{shop}:{ref}")
        read = [ref for ref, one in found if not isinstance(one, ConnectorError)]
        rereading.put_off(connection, shop, read, now, timedelta(hours=settings.reread_hours))
    for _, one in found:
        if isinstance(one, ConnectorError):
            raise one
    return Polled(pages=0, heard=len(found), news=news, set_aside=tuple(set_aside))


@promise("move-orders-{shop}")
def move_orders(shop: str) -> Moved:
    """Applies unread news in batches: each batch is one transaction, in which each order succeeds or fails alone."""
    place = open_workplace()
    door = open_shop(shop, place.settings.shop(shop))
    until = time.monotonic() + RUN_SECONDS
    total = Tally()
    while time.monotonic() < until:
        with place.store.begin() as connection:
            # A run that was thought dead may wake up beside this one.
            leases.alone(connection, f"move:{shop}")
            refs = filing.orders_with_news(connection, shop, BATCH)
            if not refs:
                return total.moved(left_over=False)
            Batch(connection, place, shop, door, clock.now(), total).move(refs)
    return total.moved(left_over=True)


def _since(place: Workplace, shop: str, walk: str) -> datetime:
    with place.reading() as connection:
        at = filing.cursor(connection, f"{shop}:{walk}")
    return at or place.settings.shop(shop).backfill_since - FIRST_LOOK_BACK


def _file(place: Workplace, shop: str, walk: str, changed: Callable[[datetime], Iterator[Page]]) -> Polled:
    count, began_at, since = Polled(), clock.now(), _since(place, shop, walk)
    with place.reading() as connection:
        before = newest_in_inbox(connection)
    for page in changed(since):
        with place.store.begin() as connection:
            filed = filing.file_page(connection, shop, walk, page, clock.now())
        page.kept()
        count = Polled(
            count.pages + 1,
            count.heard + len(page.heard),
            count.news + filed.news,
            count.refused + len(page.refused),
            count.set_aside + filed.set_aside * (f"{shop}'s {walk}",),
        )
    with place.store.begin() as connection:
        filing.note_walk(connection, f"{shop}:{walk}", since, began_at)
        if count.news:
            keep_lag(connection, shop, walk, after=before, began_at=began_at, now=clock.now())
    return count
