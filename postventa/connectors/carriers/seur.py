"""SEUR's Atlas API: a token for user and password, which lives half a minute, and the situations of a parcel.

Unverified: needs a contract. Built from the public description of `pic/v1/tracking-services/extended`.
"""

from typing import Any
from zoneinfo import ZoneInfo

from postventa import settings
from postventa.connectors.carriers._codes import code_table
from postventa.connectors.carriers._hearing import (
    NO_SUCH_PARCEL,
    UNVERIFIED,
    Event,
    from_contract,
    heard,
    news,
)
from postventa.connectors.carriers._reading import instant, record, records, text
from postventa.connectors.http import Door, NotThere
from postventa.connectors.tokens import Token
from postventa.inbound_contracts import broken_rules, inbound
from postventa.news import NotUnderstood, TrackingNews

SITUATIONS = "/pic/v1/tracking-services/extended"
BY_REFERENCE = "REFERENCE"


def connect(name: str, carrier: settings.Carrier) -> "Seur":
    """The door as configured. Raises BadConfiguration if a secret or a word of the contract is missing."""
    return Seur(name, carrier)


class Seur:
    """One account of SEUR's; what it promises is in `news.Carrier`."""

    def __init__(self, name: str, carrier: settings.Carrier) -> None:
        self._owner = f"carriers.{name}"
        self._zone = ZoneInfo(carrier.timezone)
        client_id, user, tax_number, account, unit = from_contract(
            carrier, self._owner, "client_id", "user", "id_number", "account_number", "business_unit"
        )
        self._whose = {"idNumber": tax_number, "accountNumber": account, "businessUnit": unit}
        self._kind = carrier.account.get("ref_type", BY_REFERENCE)
        login = {
            "grant_type": "password",
            "client_id": client_id,
            "client_secret": settings.secret(carrier.key_env, self._owner),
            "username": user,
            "password": settings.secret(carrier.secret_env, self._owner),
        }
        self._door = Door(
            self._owner,
            carrier.url,
            requests_per_second=carrier.requests_per_second,
            ca_file=carrier.ca_file,
        )
        self._token = Token(self._owner, lambda: self._door.post_form("/pic_token", login))

    def track(self, tracking_number: str) -> TrackingNews | None:
        """What SEUR says of a parcel; None where it has no such reference: it answers 204."""
        asked = {"refType": self._kind, "ref": tracking_number.strip(), **self._whose}
        try:
            payload, _ = self._token.used_for(
                lambda token: self._door.get_json(SITUATIONS, asked, headers=token)
            )
        except NotThere:
            return None
        if payload is None:
            return None
        if not isinstance(record(payload).get("data"), list | None):
            raise NotUnderstood(f"{self._owner}: the answer has no list of shipments")
        shipments = records(record(payload).get("data"))
        lines = [line for one in shipments[:1] for line in records(one.get("situations"))]
        table = code_table("seur")
        scans = heard(self._owner, table, (self._event(line) for line in lines))
        return news(tracking_number, table, scans, refused=broken_rules(inbound("seur", "situation"), lines))

    def check(self) -> str:
        """Logs in, and asks for a parcel that cannot exist."""
        self.track(NO_SUCH_PARCEL)
        return f"{self._owner}: SEUR answers and accepts the login ({UNVERIFIED})"

    def _event(self, line: Any) -> Event:
        return Event(
            text(line.get("eventCode")),
            text(line.get("description")),
            instant(line.get("situationDate"), self._zone),
        )
