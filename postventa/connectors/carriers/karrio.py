"""karrio's server, or any other with its tracking API: many carriers behind one address of your own.

karrio follows only numbers that it was told of, so asking about an unknown number registers it with the carrier that
`slug` names. Its statuses are believed but for two that it makes of DHL's codes: see `codes/karrio.toml`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from postventa import clock, settings
from postventa.connectors.carriers._codes import Meaning, code_table
from postventa.connectors.carriers._hearing import Event, heard, news, spoken_at
from postventa.connectors.carriers._reading import instant, moment, promise, record, records, text
from postventa.connectors.http import Door, NotThere, Refused
from postventa.inbound_contracts import broken_rules, inbound
from postventa.news import NotUnderstood, TrackingNews
from postventa.rules.incidents import IncidentReason
from postventa.rules.shipments import FINAL
from postventa.rules.shipments import ShipmentStatus as Is

TRACKERS = "/v1/trackers"
TIMES = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %I:%M %p", "%Y-%m-%d")
NO_SUCH_NUMBER = frozenset({400, 409, 424})
"""The carrier behind karrio does not know the number, or karrio follows it already."""


def connect(name: str, carrier: settings.Carrier) -> "Karrio":
    """The door as configured. Raises BadConfiguration if its key, its slug or its CA is missing."""
    return Karrio(name, carrier)


class Karrio:
    """One carrier of one karrio server; what it promises is in `news.Carrier`."""

    def __init__(self, name: str, carrier: settings.Carrier) -> None:
        self._owner = f"carriers.{name}"
        self._zone = ZoneInfo(carrier.timezone)
        if not carrier.slug:
            raise settings.BadConfiguration(
                f"{self._owner}.slug is missing: it names the carrier as karrio does, such as dhl_universal"
            )
        self._slug = carrier.slug
        self._door = Door(
            self._owner,
            carrier.url,
            headers={"Authorization": f"Token {settings.secret(carrier.key_env, self._owner)}"},
            requests_per_second=carrier.requests_per_second,
            ca_file=carrier.ca_file,
        )

    def track(self, tracking_number: str) -> TrackingNews | None:
        """What karrio says of a parcel; None until its carrier has told it something."""
        number = tracking_number.strip()
        try:
            payload, _ = self._door.get_json(
                TRACKERS, {"tracking_number": number, "carrier_name": self._slug}
            )
        except NotThere:
            payload = {"results": []}
        trackers = record(payload).get("results")
        if not isinstance(trackers, list):
            raise NotUnderstood(f"{self._owner}: the answer has no list of trackers")
        ours = [one for one in records(trackers) if text(one.get("tracking_number")) == number]
        if not ours:
            self._follow(number)
            return None
        told = [said for one in ours if (said := self._news(tracking_number, one))]
        return max(told, key=spoken_at, default=None)

    def check(self) -> str:
        """Reads the newest tracker, whichever it is."""
        self._door.get_json(TRACKERS, {"limit": 1})
        return f"{self._owner}: karrio answers and accepts the key"

    def _follow(self, number: str) -> None:
        wish = {"tracking_number": number, "carrier_name": self._slug}
        try:
            self._door.post_json(TRACKERS, wish, retry=True)
        except Refused as refused:
            if refused.status not in NO_SUCH_NUMBER:
                raise

    def _news(self, number: str, tracker: Mapping[str, Any]) -> TrackingNews | None:
        table = code_table("karrio")
        events = records(tracker.get("events"))  # karrio's newest come first
        told = [self._event(event) for event in reversed(events)]
        status = text(tracker.get("status"))
        if not events and table.meaning(status).status in FINAL:
            # Some carriers tell karrio that a parcel has arrived and nothing of its way: it is heard now, and once.
            told = [Event(status, "", (clock.now(), False))]
        return news(
            number,
            table,
            heard(self._owner, table, told),
            estimated_at=promise(tracker.get("estimated_delivery"), self._zone),
            tracking_url=text(record(tracker.get("info")).get("carrier_tracking_link")),
            refused=broken_rules(inbound("karrio", "event"), events),
        )

    def _event(self, event: Mapping[str, Any]) -> Event:
        code, said = text(event.get("code")), text(event.get("description"))
        return Event(
            code or text(event.get("status")),
            said,
            self._at(event),
            text(event.get("location")),
            _meaning(code, text(event.get("status")), said, text(event.get("reason"))),
        )

    def _at(self, event: Mapping[str, Any]) -> tuple[datetime, bool] | None:
        written = f"{text(event.get('date'))} {text(event.get('time'))}".strip()
        return instant(event.get("timestamp"), self._zone) or moment(written, TIMES, self._zone)


BEFORE_KARRIOS = frozenset({"pre-transit", "unknown"})
"""DHL's codes that karrio takes for others."""


def _meaning(code: str, status: str, said: str, reason: str) -> Meaning:
    """What karrio's status means where it gives one and does not mistake the carrier's code; else what the code means."""
    table = code_table("karrio")
    found = table.meaning(code if code in BEFORE_KARRIOS or not status else status, said)
    if not reason or found.status is Is.UNKNOWN:
        return found
    known = reason in set(IncidentReason)
    return Meaning(found.status, IncidentReason(reason) if known else IncidentReason.UNKNOWN)
