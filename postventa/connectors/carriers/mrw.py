"""MRW's TrackingService: SOAP, with a user and a password, by the number of the delivery note (albarán).

Unverified: needs a contract. Built from the public record of MRW's manual of TrackingServices.
"""

from zoneinfo import ZoneInfo

from postventa import settings
from postventa.connectors import soap
from postventa.connectors.carriers._codes import code_table
from postventa.connectors.carriers._hearing import (
    NO_SUCH_PARCEL,
    UNVERIFIED,
    Event,
    from_contract,
    heard,
    news,
)
from postventa.connectors.carriers._reading import instant, moment, text
from postventa.connectors.http import Door, Refused
from postventa.inbound_contracts import broken_rules, inbound
from postventa.news import NotUnderstood, TrackingNews

NAMESPACE = "http://tempuri.org/"
ACTION = "http://tempuri.org/ITrackingService/GetEnvios"
SPANISH = "3082"
BY_DELIVERY_NOTE = "0"
EVERY_STATE = "1"
TIMES = ("%d%m%Y%H%M", "%d%m%Y%H%M%S")
WRONG_LOGIN = ("login", "usuario", "contraseña", "password", "autentic", "acceso")


def connect(name: str, carrier: settings.Carrier) -> "Mrw":
    """The door as configured. Raises BadConfiguration if the password or a word of the contract is missing."""
    return Mrw(name, carrier)


class Mrw:
    """One subscriber of MRW's; what it promises is in `news.Carrier`."""

    def __init__(self, name: str, carrier: settings.Carrier) -> None:
        self._owner = f"carriers.{name}"
        self._zone = ZoneInfo(carrier.timezone)
        user, subscriber, franchise = from_contract(carrier, self._owner, "user", "subscriber", "franchise")
        self._login = {"login": user, "pass": settings.secret(carrier.key_env, self._owner)}
        self._customer = {"codigoAbonado": subscriber, "codigoFranquicia": franchise}
        self._door = Door(
            self._owner,
            carrier.url,
            requests_per_second=carrier.requests_per_second,
            ca_file=carrier.ca_file,
        )

    def track(self, tracking_number: str) -> TrackingNews | None:
        """What MRW says of a parcel; None where it has no such number."""
        number = tracking_number.strip()
        asked = {
            **self._login,
            "codigoIdioma": SPANISH,
            "tipoFiltro": BY_DELIVERY_NOTE,
            "valorFiltroDesde": number,
            "valorFiltroHasta": number,
            "fechaDesde": "",
            "fechaHasta": "",
            "tipoInformacion": EVERY_STATE,
            **self._customer,
        }
        tree = self._door.ask_in_xml(
            "/TrackingService.svc/TrackingServices",
            soap.envelope("GetEnvios", NAMESPACE, asked),
            soap.headers(ACTION),
        )
        if not soap.there(tree, "GetEnviosResult"):
            raise NotUnderstood(f"{self._owner}: the answer has no GetEnviosResult")
        # The list and its lines have one name: a line is what has a state of its own.
        lines = [line for one in soap.every(tree, "Seguimiento") if "Estado" in (line := soap.fields(one))]
        if not lines:
            said = next((one.text or "" for one in soap.every(tree, "MensajeSeguimiento")), "").casefold()
            if any(word in said for word in WRONG_LOGIN):
                raise Refused(f"{self._owner}: MRW does not accept the login", status=401)
            return None
        table = code_table("mrw")
        scans = heard(self._owner, table, (self._event(line) for line in lines))
        return news(tracking_number, table, scans, refused=broken_rules(inbound("mrw", "seguimiento"), lines))

    def check(self) -> str:
        """Asks for a parcel that cannot exist."""
        self.track(NO_SUCH_PARCEL)
        return f"{self._owner}: MRW answers ({UNVERIFIED})"

    def _event(self, line: dict[str, str]) -> Event:
        delivered = f"{line.get('FechaEntrega', '')}{line.get('HoraEntrega', '')}"
        at = instant(line.get("Publicado"), self._zone) or moment(delivered, TIMES, self._zone)
        return Event(line["Estado"].zfill(2), text(line.get("EstadoDescripcion")), at)
