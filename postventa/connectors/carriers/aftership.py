"""AfterShip's tracking API: one key for more than a thousand carriers, told in nine tags and their subtags.

AfterShip follows only numbers it was told of, so asking about an unknown number registers it.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from postventa import settings
from postventa.connectors.carriers._codes import Meaning, code_table
from postventa.connectors.carriers._hearing import spoken_at
from postventa.connectors.carriers._reading import instant, one_text, promise, record, records, text
from postventa.connectors.http import Door, NotThere, Refused
from postventa.inbound_contracts import broken_rules, inbound
from postventa.news import NotUnderstood, ScanNews, TrackingNews
from postventa.rules.shipments import ShipmentStatus as Is

logger = logging.getLogger(__name__)

TRACKINGS = "/tracking/2026-07/trackings"

ALREADY_FOLLOWED = "4003"
CANNOT_BE_FOLLOWED = frozenset({"4005", "4012", "4017"})
"""The number's form is wrong, or no carrier of AfterShip's has such numbers."""


def meaning_of(tag: str, subtag: str, said: str) -> Meaning:
    """What a tag, its subtag and the carrier's own words mean; an unknown tag is unknown.

    The tag is AfterShip's own word for a subtag that has no row, new ones included.
    """
    table = code_table("aftership")
    return table.meaning(subtag if subtag in table.rows else tag, said)


def connect(name: str, carrier: settings.Carrier) -> "AfterShip":
    """The door as configured. Raises BadConfiguration if its key or its CA is missing."""
    return AfterShip(name, carrier)


class AfterShip:
    """One account of AfterShip's; what it promises is in `news.Carrier`."""

    def __init__(self, name: str, carrier: settings.Carrier) -> None:
        self._owner = f"carriers.{name}"
        self._zone = ZoneInfo(carrier.timezone)
        self._slug = carrier.slug
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
            payload, _ = self._door.get_json(TRACKINGS, self._whose({"tracking_numbers": tracking_number}))
        except NotThere:
            payload = {"data": {"trackings": []}}
        trackings = record(record(payload).get("data")).get("trackings")
        if not isinstance(trackings, list | None):
            raise NotUnderstood(f"{self._owner}: the answer has no list of trackings")
        ours = [one for one in records(trackings) if _same(one.get("tracking_number"), tracking_number)]
        if not ours:
            self._follow(tracking_number)
            return None
        # A number may be followed at several carriers, and for an earlier parcel: whoever spoke last means ours.
        news = max((self._news(tracking_number, one) for one in ours), key=spoken_at)
        return None if news.status is Is.PENDING and not news.scans else news

    def check(self) -> str:
        """Reads the newest tracking, whichever it is."""
        self._door.get_json(TRACKINGS, {"limit": 1})
        return f"{self._owner}: AfterShip answers and accepts the key"

    def _whose(self, asked: dict[str, str]) -> dict[str, str]:
        """Narrowed down to one carrier, where the configuration names it: a number alone may fit several."""
        return asked | ({"slug": self._slug} if self._slug else {})

    def _follow(self, tracking_number: str) -> None:
        try:
            self._door.post_json(TRACKINGS, self._whose({"tracking_number": tracking_number}), retry=True)
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
        status = meaning_of(tag, subtag, words).status
        if newest and not code:
            code, words, status = newest.raw_code, newest.raw_text, newest.status
        if status is Is.DELIVERED and tracking.get("return_to_sender") is True:
            status = Is.RETURN_TO_SENDER  # delivered, to the shop
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
            mapped_by=code_table("aftership").version,
            refused=broken_rules(inbound("aftership", "checkpoint"), points),
        )

    def _scan(self, point: Mapping[str, Any]) -> ScanNews | None:
        read = instant(point.get("checkpoint_time"), self._zone)
        if not read:
            logger.warning("%s: a checkpoint without a readable time was left out", self._owner)
            return None
        tag, subtag = text(point.get("tag")), text(point.get("subtag"))
        said = one_text(point.get("message"), point.get("subtag_message"))
        meaning = meaning_of(tag, subtag, said)
        return ScanNews(
            status=meaning.status,
            raw_code=subtag or tag,
            raw_text=said,
            at=read[0],
            zone_known=read[1],
            place=text(point.get("location")) or text(point.get("city")) or text(point.get("country_region")),
            reason=meaning.reason,
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
