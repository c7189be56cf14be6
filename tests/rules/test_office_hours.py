"""Promises that count the shop's open hours, with their pauses."""

from datetime import date, time, timedelta

from some_rules import CANARY, MADRID, SPAIN, a_rule, in_madrid

from postventa.calendars import holidays_for
from postventa.rules.deadlines import Counting, OfficeHours, Unit, deadline


def answer_within(hours, asked, *, pauses=(), holidays=SPAIN, **changes):
    promise = a_rule(
        counting=Counting.OFFICE_HOURS, unit=Unit.BUSINESS_HOUR, length=hours, may_pause=True, **changes
    )
    return deadline(
        promise, [in_madrid(asked)], MADRID, holidays, [tuple(map(in_madrid, one)) for one in pauses]
    )


def test_hours_pass_while_the_shop_is_open():
    assert answer_within(4, "2026-11-03T10:00:00").last_valid_instant == in_madrid("2026-11-03T14:00:00")


def test_what_is_left_in_the_evening_goes_on_in_the_morning():
    assert answer_within(4, "2026-11-03T16:00:00").last_valid_instant == in_madrid("2026-11-04T11:00:00")


def test_the_last_minute_of_the_day_is_still_that_day():
    assert answer_within(2, "2026-11-03T16:00:00").last_valid_instant == in_madrid("2026-11-03T18:00:00")


def test_a_question_in_the_night_waits_for_the_morning():
    assert answer_within(1, "2026-11-03T22:00:00").last_valid_instant == in_madrid("2026-11-04T10:00:00")


def test_weekends_and_the_towns_own_holidays_do_not_count():
    friday = "2026-11-06T17:00:00"
    monday = holidays_for("ES", local=[date(2026, 11, 9)])
    assert answer_within(2, friday).last_valid_instant == in_madrid("2026-11-09T10:00:00")
    assert answer_within(2, friday, holidays=monday).last_valid_instant == in_madrid("2026-11-10T10:00:00")


def test_a_shop_that_opens_on_saturday_counts_it():
    office = OfficeHours(time(10), time(14), frozenset({6}))
    found = answer_within(5, "2026-11-03T12:00:00", office=office)
    assert found.last_valid_instant == in_madrid("2026-11-14T11:00:00")


def test_a_pause_is_left_out_wherever_it_lies():
    asked = "2026-11-03T10:00:00"
    over_noon = ("2026-11-03T12:00:00", "2026-11-03T13:30:00")
    before = ("2026-11-03T08:00:00", "2026-11-03T11:00:00")
    within_it = ("2026-11-03T12:15:00", "2026-11-03T12:45:00")
    the_day = ("2026-11-03T07:00:00", "2026-11-03T20:00:00")
    another_day = ("2026-11-05T07:00:00", "2026-11-05T20:00:00")
    found = answer_within(4, asked, pauses=[within_it, over_noon])
    assert found.last_valid_instant == in_madrid("2026-11-03T15:30:00")
    assert "2 pauses left out" in found.working
    assert answer_within(4, asked, pauses=[before]).last_valid_instant == in_madrid("2026-11-03T15:00:00")
    assert answer_within(4, asked, pauses=[the_day]).last_valid_instant == in_madrid("2026-11-04T13:00:00")
    assert answer_within(4, asked, pauses=[another_day]).last_valid_instant == in_madrid(
        "2026-11-03T14:00:00"
    )


def test_a_question_during_a_pause_is_counted_from_its_end():
    pause = ("2026-11-03T09:30:00", "2026-11-03T11:00:00")
    assert answer_within(1, "2026-11-03T10:00:00", pauses=[pause]).last_valid_instant == in_madrid(
        "2026-11-03T12:00:00"
    )


def test_the_night_the_clocks_change_takes_nothing_from_the_office():
    found = answer_within(10, "2027-03-26T15:00:00")  # Good Friday; summer time begins on Sunday
    assert found.last_valid_instant == in_madrid("2027-03-30T10:00:00")
    assert found.due_at == found.last_valid_instant + timedelta(seconds=1)


def test_a_promise_in_elapsed_hours_stands_still_in_its_pauses():
    promise = a_rule(counting=Counting.ELAPSED, unit=Unit.HOUR, length=10, may_pause=True)
    pauses = [
        ("2026-11-03T07:00:00", "2026-11-03T09:00:00"),  # over before it began
        ("2026-11-03T09:30:00", "2026-11-03T11:00:00"),  # an hour of it counts
        ("2026-11-03T20:30:00", "2026-11-03T22:00:00"),  # reached only because of the pause before
        ("2026-11-04T08:00:00", "2026-11-04T09:00:00"),  # after its end
    ]
    spans = [tuple(map(in_madrid, one)) for one in pauses]
    found = deadline(promise, [in_madrid("2026-11-03T10:00:00")], MADRID, SPAIN, spans)
    assert found.last_valid_instant == in_madrid("2026-11-03T22:30:00")


def test_an_office_keeps_its_own_zone_wherever_the_customer_lives():
    office = OfficeHours(zone=MADRID)
    promise = a_rule(counting=Counting.OFFICE_HOURS, unit=Unit.BUSINESS_HOUR, length=1, office=office)
    for zone in (MADRID, CANARY, None):
        found = deadline(promise, [in_madrid("2026-11-03T20:00:00")], zone, SPAIN)
        assert found.last_valid_instant == in_madrid("2026-11-04T10:00:00")
