"""CTT Express (formerly Tourline): SOAP, with a user, a password and three numbers of the contract.

Unverified: needs a contract. Built from the public description of the service `ClientsAPI.svc`, whose namespace is not
in it: the usual one of such services is assumed. CTT offers it over plain http alone: the password goes in the clear.
"""

from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from postventa import settings
from postventa.connectors import soap
from postventa.connectors.carriers._codes import code_table
from postventa.connectors.carriers._hearing import (
    UNVERIFIED,
    Event,
    from_contract,
    heard,
    news,
)
from postventa.connectors.carriers._reading import instant, one_text, text
from postventa.connectors.http import Door, Refused
from postventa.inbound_contracts import broken_rules, inbound
from postventa.news import NotUnderstood, TrackingNews

NAMESPACE = "http://tempuri.org/"
SERVICE = "/ClientsAPI.svc"
WRONG_LOGIN = ("password", "credencial", "usuario", "user", "autentic", "authentic", "permis")


def connect(name: str, carrier: settings.Carrier) -> "CttExpress":
    """The door as configured. Raises BadConfiguration if the password or a word of the contract is missing."""
    return CttExpress(name, carrier)


class CttExpress:
    """One contract with CTT Express; what it promises is in `news.Carrier`."""

    def __init__(self, name: str, carrier: settings.Carrier) -> None:
        self._owner = f"carriers.{name}"
        self._zone = ZoneInfo(carrier.timezone)
        user, contract, client, agency = from_contract(
            carrier, self._owner, "user", "contract", "client", "agency"
        )
        self._login = {
            "Id": user,
            "Password": settings.secret(carrier.key_env, self._owner),
            "ContractCode": contract,
            "ClientCode": client,
            "AgencyCode": agency,
        }
        self._door = Door(
            self._owner,
            carrier.url,
            requests_per_second=carrier.requests_per_second,
            ca_file=carrier.ca_file,
        )

    def track(self, tracking_number: str) -> TrackingNews | None:
        """What CTT says of a parcel; None where it has no such number."""
        tree = self._ask("GetTracking", {"ShippingCode": tracking_number.strip()})
        for error in soap.every(tree, "ErrorResult"):  # with 200, as everything
            said = soap.fields(error)
            if any(word in said.get("ErrorMessage", "").casefold() for word in WRONG_LOGIN):
                code = text(said.get("ErrorCode"))
                raise Refused(f"{self._owner}: CTT does not accept the login ({code})", status=401, code=code)
        lines = [line for one in soap.every(tree, "Tracking") if "StatusCode" in (line := soap.fields(one))]
        table = code_table("ctt")
        scans = heard(self._owner, table, (self._event(line) for line in lines))
        return news(tracking_number, table, scans, refused=broken_rules(inbound("ctt", "tracking"), lines))

    def check(self) -> str:
        """Asks whether the login is good, for which CTT has a question of its own."""
        tree = self._ask("ValidateUser", {})
        codes = [soap.fields(error).get("ErrorCode", "") for error in soap.every(tree, "ErrorResult")]
        if codes and codes[0] != "0":
            raise Refused(f"{self._owner}: CTT does not accept the login ({codes[0]})", status=401)
        return f"{self._owner}: CTT Express answers and accepts the login ({UNVERIFIED})"

    def _ask(self, operation: str, asked: dict[str, str]) -> Element:
        written = soap.envelope(operation, NAMESPACE, {**self._login, **asked})
        tree = self._door.ask_in_xml(SERVICE, written, soap.headers(f"{NAMESPACE}IClientsAPI/{operation}"))
        if not soap.there(tree, f"{operation}Response"):
            raise NotUnderstood(f"{self._owner}: the answer has no {operation}Response")
        return tree

    def _event(self, line: dict[str, str]) -> Event:
        # An incident has a second code, whose list is not public: its words are kept beside the state's.
        said = one_text(line.get("StatusDescription"), line.get("IncidentDescription"))
        return Event(text(line.get("StatusCode")), said, instant(line.get("StatusDateTime"), self._zone))
