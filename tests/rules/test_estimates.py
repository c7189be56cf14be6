"""What earlier parcels say of the next, in working days of its destination, and how a parcel does against the first word."""

from datetime import UTC, date, datetime, timedelta

import pytest

from postventa.calendars import holidays_for
from postventa.rules.counting import Holidays
from postventa.rules.estimates import (
    Followed,
    Journey,
    OnTimeStatus,
    Usual,
    guess,
    learn,
    on_time_status,
    usual_for,
    working_days_since,
)
from postventa.rules.places import MADRID
from postventa.rules.shipments import ShipmentStatus as Is

DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 2, 17, tzinfo=UTC)
CATALONIA = holidays_for("ES", "ES-CT")
NO_YEARS = Holidays(frozenset(), frozenset(), frozenset(), "nowhere")


def journey(days: int, *, region: str = "ES-CT", left: datetime = MONDAY, carrier: str = "dhl") -> Journey:
    return Journey(carrier, region, left, left + days * DAY)


def anywhere(region):
    return (MADRID, NO_YEARS if region == "FR" else CATALONIA) if region != "XX" else None


def test_half_and_nine_of_ten_are_told_in_working_days_of_region_and_country():
    journeys = [journey(days) for days in (1, 1, 1, 1, 1, 2, 2, 2, 3, 7)]  # 7 days are 5 that anybody worked
    assert learn(journeys, anywhere) == [Usual("dhl", "ES", 10, 1, 3), Usual("dhl", "ES-CT", 10, 1, 3)]


def test_nine_deliveries_say_nothing_yet():
    assert learn([journey(1)] * 9, anywhere) == []


def test_a_country_is_known_before_its_regions_are():
    mixed = [journey(1)] * 5 + [journey(2, region="ES-MD")] * 5
    assert learn(mixed, anywhere) == [Usual("dhl", "ES", 10, 1, 2)]


@pytest.mark.parametrize(
    "odd",
    [
        journey(1, region=""),
        journey(1, region="XX"),
        journey(1, region="FR"),
        journey(-1),
        journey(90),
    ],
    ids=["no address", "an unknown place", "an unknown year", "before it left", "lost and found"],
)
def test_what_teaches_nothing_is_left_out(odd):
    assert learn([odd] * 20, anywhere) == []


def test_a_region_is_asked_before_its_country():
    region, country = Usual("dhl", "ES-CT", 10, 1, 2), Usual("dhl", "ES", 40, 2, 4)
    known = {("dhl", "ES-CT"): region, ("dhl", "ES"): country}
    assert usual_for("dhl", "ES-CT", known) is region
    assert usual_for("dhl", "ES-MD", known) is country
    assert usual_for("ups", "ES-CT", known) is None


def test_a_guess_leaves_out_weekends_and_the_holidays_of_the_destination():
    """The Constitution, Sunday 6 December 2026, and the Immaculate, the Tuesday after."""
    friday = datetime(2026, 12, 4, 17, tzinfo=UTC)
    arrives = guess(Usual("dhl", "ES", 10, 1, 2), friday, MADRID, CATALONIA)
    assert arrives == datetime(2026, 12, 9, 11, tzinfo=UTC)  # noon there: Monday was worked, Tuesday not


NOON = datetime(2026, 11, 5, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("parcel", "now", "says"),
    [
        ({}, MONDAY, "no_edd"),
        ({"first": NOON}, MONDAY, "on_track"),
        ({"guessed": NOON}, MONDAY, "on_track"),
        ({"first": NOON, "latest": NOON + 2 * DAY}, MONDAY, "will_be_late"),
        ({"guessed": NOON}, NOON + DAY, "will_be_late"),
        ({"first": NOON, "came": NOON - DAY}, NOON, "early"),
        ({"first": NOON, "came": NOON + DAY / 4}, NOON, "on_time"),
        ({"first": NOON, "latest": NOON + 3 * DAY, "came": NOON + 3 * DAY}, NOON, "late"),
        ({"first": NOON, "guessed": NOON - 3 * DAY, "came": NOON}, NOON, "on_time"),
        ({"first": NOON, "status": Is.RETURN_TO_SENDER}, NOON + DAY, "late"),
        ({"first": NOON, "status": Is.CANCELLED}, MONDAY, "on_track"),
    ],
)
def test_a_parcel_is_measured_by_the_first_estimate_with_half_a_day_of_grace(parcel, now, says):
    came = parcel.get("came")
    status = parcel.get("status", Is.DELIVERED if came else Is.IN_TRANSIT)
    followed = Followed(status, parcel.get("first"), parcel.get("latest"), parcel.get("guessed"), came)
    assert on_time_status(followed, now, MADRID) == OnTimeStatus(says)


def test_an_estimate_is_ours_only_while_the_carrier_has_said_none():
    assert Followed(Is.PENDING, None, None, NOON, None).is_ours
    assert not Followed(Is.PENDING, NOON, NOON, NOON, None).is_ours
    assert not Followed(Is.PENDING, None, None, None, None).is_ours


def test_working_days_since_leave_out_the_first_day():
    assert working_days_since(date(2026, 11, 6), date(2026, 11, 9), CATALONIA) == 1
