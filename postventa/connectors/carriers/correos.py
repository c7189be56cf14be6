"""Correos's localizador with user and password: JSON, always with status 200, whatever is wrong.

Unverified: needs a contract. Built from public records of `canonico/eventos_envio_servicio_auth`.

Only the code of an event is looked up, never its Spanish words. A parcel that got a new label goes on under a new
number, whose events are added.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
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
from postventa.connectors.carriers._reading import moment, one_text, record, records, text
from postventa.connectors.http import Door, NotThere
from postventa.inbound_contracts import broken_rules, inbound
from postventa.news import NotUnderstood, TrackingNews

EVENTS = "/canonico/eventos_envio_servicio_auth/"
EVERY_EVENT = {"indUltEvento": "N", "codIdioma": "ES"}
TIMES = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M")
NEW_LABEL = "reetiquetado"


def connect(name: str, carrier: settings.Carrier) -> "Correos":
    """The door as configured. Raises BadConfiguration if the user, the password or the CA is missing."""
    return Correos(name, carrier)


class Correos:
    """One contract with Correos; what it promises is in `news.Carrier`."""

    def __init__(self, name: str, carrier: settings.Carrier) -> None:
        self._owner = f"carriers.{name}"
        self._zone = ZoneInfo(carrier.timezone)
        (user,) = from_contract(carrier, self._owner, "user")
        self._door = Door(
            self._owner,
            carrier.url,
            auth=(user, settings.secret(carrier.key_env, self._owner)),
            requests_per_second=carrier.requests_per_second,
            ca_file=carrier.ca_file,
        )

    def track(self, tracking_number: str) -> TrackingNews | None:
        """What Correos says of a parcel; None while it has no trace of it."""
        shipment = self._shipment(tracking_number.strip())
        if shipment is None:
            return None
        told = records(shipment.get("eventos"))
        if any(text(one.get("desTextoResumen")).casefold() == NEW_LABEL for one in told):
            for other in records(shipment.get("enviosAsociados")):
                further = self._shipment(text(other.get("codEnvio"))) if other.get("codEnvio") else None
                told += records(further.get("eventos")) if further else []
        table = code_table("correos")
        told = [one for one in told if text(one.get("desTextoResumen")).casefold() != NEW_LABEL]
        scans = heard(self._owner, table, map(self._event, told))
        return news(tracking_number, table, scans, refused=broken_rules(inbound("correos", "evento"), told))

    def check(self) -> str:
        """Asks for a parcel that cannot exist."""
        self.track(NO_SUCH_PARCEL)
        return f"{self._owner}: Correos answers and accepts the password ({UNVERIFIED})"

    def _shipment(self, number: str) -> Mapping[str, Any] | None:
        """The shipment of that number; None where the answer's own code is not 0, which means no trace."""
        try:
            payload, _ = self._door.get_json(EVENTS + quote(number, safe=""), EVERY_EVENT)
        except NotThere:
            return None
        first = records(payload)[:1] if isinstance(payload, list) else [record(payload)]
        if not first or not isinstance(first[0].get("eventos"), list | None):
            raise NotUnderstood(f"{self._owner}: the answer has no list of events")
        told = text(record(first[0].get("error")).get("codError"))
        return first[0] if told in {"", "0"} else None

    def _event(self, event: Mapping[str, Any]) -> Event:
        # Midnight where no hour is written. Scans of the Canaries are stamped by the mainland's clock.
        written = f"{text(event.get('fecEvento'))} {text(event.get('horEvento')) or '00:00:00'}"
        return Event(
            text(event.get("codEvento")),
            one_text(event.get("desTextoResumen"), event.get("desTextoAmpliado")),
            moment(written, TIMES, self._zone),
            text(event.get("unidad")) or text(event.get("nom_codired")),
        )
