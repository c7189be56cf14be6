"""Shipments: asking a carrier about the parcels that are due for a look, and applying what it says."""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, update
from sqlalchemy.exc import OperationalError

from postventa import clock
from postventa.connectors.doors import open_carrier
from postventa.connectors.errors import AnswerTooLarge, ConnectorError
from postventa.estimates import guess_arrivals
from postventa.news import Carrier, NotUnderstood, TrackingNews
from postventa.rules.orders import Event
from postventa.rules.shipments import FINAL
from postventa.store import filing
from postventa.store.changes import log_and_owe
from postventa.store.orders import OrderRow
from postventa.store.sales import look_again
from postventa.store.shipments import due_parcels, known_scans, save_parcels
from postventa.store.standings import Standing, standings_by_id
from postventa.tracking import ParcelChange, change_by
from postventa.workplace import Workplace, open_workplace
from tasks.promise import promise

BATCH = 100
RUN_SECONDS = 240
ABOUT_THE_PARCEL = frozenset({400, 410, 422})
"""Refusals of one number: that parcel is set aside, and the others are asked about."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Looked:
    """What a round of looks brought: parcels asked about, messages owed, unknown codes and parcels set aside."""

    asked: int = 0
    owed: int = 0
    unknown_codes: list[str] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)
    not_understood: list[str] = field(default_factory=list)
    """The orders of scans that were quarantined for the first time; what else was said of their parcels counts."""
    left_over: bool = False


@promise("look-at-parcels-{carrier}")
def look_at_parcels(carrier: str) -> Looked:
    """Asks the carrier about every parcel that is due, a batch at a time; each batch is one transaction.

    Raises the carrier's error if it cannot be reached or refuses the key: nothing is lost, the parcels stay due.
    """
    place = open_workplace()
    settings = place.settings.carrier(carrier)
    door = open_carrier(carrier, settings)
    until = time.monotonic() + RUN_SECONDS
    looked = Looked()
    with ThreadPoolExecutor(settings.connections) as askers:
        while not looked.left_over:
            with place.reading() as connection:
                parcels = due_parcels(connection, carrier, clock.now(), BATCH)
            if not parcels:
                return looked
            answers = list(askers.map(_Asker(door).ask, parcels))
            with place.store.begin() as connection:
                _Round(connection, place, carrier, looked).apply(list(zip(parcels, answers, strict=True)))
            _stop_if_refused(answers)
            looked.left_over = time.monotonic() >= until
    return looked


Answer = TrackingNews | ConnectorError | NotUnderstood | None


@dataclass(slots=True)
class _Asker:
    """Asks about parcels until the carrier refuses or cannot be reached: then it is not asked about the others."""

    door: Carrier
    is_shut: ConnectorError | None = None

    def ask(self, parcel: Any) -> Answer:
        if self.is_shut:
            return self.is_shut
        try:
            return self.door.track(parcel.tracking_number)
        except NotUnderstood as reason:
            return reason
        except ConnectorError as error:
            if isinstance(error, AnswerTooLarge) or error.status in ABOUT_THE_PARCEL:
                return NotUnderstood(str(error))
            self.is_shut = error
            return error


def _stop_if_refused(answers: Sequence[Answer]) -> None:
    """An error that every parcel would meet ends the round, after what was heard has been saved."""
    errors = [answer for answer in answers if isinstance(answer, ConnectorError)]
    if errors:
        raise errors[0]


@dataclass(slots=True)
class _Round:
    """One batch of answers applied in one transaction; each parcel has its own savepoint."""

    connection: Connection
    place: Workplace
    carrier: str
    looked: Looked

    def apply(self, heard: Sequence[tuple[Any, Answer]]) -> None:
        known = standings_by_id(self.connection, [parcel.order_id for parcel, _ in heard])
        seen = known_scans(self.connection, [parcel.id for parcel, _ in heard])
        for parcel, answer in heard:
            if isinstance(answer, ConnectorError):
                continue
            self.looked.asked += 1
            standing = known[parcel.order_id]
            try:
                with self.connection.begin_nested():
                    self._apply_one(parcel, answer, standing, seen[parcel.id])
            except OperationalError:
                raise  # the store's trouble, not this parcel's
            except Exception as error:  # noqa: BLE001 - a parcel fails alone, with its reason
                self._set_aside(parcel, standing, error)
        guess_arrivals(self.connection, self.place.settings, list(known))

    def _apply_one(
        self, parcel: Any, answer: TrackingNews | NotUnderstood | None, standing: Standing, seen: set[str]
    ) -> None:
        if isinstance(answer, NotUnderstood):
            raise answer
        now = clock.now()
        since = self.place.settings.shop(standing.shop).backfill_since
        change = change_by(
            answer,
            parcel,
            standing.known,
            seen,
            backfill_since=since,
            placed_at=standing.placed_at,
            now=now,
        )
        save_parcels(self.connection, [change.shipment], change.scans)
        self._move_order(change, standing)
        if change.course.logged or (
            change.shipment["status"] != parcel.status and change.shipment["status"] in FINAL
        ):
            look_again(self.connection, standing.order_id, now)
        walked = (standing.order_id, standing.shop, standing.ref, "carrier", change.course)
        self.looked.owed += log_and_owe(self.connection, [walked], now, self.place.settings.texts)
        self._quarantine(change)
        for reason in answer.refused if answer else ():
            source, ref = self.carrier, f"parcel {parcel.id}"
            if filing.quarantine(
                self.connection, source=source, kind="scan", ref=ref, reason=reason, raw="", now=now
            ):
                self.looked.not_understood.append(f"{standing.shop}:{standing.ref}")
        shipment = change.shipment
        standing.known = standing.known.after(
            change.course.stage,
            parcel.tracking_number,
            shipment["status"],
            has_left=bool(shipment["shipped_at"]),
        )

    def _move_order(self, change: ParcelChange, standing: Standing) -> None:
        course = change.course
        if course.logged:
            left = course.happened(Event.PARCEL_SHIPPED)
            orders = OrderRow.__table__.c
            self.connection.execute(
                update(OrderRow)
                .where(OrderRow.id == standing.order_id)
                .values(
                    stage=course.stage,
                    shipped_at=func.coalesce(orders.shipped_at, left),
                    delivered_at=func.coalesce(orders.delivered_at, course.happened(Event.ALL_DELIVERED)),
                )
            )

    def _quarantine(self, change: ParcelChange) -> None:
        for code, text in change.unknown_codes:
            is_first = filing.quarantine(
                self.connection,
                source=self.carrier,
                kind="status code",
                ref=code,
                reason=f"{self.carrier} sent the status code {code!r}, which has no row in its table",
                raw=text,
                now=clock.now(),
            )
            if is_first:
                self.looked.unknown_codes.append(code)

    def _set_aside(self, parcel: Any, standing: Standing, error: Exception) -> None:
        order = f"{standing.shop}:{standing.ref}"
        log.error("parcel %s of %s is set aside: %s", parcel.id, order, type(error).__name__)
        reason = f"parcel {parcel.id}: {type(error).__name__}: {str(error).partition(chr(10))[0]}"
        filing.park(self.connection, standing.shop, standing.ref, reason, clock.now())
        save_parcels(self.connection, [{**parcel._asdict(), "look_at": None}], [])
        self.looked.set_aside.append(order)
