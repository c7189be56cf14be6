"""GLS Spain: kinds of lines that count their own numbers, references used before, and what is no delivery."""

from a_carrier import a_carrier
from some_carriers import NUMBER, XML, gls_event, gls_payload, soap

from postventa.rules.incidents import IncidentReason
from postventa.rules.shipments import ShipmentStatus as Is


def told(httpserver, answer: str) -> None:
    httpserver.expect_request("/b2b.asmx", method="POST").respond_with_data(answer, content_type=XML)


def test_the_question_is_soap_with_the_customers_key_and_nothing_of_the_number_can_break_it(
    httpserver, monkeypatch
):
    told(httpserver, gls_payload([]))
    assert a_carrier("gls_spain", httpserver, monkeypatch).track(" 61<&>1 ") is None
    asked = httpserver.log[0][0]
    assert asked.headers["SOAPAction"] == '"http://www.asmred.com/GetExpCli"'
    assert "<codigo>61&lt;&amp;&gt;1</codigo><uid>clave-secreta</uid>" in asked.get_data(as_text=True)


def test_left_at_a_parcel_shop_is_on_its_way_until_the_shop_confirms_it(httpserver, monkeypatch):
    left = gls_event("22", "ENTREGADO EN ASM PARCELSHOP", "2026-11-20T09:00:00")
    confirmed = gls_event("25", "PARCELSHOP CONFIRMA", "2026-11-20T18:00:00")
    told(httpserver, gls_payload([left, confirmed]))
    news = a_carrier("gls_spain", httpserver, monkeypatch).track(NUMBER)
    assert [scan.status for scan in news.scans] == [Is.IN_TRANSIT, Is.READY_FOR_PICKUP]
    assert news.pickup_point == "GIRONA"


def test_a_number_counts_for_its_kind_of_line_alone(httpserver, monkeypatch):
    lines = [
        gls_event("2", "EN TRANSITO", "2026-11-19T09:00:00"),
        gls_event("7", "DESTINATARIO AUSENTE", "2026-11-20T09:00:00") | {"tipo": "INCIDENCIA"},
        gls_event("7", "ALBARAN DIGITALIZADO", "2026-11-20T10:00:00") | {"tipo": "POD"},
        gls_event("7", "ALGO NUEVO", "2026-11-20T11:00:00") | {"tipo": "TRAMOS"},
    ]
    told(httpserver, gls_payload(lines))
    scans = a_carrier("gls_spain", httpserver, monkeypatch).track(NUMBER).scans
    assert [(scan.status, scan.raw_code) for scan in scans] == [
        (Is.IN_TRANSIT, "2"),
        (Is.EXCEPTION, "INCIDENCIA:7"),
        (Is.UNKNOWN, "TRAMOS:7"),
    ]
    assert [scan.reason for scan in scans] == [None, IncidentReason.CONSIGNEE_NOT_HOME, None]


def test_of_a_reference_that_was_used_before_the_newest_shipment_is_ours(httpserver, monkeypatch):
    def shipment(made: str, code: str) -> str:
        line = (
            f"<tracking><fecha>{made} 10:00:00</fecha><tipo>ESTADO</tipo><codigo>{code}</codigo></tracking>"
        )
        return f"<exp><fecha>{made}</fecha><tracking_list>{line}</tracking_list></exp>"

    listed = shipment("19/11/2026", "6") + shipment("01/10/2025", "7") + "<exp/>"
    told(
        httpserver,
        soap("GetExpCli", f"<GetExpCliResult><expediciones>{listed}</expediciones></GetExpCliResult>"),
    )
    news = a_carrier("gls_spain", httpserver, monkeypatch).track(NUMBER)
    assert (news.status, news.raw_text) == (Is.OUT_FOR_DELIVERY, "En reparto")


def test_a_line_without_what_the_contract_promises_is_named_and_the_rest_is_read(httpserver, monkeypatch):
    told(httpserver, gls_payload([gls_event("6", "EN REPARTO"), gls_event("", "SIN CODIGO")]))
    news = a_carrier("gls_spain", httpserver, monkeypatch).track(NUMBER)
    assert len(news.refused) == 1
    assert "codigo" in news.refused[0]
