"""When a channel may disturb somebody, by the clock on their wall."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from postventa.rules.quiet_hours import Hours, may_disturb, next_good

MADRID, CANARY = ZoneInfo("Europe/Madrid"), ZoneInfo("Atlantic/Canary")
WORKDAYS = Hours(everyday=False)


def utc(written):
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zone", "good"),
    [
        ("2026-11-02T07:59:59", MADRID, "2026-11-02T08:00"),
        ("2026-11-02T08:00", MADRID, "2026-11-02T08:00"),
        ("2026-11-02T08:30", CANARY, "2026-11-02T09:00"),
        ("2026-11-02T19:59:59", MADRID, "2026-11-02T19:59:59"),
        ("2026-11-02T20:00", MADRID, "2026-11-03T08:00"),
        ("2026-11-01T01:00", MADRID, "2026-11-01T08:00"),
        # The night in which the clocks change: nine in the morning is an hour nearer, or an hour farther.
        ("2027-03-27T20:30", MADRID, "2027-03-28T07:00"),
        ("2026-10-24T20:30", MADRID, "2026-10-25T08:00"),
    ],
)
def test_mail_goes_between_nine_and_nine_where_its_reader_lives(now, zone, good):
    assert next_good(Hours(), zone, utc(now)) == utc(good)


def test_an_opening_that_the_clocks_jump_over_comes_when_they_have_jumped():
    early = Hours(time(2, 30), time(21))
    assert next_good(early, MADRID, utc("2027-03-28T00:30")) == utc("2027-03-28T01:30")


def test_no_telephone_beeps_on_weekends_and_holidays():
    constitution = {date(2026, 12, 7), date(2026, 12, 8)}.__contains__
    assert next_good(WORKDAYS, MADRID, utc("2026-12-04T21:00"), constitution) == utc("2026-12-09T08:00")
    assert next_good(WORKDAYS, MADRID, utc("2026-12-05T10:00")) == utc("2026-12-07T08:00")
    assert next_good(WORKDAYS, MADRID, utc("2026-12-09T10:00"), constitution) == utc("2026-12-09T10:00")


def test_the_verdict_says_until_when():
    assert may_disturb(Hours(), MADRID, utc("2026-11-02T10:00")).may_go
    later = may_disturb(Hours(), MADRID, utc("2026-11-02T21:00"))
    assert (later.reason, later.until) == ("quiet_hours", utc("2026-11-03T08:00"))
