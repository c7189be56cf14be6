"""Moving orders by what was heard: a batch is one transaction, in which each order succeeds or fails alone."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from postventa.agreements import note_agreements
from postventa.changes import Reader, change_from
from postventa.coupon_uses import note_used
from postventa.estimates import guess_for_refs
from postventa.news import NotUnderstood, OrderNews, Raw, Shop, TellsInPieces
from postventa.store import endings, filing
from postventa.store.changes import Change, save
from postventa.store.filing import Unread
from postventa.store.standings import Standing, standings
from postventa.workplace import Workplace

log = logging.getLogger(__name__)


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


@dataclass(slots=True)
class Tally:
    """What several batches have come to so far."""

    applied: int = 0
    owed: int = 0
    not_understood: list[str] = field(default_factory=list)
    parked: list[str] = field(default_factory=list)

    def moved(self, *, left_over: bool) -> Moved:
        return Moved(self.applied, self.owed, tuple(self.parked), tuple(self.not_understood), left_over)


@dataclass(slots=True)
class Batch:
    """One batch of orders in one transaction. Each order's earliest unread payload is applied, the rest comes next."""

    connection: Connection
    place: Workplace
    shop: str
    door: Shop
    now: datetime
    tally: Tally

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
