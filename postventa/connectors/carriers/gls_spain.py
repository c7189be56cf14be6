"""GLS Spain (formerly ASM): SOAP, with one customer's key.

Unverified: needs a contract. Built from the public description of the service `b2b.asmx`.

A tracking line has a kind (`tipo`) and a number, and every kind counts its own numbers: 7 is delivered among states
and something else among incidents.
"""

from datetime import datetime
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from postventa import settings
from postventa.connectors import soap
from postventa.connectors.carriers._codes import Meaning, code_table
from postventa.connectors.carriers._hearing import NO_SUCH_PARCEL, UNVERIFIED, Event, heard, news
from postventa.connectors.carriers._reading import moment, text
from postventa.connectors.carriers._reasons import reason_in
from postventa.connectors.http import Door
from postventa.inbound_contracts import broken_rules, inbound
from postventa.news import NotUnderstood, TrackingNews
from postventa.rules.shipments import ShipmentStatus as Is

NAMESPACE = "http://www.asmred.com/"
TIMES = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M")
STATE, INCIDENT = "ESTADO", "INCIDENCIA"
SAYS_NOTHING_OF_THE_WAY = frozenset({"POD", "SOLUCION", "URLPARTNER", "DIGITALIZACION"})


def connect(name: str, carrier: settings.Carrier) -> "GlsSpain":
    """The door as configured. Raises BadConfiguration if its key or its CA is missing."""
    return GlsSpain(name, carrier)


class GlsSpain:
    """One customer of GLS Spain's; what it promises is in `news.Carrier`."""

    def __init__(self, name: str, carrier: settings.Carrier) -> None:
        self._owner = f"carriers.{name}"
        self._zone = ZoneInfo(carrier.timezone)
        self._uid = settings.secret(carrier.key_env, self._owner)
        self._door = Door(
            self._owner,
            carrier.url,
            requests_per_second=carrier.requests_per_second,
            ca_file=carrier.ca_file,
        )

    def track(self, tracking_number: str) -> TrackingNews | None:
        """What GLS says of a parcel; None where it has no such number for this customer."""
        asked = soap.envelope("GetExpCli", NAMESPACE, {"codigo": tracking_number.strip(), "uid": self._uid})
        tree = self._door.ask_in_xml("/b2b.asmx", asked, soap.headers(f"{NAMESPACE}GetExpCli"))
        if not soap.there(tree, "GetExpCliResult"):
            raise NotUnderstood(f"{self._owner}: the answer has no GetExpCliResult")
        parcels = list(soap.every(tree, "exp"))
        if not parcels:
            return None
        # A reference may have been used before: GLS's newest shipment is ours.
        parcel = max(parcels, key=self._made)
        return self._news(tracking_number, parcel)

    def check(self) -> str:
        """Asks for a parcel that cannot exist. Whether the key is right, GLS does not say: it knows nothing then either."""
        self.track(NO_SUCH_PARCEL)
        return f"{self._owner}: GLS Spain answers, but says nothing of the key ({UNVERIFIED})"

    def _made(self, parcel: Element) -> datetime:
        written = soap.fields(parcel).get("fecha", "")
        read = moment(written, (*TIMES, "%d/%m/%Y"), self._zone)
        return read[0] if read else datetime.min.replace(tzinfo=self._zone)

    def _news(self, number: str, parcel: Element) -> TrackingNews | None:
        table = code_table("gls_spain")
        lines = [soap.fields(line) for line in soap.every(parcel, "tracking")]
        told = [line for line in lines if line.get("tipo", "").upper() not in SAYS_NOTHING_OF_THE_WAY]
        refused = broken_rules(inbound("gls_spain", "tracking"), told)
        return news(
            number, table, heard(self._owner, table, (self._event(line) for line in told)), refused=refused
        )

    def _event(self, line: dict[str, str]) -> Event:
        kind, number = line.get("tipo", "").upper() or STATE, line.get("codigo", "")
        at = moment(line.get("fecha"), TIMES, self._zone)
        said, place = text(line.get("evento")), text(line.get("nombreplaza")) or text(line.get("plaza"))
        if kind == STATE:
            return Event(number, said, at, place)
        code = f"{kind}:{number}"
        # What an incident's number means is not public; that it is one, GLS says itself, and perhaps why in words.
        incident = Meaning(Is.EXCEPTION, reason_in(Is.EXCEPTION, said))
        return Event(code, said, at, place, incident if kind == INCIDENT else Meaning(Is.UNKNOWN))
