"""From a carrier's events to news of a parcel: codes looked up, times checked, oldest first, the newest is its status."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from postventa import settings
from postventa.connectors.carriers._codes import CodeTable, Meaning
from postventa.news import ScanNews, TrackingNews
from postventa.rules.shipments import ShipmentStatus

logger = logging.getLogger(__name__)

UNVERIFIED = "unverified: needs a contract, and was built from public documents alone"
NO_SUCH_PARCEL = "0000000000"
"""A number that `check` asks for: with good credentials, a carrier says that it does not know it."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event as the carrier wrote it. `meaning` is given where something else than the table decides."""

    code: str
    said: str
    at: tuple[datetime, bool] | None
    """When, in UTC, and whether its zone was written; None where that cannot be read."""
    place: str = ""
    meaning: Meaning | None = None


def heard(owner: str, table: CodeTable, events: Iterable[Event]) -> tuple[ScanNews, ...]:
    """The scans, oldest first, each once. Those of one moment stay in the order in which they are given."""
    scans: dict[ScanNews, None] = {}
    for event in events:
        if event.at is None:
            logger.warning("%s: an event without a readable time was left out", owner)
            continue
        meaning = event.meaning or table.meaning(event.code, event.said)
        said = event.said or table.words.get(event.code, "")
        at, zone_known = event.at
        scans[ScanNews(meaning.status, event.code, said, at, zone_known, event.place, meaning.reason)] = None
    return tuple(sorted(scans, key=lambda scan: scan.at))


def news(
    number: str,
    table: CodeTable,
    scans: tuple[ScanNews, ...],
    *,
    estimated_at: datetime | None = None,
    tracking_url: str = "",
    refused: tuple[str, ...] = (),
) -> TrackingNews | None:
    """What the scans come to; None where there are none, and nothing is said against them."""
    if not scans and not refused:
        return None
    newest = scans[-1] if scans else None
    waits = newest is not None and newest.status is ShipmentStatus.READY_FOR_PICKUP
    return TrackingNews(
        tracking_number=number,
        status=newest.status if newest else ShipmentStatus.PENDING,
        raw_code=newest.raw_code if newest else "",
        raw_text=newest.raw_text if newest else "",
        at=newest.at if newest else None,
        estimated_at=estimated_at,
        pickup_point=newest.place if newest and waits else "",
        tracking_url=tracking_url,
        scans=scans,
        mapped_by=table.version,
        refused=refused,
    )


def spoken_at(said: TrackingNews) -> datetime:
    """When something was last recorded; long ago where nothing was."""
    return said.scans[-1].at if said.scans else datetime.min.replace(tzinfo=UTC)


def from_contract(carrier: settings.Carrier, owner: str, *names: str) -> tuple[str, ...]:
    """What `account` says under these names. Raises BadConfiguration that names the one that is missing."""
    for name in names:
        if not carrier.account.get(name):
            raise settings.BadConfiguration(f"{owner}.account.{name} is missing: it is in your contract")
    return tuple(carrier.account[name] for name in names)
