"""AfterShip's tags and subtags, and the registration of numbers it has not heard of."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from werkzeug import Response

from postventa import settings
from postventa.connectors.carriers import aftership
from postventa.connectors.carriers._codes import code_table
from postventa.connectors.http import Refused
from postventa.rules.incidents import IncidentReason as Why
from postventa.rules.shipments import ShipmentStatus as Is

SAMPLES = Path(__file__).parent / "carrier_samples"
NUMBER = "PQ4F6R0400017550117001G"
PATH = "/tracking/2026-07/trackings"


@pytest.fixture
def door(httpserver, monkeypatch) -> aftership.AfterShip:
    monkeypatch.setenv("AFTERSHIP_KEY", "clave")
    written = {
        "adapter": "aftership",
        "url": httpserver.url_for("/"),
        "key_env": "AFTERSHIP_KEY",
        "requests_per_second": 10_000,
    }
    return aftership.connect("aftership", settings.Carrier.model_validate(written))


def told(httpserver, *trackings) -> None:
    httpserver.expect_request(PATH, method="GET").respond_with_json({"data": {"trackings": list(trackings)}})


def sample() -> dict:
    written = (SAMPLES / "aftership_waiting_at_an_office.json").read_text(encoding="utf-8")
    return json.loads(written)["data"]["trackings"][0]


TABLE = {
    "Pending_001": Is.PENDING,
    "Pending_002": Is.PENDING,
    "Pending_003": Is.PENDING,
    "Pending_004": Is.PENDING,
    "Pending_005": Is.PENDING,
    "Pending_006": Is.PENDING,
    "InfoReceived_001": Is.INFO_RECEIVED,
    "InTransit_001": Is.IN_TRANSIT,
    "InTransit_002": Is.PICKED_UP,
    "InTransit_003": Is.IN_TRANSIT,
    "InTransit_004": Is.IN_TRANSIT,
    "InTransit_005": Is.IN_TRANSIT,
    "InTransit_006": Is.IN_TRANSIT,
    "InTransit_007": Is.IN_TRANSIT,
    "InTransit_008": Is.IN_TRANSIT,
    "InTransit_009": Is.IN_TRANSIT,
    "OutForDelivery_001": Is.OUT_FOR_DELIVERY,
    "OutForDelivery_003": Is.OUT_FOR_DELIVERY,
    "OutForDelivery_004": Is.OUT_FOR_DELIVERY,
    "AttemptFail_001": Is.DELIVERY_FAILED,
    "AttemptFail_002": Is.DELIVERY_FAILED,
    "AttemptFail_003": Is.DELIVERY_FAILED,
    "Delivered_001": Is.DELIVERED,
    "Delivered_002": Is.DELIVERED,
    "Delivered_003": Is.DELIVERED,
    "Delivered_004": Is.DELIVERED,
    "Delivered_005": Is.DELIVERED,
    "AvailableForPickup_001": Is.READY_FOR_PICKUP,
    "Exception_001": Is.EXCEPTION,
    "Exception_002": Is.EXCEPTION,
    "Exception_003": Is.EXCEPTION,
    "Exception_004": Is.ON_HOLD,
    "Exception_005": Is.ON_HOLD,
    "Exception_006": Is.ON_HOLD,
    "Exception_007": Is.EXCEPTION,
    "Exception_008": Is.EXCEPTION,
    "Exception_009": Is.EXCEPTION,
    "Exception_010": Is.RETURN_TO_SENDER,
    "Exception_011": Is.RETURN_TO_SENDER,
    "Exception_012": Is.EXCEPTION,
    "Exception_013": Is.EXCEPTION,
    "Exception_016": Is.ON_HOLD,
    "Exception_017": Is.ON_HOLD,
    "Exception_018": Is.ON_HOLD,
    "Exception_019": Is.ON_HOLD,
    "Exception_020": Is.CANCELLED,
    "Exception_021": Is.EXCEPTION,
    "Expired_001": Is.EXPIRED,
}


TAGS = {
    "Pending": Is.PENDING,
    "InfoReceived": Is.INFO_RECEIVED,
    "InTransit": Is.IN_TRANSIT,
    "OutForDelivery": Is.OUT_FOR_DELIVERY,
    "AttemptFail": Is.DELIVERY_FAILED,
    "Delivered": Is.DELIVERED,
    "AvailableForPickup": Is.READY_FOR_PICKUP,
    "Exception": Is.EXCEPTION,
    "Expired": Is.EXPIRED,
}
REASONS = {
    "AttemptFail_002": Why.CONSIGNEE_NOT_AVAILABLE,
    "AttemptFail_003": Why.CONSIGNEE_BUSINESS_CLOSED,
    "Exception_002": Why.CONSIGNEE_INCORRECT_ADDRESS,
    "Exception_003": Why.CONSIGNEE_REFUSED,
    "Exception_004": Why.CUSTOMS_DELAY,
    "Exception_007": Why.CONSIGNEE_INCORRECT_ADDRESS,
    "Exception_012": Why.CARRIER_DAMAGED_PARCEL,
    "Exception_013": Why.CARRIER_PARCEL_LOST,
    "Exception_016": Why.CARRIER_CAPACITY_EXCEEDED,
    "Exception_017": Why.WEATHER_DELAY,
    "Exception_018": Why.CUSTOMS_DOCUMENTATION,
    "Exception_019": Why.CARRIER_VEHICLE_ISSUE,
}


def meaning_of(subtag: str):
    return aftership.meaning_of(subtag.partition("_")[0], subtag, "")


def test_each_subtag_has_its_status_and_its_reason():
    found = {subtag: (meaning_of(subtag).status, meaning_of(subtag).reason) for subtag in TABLE}
    assert found == {subtag: (status, REASONS.get(subtag)) for subtag, status in TABLE.items()}


def test_each_tag_speaks_for_a_subtag_that_is_new_or_missing():
    assert {tag: aftership.meaning_of(tag, "", "").status for tag in TAGS} == TAGS
    assert {tag: aftership.meaning_of(tag, f"{tag}_999", "").status for tag in TAGS} == TAGS
    assert aftership.meaning_of("Teleported", "Teleported_001", "").status is Is.UNKNOWN


def test_no_row_of_the_table_is_left_without_a_test():
    assert set(code_table("aftership").rows) <= {*TABLE, *TAGS}


def test_what_was_delivered_to_the_shop_went_back_to_its_sender(door, httpserver):
    back = {
        "tag": "Delivered",
        "subtag": "Delivered_001",
        "subtag_message": "Delivered",
        "return_to_sender": True,
    }
    told(httpserver, sample() | back)
    news = door.track(NUMBER)
    assert news is not None
    assert news.status is Is.RETURN_TO_SENDER


def test_of_a_number_that_was_used_before_the_newest_tracking_is_ours(door, httpserver):
    old = {"checkpoint_time": "2025-10-01T09:00:00", "tag": "Delivered", "subtag": "Delivered_001"}
    journey = [old | {"checkpoint_time": f"2025-10-0{day}T09:00:00"} for day in range(1, 10)]
    told(
        httpserver,
        {"tracking_number": NUMBER, "tag": "Delivered", "subtag": "Delivered_001", "checkpoints": journey},
        sample(),
    )
    news = door.track(NUMBER)
    assert news is not None
    assert news.status is Is.READY_FOR_PICKUP


def test_a_carrier_that_the_configuration_names_is_asked_for_alone(httpserver, monkeypatch):
    monkeypatch.setenv("AFTERSHIP_KEY", "clave")
    written = {"adapter": "aftership", "url": httpserver.url_for("/"), "key_env": "AFTERSHIP_KEY"}
    written |= {"slug": "spain-correos-es", "requests_per_second": 10_000}
    only = aftership.connect("correos", settings.Carrier.model_validate(written))
    sent = registration(httpserver, 201, 201)
    assert only.track(NUMBER) is None
    assert sent == [{"tracking_number": NUMBER, "slug": "spain-correos-es"}]
    assert httpserver.log[0][0].args["slug"] == "spain-correos-es"


def test_a_whole_journey_is_read(door, httpserver):
    told(httpserver, sample())
    news = door.track(NUMBER)
    assert news is not None
    assert (news.status, news.raw_code) == (Is.READY_FOR_PICKUP, "AvailableForPickup_001")
    assert news.raw_text == "Disponible en oficina | Available for pickup"
    assert news.pickup_point == "Oficina de Correos Girona 1"
    assert news.tracking_url.endswith(NUMBER)
    assert news.at == datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    assert news.estimated_at == datetime(2026, 11, 20, 22, 59, 59, tzinfo=UTC)
    assert [(scan.status, scan.zone_known, scan.place) for scan in news.scans] == [
        (Is.INFO_RECEIVED, False, "ESP"),
        (Is.PICKED_UP, True, "Barcelona"),
        (Is.OUT_FOR_DELIVERY, False, "Girona"),
        (Is.DELIVERY_FAILED, False, "Girona"),
        (Is.READY_FOR_PICKUP, False, "Girona"),
    ]


def test_without_a_named_pickup_point_the_last_place_is_it(door, httpserver):
    told(httpserver, sample() | {"pickup_location": None})
    news = door.track(NUMBER)
    assert news is not None
    assert news.pickup_point == "Girona"


@pytest.mark.parametrize(
    "estimate",
    [
        {"courier_estimated_delivery_date": {"estimated_delivery_date": "2026-11-24T13:00:00+01:00"}},
        {"expected_delivery": "2026-11-24T13:00:00"},
    ],
)
def test_an_estimate_is_found_where_older_versions_keep_it(door, httpserver, estimate):
    told(httpserver, sample() | {"latest_estimated_delivery": None} | estimate)
    news = door.track(NUMBER)
    assert news is not None
    assert news.estimated_at == datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_without_a_tag_the_newest_checkpoint_speaks(door, httpserver):
    told(httpserver, sample() | {"tag": None, "subtag": None})
    news = door.track(NUMBER)
    assert news is not None
    assert news.status is Is.READY_FOR_PICKUP


def test_a_number_in_other_letters_is_the_same_number(door, httpserver):
    told(httpserver, sample())
    assert door.track("pq4f6r04 00017550117001g") is not None


def test_the_carrier_that_has_told_something_is_the_right_one(door, httpserver):
    told(httpserver, {"tracking_number": NUMBER, "tag": "Pending", "checkpoints": []}, sample())
    news = door.track(NUMBER)
    assert news is not None
    assert news.status is Is.READY_FOR_PICKUP


def test_a_number_without_news_yet_is_none_and_not_registered_again(door, httpserver):
    told(
        httpserver, {"tracking_number": NUMBER, "tag": "Pending", "subtag": "Pending_001", "checkpoints": []}
    )
    assert door.track(NUMBER) is None
    assert [request.method for request, _ in httpserver.log] == ["GET"]


def registration(httpserver, status: int, code: int, *known: dict) -> list[dict]:
    """AfterShip knows at most something else, and answers a registration like this; the list fills with what it is sent."""
    sent: list[dict] = []

    def register(request) -> Response:
        sent.append(request.json)
        return Response(
            json.dumps({"meta": {"code": code}, "data": {}}), status, content_type="application/json"
        )

    told(httpserver, *known)
    httpserver.expect_request(PATH, method="POST").respond_with_handler(register)
    return sent


def test_an_unknown_number_is_registered_and_none_for_now(door, httpserver):
    sent = registration(httpserver, 201, 201)
    assert door.track(NUMBER) is None
    assert sent == [{"tracking_number": NUMBER}]


def test_a_tracking_of_another_number_is_not_ours(door, httpserver):
    sent = registration(httpserver, 201, 201, sample() | {"tracking_number": "OTHER"})
    assert door.track(NUMBER) is None
    assert len(sent) == 1


@pytest.mark.parametrize("code", [4003, 4005, 4012, 4017])
def test_a_number_that_exists_already_or_cannot_be_followed_is_none_for_now(door, httpserver, code):
    sent = registration(httpserver, 400, code)
    assert door.track(NUMBER) is None
    assert len(sent) == 1


def test_a_404_is_a_number_to_register(door, httpserver):
    missing = {"meta": {"code": 4004, "message": "Tracking does not exist."}}
    httpserver.expect_request(PATH, method="GET").respond_with_json(missing, status=404)
    httpserver.expect_request(PATH, method="POST").respond_with_json({"meta": {"code": 201}}, status=201)
    assert door.track(NUMBER) is None
    assert [request.method for request, _ in httpserver.log] == ["GET", "POST"]


def test_any_other_refusal_of_a_registration_is_told(door, httpserver):
    registration(httpserver, 400, 4001)
    with pytest.raises(Refused, match="4001"):
        door.track(NUMBER)
