"""DHL's five codes and what its texts make of them."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from postventa import settings
from postventa.connectors.carriers import dhl
from postventa.rules.shipments import ShipmentStatus as Is
from postventa.sandbox.wordings import WORDINGS

SAMPLES = Path(__file__).parent / "carrier_samples"
NUMBER = "00340434161094000017"


@pytest.fixture
def door(httpserver, monkeypatch) -> dhl.Dhl:
    monkeypatch.setenv("DHL_KEY", "clave")
    written = {
        "adapter": "dhl",
        "url": httpserver.url_for("/"),
        "key_env": "DHL_KEY",
        "requests_per_second": 10_000,
    }
    return dhl.connect("dhl", settings.Carrier.model_validate(written))


def told(httpserver, payload) -> None:
    httpserver.expect_request("/track/shipments", query_string={"trackingNumber": NUMBER}).respond_with_json(
        payload
    )


def sample(name: str) -> dict:
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("pre-transit", Is.INFO_RECEIVED),
        ("transit", Is.IN_TRANSIT),
        ("delivered", Is.DELIVERED),
        ("failure", Is.EXCEPTION),
        ("unknown", Is.UNKNOWN),
        ("", Is.UNKNOWN),
        ("DELIVERED?", Is.UNKNOWN),
    ],
)
def test_each_code_without_words_has_its_status(code, expected):
    assert dhl.status_of(code, "") is expected


def test_no_code_is_left_without_a_test():
    assert set(dhl.COARSE) == {"pre-transit", "transit", "delivered", "failure", "unknown"}


def test_each_phrase_of_the_table_decides_for_its_codes():
    told = [(row[0], code, phrase) for row in dhl.FINER for code in sorted(row[1]) for phrase in row[2]]
    wrong = [
        (status, code, phrase)
        for status, code, phrase in told
        if dhl.status_of(code, f"X {phrase.upper()} y") is not status
    ]
    assert len(told) > 400
    assert wrong == []


def test_no_phrase_moves_what_dhl_does_not_have_yet_or_a_code_that_is_not_dhls():
    phrases = [phrase for row in dhl.FINER for phrase in row[2]]
    assert len(phrases) > 100
    assert [one for one in phrases if dhl.status_of("pre-transit", one) is not Is.INFO_RECEIVED] == []
    assert [one for one in phrases if dhl.status_of("customs-hold", one) is not Is.UNKNOWN] == []


@pytest.mark.parametrize(
    ("code", "said", "expected"),
    [
        ("transit", "The shipment has been loaded onto the delivery vehicle", Is.OUT_FOR_DELIVERY),
        ("transit", "Die Sendung wurde in das Zustellfahrzeug geladen.", Is.OUT_FOR_DELIVERY),
        ("transit", "A 2nd attempt at delivery is being made", Is.OUT_FOR_DELIVERY),
        ("transit", "The shipment is ready for pick-up at the PACKSTATION", Is.READY_FOR_PICKUP),
        ("transit", "Die Sendung liegt in der Packstation 119 zur Abholung bereit.", Is.READY_FOR_PICKUP),
        ("transit", "The shipment is on its way to the PACKSTATION", Is.IN_TRANSIT),
        (
            "transit",
            "The shipment is being brought to the retail outlet, where it is ready for pick-up tomorrow",
            Is.IN_TRANSIT,
        ),
        ("transit", "We write to you as soon as it is ready for collection", Is.IN_TRANSIT),
        (
            "transit",
            "The shipment could not be delivered to the PACKSTATION and has been forwarded to a retail outlet",
            Is.IN_TRANSIT,
        ),
        (
            "transit",
            "The shipment could not be delivered, the recipient has been notified",
            Is.DELIVERY_FAILED,
        ),
        (
            "transit",
            "Die Sendung konnte nicht zugestellt werden und wird jetzt zur Abholung in die Filiale gebracht",
            Is.DELIVERY_FAILED,
        ),
        (
            "transit",
            "Ready for collection until 27.11, after which it is returned to the sender",
            Is.READY_FOR_PICKUP,
        ),
        (
            "failure",
            "The recipient has not picked up the shipment. The shipment is being returned",
            Is.RETURN_TO_SENDER,
        ),
        ("delivered", "The shipment has been delivered to the sender", Is.RETURN_TO_SENDER),
        ("delivered", "The recipient has picked up the shipment from the PACKSTATION", Is.DELIVERED),
        ("delivered", "El destinatario ha recogido el envío en el ServicePoint", Is.DELIVERED),
        ("delivered", "Die Sendung wurde aus der Packstation abgeholt", Is.DELIVERED),
        ("transit", "ARRIVED AT CUSTOMS", Is.IN_TRANSIT),
        ("transit", "Customs clearance status updated: clearance delay", Is.ON_HOLD),
        ("failure", "Envío retenido en aduana", Is.ON_HOLD),
        ("failure", "The recipient refused acceptance of the shipment", Is.EXCEPTION),
        ("unknown", "LABEL CREATED", Is.INFO_RECEIVED),
        ("unknown", "CLOSE BAG", Is.UNKNOWN),
    ],
)
def test_sentences_that_dhl_writes_are_understood(code, said, expected):
    assert dhl.status_of(code, said) is expected


@pytest.mark.parametrize(
    ("wording", "expected"),
    {
        "label": Is.INFO_RECEIVED,
        "picked_up": Is.PICKED_UP,
        "transit": Is.IN_TRANSIT,
        "unknown_code": Is.UNKNOWN,
        "out": Is.OUT_FOR_DELIVERY,
        "delivered": Is.DELIVERED,
        "failed": Is.DELIVERY_FAILED,
        "to_pickup": Is.IN_TRANSIT,
        "pickup": Is.READY_FOR_PICKUP,
        "collected": Is.DELIVERED,
        "refused": Is.EXCEPTION,
        "returning": Is.RETURN_TO_SENDER,
        "returned": Is.RETURN_TO_SENDER,
        "partial": Is.IN_TRANSIT,
    }.items(),
)
def test_the_sandboxs_words_are_understood(wording, expected):
    said = WORDINGS[wording]
    assert dhl.status_of(said.code, f"{said.status} | {said.description}") is expected


def test_a_whole_journey_is_read_from_the_shipment_of_our_number(door, httpserver):
    told(httpserver, sample("dhl_waiting_at_a_servicepoint.json"))
    news = door.track(NUMBER)
    assert news is not None
    assert news.status is Is.READY_FOR_PICKUP
    assert news.pickup_point == "DHL ServicePoint Papelería Sol"
    assert news.tracking_url.endswith(NUMBER)
    assert news.estimated_at == datetime(2026, 11, 20, 17, tzinfo=UTC)
    assert [(scan.status, scan.zone_known) for scan in news.scans] == [
        (Is.INFO_RECEIVED, False),
        (Is.PICKED_UP, False),
        (Is.IN_TRANSIT, True),
        (Is.OUT_FOR_DELIVERY, False),
        (Is.DELIVERY_FAILED, False),
        (Is.IN_TRANSIT, True),
        (Is.READY_FOR_PICKUP, True),
    ]
    assert news.scans[0].at == datetime(2026, 11, 18, 8, tzinfo=UTC)
    assert news.scans[0].place == "Barcelona"


def test_a_label_that_was_never_handed_over_is_not_in_transit(door, httpserver):
    told(httpserver, sample("dhl_example_of_the_specification.json"))
    news = door.track(NUMBER)
    assert news is not None
    assert (news.status, news.raw_code) == (Is.INFO_RECEIVED, "pre-transit")
    assert news.raw_text.startswith("customs inspection | JESSICA | ")
    assert len(news.scans) == 1
    assert news.pickup_point == ""


def test_the_shipment_of_our_number_is_taken_else_the_first(door, httpserver):
    payload = sample("dhl_waiting_at_a_servicepoint.json")
    payload["shipments"][0]["serviceUrl"] = "https://first.example"
    payload["shipments"][1]["id"] = 7
    told(httpserver, payload)
    news = door.track(NUMBER)
    assert news is not None
    assert news.tracking_url == "https://first.example"


def test_404_is_none(door, httpserver):
    httpserver.expect_request("/track/shipments").respond_with_json({"title": "No result found"}, status=404)
    assert door.track(NUMBER) is None
    assert "accepts the key" in door.check()


@pytest.mark.parametrize("shipments", [[], None])
def test_an_answer_without_shipments_is_none(door, httpserver, shipments):
    told(httpserver, {"shipments": shipments})
    assert door.track(NUMBER) is None


def journey(status, *events) -> dict:
    return {"shipments": [{"id": NUMBER, "status": status, "events": list(events)}]}


def test_without_a_status_the_newest_scan_speaks(door, httpserver):
    old = {"timestamp": "2026-11-18T09:00:00Z", "statusCode": "transit", "status": "Shipment picked up"}
    new = {"timestamp": "2026-11-19T09:00:00Z", "statusCode": "delivered", "status": "Delivered"}
    told(httpserver, journey(None, old, new))
    news = door.track(NUMBER)
    assert news is not None
    assert (news.status, news.at) == (Is.DELIVERED, datetime(2026, 11, 19, 9, tzinfo=UTC))


def test_an_event_that_breaks_the_contract_is_named_and_the_others_are_read(door, httpserver):
    good = {"timestamp": "2026-11-19T09:00:00Z", "statusCode": "transit"}
    told(httpserver, journey(None, good, good | {"timestamp": None}, good | {"timestamp": "gestern"}))
    news = door.track(NUMBER)
    assert news is not None
    assert len(news.scans) == 1
    assert [said.partition(":")[0] for said in news.refused] == ["timestamp_required", "timestamp_pattern"]


def test_a_coarse_status_is_refined_by_the_scan_of_the_same_moment(door, httpserver):
    status = {"timestamp": "2026-11-19T09:00:00Z", "statusCode": "transit", "status": "transit"}
    told(httpserver, journey(status, status | {"status": "Out for delivery"}))
    news = door.track(NUMBER)
    assert news is not None
    assert (news.status, news.raw_text) == (Is.OUT_FOR_DELIVERY, "Out for delivery")


def test_an_older_scan_does_not_refine_the_status(door, httpserver):
    status = {"timestamp": "2026-11-19T09:00:00Z", "statusCode": "transit", "status": "Processed"}
    older = {"timestamp": "2026-11-18T09:00:00Z", "statusCode": "transit", "status": "Out for delivery"}
    told(httpserver, journey(status, older))
    news = door.track(NUMBER)
    assert news is not None
    assert news.status is Is.IN_TRANSIT


def test_a_delivery_that_a_scan_calls_partial_is_none(door, httpserver):
    status = {"timestamp": "2026-11-19T09:00:00Z", "statusCode": "delivered", "status": "delivered"}
    told(httpserver, journey(status, status | {"description": "Entrega parcial"}))
    news = door.track(NUMBER)
    assert news is not None
    assert news.status is Is.IN_TRANSIT


def test_links_in_the_words_are_left_out(door, httpserver):
    said = (
        "Liegt ab sofort in der <a href='https://x.example'><span class='arrow'></span>Filiale 7</a> bereit."
    )
    event = {"timestamp": "2026-11-19T09:00:00Z", "statusCode": "transit", "status": said}
    event["location"] = {"address": {"postalCode": "53113", "addressLocality": "Bonn", "countryCode": "DE"}}
    told(httpserver, journey(event, event))
    news = door.track(NUMBER)
    assert news is not None
    assert news.raw_text == "Liegt ab sofort in der Filiale 7 bereit."
    assert news.pickup_point == "53113, Bonn"


def test_an_expected_day_ends_when_the_day_ends(door, httpserver):
    payload = journey({"statusCode": "transit"})
    payload["shipments"][0]["estimatedTimeOfDelivery"] = "2026-11-20"
    told(httpserver, payload)
    news = door.track(NUMBER)
    assert news is not None
    assert news.estimated_at == datetime(2026, 11, 20, 22, 59, 59, tzinfo=UTC)
