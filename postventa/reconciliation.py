"""Comparing a shop's orders with ours: what the poll missed is filed where the poll files, and moved as any news is.

Nothing is mended by hand here: an order that was missed goes through the inbox, and whether that has helped is looked
up afterwards.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from postventa.news import Heard, NotUnderstood, OrderNews, Page, Raw, Shop
from postventa.rules.orders import STOPPED
from postventa.rules.reconciliation import Difference, Seen, difference, gaps, is_counted, is_on_its_way
from postventa.store.inbox import InboxRow
from postventa.store.orders import OrderRow
from postventa.store.shipments import ShipmentRow

ASKED_AT_MOST = 100
"""So many orders are asked for one by one: those that a list no longer has, and numbers that are in no list."""
NOT_ASKED = "one of too many that no list of the shop has: it was not asked for"
"""Said of the others: a shop that loses so many at once is rather broken than cleared out, and a person looks first."""
TOO_MANY = "too many numbers are missing to ask the shop about each"
WAITING = frozenset({"", "quarantined"})
"""What was heard in time and waits: for a person, or for the run that is under way."""
_INBOX: Any = InboxRow.__table__.c
_ORDERS: Any = OrderRow.__table__.c
_PARCELS: Any = ShipmentRow.__table__.c


@dataclass(frozen=True, slots=True)
class Found:
    """One difference, and the payload that mends it; None where there is none."""

    kind: Difference
    ref: str
    changed_at: datetime | None
    heard: Heard | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a comparison is made within: from when on, how far the poll has come, how far it looks back, and now."""

    shop: str
    since: datetime
    cursor: datetime
    overlap: timedelta
    now: datetime


@dataclass(slots=True)
class Comparison:
    """A walk through everything that changed in the shop, page by page against the store."""

    frame: Frame
    read: Callable[[Raw], OrderNews]
    listed: dict[str, bool] = field(default_factory=dict)
    """Every order of the shop's list, and whether we held it."""
    numbers: dict[str, str] = field(default_factory=dict)
    """Of what was ordered within the time that is compared: its number, or the id where numbers do not count -> its id."""
    set_aside: set[str] = field(default_factory=set)
    found: dict[str, Found] = field(default_factory=dict)
    refused: list[tuple[Raw | str, str]] = field(default_factory=list)
    """Rows of the list without id or time: they cannot be compared with anything."""

    def page(self, connection: Connection, page: Page) -> None:
        """Holds a page against the store."""
        self.refused += page.refused
        heard = {one.ref: one for one in page.heard if one.kind == "order"}
        ours, filed = self._ours(connection, list(heard)), self._filed(connection, list(heard))
        for ref, one in heard.items():
            self.listed[ref] = self.listed.get(ref, False) or ref in ours
            self._judge(one, ours.get(ref), filed.get((ref, one.modified_at)))

    def _judge(self, heard: Heard, ours: Seen | None, outcome: str | None) -> None:
        frame, ref = self.frame, heard.ref
        try:
            news = self.read(heard.raw)
        except NotUnderstood as reason:
            self.set_aside.add(ref)
            if outcome is None:
                self.found[ref] = Found(Difference.MISSED, ref, heard.modified_at, heard, str(reason))
            return
        if news.placed_at >= frame.since:  # an old order that changed would tear a hole as long as its age
            self.numbers[news.number if is_counted(news.number) else ref] = ref
        if is_on_its_way(heard.modified_at, frame.cursor, frame.overlap, frame.now):
            return
        numbers = frozenset(parcel.tracking_number for parcel in news.parcels)
        kind = difference(Seen(heard.modified_at, news.raw_status[:64], numbers), ours)
        if kind is None:
            self.found.pop(ref, None)
        elif outcome in WAITING:
            self.set_aside.add(ref)
        else:
            self.found[ref] = Found(kind, ref, heard.modified_at, heard, news.raw_status)

    def _ours(self, connection: Connection, refs: Sequence[str]) -> dict[str, Seen]:
        parcels: dict[str, set[str]] = {}
        mine = (_ORDERS.shop == self.frame.shop) & _ORDERS.ref.in_(refs)
        numbers = select(_ORDERS.ref, _PARCELS.tracking_number).join(
            ShipmentRow, _PARCELS.order_id == _ORDERS.id
        )
        for ref, number in connection.execute(numbers.where(mine)):
            parcels.setdefault(ref, set()).add(number)
        rows = connection.execute(select(_ORDERS.ref, _ORDERS.modified_at, _ORDERS.raw_status).where(mine))
        return {
            row.ref: Seen(row.modified_at, row.raw_status, frozenset(parcels.get(row.ref, ())))
            for row in rows
        }

    def _filed(self, connection: Connection, refs: Sequence[str]) -> Mapping[tuple[str, datetime], str]:
        """What became of the payloads that the poll has heard, by order and stamp."""
        wanted = select(_INBOX.ref, _INBOX.modified_at, _INBOX.outcome).where(
            _INBOX.shop == self.frame.shop, _INBOX.kind == "order", _INBOX.order_ref.in_(refs)
        )
        return {
            (row.ref, row.modified_at): row.outcome for row in connection.execute(wanted.order_by(_INBOX.id))
        }

    def not_listed(self, connection: Connection) -> list[str]:
        """Our living orders placed since then that are in no list of the shop's."""
        wanted = select(_ORDERS.ref).where(
            _ORDERS.shop == self.frame.shop,
            _ORDERS.placed_at >= self.frame.since,
            _ORDERS.stage.not_in(STOPPED),
            _ORDERS.order_state != "cancelled",
        )
        refs = connection.execute(wanted.order_by(_ORDERS.id)).scalars()
        return [ref for ref in refs if ref not in self.listed]

    def look_for(self, refs: Iterable[str], door: Shop, known_as: Callable[[str], str]) -> None:
        """Asks the shop for orders of ours that its lists do not have: one that is gone is news as any other."""
        for count, ref in enumerate(refs):
            if count >= ASKED_AT_MOST:
                self.found[ref] = Found(Difference.GONE, ref, None, said=NOT_ASKED)
                continue
            heard = door.order(ref)
            if heard is None:
                gone = Heard(kind="gone", ref=ref, modified_at=self.frame.now, raw={})
                self.found[ref] = Found(Difference.GONE, ref, None, gone)
                continue
            with suppress(NotUnderstood):  # the poll has told of it
                if self.read(heard.raw).raw_status[:64] != known_as(ref):
                    self.found[ref] = Found(Difference.STALE, ref, heard.modified_at, heard)

    def look_into_gaps(self, door: Shop, is_known: Callable[[str, bool], bool]) -> None:
        """Asks about the numbers that are missing in a row: an order, something else, or a gap that nobody explains.

        Only where numbers are ids can the shop be asked.
        """
        are_ids = all(number == ref for number, ref in self.numbers.items())
        left = ASKED_AT_MOST if are_ids else 0
        for gap in gaps(self.numbers):
            lost = [number for number in gap.numbers[: ASKED_AT_MOST + 1] if not is_known(number, are_ids)]
            for number in lost[:left]:
                heard = door.order(number)
                if heard is not None:
                    self.found[number] = Found(Difference.MISSED, number, heard.modified_at, heard)
            if len(lost) > left:
                said = TOO_MANY if are_ids else ""
                self.found[str(gap)] = Found(Difference.GAP, str(gap)[:64], None, said=said)
            left = max(left - len(lost), 0)


def statuses_known(connection: Connection, shop: str, refs: Sequence[str]) -> dict[str, str]:
    """The shop's own words for these orders, as we hold them."""
    wanted = select(_ORDERS.ref, _ORDERS.raw_status).where(_ORDERS.shop == shop, _ORDERS.ref.in_(refs))
    return {row.ref: row.raw_status for row in connection.execute(wanted)}


def is_number_known(connection: Connection, shop: str, number: str, *, is_id: bool) -> bool:
    """Whether we hold an order of that number, or of that id, from whenever."""
    named = _ORDERS.ref if is_id else _ORDERS.number
    wanted = select(_ORDERS.id).where(_ORDERS.shop == shop, named == number)
    return connection.execute(wanted.limit(1)).first() is not None
