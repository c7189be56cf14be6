"""A parcel's way: what a scan changes, when the carrier is asked again, and when a parcel is late."""

from datetime import UTC, datetime, timedelta

import pytest

from postventa.rules.shipments import (
    FINAL,
    GIVE_UP_AFTER,
    MOVING,
    NOTICES,
    REUSED_AFTER,
    ShipmentStatus,
    heard_scan,
    is_another_parcel,
    is_late,
    next_look,
)

S = ShipmentStatus
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


def test_a_scan_from_long_before_the_order_is_of_an_earlier_parcel_with_its_number():
    assert not is_another_parcel(NOW - REUSED_AFTER, placed_at=NOW)
    assert is_another_parcel(NOW - REUSED_AFTER - timedelta(seconds=1), placed_at=NOW)


def test_a_parcel_goes_where_its_newest_scan_says():
    assert heard_scan(S.PENDING, S.IN_TRANSIT).status is S.IN_TRANSIT


def test_arrival_at_a_pickup_point_is_told_and_is_not_a_delivery():
    move = heard_scan(S.OUT_FOR_DELIVERY, S.READY_FOR_PICKUP)
    assert (move.status, move.tell) == (S.READY_FOR_PICKUP, "ready_for_pickup")


@pytest.mark.parametrize("incident", [S.DELIVERY_FAILED, S.ON_HOLD, S.EXCEPTION, S.RETURN_TO_SENDER])
def test_what_goes_wrong_on_the_way_is_told_as_an_incident(incident):
    assert heard_scan(S.IN_TRANSIT, incident).tell == "incident"


def test_a_second_attempt_is_told_although_the_status_is_the_same():
    move = heard_scan(S.DELIVERY_FAILED, S.DELIVERY_FAILED)
    assert (move.tell, move.reason) == ("incident", "the same status once more")


def test_a_delivery_told_twice_is_told_by_no_notice():
    assert heard_scan(S.DELIVERED, S.DELIVERED).tell is None


@pytest.mark.parametrize("before", list(S))
def test_an_unknown_code_changes_nothing(before):
    move = heard_scan(before, S.UNKNOWN)
    assert (move.status, move.tell) == (before, None)


@pytest.mark.parametrize("scan", [scan for scan in S if scan not in FINAL])
def test_nothing_but_a_return_leads_back_from_delivered(scan):
    move = heard_scan(S.DELIVERED, scan)
    assert (move.status, move.tell) == (S.DELIVERED, None)


def test_a_delivered_parcel_can_still_go_back_to_its_sender():
    move = heard_scan(S.DELIVERED, S.RETURN_TO_SENDER)
    assert (move.status, move.tell) == (S.RETURN_TO_SENDER, "incident")


@pytest.mark.parametrize("before", [S.EXPIRED, S.CANCELLED])
def test_a_parcel_given_up_is_delivered_all_the_same_if_its_carrier_says_so(before):
    assert heard_scan(before, S.DELIVERED).status is S.DELIVERED
    assert heard_scan(before, S.IN_TRANSIT).status is before


@pytest.mark.parametrize("scan", list(S))
def test_a_parcel_that_went_back_stays_there_and_is_told_once(scan):
    move = heard_scan(S.RETURN_TO_SENDER, scan)
    assert (move.status, move.tell) == (S.RETURN_TO_SENDER, None)


def test_every_notice_is_of_a_status_that_proves_the_carrier_has_the_parcel():
    assert set(NOTICES) <= MOVING


@pytest.mark.parametrize("status", sorted(FINAL))
def test_nobody_is_asked_about_a_parcel_whose_way_is_over(status):
    assert next_look(status, NOW, NOW) is None


def test_a_carrier_is_asked_sooner_while_the_parcel_is_on_the_van():
    assert next_look(S.OUT_FOR_DELIVERY, NOW, NOW) == NOW + timedelta(minutes=30)
    assert next_look(S.IN_TRANSIT, NOW, NOW) == NOW + timedelta(hours=2)


def test_a_parcel_without_news_for_thirty_days_is_asked_about_no_more():
    assert next_look(S.IN_TRANSIT, NOW, NOW - GIVE_UP_AFTER) is not None
    assert next_look(S.IN_TRANSIT, NOW, NOW - GIVE_UP_AFTER - timedelta(seconds=1)) is None


def test_a_parcel_is_late_when_the_half_day_after_its_estimate_has_passed():
    assert not is_late(S.IN_TRANSIT, NOW - timedelta(hours=12), NOW)
    assert is_late(S.IN_TRANSIT, NOW - timedelta(hours=12, seconds=1), NOW)


@pytest.mark.parametrize("status", [*sorted(FINAL), S.READY_FOR_PICKUP])
def test_a_parcel_that_has_arrived_or_waits_for_its_customer_is_not_late(status):
    assert not is_late(status, NOW - timedelta(days=9), NOW)


def test_a_parcel_nobody_promised_for_a_day_is_not_late():
    assert not is_late(S.IN_TRANSIT, None, NOW)
