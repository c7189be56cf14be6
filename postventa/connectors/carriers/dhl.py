"""DHL's "Shipment Tracking - Unified" API, which covers all of DHL's networks with five coarse codes.

The table below refines the codes by what the texts say. `nextSteps` is not read: it speaks of the future.
"""

import logging
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from postventa import settings
from postventa.connectors.carriers._reading import (
    AT_PICKUP,
    NOT_YET_AT_PICKUP,
    PARTIAL,
    Phrases,
    instant,
    one_text,
    phrases,
    promise,
    record,
    records,
    says,
    text,
)
from postventa.connectors.carriers._reasons import reason_in
from postventa.connectors.http import Door, NotThere
from postventa.inbound_contracts import broken_rules, inbound
from postventa.news import NotUnderstood, ScanNews, TrackingNews
from postventa.rules.shipments import ShipmentStatus as Is

logger = logging.getLogger(__name__)

MAPPED_BY = "dhl-unified/2026-11"

COARSE = {
    "pre-transit": Is.INFO_RECEIVED,
    "transit": Is.IN_TRANSIT,
    "delivered": Is.DELIVERED,
    "failure": Is.EXCEPTION,
    "unknown": Is.UNKNOWN,
}

_ANY = frozenset({"transit", "failure", "unknown", "delivered"})
_NOT_DELIVERED = frozenset({"transit", "failure", "unknown"})
_MOVING = frozenset({"transit", "unknown"})
_UNKNOWN = frozenset({"unknown"})

# Read from the top: the first row whose codes and one of whose phrases fit decides, else the coarse code does.
# `pre-transit` is in no row: what DHL does not have yet is neither held nor out for delivery, whatever is
# written. Nor is ordinary customs clearance a hold: nobody is alarmed for it.
FINER: tuple[tuple[Is, frozenset[str], Phrases], ...] = (
    (Is.IN_TRANSIT, _ANY, PARTIAL),
    (Is.IN_TRANSIT, _NOT_DELIVERED, NOT_YET_AT_PICKUP),
    (  # the locker was full: nobody missed a delivery
        Is.IN_TRANSIT,
        _NOT_DELIVERED,
        phrases("could not be delivered to the packstation | nicht in die packstation eingestellt"),
    ),
    (Is.READY_FOR_PICKUP, _ANY, AT_PICKUP),
    (
        Is.RETURN_TO_SENDER,
        _ANY,
        phrases(
            "returned to sender | returned to the sender | return to sender | returning to sender | being returned"
            "| returned to shipper | delivered to sender | delivered to the sender"
            "| devuelto al remitente | devuelta al remitente | devolución al remitente | retorno al remitente"
            "| entregado al remitente | an den absender zurück | an den absender zugestellt | zurückgesandt"
            "| rücksendung"
        ),
    ),
    (
        Is.OUT_FOR_DELIVERY,
        _NOT_DELIVERED,
        phrases(
            "out for delivery | out with courier | with delivery courier | onto the delivery vehicle"
            "| into the delivery vehicle | attempt at delivery is being made | en reparto | salida a reparto"
            "| in das zustellfahrzeug | ins zustellfahrzeug | in zustellung | es erfolgt ein 2. zustellversuch"
        ),
    ),
    (
        Is.DELIVERY_FAILED,
        _NOT_DELIVERED,
        phrases(
            "delivery attempt | attempted delivery | delivery unsuccessful | unsuccessful delivery"
            "| could not be delivered | delivery could not be made | not at home | recipient not available"
            "| intento de entrega | entrega fallida | no se ha podido entregar | no ha podido ser entregad"
            "| no ha sido posible la entrega | destinatario ausente | zustellversuch | nicht zugestellt werden"
            "| nicht erfolgreich zugestellt | nicht angetroffen | zustellung nicht möglich"
        ),
    ),
    (
        Is.ON_HOLD,
        _NOT_DELIVERED,
        phrases(
            "on hold | is held | held at | held by | customs inspection | clearance delay"
            "| retenido | retenida | inspección aduanera | pendiente de despacho"
            "| zollbeschau | beim zoll abholen | zurückgestellt"
        ),
    ),
    (
        Is.PICKED_UP,
        _MOVING,
        phrases(
            "shipment picked up | has been picked up | collected from the sender | posted by the sender"
            "| handed over to dhl | envío recogido | recogido en origen | sendung wurde abgeholt"
            "| an dhl übergeben | vom absender in der filiale eingeliefert"
            "| vom absender in die packstation eingeliefert"
        ),
    ),
    (Is.INFO_RECEIVED, _UNKNOWN, phrases("label created | instruction data | elektronisch an")),
)


def status_of(code: str, said: str) -> Is:
    """Our status for a code and its texts. A code that is none of the five is unknown, whatever is written."""
    lower = said.casefold()
    for status, codes, any_of in FINER:
        if code in codes and says(lower, any_of):
            return status
    return COARSE.get(code, Is.UNKNOWN)


def connect(name: str, carrier: settings.Carrier) -> "Dhl":
    """The door as configured. Raises BadConfiguration if its key or its CA is missing."""
    return Dhl(name, carrier)


class Dhl:
    """One account of DHL's; what it promises is in `news.Carrier`."""

    def __init__(self, name: str, carrier: settings.Carrier) -> None:
        self._owner = f"carriers.{name}"
        self._zone = ZoneInfo(carrier.timezone)
        self._door = Door(
            self._owner,
            carrier.url,
            headers={"DHL-API-Key": settings.secret(carrier.key_env, self._owner)},
            requests_per_second=carrier.requests_per_second,
            ca_file=carrier.ca_file,
        )

    def track(self, tracking_number: str) -> TrackingNews | None:
        """What DHL says of a parcel; None where it has no shipment of that number."""
        try:
            payload, _ = self._door.get_json("/track/shipments", {"trackingNumber": tracking_number})
        except NotThere:
            return None
        if not isinstance(payload, dict) or not isinstance(payload.get("shipments"), list | None):
            raise NotUnderstood(f"{self._owner}: the answer has no list of shipments")
        shipments = records(payload.get("shipments"))
        if not shipments:
            return None
        # One number may be in use in several of DHL's networks; the first is DHL's own best guess.
        ours = (one for one in shipments if text(one.get("id")) == tracking_number.strip())
        return self._news(tracking_number, next(ours, shipments[0]))

    def check(self) -> str:
        """Asks for a parcel that cannot exist: with a good key, DHL says just that."""
        self.track("0000000000")
        return f"{self._owner}: DHL answers and accepts the key"

    def _news(self, tracking_number: str, shipment: Mapping[str, Any]) -> TrackingNews:
        events = records(shipment.get("events"))  # DHL's newest come first; of one minute, too
        heard = dict.fromkeys(scan for event in reversed(events) if (scan := self._scan(event)))
        scans = sorted(heard, key=lambda scan: scan.at)
        current = record(shipment.get("status"))
        newest = scans[-1] if scans else None
        code, said = _code(current), _said(current)
        status, at = status_of(code, said), instant(current.get("timestamp"), self._zone)
        if newest and not code:
            code, said, status, at = newest.raw_code, newest.raw_text, newest.status, None
        elif (
            newest
            and newest.raw_code == code
            and status is COARSE.get(code)
            and (not at or newest.at >= at[0])
        ):
            said, status = newest.raw_text, newest.status  # the same moment, told in more words
        return TrackingNews(
            tracking_number=tracking_number,
            status=status,
            raw_code=code,
            raw_text=said,
            at=at[0] if at else newest.at if newest else None,
            estimated_at=promise(shipment.get("estimatedTimeOfDelivery"), self._zone),
            pickup_point=_pickup_point(shipment) if status is Is.READY_FOR_PICKUP else "",
            tracking_url=text(shipment.get("serviceUrl")),
            scans=tuple(scans),
            mapped_by=MAPPED_BY,
            refused=broken_rules(inbound("dhl", "event"), events),
        )

    def _scan(self, event: Mapping[str, Any]) -> ScanNews | None:
        read = instant(event.get("timestamp"), self._zone)
        if not read:
            logger.warning("%s: an event without a readable time was left out", self._owner)
            return None
        code, said = _code(event), _said(event)
        address = _address(event)
        status = status_of(code, said)
        return ScanNews(
            status=status,
            raw_code=code,
            raw_text=said,
            at=read[0],
            zone_known=read[1],
            place=text(address.get("addressLocality")) or text(address.get("countryCode")),
            reason=reason_in(status, said),
        )


def _code(event: Mapping[str, Any]) -> str:
    return text(event.get("statusCode")).lower()


def _said(event: Mapping[str, Any]) -> str:
    return one_text(event.get("status"), event.get("description"), event.get("remark"))


def _address(event: Mapping[str, Any]) -> Mapping[str, Any]:
    return record(record(event.get("location")).get("address"))


def _pickup_point(shipment: Mapping[str, Any]) -> str:
    """Where the parcel waits: the point's name, else its address, from the newest event that says it waits."""
    told = [record(shipment.get("status")), *records(shipment.get("events"))]
    for event in told:
        if status_of(_code(event), _said(event)) is Is.READY_FOR_PICKUP:
            name = text(record(record(event.get("location")).get("servicePoint")).get("label"))
            address = _address(event)
            parts = (text(address.get(key)) for key in ("streetAddress", "postalCode", "addressLocality"))
            if found := name or ", ".join(filter(None, parts)):
                return found
    return ""
