"""Orders: hearing what changed in a shop, and moving orders by it, a bounded batch at a time."""

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from postventa import clock
from postventa.agreements import note_agreements
from postventa.changes import Reader, change_from
from postventa.connectors.doors import open_shop
from postventa.connectors.errors import ConnectorError
from postventa.coupon_uses import note_used
from postventa.estimates import guess_for_refs
from postventa.news import Heard, NotUnderstood, OrderNews, Page, Raw, Shop, TellsInPieces
from postventa.poll_lag import keep_lag
from postventa.rereading import Rereader
from postventa.store import endings, filing, rereading
from postventa.store.changes import Change, save
from postventa.store.filing import Unread
from postventa.store.reconciliation import newest_in_inbox
from postventa.store.standings import Standing, standings
from postventa.workplace import Workplace, open_workplace
from tasks.promise import promise

BATCH = 200
RUN_SECONDS = 240
"""A task that moves orders stops after this long; the next run goes on where it stopped."""
FIRST_LOOK_BACK = timedelta(days=30)
"""How far before the backfill cut-off the first poll begins: orders under way then are known, and nobody is mailed."""
REREAD_AT_ONCE = 200
REREAD_THREADS = 4

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll brought: payloads heard, how many of them were news, how many could not be filed, and what is new of those."""

    pages: int = 0
    heard: int = 0
    news: int = 0
    refused: int = 0
    set_aside: tuple[str, ...] = ()
    """Of what was not understood and is said for the first time: the order, or the list it stood on."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of the news: how many payloads were applied, messages newly owed, orders and payloads set aside."""

    applied: int = 0
    owed: int = 0
    parked: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()
    """The orders of payloads that were quarantined for the first time."""
    left_over: bool = False

    @property
    def quarantined(self) -> int:
        return len(self.not_understood)


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
    total = _Tally()
    while time.monotonic() < until:
        with place.store.begin() as connection:
            refs = filing.orders_with_news(connection, shop, BATCH)
            if not refs:
                return total.moved(left_over=False)
            _Batch(connection, place, shop, door, clock.now(), total).move(refs)
    return total.moved(left_over=True)


@dataclass(slots=True)
class _Tally:
    applied: int = 0
    owed: int = 0
    not_understood: list[str] = field(default_factory=list)
    parked: list[str] = field(default_factory=list)

    def moved(self, *, left_over: bool) -> Moved:
        return Moved(self.applied, self.owed, tuple(self.parked), tuple(self.not_understood), left_over)


@dataclass(slots=True)
class _Batch:
    """One batch of orders in one transaction. Each order's earliest unread payload is applied, the rest comes next."""

    connection: Connection
    place: Workplace
    shop: str
    door: Shop
    now: datetime
    tally: _Tally

    def move(self, refs: Sequence[str]) -> None:
        unread = filing.unread_news(self.connection, self.shop, refs)
        known = standings(self.connection, self.shop, refs)
        told = filing.told(self.connection, self.shop, refs) if isinstance(self.door, TellsInPieces) else {}
        read: list[tuple[int, str]] = []
        changes: list[tuple[Change, Unread]] = []
        for ref, items in unread.items():
            item = items[0]
            if item.kind == "order":
                self._decide(item, known.get(ref), told.get(ref, ()), changes, read)
            else:
                self._alone(item, read)
        self._save(changes, read)
        filing.mark_read(self.connection, read, self.now)

    def _decide(
        self,
        item: Unread,
        standing: Standing | None,
        told: Sequence[str],
        changes: list[tuple[Change, Unread]],
        read: list[tuple[int, str]],
    ) -> None:
        try:
            news = self._read(json.loads(item.raw), told)
            if standing and news.modified_at < standing.modified_at:
                read.append((item.id, "outdated"))
                return
            settings = self.place.settings.shop(self.shop)
            reader = Reader(
                self.shop, settings, lambda word: self.place.settings.carrier_for(settings, word), self.now
            )
            changes.append((change_from(news, standing, reader), item))
        except NotUnderstood as reason:
            self._quarantine(item, str(reason), read)
        except OperationalError:
            raise  # the store's trouble, not this order's
        except Exception as error:  # noqa: BLE001 - an order fails alone, with its reason
            self._park(item, error)

    def _read(self, raw: Raw, told: Sequence[str]) -> OrderNews:
        if isinstance(self.door, TellsInPieces):
            return self.door.read_with(raw, [json.loads(one) for one in told])
        return self.door.read_order(raw)

    def _save(self, changes: list[tuple[Change, Unread]], read: list[tuple[int, str]]) -> None:
        """Saves the batch at once; only if that fails, order by order, each in its own savepoint."""
        try:
            with self.connection.begin_nested():
                self.tally.owed += save(
                    self.connection, [change for change, _ in changes], self.now, self.place.settings.texts
                )
                agreed = [yes for change, _ in changes for yes in change.agreed]
                note_agreements(self.connection, self.place.settings, agreed, self.now)
                note_used(self.connection, self.shop, [change for change, _ in changes])
                left = [one.ref for one, _ in changes if any(row["shipped_at"] for row in one.parcels)]
                guess_for_refs(self.connection, self.place.settings, self.shop, left)
            read.extend((item.id, "applied") for _, item in changes)
            self.tally.applied += len(changes)
        except OperationalError:
            raise  # the store's trouble, not this order's
        except Exception as error:  # noqa: BLE001 - an order fails alone, with its reason
            if len(changes) == 1:
                self._park(changes[0][1], error)
                return
            for one in changes:
                self._save([one], read)

    def _alone(self, item: Unread, read: list[tuple[int, str]]) -> None:
        """News that is not a whole order: a refund, or an order that its shop has no more."""
        try:
            with self.connection.begin_nested():
                if item.kind == "refund":
                    refund = self.door.read_refund(json.loads(item.raw))
                    outcome = endings.refunded(self.connection, self.shop, refund, self.now)
                else:
                    outcome = endings.gone(self.connection, self.shop, item.order_ref, self.now)
            read.append((item.id, outcome))
            self.tally.applied += 1
        except NotUnderstood as reason:
            self._quarantine(item, str(reason), read)
        except OperationalError:
            raise  # the store's trouble, not this order's
        except Exception as error:  # noqa: BLE001 - an order fails alone, with its reason
            self._park(item, error)

    def _quarantine(self, item: Unread, reason: str, read: list[tuple[int, str]]) -> None:
        is_first = filing.quarantine(
            self.connection,
            source=self.shop,
            kind=item.kind,
            ref=item.ref,
            reason=reason,
            raw=item.raw,
            now=self.now,
        )
        self.tally.not_understood += [f"{self.shop}:{item.order_ref}"] if is_first else []
        read.append((item.id, "quarantined"))

    def _park(self, item: Unread, error: Exception) -> None:
        """Sets the order aside with the kind of error; the text of a database error may hold personal data."""
        log.error("order %s:%s is parked: %s", self.shop, item.order_ref, type(error).__name__)
        reason = f"{type(error).__name__}: {_first_line(error)}"
        filing.park(self.connection, self.shop, item.order_ref, reason, self.now)
        self.tally.parked.append(f"{self.shop}:{item.order_ref}")


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().partition("\n")[0]


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
