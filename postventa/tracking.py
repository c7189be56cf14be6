"""What a carrier's word changes: from the scans of a parcel to its next status, the order's course and the notices."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from postventa.chain import Course, Owe, advance
from postventa.news import ScanNews, TrackingNews
from postventa.rules.happenings import Happening, Known, parcel_arrived
from postventa.rules.orders import Event
from postventa.rules.shipments import (
    GIVE_UP_AFTER,
    MOVING,
    ShipmentStatus,
    heard_scan,
    is_another_parcel,
    is_late,
    next_look,
)

DELAYED = "delayed"


@dataclass(frozen=True, slots=True)
class ParcelChange:
    """All that one look at a parcel leaves to be saved."""

    shipment: dict[str, Any]
    """The parcel's row with its id."""
    scans: tuple[dict[str, Any], ...]
    """Scans that were not known yet."""
    course: Course
    unknown_codes: tuple[tuple[str, str], ...]
    """Codes without a row in the carrier's table, with the carrier's text."""


def change_by(
    said: TrackingNews | None,
    row: Any,
    known: Known,
    seen: Collection[str],
    *,
    backfill_since: datetime,
    placed_at: datetime | None = None,
    now: datetime,
) -> ParcelChange:
    """What `said` changes of the parcel stored as `row`, whose scans with fingerprints in `seen` are known.

    `said` is None while the carrier does not know the number: the parcel is looked at again later. So is a parcel
    of which the carrier still tells the journey of an earlier one: its order was `placed_at` long after that.
    """
    if said is not None and placed_at is not None:
        said = _of_this_parcel(said, placed_at)
    if said is None:
        return ParcelChange(_waiting(row, now), (), Course(known.stage, (), ()), ())
    fresh = [scan for scan in _scans(said, now) if fingerprint(scan) not in seen]
    walk = _Walk(row, known)
    for scan in fresh:
        walk.hear(scan)
    shipment = _shipment(row, said, walk, bool(fresh), now)
    if is_late(walk.status, shipment["first_estimated_at"], now):
        walk.owed.append(Owe("incident", now, row.tracking_number, occasion=DELAYED))
    course = advance(known.stage, walk.happened, backfill_since=backfill_since)
    owed = (*course.owed, *(_cut_off(owe, backfill_since) for owe in walk.owed))
    return ParcelChange(
        shipment,
        tuple(_scan_row(scan, row.id, now) for scan in fresh),
        Course(course.stage, course.logged, owed),
        tuple((scan.raw_code, scan.raw_text) for scan in fresh if scan.status is ShipmentStatus.UNKNOWN),
    )


def _of_this_parcel(said: TrackingNews, placed_at: datetime) -> TrackingNews | None:
    """What is said of this parcel, not of an earlier one of the same number; None where nothing is."""
    scans = tuple(scan for scan in said.scans if not is_another_parcel(scan.at, placed_at))
    if not scans and (said.scans or (said.at is not None and is_another_parcel(said.at, placed_at))):
        return None
    estimated_at = said.estimated_at
    if estimated_at is not None and is_another_parcel(estimated_at, placed_at):
        estimated_at = None
    return replace(said, scans=scans, estimated_at=estimated_at)


def fingerprint(scan: ScanNews) -> str:
    """By what a scan is known again when the carrier tells it a second time."""
    written = f"{scan.at.isoformat()}|{scan.raw_code}|{scan.raw_text}|{scan.place}"
    return hashlib.blake2b(written.encode(), digest_size=16).hexdigest()


class _Walk:
    """A parcel being walked through its new scans, oldest first."""

    def __init__(self, row: Any, known: Known) -> None:
        self.number: str = row.tracking_number
        self.status = ShipmentStatus(row.status)
        self.newest: datetime | None = row.last_news_at if row.raw_code else None
        self.known = known
        self.has_left = row.shipped_at is not None
        self.happened: list[Happening] = []
        self.owed: list[Owe] = []

    def hear(self, scan: ScanNews) -> None:
        if scan.status in MOVING and not self.has_left:
            self.has_left = True
            self.happened.append(Happening(Event.PARCEL_SHIPPED, scan.at, self.number))
        if self.newest and scan.at < self.newest and scan.status is not ShipmentStatus.DELIVERED:
            return  # an older scan that arrived late changes nothing that is known since
        self.newest = scan.at
        move = heard_scan(self.status, scan.status)
        if move.status is ShipmentStatus.DELIVERED and self.status is not ShipmentStatus.DELIVERED:
            self.happened.extend(parcel_arrived(self.known, self.number, scan.at))
        if move.tell:
            self.owed.append(Owe(move.tell, scan.at, self.number, _occasion(scan)))
        self.status = move.status


def _occasion(scan: ScanNews) -> str:
    """A notice is owed once for each status and day: a second attempt is news, the same attempt told twice is not."""
    return f"{scan.status}:{scan.at.date().isoformat()}"


def _cut_off(owe: Owe, backfill_since: datetime) -> Owe:
    return replace(owe, reason="backfill_cutoff") if owe.happened_at < backfill_since else owe


def _scans(said: TrackingNews, now: datetime) -> tuple[ScanNews, ...]:
    """The scans, or the parcel's own status where a carrier tells no scans."""
    if said.scans or said.status is ShipmentStatus.PENDING:
        return said.scans
    return (ScanNews(said.status, said.raw_code, said.raw_text, said.at or now, said.at is not None, ""),)


def _waiting(row: Any, now: datetime) -> dict[str, Any]:
    status = ShipmentStatus(row.status)
    is_over = now - row.last_news_at > GIVE_UP_AFTER
    return {
        **row._asdict(),
        "status": ShipmentStatus.EXPIRED if is_over else status,
        "look_at": next_look(status, now, row.last_news_at),
        "looked_at": now,
    }


def _shipment(row: Any, said: TrackingNews, walk: _Walk, has_news: bool, now: datetime) -> dict[str, Any]:
    last_news_at = max(walk.newest or row.last_news_at, row.last_news_at) if has_news else row.last_news_at
    status = walk.status
    look_at = next_look(status, now, last_news_at)
    if look_at is None and now - last_news_at > GIVE_UP_AFTER and status is not ShipmentStatus.DELIVERED:
        status = ShipmentStatus.EXPIRED
    left = [happening.at for happening in walk.happened if happening.event is Event.PARCEL_SHIPPED]
    arrived = {Event.PARCEL_DELIVERED, Event.ALL_DELIVERED}
    came = [happening.at for happening in walk.happened if happening.event in arrived]
    return {
        **row._asdict(),
        "status": status,
        "shipped_at": row.shipped_at or min(left, default=None),
        "delivered_at": row.delivered_at or min(came, default=None),
        "raw_code": said.raw_code[:128],
        "raw_text": said.raw_text[:500],
        "mapped_by": said.mapped_by[:64],
        "first_estimated_at": row.first_estimated_at or said.estimated_at,
        "estimated_at": said.estimated_at or row.estimated_at,
        "pickup_point": said.pickup_point[:300] or row.pickup_point,
        "tracking_url": row.tracking_url or said.tracking_url[:1000],
        "last_news_at": last_news_at,
        "look_at": look_at,
        "looked_at": now,
    }


def _scan_row(scan: ScanNews, shipment_id: int, now: datetime) -> dict[str, Any]:
    return {
        "shipment_id": shipment_id,
        "fingerprint": fingerprint(scan),
        "status": scan.status,
        "raw_code": scan.raw_code[:128],
        "raw_text": scan.raw_text[:500],
        "scanned_at": scan.at,
        "zone_known": scan.zone_known,
        "place": scan.place[:300],
        "heard_at": now,
        "incident_reason": scan.reason or "",
    }
