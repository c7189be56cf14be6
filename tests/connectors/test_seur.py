"""SEUR: a token that lives half a minute, nothing at all for a parcel it does not know, and points that are no delivery."""

import time

import pytest
from a_carrier import a_carrier
from some_carriers import NUMBER, seur_event
from werkzeug import Response

from postventa.connectors import tokens
from postventa.rules.incidents import IncidentReason
from postventa.rules.shipments import ShipmentStatus as Is

SITUATIONS = "/pic/v1/tracking-services/extended"


@pytest.fixture
def logins(httpserver) -> list:
    seen: list = []

    def answer(request) -> Response:
        seen.append(request.form.to_dict())
        return Response('{"access_token": "t", "expires_in": 30}', content_type="application/json")

    httpserver.expect_request("/pic_token", method="POST").respond_with_handler(answer)
    return seen


def test_nothing_at_all_is_a_parcel_that_is_not_there(httpserver, monkeypatch, logins):
    httpserver.expect_request(SITUATIONS).respond_with_data("", status=204)
    assert a_carrier("seur", httpserver, monkeypatch).track(NUMBER) is None
    assert logins[0] == {
        "grant_type": "password",
        "client_id": "c",
        "client_secret": "clave-secreta",
        "username": "u",
        "password": "clave-secreta",
    }
    asked = dict(httpserver.log[-1][0].args)
    assert asked == {
        "refType": "REFERENCE",
        "ref": NUMBER,
        "idNumber": "B00000000",
        "accountNumber": "1",
        "businessUnit": "30",
    }


def test_a_token_is_renewed_before_its_half_minute_is_over(httpserver, monkeypatch, logins):
    httpserver.expect_request(SITUATIONS).respond_with_json({"data": []})
    door = a_carrier("seur", httpserver, monkeypatch)
    began = time.monotonic()
    for seconds in (0, 10, 23, 25, 40):
        monkeypatch.setattr(tokens, "monotonic", lambda now=began + seconds: now)
        door.track(NUMBER)
    assert len(logins) == 2


def test_a_journey_to_a_pickup_point_and_back_is_never_delivered(httpserver, monkeypatch, logins):
    said = [
        seur_event("LI523", "CERRADO O PRIMERA AUSENCIA", "2026-11-18T12:00:00+01:00"),
        seur_event("LI569", "DEPOSITADO REPARTIDOR PICK UP", "2026-11-19T12:00:00+01:00"),
        seur_event("LI572", "DEVOLVER.PLZO.CUMPLIDO PUDO", "2026-11-26T12:00:00+01:00"),
    ]
    httpserver.expect_request(SITUATIONS).respond_with_json({"data": [{"situations": said}]})
    scans = a_carrier("seur", httpserver, monkeypatch).track(NUMBER).scans
    assert [(scan.status, scan.reason) for scan in scans] == [
        (Is.DELIVERY_FAILED, IncidentReason.CONSIGNEE_NOT_HOME),
        (Is.READY_FOR_PICKUP, None),
        (Is.RETURN_TO_SENDER, IncidentReason.CONSIGNEE_NOT_AVAILABLE),
    ]


def test_what_only_a_bookkeeper_needs_is_told_and_never_a_delivery(httpserver, monkeypatch, logins):
    said = [seur_event("LM001", "Error tipo pago cobrado"), seur_event("LL009", "LIQUIDADO SIN DEPURAR")]
    httpserver.expect_request(SITUATIONS).respond_with_json({"data": [{"situations": said}]})
    scans = a_carrier("seur", httpserver, monkeypatch).track(NUMBER).scans
    assert {scan.status for scan in scans} == {Is.UNKNOWN}
