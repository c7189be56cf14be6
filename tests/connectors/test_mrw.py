"""MRW: lines named like their list, an order that is not promised, and days written without separators."""

from datetime import UTC, datetime

import pytest
from a_carrier import a_carrier
from some_carriers import NUMBER, XML, mrw_event, mrw_payload, soap

from postventa.connectors.http import Refused
from postventa.rules.incidents import IncidentReason
from postventa.rules.shipments import ShipmentStatus as Is


def told(httpserver, answer: str) -> None:
    place = "/TrackingService.svc/TrackingServices"
    httpserver.expect_request(place, method="POST").respond_with_data(answer, content_type=XML)


def test_lines_come_in_any_order_and_one_digit_is_two(httpserver, monkeypatch):
    told(
        httpserver,
        mrw_payload(
            [
                mrw_event("0", "Entregado", "2026-11-20T13:00:00+01:00"),
                mrw_event("1", "", "2026-11-19T13:00:00+01:00"),
                mrw_event("17", "Envío recogido en origen", "2026-11-18T18:58:36+01:00"),
            ]
        ),
    )
    news = a_carrier("mrw", httpserver, monkeypatch).track(NUMBER)
    assert [(scan.status, scan.raw_code) for scan in news.scans] == [
        (Is.PICKED_UP, "17"),
        (Is.DELIVERY_FAILED, "01"),
        (Is.DELIVERED, "00"),
    ]
    assert news.scans[1].reason is IncidentReason.CONSIGNEE_NOT_HOME
    assert news.scans[1].raw_text == "Destinatario ausente o cerrado"


def test_without_a_stamp_the_day_of_delivery_is_read(httpserver, monkeypatch):
    day = {"FechaEntrega": "20112026", "HoraEntrega": "1305"}
    told(httpserver, mrw_payload([mrw_event("00", "Entregado", None) | day]))
    news = a_carrier("mrw", httpserver, monkeypatch).track(NUMBER)
    assert (news.at, news.scans[0].zone_known) == (datetime(2026, 11, 20, 12, 5, tzinfo=UTC), False)


def test_a_wrong_login_is_said_in_the_message_of_a_good_answer(httpserver, monkeypatch):
    said = "<MensajeSeguimiento>Login o contraseña incorrectos</MensajeSeguimiento>"
    told(httpserver, soap("GetEnvios", f"<GetEnviosResult>{said}</GetEnviosResult>"))
    with pytest.raises(Refused, match="does not accept the login"):
        a_carrier("mrw", httpserver, monkeypatch).track(NUMBER)


def test_the_question_names_the_subscriber_and_the_franchise(httpserver, monkeypatch):
    told(httpserver, mrw_payload([]))
    a_carrier("mrw", httpserver, monkeypatch).track(NUMBER)
    asked = httpserver.log[0][0].get_data(as_text=True)
    assert (
        f"<valorFiltroDesde>{NUMBER}</valorFiltroDesde><valorFiltroHasta>{NUMBER}</valorFiltroHasta>" in asked
    )
    assert "<codigoAbonado>1</codigoAbonado><codigoFranquicia>2</codigoFranquicia>" in asked
