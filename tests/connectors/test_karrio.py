"""A karrio server: a captured tracker, the two codes that it takes for others, and numbers it has to be told of."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from a_carrier import a_carrier

from postventa import clock, settings
from postventa.connectors.carriers import karrio
from postventa.connectors.http import Refused
from postventa.rules.incidents import IncidentReason
from postventa.rules.shipments import ShipmentStatus as Is

SAMPLE = json.loads(
    (Path(__file__).parent / "carrier_samples" / "karrio_tracker.json").read_text(encoding="utf-8")
)
NUMBER = SAMPLE["tracking_number"]


@pytest.fixture
def door(httpserver, monkeypatch):
    return a_carrier("karrio", httpserver, monkeypatch)


def told(httpserver, *trackers) -> None:
    httpserver.expect_request("/v1/trackers", method="GET").respond_with_json({"results": list(trackers)})


def an_event(**said):
    return {"date": "2026-11-20", "time": "09:30", "timestamp": None, "description": ""} | said


def test_a_captured_tracker_is_read(door, httpserver):
    told(httpserver, SAMPLE)
    news = door.track(NUMBER)
    assert [(scan.status, scan.raw_code, scan.zone_known, scan.place) for scan in news.scans] == [
        (Is.INFO_RECEIVED, "pre-transit", True, "Oderweg 2, AMSTERDAM"),
        (Is.OUT_FOR_DELIVERY, "transit", False, "Madrid"),
    ]
    assert [scan.at for scan in news.scans] == [
        datetime(2026, 11, 18, 7, 53, 47, tzinfo=UTC),
        datetime(2026, 11, 20, 8, 30, tzinfo=UTC),
    ]
    assert news.status is Is.OUT_FOR_DELIVERY
    assert news.estimated_at == datetime(2026, 11, 18, 22, 59, 59, tzinfo=UTC)
    assert news.tracking_url.startswith("https://www.dhl.com/")
    asked = httpserver.log[0][0]
    assert dict(asked.args) == {"tracking_number": NUMBER, "carrier_name": "dhl_universal"}
    assert asked.headers["Authorization"] == "Token clave-secreta"


def test_a_label_that_was_never_handed_over_is_not_on_its_way_whatever_karrio_makes_of_it(door, httpserver):
    told(httpserver, SAMPLE | {"events": [an_event(code="pre-transit", status="in_transit")]})
    assert door.track(NUMBER).status is Is.INFO_RECEIVED


def test_what_dhl_does_not_know_is_no_delay(door, httpserver):
    told(httpserver, SAMPLE | {"events": [an_event(code="unknown", status="delivery_delayed")]})
    news = door.track(NUMBER)
    assert (news.status, news.raw_code) == (Is.UNKNOWN, "unknown")


def test_karrios_reasons_are_ours_and_one_that_is_not_is_unknown(door, httpserver):
    events = [
        an_event(time="10:00", code="X9", status="on_hold", reason="aliens"),
        an_event(time="07:53 AM", code="X1", status="delivery_failed", reason="consignee_not_home"),
    ]
    told(httpserver, SAMPLE | {"events": events})
    failed, held = door.track(NUMBER).scans
    assert (failed.status, failed.reason) == (Is.DELIVERY_FAILED, IncidentReason.CONSIGNEE_NOT_HOME)
    assert (held.status, held.reason) == (Is.ON_HOLD, IncidentReason.UNKNOWN)
    assert failed.at == datetime(2026, 11, 20, 6, 53, tzinfo=UTC)


@pytest.mark.parametrize(("status", "heard"), [("delivered", Is.DELIVERED), ("in_transit", None), ("", None)])
def test_an_arrival_without_a_way_is_heard_now_and_a_way_without_events_is_not_guessed(
    door, httpserver, status, heard
):
    told(httpserver, SAMPLE | {"events": [], "status": status})
    with clock.clock_set_to(datetime(2026, 11, 20, 9, tzinfo=UTC)):
        news = door.track(NUMBER)
    assert (news and (news.status, news.at)) == (heard and (heard, datetime(2026, 11, 20, 9, tzinfo=UTC)))


def test_of_a_number_that_was_used_before_the_newest_tracker_is_ours(door, httpserver):
    old = [an_event(date=f"2025-10-0{day}", code="x", status="delivered") for day in range(1, 9)]
    told(httpserver, SAMPLE | {"events": old}, SAMPLE, SAMPLE | {"tracking_number": "other"})
    assert door.track(NUMBER).status is Is.OUT_FOR_DELIVERY


@pytest.mark.parametrize("status", [201, 202, 400, 409, 424])
def test_an_unknown_number_is_registered_and_none_for_now(door, httpserver, status):
    told(httpserver)
    httpserver.expect_request("/v1/trackers", method="POST").respond_with_json({}, status=status)
    assert door.track(NUMBER) is None
    assert json.loads(httpserver.log[1][0].data) == {
        "tracking_number": NUMBER,
        "carrier_name": "dhl_universal",
    }


def test_any_other_refusal_of_a_registration_is_told(door, httpserver):
    told(httpserver)
    httpserver.expect_request("/v1/trackers", method="POST").respond_with_json({}, status=403)
    with pytest.raises(Refused, match="403"):
        door.track(NUMBER)


def test_without_a_slug_nobody_is_asked(httpserver, monkeypatch):
    monkeypatch.setenv("CARRIER_KEY", "k")
    written = {"adapter": "karrio", "url": httpserver.url_for("/"), "key_env": "CARRIER_KEY"}
    with pytest.raises(settings.BadConfiguration, match=r"carriers\.casa\.slug is missing"):
        karrio.connect("casa", settings.Carrier.model_validate(written))
