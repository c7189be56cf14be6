"""AfterShip's tracking API: one key for more than a thousand carriers, told in nine tags and their subtags.

AfterShip follows only numbers it was told of, so asking about an unknown number registers it.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from postventa import settings
from postventa.connectors.carriers._reading import (
    AT_PICKUP,
    PARTIAL,
    instant,
    one_text,
    promise,
    record,
    records,
    says,
    text,
)
from postventa.connectors.http import Door, NotThere, Refused
from postventa.inbound_contracts import broken_rules, inbound
from postventa.news import NotUnderstood, ScanNews, TrackingNews
from postventa.rules.shipments import ShipmentStatus as Is

logger = logging.getLogger(__name__)

MAPPED_BY = "aftership/2026-07"
TRACKINGS = "/tracking/2026-07/trackings"

TAGS = {
    "Pending": Is.PENDING,
    "InfoReceived": Is.INFO_RECEIVED,
    "InTransit": Is.IN_TRANSIT,
    "OutForDelivery": Is.OUT_FOR_DELIVERY,
    "AttemptFail": Is.DELIVERY_FAILED,
    "Delivered": Is.DELIVERED,
    "AvailableForPickup": Is.READY_FOR_PICKUP,
    "Exception": Is.EXCEPTION,
    "Expired": Is.EXPIRED,
}

# Where a subtag says more than its tag. The tag is AfterShip's word for every other subtag, new ones included.
SUBTAGS = {
    "InTransit_002": Is.PICKED_UP,  # acceptance scan
    "Exception_004": Is.ON_HOLD,  # delayed in customs
    "Exception_005": Is.ON_HOLD,  # delayed by external factors
    "Exception_006": Is.ON_HOLD,  # held for payment
    "Exception_010": Is.RETURN_TO_SENDER,  # returning
    "Exception_011": Is.RETURN_TO_SENDER,  # returned
    "Exception_016": Is.ON_HOLD,  # delayed by the carrier's processing
    "Exception_017": Is.ON_HOLD,  # delayed by weather
    "Exception_018": Is.ON_HOLD,  # documents missing or wrong
    "Exception_019": Is.ON_HOLD,  # delayed by a late flight
    "Exception_020": Is.CANCELLED,  # cancelled by the sender or the carrier
}

ALREADY_FOLLOWED = "4003"
CANNOT_BE_FOLLOWED = frozenset({"4005", "4012", "4017"})
"""The number's form is wrong, or no carrier of AfterShip's has such numbers."""


def status_of(tag: str, subtag: str, said: str) -> Is:
    """Our status for a tag, its subtag and the carrier's own words. An unknown tag is unknown."""
    status = SUBTAGS.get(subtag) or TAGS.get(tag, Is.UNKNOWN)
    if status is Is.DELIVERED:
        # The carriers' own traps come through: see `_reading`.
        lower = said.casefold()
        if says(lower, PARTIAL):
            return Is.IN_TRANSIT
        if says(lower, AT_PICKUP):
            return Is.READY_FOR_PICKUP
    return status


def connect(name: str, carrier: settings.Carrier) -> "AfterShip":
    """The door as configured. Raises BadConfiguration if its key or its CA is missing."""
    return AfterShip(name, carrier)


class AfterShip:
    """One account of AfterShip's; what it promises is in `news.Carrier`."""

    def __init__(self, name: str, carrier: settings.Carrier) -> None:
        self._owner = f"carriers.{name}"
        self._zone = ZoneInfo(carrier.timezone)
        self._door = Door(
            self._owner,
            carrier.url,
            headers={"as-api-key": settings.secret(carrier.key_env, self._owner)},
            requests_per_second=carrier.requests_per_second,
            ca_file=carrier.ca_file,
        )

    def track(self, tracking_number: str) -> TrackingNews | None:
        """What AfterShip says of a parcel; None until the carrier has told it something."""
        try:
            payload, _ = self._door.get_json(TRACKINGS, {"tracking_numbers": tracking_number})
        except NotThere:
            payload = {"data": {"trackings": []}}
        trackings = record(record(payload).get("data")).get("trackings")
        if not isinstance(trackings, list | None):
            raise NotUnderstood(f"{self._owner}: the answer has no list of trackings")
        ours = [one for one in records(trackings) if _same(one.get("tracking_number"), tracking_number)]
        if not ours:
            self._follow(tracking_number)
            return None
        # One number may be followed at several carriers: the one that has told something is the right one.
        best = max(ours, key=lambda one: len(records(one.get("checkpoints"))))
        news = self._news(tracking_number, best)
        return None if news.status is Is.PENDING and not news.scans else news

    def check(self) -> str:
        """Reads the newest tracking, whichever it is."""
        self._door.get_json(TRACKINGS, {"limit": 1})
        return f"{self._owner}: AfterShip answers and accepts the key"

    def _follow(self, tracking_number: str) -> None:
        try:
            self._door.post_json(TRACKINGS, {"tracking_number": tracking_number}, retry=True)
        except Refused as refused:
            if refused.code in CANNOT_BE_FOLLOWED:
                logger.warning("%s: AfterShip cannot follow a number (%s)", self._owner, refused.code)
            elif refused.code != ALREADY_FOLLOWED:
                raise

    def _news(self, tracking_number: str, tracking: Mapping[str, Any]) -> TrackingNews:
        points = records(tracking.get("checkpoints"))
        heard = dict.fromkeys(scan for point in points if (scan := self._scan(point)))
        scans = sorted(heard, key=lambda scan: scan.at)
        newest = scans[-1] if scans else None
        tag, subtag = text(tracking.get("tag")), text(tracking.get("subtag"))
        code, said = subtag or tag, text(tracking.get("subtag_message"))
        # The tracking itself has only AfterShip's words; the carrier's are with the newest scan of that code.
        words = newest.raw_text if newest and newest.raw_code == code else said
        status = status_of(tag, subtag, words)
        if newest and not code:
            code, words, status = newest.raw_code, newest.raw_text, newest.status
        return TrackingNews(
            tracking_number=tracking_number,
            status=status,
            raw_code=code,
            raw_text=words,
            at=newest.at if newest else None,
            estimated_at=self._estimated(tracking),
            pickup_point=self._pickup_point(tracking, newest) if status is Is.READY_FOR_PICKUP else "",
            tracking_url=text(tracking.get("courier_tracking_link")),
            scans=tuple(scans),
            mapped_by=MAPPED_BY,
            refused=broken_rules(inbound("aftership", "checkpoint"), points),
        )

    def _scan(self, point: Mapping[str, Any]) -> ScanNews | None:
        read = instant(point.get("checkpoint_time"), self._zone)
        if not read:
            logger.warning("%s: a checkpoint without a readable time was left out", self._owner)
            return None
        tag, subtag = text(point.get("tag")), text(point.get("subtag"))
        said = one_text(point.get("message"), point.get("subtag_message"))
        return ScanNews(
            status=status_of(tag, subtag, said),
            raw_code=subtag or tag,
            raw_text=said,
            at=read[0],
            zone_known=read[1],
            place=text(point.get("location")) or text(point.get("city")) or text(point.get("country_region")),
        )

    def _estimated(self, tracking: Mapping[str, Any]) -> datetime | None:
        latest = record(tracking.get("latest_estimated_delivery"))
        courier = record(tracking.get("courier_estimated_delivery_date"))
        written = (
            latest.get("datetime")
            or courier.get("estimated_delivery_date")
            or tracking.get("expected_delivery")
        )
        return promise(written, self._zone)

    def _pickup_point(self, tracking: Mapping[str, Any], newest: ScanNews | None) -> str:
        return text(tracking.get("pickup_location")) or (newest.place if newest else "")


def _same(told: Any, asked: str) -> bool:
    """AfterShip stores numbers in capitals and without blanks."""
    return text(told).replace(" ", "").upper() == asked.replace(" ", "").upper()
