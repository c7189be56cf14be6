"""What must hold of every clock, whatever starts it and wherever."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st
from some_rules import CANARY, MADRID, SPAIN, a_rule

from postventa.calendars import holidays_for
from postventa.law import law_pack
from postventa.rules.counting import days_between, months_later, working_days_later
from postventa.rules.deadlines import Counting, Direction, Unit, deadline

LAW = [rule for rule in law_pack("ES") if rule.has_period]
CATALONIA = holidays_for("ES", "ES-CT", [date(year, 9, 24) for year in range(2008, 2100)])
instants = st.datetimes(datetime(2024, 1, 1), datetime(2032, 12, 31), timezones=st.just(UTC))
rules = st.sampled_from(LAW)
zones = st.sampled_from([MADRID, CANARY, None, ZoneInfo("Europe/Lisbon"), ZoneInfo("America/Havana")])
days_of_law = st.sampled_from([rule for rule in LAW if rule.counting is Counting.CIVIL_DAYS])
in_working_days = st.sampled_from([rule for rule in LAW if rule.counting is Counting.WORKING_DAYS])
rights_in_days = st.sampled_from([rule for rule in LAW if rule.counting is Counting.EU_DAYS])
months = st.sampled_from([rule for rule in LAW if rule.unit in {Unit.MONTH, Unit.YEAR}])


@given(rules, zones, instants, instants)
def test_what_begins_later_never_ends_earlier(rule, zone, one, other):
    earlier, later = sorted([one, other])
    assert (
        deadline(rule, [earlier], zone, CATALONIA).due_at <= deadline(rule, [later], zone, CATALONIA).due_at
    )


@given(rights_in_days, zones, instants)
def test_a_consumer_never_has_less_than_the_days_of_the_law(rule, zone, event):
    found = deadline(rule, [event], zone, CATALONIA)
    assert found.last_day >= event.astimezone(found.zone).date() + timedelta(days=rule.length)
    assert CATALONIA.is_working_day(found.last_day, only_national=False)
    assert found.due_at - event > timedelta(days=rule.length) - timedelta(hours=1)  # a day of 23 hours


@given(days_of_law, zones, instants)
def test_a_trader_never_has_more_than_the_days_of_the_law(rule, zone, event):
    found = deadline(rule, [event], zone, CATALONIA)
    assert found.last_day == event.astimezone(found.zone).date() + timedelta(days=rule.length)
    assert found.due_at - event <= timedelta(days=rule.length + 1, hours=1)  # a day of 25 hours


@given(in_working_days, zones, instants)
def test_working_days_are_counted_out_the_fewest_left_out_for_a_trader_and_the_most_for_a_consumer(
    rule, zone, event
):
    found = deadline(rule, [event], zone, CATALONIA)
    begun, fewest = event.astimezone(found.zone).date(), rule.is_trader_duty
    assert rule.length == sum(
        CATALONIA.is_working_day(day, only_national=fewest) for day in days_between(begun, found.last_day)
    )
    assert CATALONIA.is_working_day(found.last_day, only_national=fewest)
    plain = working_days_later(begun, rule.length, CATALONIA, only_national=not fewest)
    assert found.last_day <= plain if fewest else found.last_day >= plain


@given(rules, instants)
def test_the_unknown_zone_is_the_cautious_one_of_the_two(rule, event):
    unknown = deadline(rule, [event], None, SPAIN).due_at
    ends = [deadline(rule, [event], zone, SPAIN).due_at for zone in (MADRID, CANARY)]
    assert unknown == (min(ends) if rule.is_trader_duty else max(ends))


@given(rules, zones, instants)
def test_a_right_never_ends_before_the_same_period_as_a_duty(rule, zone, event):
    assume(not rule.may_pause)
    as_duty, as_right = (
        deadline(
            a_rule(counting=rule.counting, unit=rule.unit, length=rule.length, direction=one),
            [event],
            zone,
            CATALONIA,
        )
        for one in Direction
    )
    assert as_duty.due_at <= as_right.due_at


@given(months, instants)
def test_months_end_on_the_same_day_or_the_last_of_the_month(rule, event):
    found = deadline(rule, [event], MADRID, SPAIN)
    begun = event.astimezone(MADRID).date()
    exact = months_later(begun, rule.length * (12 if rule.unit is Unit.YEAR else 1))
    assert exact.day == begun.day or (exact + timedelta(days=1)).day == 1
    assert exact <= found.last_day
    assert found.last_day == exact or rule.counting is Counting.EU_MONTHS


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 120))
def test_months_never_skip_one(day, count):
    later = months_later(day, count)
    assert (later.year - day.year) * 12 + later.month - day.month == count
    assert later.day <= day.day


@given(rules, zones, instants)
def test_a_clock_in_days_ends_at_midnight_whatever_the_clocks_on_the_wall_do(rule, zone, event):
    found = deadline(rule, [event], zone, SPAIN)
    if found.last_day is None:
        expected = event.replace(microsecond=0) + timedelta(
            hours=rule.length * (rule.unit is Unit.HOUR),
            minutes=rule.length * (rule.unit is Unit.MINUTE) + rule.alarm_minutes,
        )
        assert found.last_valid_instant == expected
    else:
        assert found.last_valid_instant.date() == found.last_day
        assert found.last_valid_instant.strftime("%H:%M:%S") == "23:59:59"
        assert found.due_at.astimezone(found.zone).date() == found.last_day + timedelta(days=1)


@given(rules, zones, st.lists(instants, min_size=1, max_size=4))
def test_several_parcels_end_as_the_one_that_counts_alone(rule, zone, events):
    counts = min(events) if rule.of_several == "first" else max(events)
    assert deadline(rule, events, zone, SPAIN).due_at == deadline(rule, [counts], zone, SPAIN).due_at
