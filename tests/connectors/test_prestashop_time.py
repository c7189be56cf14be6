"""A clock on a wall that shows no zone: what it can have meant, and from where on it must be asked."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postventa.connectors.shops._prestashop_time import Wall, shown_in, written
from postventa.news import NotUnderstood

MADRID, CANARY = ZoneInfo("Europe/Madrid"), ZoneInfo("Atlantic/Canary")
ZONES = [MADRID, CANARY, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")]
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
AUTUMN = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
"""02:30 in Madrid for the first time; an hour later it is 02:30 again."""


def shows(zone, at):
    return at.astimezone(zone).replace(tzinfo=None, microsecond=0)


@given(at=MOMENTS, later=st.integers(0, 200_000), zone=st.sampled_from(ZONES))
def test_a_question_reaches_back_to_all_that_the_wall_can_have_said_since(at, later, zone):
    asked = Wall(zone, None, zone).asks_from(at)
    assert asked <= shows(zone, at + timedelta(seconds=later))
    assert shows(zone, at) - asked <= timedelta(minutes=62)


@given(at=MOMENTS, zone=st.sampled_from(ZONES))
def test_a_time_is_read_as_the_moment_it_was_or_one_that_looked_the_same(at, zone):
    at = at.replace(microsecond=0)
    wall = Wall(zone, None, zone)
    assert wall.instant(shows(zone, at)) <= at == wall.last_touched(shows(zone, at), at)


def test_what_is_touched_in_the_repeated_hour_is_newer_than_what_was_heard_in_the_first():
    wall = Wall(MADRID, None, MADRID)
    first = wall.last_touched(shows(MADRID, AUTUMN), AUTUMN + timedelta(minutes=1))
    then = AUTUMN + timedelta(minutes=40)
    second = wall.last_touched(shows(MADRID, then), then + timedelta(minutes=1))
    assert shows(MADRID, then) < shows(MADRID, AUTUMN)
    assert (first, second) == (AUTUMN, then)


@pytest.mark.parametrize(("before", "after"), [(CANARY, MADRID), (MADRID, CANARY)])
def test_after_a_change_of_zone_no_order_is_missed_and_none_seems_older_than_before(before, after):
    change = datetime(2026, 11, 10, 12, 5, tzinfo=UTC)
    wall = Wall(after, shows(before, change), before)
    polled = change - timedelta(minutes=10)
    touched = change - timedelta(minutes=3)
    assert wall.asks_from(polled) <= min(shows(before, touched), shows(after, change))
    heard_before = Wall(before, None, before).last_touched(shows(before, polled), polled)
    now = change + timedelta(minutes=2)
    assert wall.last_touched(shows(before, touched), now) >= heard_before
    for later in (timedelta(minutes=1), timedelta(hours=3), timedelta(days=3)):
        moment = change + later
        assert wall.last_touched(shows(after, moment), moment) >= heard_before
    assert wall.asks_from(change + timedelta(days=3)) > shows(after, change + timedelta(days=2))


@pytest.mark.parametrize("found", [None, "", "0000-00-00 00:00:00", "ayer", 5, "2026-11-02T08:00:00+01:00"])
def test_what_is_no_local_time_is_named_and_not_guessed(found):
    with pytest.raises(NotUnderstood, match="date_upd must be a local time"):
        shown_in(found, "date_upd")


def test_a_time_is_written_as_the_webservice_takes_it():
    assert written(datetime(2026, 11, 2, 9, 5, 7)) == "2026-11-02 09:05:07"
