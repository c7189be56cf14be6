"""Holidays as plain sets of days, by country, region and town."""

from datetime import date

import holidays
import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from postventa.calendars import UnknownPlace, holidays_for
from postventa.rules.counting import months_later, working_days_later
from postventa.rules.deadlines import UnknownYear

ST_STEPHEN, MERCE, CONSTITUTION = date(2026, 12, 26), date(2026, 9, 24), date(2026, 12, 7)


def test_the_nations_holidays_are_everybodys():
    spain = holidays_for("ES")
    assert {date(2026, 4, 3), date(2026, 12, 25), date(2027, 1, 6)} <= spain.national
    assert spain.national == spain.all


def test_a_region_and_a_town_add_theirs_to_all_and_nothing_to_the_nations():
    catalonia = holidays_for("ES", "ES-CT", [MERCE])
    assert {ST_STEPHEN, MERCE} <= catalonia.all
    assert not {ST_STEPHEN, MERCE} & catalonia.national
    assert catalonia.national < catalonia.all
    assert catalonia.place == "ES-CT"


def test_a_region_moves_a_sunday_holiday_to_monday():
    assert CONSTITUTION in holidays_for("ES", "ES-CB").all
    assert CONSTITUTION not in holidays_for("ES", "ES-CT").all


def test_another_country_has_its_own():
    assert date(2026, 6, 10) in holidays_for("PT").national


def test_for_a_customer_abroad_a_duty_knows_the_fewest_and_a_right_the_most():
    abroad = holidays_for("ES", "FR")
    bastille, epiphany, christmas = date(2026, 7, 14), date(2026, 1, 6), date(2026, 12, 25)
    assert {bastille, epiphany, christmas} <= abroad.all
    assert christmas in abroad.national
    assert not {bastille, epiphany} & abroad.national
    assert abroad.place == "ES and FR"
    assert date(2026, 5, 25) in holidays_for("ES", "PT-20").all  # the Azores, on Whit Monday


def test_a_year_that_the_calendar_does_not_know_fails_at_once():
    with pytest.raises(
        UnknownYear, match="holidays of ES in 1990 are not known: the calendar covers 2008 to 2100"
    ):
        holidays_for("ES", years=[1990, 2026])


def test_a_year_that_was_not_asked_for_is_not_guessed():
    spain = holidays_for("ES", years=[2026])
    with pytest.raises(UnknownYear, match="2027"):
        spain.has(date(2027, 1, 6), only_national=True)


@pytest.mark.parametrize(
    ("country", "region", "sentence"),
    [
        ("XX", "", "no calendar for the country 'XX'"),
        ("ES", "ES-XX", "no calendar for the region ES-XX: known are AN, AR"),
    ],
)
def test_a_place_without_a_calendar_is_named(country, region, sentence):
    with pytest.raises(UnknownPlace, match=sentence):
        holidays_for(country, region)


# --- the same counted by others ---

THEIRS = {
    region: holidays.country_holidays("ES", subdiv=region, years=range(2009, 2092))
    for region in ("CT", "CB", "CN")
}
days = st.dates(date(2010, 1, 1), date(2090, 1, 1))


@given(days, st.integers(1, 40), st.sampled_from(sorted(THEIRS)))
def test_working_days_are_those_that_the_calendar_itself_counts(day, count, region):
    ours = holidays_for("ES", f"ES-{region}")
    theirs = THEIRS[region].get_nth_working_day(day, count)
    assert working_days_later(day, count, ours, only_national=False) == theirs


@given(days, st.integers(0, 240))
def test_months_are_those_that_another_library_counts(day, count):
    assert months_later(day, count) == day + relativedelta(months=count)
