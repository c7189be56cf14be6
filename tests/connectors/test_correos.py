"""Correos: status 200 whatever is wrong, words that are never interpreted, and parcels that go on under a new number."""

from datetime import UTC, datetime

from a_carrier import a_carrier
from some_carriers import NUMBER, correos_event

from postventa.rules.shipments import ShipmentStatus as Is

OTHER = "PQ856C0710027820144566Q"
EVENTS = "/canonico/eventos_envio_servicio_auth/"


def told(httpserver, number: str, events, **more) -> None:
    shipment = {"codEnvio": number, "eventos": events, "error": {"codError": "0"}} | more
    httpserver.expect_request(EVENTS + number).respond_with_json([shipment])


def test_a_parcel_with_a_new_label_is_followed_under_its_new_number(httpserver, monkeypatch):
    first = [
        correos_event("A090000V", "Admitido", "2026-11-18T10:00:00"),
        correos_event("Z999999V", "Reetiquetado", "2026-11-18T20:00:00"),
    ]
    told(httpserver, NUMBER, first, enviosAsociados=[{"codEnvio": OTHER}, {"codEnvio": None}])
    told(httpserver, OTHER, [correos_event("I010000V", "Entregado", "2026-11-20T13:00:00")])
    news = a_carrier("correos", httpserver, monkeypatch).track(NUMBER)
    assert (news.tracking_number, news.status) == (NUMBER, Is.DELIVERED)
    assert [scan.status for scan in news.scans] == [Is.PICKED_UP, Is.DELIVERED]


def test_a_new_label_that_nobody_knows_yet_leaves_the_parcel_where_it_is(httpserver, monkeypatch):
    first = [
        correos_event("A090000V", "Admitido"),
        correos_event("Z999999V", "Reetiquetado", "2026-11-20T20:00:00"),
    ]
    told(httpserver, NUMBER, first, enviosAsociados=[{"codEnvio": OTHER}])
    told(httpserver, OTHER, None, error={"codError": "3", "desError": "Sin Trazabilidad"})
    assert a_carrier("correos", httpserver, monkeypatch).track(NUMBER).status is Is.PICKED_UP


def test_an_office_is_where_a_parcel_waits_and_not_where_it_was_delivered(httpserver, monkeypatch):
    office = {"unidad": "OFICINA GIRONA 1"}
    waits = correos_event("H01I350V", "Disponible", "2026-11-19T10:00:00") | office
    taken = correos_event("I01H210V", "Entregado", "2026-11-20T10:00:00") | office
    told(httpserver, NUMBER, [waits])
    door = a_carrier("correos", httpserver, monkeypatch)
    assert door.track(NUMBER).pickup_point == "OFICINA GIRONA 1"
    httpserver.clear()
    told(httpserver, NUMBER, [waits, taken])
    news = door.track(NUMBER)
    assert (news.status, news.pickup_point) == (Is.DELIVERED, "")


def test_without_an_hour_an_event_is_of_midnight(httpserver, monkeypatch):
    told(httpserver, NUMBER, [correos_event("A090000V", "Admitido") | {"horEvento": None}])
    news = a_carrier("correos", httpserver, monkeypatch).track(NUMBER)
    assert news.at == datetime(2026, 11, 19, 23, tzinfo=UTC)


def test_a_number_cannot_lead_to_another_address(httpserver, monkeypatch):
    httpserver.expect_request(EVENTS + "../../x").respond_with_json([{"eventos": None}])
    assert a_carrier("correos", httpserver, monkeypatch).track("../../x") is None
    assert httpserver.log[0][0].full_path.startswith("/canonico/eventos_envio_servicio_auth/../../x?")
