from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from postventa.sandbox.parcels import Journey, scans

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
MADRID = ZoneInfo("Europe/Madrid")


def of_journey(visitor, journey):
    found = [parcel for parcel in visitor.sandbox.shop.parcel_table().values() if parcel.journey is journey]
    assert found, f"500 orders and no {journey}"
    return found[0]


def test_a_stranger_and_an_unknown_number_are_refused_in_dhls_words(grown):
    stranger, unknown = grown.parcel("JD1", key="wrong"), grown.parcel("JD1")
    assert (stranger.status_code, stranger.json()["status"]) == (401, 401)
    assert unknown.status_code == 404
    assert unknown.json()["detail"] == "No shipment with given tracking number found."
    assert unknown.json()["title"]


def test_a_shipment_has_no_key_that_dhls_example_lacks(grown, sample):
    captured = sample("dhl_unified_prism_example")["shipments"][0]
    for parcel in list(grown.sandbox.shop.parcel_table().values())[:80]:
        (shipment,) = grown.parcel(parcel.number).json()["shipments"]
        assert set(shipment) <= set(captured)
        assert set(shipment["details"]) <= set(captured["details"])
        for event in shipment["events"]:
            assert set(event) <= set(captured["events"][0])
        assert shipment["status"] == shipment["events"][0]


def test_scans_unfold_newest_first_from_label_to_delivery(small):
    parcel = of_journey(small, Journey.STRAIGHT)
    small.at(parcel.label_at - timedelta(seconds=1))
    assert small.parcel(parcel.number).status_code == 404
    told = scans(parcel, 1, MADRID)
    for place, scan in enumerate(told, 1):
        small.at(scan.at)
        (shipment,) = small.parcel(parcel.number).json()["shipments"]
        assert len(shipment["events"]) == place
        assert shipment["status"] == shipment["events"][0]
    codes = [event["statusCode"] for event in reversed(shipment["events"])]
    assert codes == ["pre-transit", "transit", "transit", "transit", "delivered"]
    assert timedelta(hours=24) <= told[-1].at - parcel.shipped_at <= timedelta(hours=72)


@pytest.mark.parametrize(
    ("journey", "codes"),
    [
        (Journey.PICKUP_POINT, ["pre-transit", "transit", "transit", "transit", "transit", "delivered"]),
        (
            Journey.FAILED_ONCE,
            ["pre-transit", "transit", "transit", "transit", "failure", "transit", "delivered"],
        ),
        (Journey.RETURNED, ["pre-transit", "transit", "transit", "transit", "failure", "failure", "failure"]),
        (Journey.SILENT, ["pre-transit", "transit"]),
        (Journey.UNKNOWN_CODE, ["pre-transit", "transit", "transit", "customs-hold", "transit", "delivered"]),
        (
            Journey.PARTIAL,
            ["pre-transit", "transit", "transit", "transit", "delivered", "transit", "delivered"],
        ),
    ],
)
def test_parcels_fare_as_parcels_do(grown, journey, codes):
    (shipment,) = grown.parcel(of_journey(grown, journey).number).json()["shipments"]
    assert [event["statusCode"] for event in reversed(shipment["events"])] == codes


def test_a_delayed_parcel_comes_after_its_estimate(grown):
    parcel = of_journey(grown, Journey.DELAYED)
    assert scans(parcel, 1, MADRID)[-1].at > parcel.shipped_at + timedelta(days=3)


def test_every_scan_comes_after_the_one_before(grown):
    for parcel in grown.sandbox.shop.parcel_table().values():
        instants = [scan.at for scan in scans(parcel, 1, MADRID)]
        assert instants == sorted(instants)
        assert instants[0] == parcel.label_at


def test_some_times_name_their_zone_and_some_do_not(grown):
    written = Counter()
    for parcel in list(grown.sandbox.shop.parcel_table().values())[:60]:
        for event in grown.parcel(parcel.number).json()["shipments"][0]["events"]:
            stamp = datetime.fromisoformat(event["timestamp"])
            written[stamp.tzinfo is not None] += 1
    assert written[True] > 50
    assert written[False] > 50


def test_lost_scans_stay_lost_and_doubled_ones_doubled(small):
    number = of_journey(small, Journey.STRAIGHT).number
    small.post("/sandbox/faults", {"lost_scans": 0.5, "duplicates": 0.5})
    parcels = list(small.sandbox.shop.parcel_table())
    first = [small.parcel(one).content for one in parcels]
    assert first == [small.parcel(one).content for one in parcels]
    small.post("/sandbox/faults", {"duplicates": 1.0})
    assert len(small.parcel(number).json()["shipments"][0]["events"]) == 10
    small.post("/sandbox/faults", {"lost_scans": 1.0})
    assert small.parcel(number).status_code == 404
