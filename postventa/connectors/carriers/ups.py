"""UPS's Track API, with a token for the client's id and secret.

Built from UPS's own specification (OpenAPI, 2026) and not yet tried with an account. An event is known by the three
digits of its state; where they are missing, by its type of one or two letters.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4
from zoneinfo import ZoneInfo

from postventa import settings
from postventa.connectors.carriers._codes import code_table
from postventa.connectors.carriers._hearing import NO_SUCH_PARCEL, Event, from_contract, heard, news
from postventa.connectors.carriers._reading import instant, moment, record, records, text
from postventa.connectors.http import Door, NotThere, Refused
from postventa.connectors.tokens import Token
from postventa.inbound_contracts import broken_rules, inbound
from postventa.news import NotUnderstood, TrackingNews

SOURCE = "postventa"
PROMISED = ("RDD", "SDD")
"""Kinds of delivery dates, the later word first: the new date, the one that was planned. DEL is in the past."""


def connect(name: str, carrier: settings.Carrier) -> "Ups":
    """The door as configured. Raises BadConfiguration if a secret, the client's id or the CA is missing."""
    return Ups(name, carrier)


class Ups:
    """One account of UPS's; what it promises is in `news.Carrier`."""

    def __init__(self, name: str, carrier: settings.Carrier) -> None:
        self._owner = f"carriers.{name}"
        self._zone = ZoneInfo(carrier.timezone)
        (client_id,) = from_contract(carrier, self._owner, "client_id")
        secret = settings.secret(carrier.key_env, self._owner)
        self._door = Door(
            self._owner,
            carrier.url,
            headers={"transactionSrc": SOURCE},
            requests_per_second=carrier.requests_per_second,
            ca_file=carrier.ca_file,
        )
        login = {"grant_type": "client_credentials"}
        self._token = Token(
            self._owner,
            lambda: self._door.post_form("/security/v1/oauth/token", login, auth=(client_id, secret)),
        )

    def track(self, tracking_number: str) -> TrackingNews | None:
        """What UPS says of a parcel; None where it has no such number."""
        path = f"/api/track/v1/details/{quote(tracking_number.strip(), safe='')}"
        try:
            payload, _ = self._token.used_for(
                lambda token: self._door.get_json(path, headers={**token, "transId": uuid4().hex})
            )
        except NotThere:
            return None
        shipments = record(record(payload).get("trackResponse")).get("shipment")
        if not isinstance(shipments, list):
            raise NotUnderstood(f"{self._owner}: the answer has no list of shipments")
        packages = [one for shipment in records(shipments) for one in records(shipment.get("package"))]
        # The answer may hold every parcel of a shipment: ours is the one of our number, or the only one.
        wanted = tracking_number.strip().upper()
        ours = [one for one in packages if text(one.get("trackingNumber")).upper() == wanted]
        if not ours and len(packages) == 1:
            ours = packages
        return self._news(tracking_number, ours[0]) if ours else None

    def check(self) -> str:
        """Logs in, and asks for a parcel that cannot exist: that UPS refuses the number alone is well, too."""
        try:
            self.track(NO_SUCH_PARCEL)
        except Refused as refused:
            if refused.status != 400:
                raise
        return f"{self._owner}: UPS answers and accepts the client's secret"

    def _news(self, number: str, package: Mapping[str, Any]) -> TrackingNews | None:
        table = code_table("ups")
        activities = records(package.get("activity"))  # UPS's newest come first
        scans = heard(self._owner, table, (self._event(one) for one in reversed(activities)))
        return news(
            number,
            table,
            scans,
            estimated_at=self._estimated(package),
            refused=broken_rules(inbound("ups", "activity"), activities),
        )

    def _event(self, activity: Mapping[str, Any]) -> Event:
        status = record(activity.get("status"))
        address = record(record(activity.get("location")).get("address"))
        return Event(
            text(status.get("statusCode")) or text(status.get("type")),
            text(status.get("description")),
            self._at(activity),
            text(address.get("city")) or text(address.get("countryCode")),
        )

    def _at(self, activity: Mapping[str, Any]) -> tuple[datetime, bool] | None:
        """UTC where UPS gives it, else the clock on the wall, with its offset or in the carrier's zone."""
        utc = _written(activity.get("gmtDate"), activity.get("gmtTime"))
        if utc and (read := instant(f"{utc}+00:00", self._zone)):
            return read
        local = _written(activity.get("date"), activity.get("time"))
        return instant(f"{local}{text(activity.get('gmtOffset'))}", self._zone) or instant(local, self._zone)

    def _estimated(self, package: Mapping[str, Any]) -> datetime | None:
        dates = {text(one.get("type")): one.get("date") for one in records(package.get("deliveryDate"))}
        written = next((dates[kind] for kind in PROMISED if kind in dates), None)
        end_of_day = moment(f"{text(written)}235959", ("%Y%m%d%H%M%S",), self._zone)
        return end_of_day[0] if end_of_day else None


def _written(date: Any, time: Any) -> str:
    """A date as YYYYMMDD and a time whose leading zero UPS may drop, in ISO 8601; empty where one is missing."""
    clock = "".join(filter(str.isdecimal, text(time)))
    return f"{text(date)}T{clock:0>6}" if text(date) and clock else ""
