"""The right to withdraw: its clock begins with the last parcel in the customer's hands, and not before."""

from datetime import UTC, datetime, timedelta

import pytest
from some_rules import CANARY, MADRID, SPAIN

from postventa.law import law_pack
from postventa.rules.deadlines import rule_in_force
from postventa.rules.shipments import ShipmentStatus
from postventa.rules.withdrawals import (
    UNSCANNED_FOR,
    Parcel,
    Possession,
    ending,
    exemption,
    is_unscanned,
    possession,
)

LAW = law_pack("ES")
NOON = datetime(2026, 11, 26, 11, tzinfo=UTC)
LATER = datetime(2026, 12, 1, 11, tzinfo=UTC)
HOME, LATE = Parcel(ShipmentStatus.DELIVERED, NOON), Parcel(ShipmentStatus.DELIVERED, LATER)


def held(*parcels, **more):
    facts = {"needs_shipping": True, "is_all_shipped": True, "placed_at": NOON, "handed_over_at": None}
    return possession(parcels, **facts | more)


def end(since, zone=MADRID, *, was_informed=True):
    period, extension = (rule_in_force(LAW, name, NOON, zone) for name in ("R-WDR-PER", "R-WDR-EXT"))
    return ending(since, period, extension, zone, SPAIN, was_informed=was_informed)


def local(instant, zone=MADRID):
    return (instant - timedelta(seconds=1)).astimezone(zone).isoformat()


def test_two_parcels_the_last_one_opens_the_window():
    window = end(held(HOME, LATE))
    assert local(window.closes_at) == "2026-12-15T23:59:59+01:00"
    assert "the last one started the clock" in window.working


def test_a_parcel_at_a_pickup_point_has_not_arrived_until_it_is_collected():
    waiting = held(HOME, Parcel(ShipmentStatus.READY_FOR_PICKUP, None))
    assert waiting == Possession((), "1 of 2 parcels not collected or not delivered yet")
    assert end(waiting).closes_at is None
    assert held(HOME, LATE).since == (NOON, LATER)


def test_a_partial_delivery_starts_no_clock():
    assert held(HOME, is_all_shipped=False).reason == "not everything has left yet"
    half = held(HOME, Parcel(ShipmentStatus.IN_TRANSIT, None))
    assert half.reason == "no delivery is recorded of 1 of 2 parcels"
    assert end(half).is_open(NOON + timedelta(days=900))


def test_without_a_delivered_scan_no_clock_ever_expires_and_a_person_is_asked():
    lost = held(Parcel(ShipmentStatus.EXPIRED, None))
    assert end(lost).is_open(NOON + timedelta(days=900))
    assert end(lost).working == "not started: no delivery is recorded of 1 of 1 parcels"
    assert is_unscanned(NOON, lost, NOON + UNSCANNED_FOR + timedelta(seconds=1))
    assert not is_unscanned(NOON, lost, NOON + UNSCANNED_FOR)
    assert not is_unscanned(None, lost, NOON + timedelta(days=900))


def test_a_delivery_without_its_moment_is_no_delivery():
    assert held(Parcel(ShipmentStatus.DELIVERED, None)).since == ()


def test_parcels_that_were_never_in_the_customers_hands_do_not_count():
    gone = Parcel(ShipmentStatus.RETURN_TO_SENDER, NOON)
    assert held(HOME, gone, Parcel(ShipmentStatus.CANCELLED, None)).since == (NOON,)
    assert held(gone, handed_over_at=NOON) == Possession((), "nobody has recorded a delivery")


def test_goods_without_a_parcel_count_from_the_shops_word_and_services_from_the_contract():
    assert held(handed_over_at=LATER).since == (LATER,)
    assert held().reason == "nobody has recorded a delivery"
    assert held(needs_shipping=False, is_all_shipped=False, placed_at=NOON).since == (NOON,)


def test_in_the_canaries_the_day_ends_an_hour_later():
    at = Possession((datetime(2026, 12, 9, 18, tzinfo=UTC),))
    assert local(end(at, CANARY).closes_at, CANARY) == "2026-12-23T23:59:59+00:00"
    assert end(at, CANARY).closes_at - end(at).closes_at == timedelta(hours=1)
    assert end(at, None).closes_at == end(at, CANARY).closes_at


def test_a_customer_who_was_never_told_has_twelve_months_more():
    window = end(held(HOME), was_informed=False)
    assert local(window.closes_at) == "2027-12-10T23:59:59+01:00"
    assert window.article == "LGDCU 105"
    assert "12 months" in window.working


def test_one_second_decides():
    window = end(held(HOME))
    assert window.is_open(window.closes_at - timedelta(seconds=1))
    assert not window.is_open(window.closes_at)


@pytest.mark.parametrize(
    ("sku", "letter"), [("PERSONAL-7", "c"), ("personal-ana", "c"), ("JAR-1", "e"), ("JAR-10", ""), ("", "")]
)
def test_a_sku_is_exempt_by_the_letter_whose_pattern_it_fits(sku, letter):
    assert exemption(sku, {"C": ("PERSONAL-*",), "e": ("JAR-1",)}) == letter
    assert exemption(sku, {}) == ""
