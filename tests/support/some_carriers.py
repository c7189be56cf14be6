"""How each carrier says the things that every carrier says: payloads, places, logins, and their worst answers."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import ModuleType
from typing import Any

from werkzeug import Request

from postventa.connectors.carriers import (
    aftership,
    correos,
    ctt,
    dhl,
    gls_spain,
    karrio,
    mrw,
    seur,
    ups,
)

NUMBER = "00340434161094000017"
SECRET = "clave-secreta"
AT = "2026-11-20T09:30:00"
XML = "text/xml; charset=utf-8"

Event = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """How one carrier says the things that every carrier says."""

    adapter: ModuleType
    path: str
    secret_in: Callable[[Request], str]
    """Where a request shows the secret."""
    payload: Callable[[Sequence[Event]], str]
    """Events, oldest first, as the carrier's answer."""
    event: Callable[[str, str, str | None], Event]
    """An event from its code, its words and when: in ISO 8601 without a zone, in the carrier's own zone."""
    none_there: str
    nulls: Sequence[str]
    moving: str
    delivered: str
    partial: tuple[str, str]
    at_pickup: tuple[str, str]
    unheard_of: str
    heard_as: str
    """How the unheard-of code is kept."""
    other_shape: str
    mapped_by: str
    method: str = "GET"
    content_type: str = "application/json"
    token_path: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    """What else the configuration says."""
    says_no_zones: bool = False
    tells_a_wrong_key: bool = True


def whole(answer: Any) -> str:
    return json.dumps(answer)


def header(name: str) -> Callable[[Request], str]:
    return lambda request: request.headers.get(name, "")


def soap(operation: str, inside: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<{operation}Response xmlns="http://other.example/">{inside}</{operation}Response></s:Body></s:Envelope>'
    )


def as_xml(fields: Event) -> str:
    return "".join(f"<{name}>{value or ''}</{name}>" for name, value in fields.items())


def spanish(at: str | None) -> str:
    """A time as Spain writes it; a bad one as it is."""
    try:
        return datetime.fromisoformat(at or "").strftime("%d/%m/%Y %H:%M:%S")
    except ValueError:
        return at or ""


# --- those with JSON ---


def dhl_payload(events: Sequence[Event]) -> str:
    newest_first = list(events)[::-1]
    return whole({"shipments": [{"id": NUMBER, "status": newest_first[0], "events": newest_first}]})


def dhl_event(code: str, said: str, at: str | None = AT) -> Event:
    return {"timestamp": at, "statusCode": code, "status": said, "description": None, "location": None}


def aftership_payload(events: Sequence[Event]) -> str:
    newest = events[-1]
    tracking = {"tracking_number": NUMBER, "tag": newest["tag"], "subtag": newest["subtag"]}
    return whole({"meta": {"code": 200}, "data": {"trackings": [tracking | {"checkpoints": list(events)}]}})


def aftership_event(code: str, said: str, at: str | None = AT) -> Event:
    tag, _, subtag = code.partition("_")
    subtag = code if subtag else ""
    return {"checkpoint_time": at, "tag": tag, "subtag": subtag or None, "message": said, "location": None}


def karrio_payload(events: Sequence[Event]) -> str:
    return whole({"results": [{"tracking_number": NUMBER, "events": list(events)[::-1], "status": "x"}]})


def karrio_event(code: str, said: str, at: str | None = AT) -> Event:
    day, _, hour = (at or "").partition("T")
    return {
        "date": day,
        "time": hour[:5],
        "timestamp": None,
        "status": code,
        "code": None,
        "description": said,
    }


def ups_payload(events: Sequence[Event]) -> str:
    package = {"trackingNumber": NUMBER, "activity": list(events)[::-1]}
    return whole({"trackResponse": {"shipment": [{"package": [package]}]}})


def ups_event(code: str, said: str, at: str | None = AT) -> Event:
    day, _, hour = (at or "").replace("-", "").replace(":", "").partition("T")
    status = {"statusCode": code, "type": "D", "description": said}
    return {"date": day, "time": hour, "status": status, "location": None}


def seur_payload(events: Sequence[Event]) -> str:
    return whole({"data": [{"situations": list(events)}]})


def seur_event(code: str, said: str, at: str | None = AT) -> Event:
    return {"eventCode": code, "description": said, "situationDate": at}


def correos_payload(events: Sequence[Event]) -> str:
    return whole([{"codEnvio": NUMBER, "eventos": list(events), "error": {"codError": "0"}}])


def correos_event(code: str, said: str, at: str | None = AT) -> Event:
    day, _, hour = spanish(at).partition(" ")
    return {"codEvento": code, "desTextoResumen": said, "fecEvento": day, "horEvento": hour}


# --- those with XML ---


def gls_payload(events: Sequence[Event]) -> str:
    lines = "".join(f"<tracking>{as_xml(one)}</tracking>" for one in events)
    parcel = f"<exp><fecha>19/11/2026</fecha><tracking_list>{lines}</tracking_list></exp>"
    return soap("GetExpCli", f"<GetExpCliResult><expediciones>{parcel}</expediciones></GetExpCliResult>")


def gls_event(code: str, said: str, at: str | None = AT) -> Event:
    return {"fecha": spanish(at), "tipo": "ESTADO", "codigo": code, "evento": said, "nombreplaza": "GIRONA"}


def ctt_payload(events: Sequence[Event]) -> str:
    lines = "".join(f"<Tracking>{as_xml(one)}</Tracking>" for one in events)
    return soap("GetTracking", f"<ErrorCodes/><Tracking>{lines}</Tracking>")


def ctt_event(code: str, said: str, at: str | None = AT) -> Event:
    return {"StatusCode": code, "StatusDescription": said, "StatusDateTime": at, "IncidentCode": None}


def mrw_payload(events: Sequence[Event]) -> str:
    lines = "".join(f"<a:Seguimiento>{as_xml(one)}</a:Seguimiento>" for one in events)
    inside = f"<a:Abonado><a:SeguimientoAbonado>{lines}</a:SeguimientoAbonado></a:Abonado>"
    listed = f'<a:Seguimiento xmlns:a="http://data.example/">{inside}</a:Seguimiento>'
    return soap("GetEnvios", f"<GetEnviosResult><MensajeSeguimiento/>{listed}</GetEnviosResult>")


def mrw_event(code: str, said: str, at: str | None = AT) -> Event:
    return {"Estado": code, "EstadoDescripcion": said, "Publicado": at, "FechaEntrega": None}


def in_body(request: Request) -> str:
    return request.get_data(as_text=True)


KINDS = {
    "dhl": Kind(
        adapter=dhl,
        path="/track/shipments",
        secret_in=header("DHL-API-Key"),
        payload=dhl_payload,
        event=dhl_event,
        none_there=whole({"shipments": []}),
        nulls=[
            whole({"shipments": [{"id": None, "status": None, "events": None}]}),
            whole({"shipments": [{"id": NUMBER, "status": {}, "events": [None, {}, {"timestamp": None}]}]}),
            whole({"shipments": [{"status": [], "events": "no", "estimatedTimeOfDelivery": 3}]}),
        ],
        moving="transit",
        delivered="delivered",
        partial=("delivered", "Partially delivered: 1 of 2 pieces"),
        at_pickup=("delivered", "Delivered to a DHL ServicePoint"),
        unheard_of="customs-hold",
        heard_as="customs-hold",
        other_shape=whole({"shipments": 7}),
        mapped_by=dhl.MAPPED_BY,
    ),
    "aftership": Kind(
        adapter=aftership,
        path="/tracking/2026-07/trackings",
        secret_in=header("as-api-key"),
        payload=aftership_payload,
        event=aftership_event,
        none_there=whole({"meta": {"code": 200}, "data": {"trackings": []}}),
        nulls=[
            whole({"data": {"trackings": [{"tracking_number": NUMBER, "tag": None, "checkpoints": None}]}}),
            whole({"data": {"trackings": [{"tracking_number": NUMBER, "checkpoints": [None, {}]}]}}),
            whole({"data": {"trackings": [{"tracking_number": NUMBER, "latest_estimated_delivery": "no"}]}}),
        ],
        moving="InTransit_001",
        delivered="Delivered_001",
        partial=("Delivered_001", "Entrega parcial"),
        at_pickup=("Delivered_001", "Entregado en ServicePoint"),
        unheard_of="Teleported",
        heard_as="Teleported",
        other_shape=whole({"data": {"trackings": 7}}),
        mapped_by="aftership/2026-07",
    ),
    "karrio": Kind(
        adapter=karrio,
        path="/v1/trackers",
        secret_in=header("Authorization"),
        payload=karrio_payload,
        event=karrio_event,
        none_there=whole({"results": []}),
        nulls=[
            whole({"results": [{"tracking_number": NUMBER, "events": None, "info": None}]}),
            whole({"results": [{"tracking_number": NUMBER, "events": [None, {}, {"date": None}]}, None]}),
        ],
        moving="in_transit",
        delivered="delivered",
        partial=("delivered", "Teilzustellung"),
        at_pickup=("delivered", "Entregado en punto de recogida"),
        unheard_of="teleported",
        heard_as="teleported",
        other_shape=whole({"results": 7}),
        mapped_by="karrio/2026.1",
        more={"slug": "dhl_universal"},
        says_no_zones=True,
    ),
    "ups": Kind(
        adapter=ups,
        path=f"/api/track/v1/details/{NUMBER}",
        secret_in=header("Authorization"),
        payload=ups_payload,
        event=ups_event,
        none_there=whole({"trackResponse": {"shipment": [{"warnings": [{"code": "TW0001"}]}]}}),
        nulls=[
            whole({"trackResponse": {"shipment": [None, {"package": None}]}}),
            whole({"trackResponse": {"shipment": [{"package": [{"trackingNumber": NUMBER}]}]}}),
            whole(
                {"trackResponse": {"shipment": [{"package": [{"trackingNumber": NUMBER, "activity": "x"}]}]}}
            ),
        ],
        moving="005",
        delivered="011",
        partial=("011", "Partially delivered"),
        at_pickup=("040", "Delivered to UPS Access Point"),
        unheard_of="999",
        heard_as="999",
        other_shape=whole({"trackResponse": {"shipment": 7}}),
        mapped_by="ups-track/2026-11",
        token_path="/security/v1/oauth/token",
        more={"account": {"client_id": "cliente"}},
        says_no_zones=True,
    ),
    "seur": Kind(
        adapter=seur,
        path="/pic/v1/tracking-services/extended",
        secret_in=header("Authorization"),
        payload=seur_payload,
        event=seur_event,
        none_there=whole({"data": []}),
        nulls=[
            whole({"data": None}),
            whole({"data": [{"situations": None}]}),
            whole({"data": [None, {"situations": [None]}]}),
        ],
        moving="LI428",
        delivered="LL001",
        partial=("LI519", "EXPEDICIÓN PARCIAL ENTREGADA"),
        at_pickup=("LI574", "RECEPCIONADO EN PICK UP"),
        unheard_of="LK512",
        heard_as="LK512",
        other_shape=whole({"data": 7}),
        mapped_by="seur-atlas/2026-11",
        token_path="/pic_token",
        more={
            "secret_env": "CARRIER_KEY",
            "account": {
                "client_id": "c",
                "user": "u",
                "id_number": "B00000000",
                "account_number": "1",
                "business_unit": "30",
            },
        },
    ),
    "correos": Kind(
        adapter=correos,
        path=f"/canonico/eventos_envio_servicio_auth/{NUMBER}",
        secret_in=lambda request: (request.authorization and request.authorization.password) or "",
        payload=correos_payload,
        event=correos_event,
        none_there=whole([{"codEnvio": NUMBER, "eventos": None, "error": {"codError": "3"}}]),
        nulls=[
            whole([{"eventos": None, "error": None}]),
            whole({"eventos": [None], "enviosAsociados": [None], "error": {"codError": "0"}}),
        ],
        moving="P040000V",
        delivered="I010000V",
        partial=("I010000V", "Entrega parcial"),
        at_pickup=("H01I350V", "Entregado en oficina"),
        unheard_of="L010000V",
        heard_as="L010000V",
        other_shape=whole([{"eventos": 7}]),
        mapped_by="correos/2026-11",
        more={"account": {"user": "usuario"}},
        says_no_zones=True,
    ),
    "gls_spain": Kind(
        adapter=gls_spain,
        path="/b2b.asmx",
        secret_in=in_body,
        payload=gls_payload,
        event=gls_event,
        none_there=soap("GetExpCli", "<GetExpCliResult><expediciones/></GetExpCliResult>"),
        nulls=[
            gls_payload([]),
            soap("GetExpCli", "<GetExpCliResult><expediciones><exp/></expediciones></GetExpCliResult>"),
        ],
        moving="2",
        delivered="7",
        partial=("8", "ENTREGA PARCIAL"),
        at_pickup=("25", "ASM PARCELSHOP CONFIRMA RECEPCION"),
        unheard_of="77",
        heard_as="77",
        other_shape=soap("Other", ""),
        mapped_by="gls-spain/2026-11",
        method="POST",
        content_type=XML,
        says_no_zones=True,
        tells_a_wrong_key=False,
    ),
    "ctt": Kind(
        adapter=ctt,
        path="/ClientsAPI.svc",
        secret_in=in_body,
        payload=ctt_payload,
        event=ctt_event,
        none_there=soap("GetTracking", "<ErrorCodes/><Tracking/>"),
        nulls=[ctt_payload([]), soap("GetTracking", "<Tracking><Tracking/></Tracking>")],
        moving="1",
        delivered="3",
        partial=("12", "ENTREGA PARCIAL"),
        at_pickup=("13", "POSICIONADO EN PER"),
        unheard_of="99",
        heard_as="99",
        other_shape=soap("Other", ""),
        mapped_by="ctt-express/2026-11",
        method="POST",
        content_type=XML,
        more={"account": {"user": "u", "contract": "1", "client": "2", "agency": "3"}},
    ),
    "mrw": Kind(
        adapter=mrw,
        path="/TrackingService.svc/TrackingServices",
        secret_in=in_body,
        payload=mrw_payload,
        event=mrw_event,
        none_there=soap(
            "GetEnvios",
            "<GetEnviosResult><MensajeSeguimiento>No hay datos.</MensajeSeguimiento></GetEnviosResult>",
        ),
        nulls=[mrw_payload([]), soap("GetEnvios", "<GetEnviosResult><Seguimiento/></GetEnviosResult>")],
        moving="11",
        delivered="00",
        partial=("00", "Entrega parcial"),
        at_pickup=("70", "Pendiente de recoger en MRW Point"),
        unheard_of="76",
        heard_as="76",
        other_shape=soap("Other", ""),
        mapped_by="mrw/2026-11",
        method="POST",
        content_type=XML,
        more={"account": {"user": "u", "subscriber": "1", "franchise": "2"}},
    ),
}
