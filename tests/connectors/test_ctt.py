"""CTT Express: a login that is wrong with status 200, and two sets of words in one line."""

import pytest
from a_carrier import a_carrier
from some_carriers import NUMBER, XML, ctt_event, ctt_payload, soap

from postventa.connectors.http import Refused
from postventa.rules.shipments import ShipmentStatus as Is

WRONG = "<ErrorResult><ErrorCode>12</ErrorCode><ErrorMessage>{}</ErrorMessage></ErrorResult>"


def told(httpserver, answer: str) -> None:
    httpserver.expect_request("/ClientsAPI.svc", method="POST").respond_with_data(answer, content_type=XML)


def test_an_incident_keeps_both_its_descriptions(httpserver, monkeypatch):
    incident = {"IncidentCode": "33", "IncidentDescription": "Dirección incorrecta"}
    told(httpserver, ctt_payload([ctt_event("4", "INCIDENCIA") | incident]))
    news = a_carrier("ctt", httpserver, monkeypatch).track(NUMBER)
    assert (news.status, news.raw_text) == (Is.EXCEPTION, "INCIDENCIA | Dirección incorrecta")


def test_an_error_about_the_login_is_no_parcel_that_is_not_there(httpserver, monkeypatch):
    inside = f"<ErrorCodes>{WRONG.format('Password incorrecto')}</ErrorCodes><Tracking/>"
    told(httpserver, soap("GetTracking", inside))
    with pytest.raises(Refused, match="12"):
        a_carrier("ctt", httpserver, monkeypatch).track(NUMBER)


def test_an_error_about_the_number_is_a_parcel_that_is_not_there(httpserver, monkeypatch):
    inside = f"<ErrorCodes>{WRONG.format('No existe el envío')}</ErrorCodes>"
    told(httpserver, soap("GetTracking", inside))
    assert a_carrier("ctt", httpserver, monkeypatch).track(NUMBER) is None


def test_check_asks_whether_the_login_is_good(httpserver, monkeypatch):
    door = a_carrier("ctt", httpserver, monkeypatch)
    told(httpserver, soap("ValidateUser", WRONG.format("No")))
    with pytest.raises(Refused, match="does not accept the login"):
        door.check()
    httpserver.clear()
    told(httpserver, soap("ValidateUser", WRONG.format("Ok").replace("12", "0")))
    assert "accepts the login (unverified" in door.check()
