"""Clocks as the law counts them: worked examples, boundaries, zones, several events, and what has no clock."""

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from some_rules import CANARY, MADRID, SPAIN, a_rule, in_madrid

from postventa.calendars import holidays_for
from postventa.law import law_pack
from postventa.rules.deadlines import (
    Counting,
    Default,
    Direction,
    Holidays,
    NoClock,
    NoSuchRule,
    Unit,
    UnknownYear,
    applicable,
    binding,
    deadline,
    rule_in_force,
)

LAW = law_pack("ES")
EXAMPLES = list(
    csv.DictReader(Path(__file__).with_name("worked_examples.csv").read_text("utf-8").splitlines())
)
NOON = in_madrid("2026-11-02T12:00:00")


def clock(rule_id, *events, zone=MADRID, holidays=SPAIN, pauses=()):
    return deadline(rule_in_force(LAW, rule_id, max(events), zone), events, zone, holidays, pauses)


def bites(trigger, event, **more):
    return {rule.rule_id for rule in applicable(LAW, trigger, event, **{"zone": MADRID, **more})}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda row: f"{row['example']} {row['rule_id']}")
def test_a_worked_example_comes_out_to_the_second(example):
    local = [date.fromisoformat(word.strip()) for word in example["holidays"].split("+")[1:]]
    events = [datetime.fromisoformat(written) for written in example["event"].split("|")]
    found = clock(
        example["rule_id"],
        *events,
        zone=ZoneInfo(example["consumer_zone"]),
        holidays=holidays_for("ES", local=local, years=range(2026, 2029)),
    )
    assert found.last_valid_instant.isoformat() == example["last_valid_instant"]
    assert found.due_at == found.last_valid_instant + timedelta(seconds=1)
    assert found.due_at.tzinfo is UTC


# --- the version by the event's own date ---


def test_the_last_second_of_27_december_2025_in_madrid_still_has_a_month():
    assert clock("R-CMP-ANS", in_madrid("2025-12-27T23:59:59")).last_day == date(2026, 1, 27)


def test_the_first_second_of_28_december_2025_in_madrid_has_fifteen_days():
    assert clock("R-CMP-ANS", in_madrid("2025-12-28T00:00:00")).last_day == date(2026, 1, 12)


def test_the_boundary_is_the_customers_midnight():
    an_hour_later_in_madrid = datetime(2025, 12, 27, 23, 30, tzinfo=UTC)
    assert clock("R-CMP-ANS", an_hour_later_in_madrid, zone=CANARY).last_day == date(2026, 1, 27)
    assert clock("R-CMP-ANS", an_hour_later_in_madrid).last_day == date(2026, 1, 12)
    assert clock("R-CMP-ANS", an_hour_later_in_madrid, zone=None).last_day == date(2026, 1, 11)


def test_a_right_whose_version_is_in_doubt_takes_the_longer_one():
    midnight = datetime(2021, 12, 31, 23, 30, tzinfo=UTC)
    assert rule_in_force(LAW, "R-CON-3Y", midnight, None).length == 3
    assert rule_in_force(LAW, "R-CON-3Y", midnight, CANARY).length == 2


def test_a_rule_that_is_not_in_force_yet_says_from_when():
    with pytest.raises(NoSuchRule, match=r"R-CMP-ANS-L is not in force on 2026-12-27: .* from 2026-12-28$"):
        clock("R-CMP-ANS-L", in_madrid("2026-12-27T23:59:59"))


def test_a_version_that_ended_says_until_when():
    ended = (a_rule(effective_from=date(2020, 1, 1), effective_until=date(2021, 1, 1)), a_rule("P-2"))
    with pytest.raises(NoSuchRule, match="in force from 2020-01-01 until the day before 2021-01-01"):
        rule_in_force(ended, "P-1", NOON, MADRID)


def test_an_unknown_rule_is_named():
    with pytest.raises(NoSuchRule, match="there is no rule R-CMP-ANSWER"):
        clock("R-CMP-ANSWER", NOON)


# --- which rules bite ---


def test_a_complaint_carries_the_fifteen_days_and_the_month():
    everywhere = {"R-CMP-ACK", "R-CMP-ANS", "R-CMP-ADR-MAX", "R-CMP-ADR-YEAR"}
    assert bites("complaint.received", NOON) == everywhere
    assert bites("complaint.received", NOON, region="ES-CB") == {*everywhere, "R-CMP-REG-CB"}
    assert bites("complaint.received", NOON, region="ES-CT") == {*everywhere, "R-CMP-REG-CT"}


def test_a_large_company_has_its_own_clocks_from_28_december_2026():
    before, after = in_madrid("2026-12-27T12:00:00"), in_madrid("2026-12-28T12:00:00")
    large = {"R-CMP-ANS-L", "R-CMP-BILL-L"}
    assert not large & bites("complaint.received", before, is_large=True, topic="billing")
    assert large <= bites("complaint.received", after, is_large=True, topic="billing")
    assert large & bites("complaint.received", after, is_large=True, topic="delivery") == {"R-CMP-ANS-L"}
    assert not large & bites("complaint.received", after, topic="billing")


def test_what_is_off_does_not_bite():
    assert "R-CON-REPAIR12" not in bites("repair.chosen", NOON)


def test_the_earliest_clock_that_can_drive_binds():
    rules = applicable(LAW, "complaint.received", NOON, zone=MADRID, region="ES-CB")
    clocks = [deadline(rule, [NOON], MADRID, SPAIN) for rule in rules if rule.length]
    assert binding(clocks).rule.rule_id == "R-CMP-REG-CB"
    assert "R-CMP-ADR-MAX" in {clock.rule.rule_id for clock in clocks}


def test_a_shadow_is_counted_and_never_drives():
    shadow = deadline(a_rule(default=Default.SHADOW), [NOON], MADRID, SPAIN)
    assert shadow.last_day == date(2026, 11, 17)
    with pytest.raises(NoClock, match="can drive"):
        binding([shadow])


# --- zones ---


def test_with_the_zone_unknown_a_duty_ends_by_the_earlier_of_both():
    half_past_eleven = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)  # in Madrid it is Sunday already
    found = clock("R-CMP-ANS", half_past_eleven, zone=None)
    assert found.due_at == clock("R-CMP-ANS", half_past_eleven, zone=CANARY).due_at
    assert "the earlier end of Europe/Madrid and Atlantic/Canary" in found.working


def test_with_the_zone_unknown_a_right_ends_by_the_later_of_both():
    found = clock("R-WDR-PER", in_madrid("2026-12-09T12:00:00"), zone=None)
    assert found.last_valid_instant.isoformat() == "2026-12-23T23:59:59+00:00"
    assert "the later end" in found.working


def test_a_midnight_that_the_clocks_skip_is_the_first_moment_after_it():
    cairo = ZoneInfo("Africa/Cairo")  # on 24 April 2026 its day begins at 01:00
    found = deadline(a_rule(), [datetime(2026, 4, 8, 12, tzinfo=UTC)], cairo, SPAIN)
    assert found.last_valid_instant.isoformat() == "2026-04-23T23:59:59+02:00"


# --- holidays ---


def test_over_easter_a_duty_leaves_out_national_holidays_alone():
    maundy_thursday_is_regional = in_madrid("2026-03-25T12:00:00")
    found = clock("R-CMP-REG-CB", maundy_thursday_is_regional, holidays=holidays_for("ES", "ES-CB"))
    assert found.last_day == date(2026, 4, 9)
    assert "on the way: Fri 3 Apr 2026" in found.working


def test_over_easter_a_right_leaves_out_every_holiday_of_the_place():
    found = clock("R-CMP-FIX", in_madrid("2026-03-25T12:00:00"), holidays=holidays_for("ES", "ES-CT"))
    assert found.last_day == date(2026, 4, 10)
    assert "on the way: Fri 3 Apr 2026, Mon 6 Apr 2026" in found.working


def test_a_duty_counted_by_union_law_is_not_moved():
    rule = a_rule(counting=Counting.EU_DAYS, length=14)
    found = deadline(rule, [in_madrid("2026-11-21T12:00:00")], MADRID, SPAIN)
    assert found.last_day == date(2026, 12, 5)
    assert "a duty's end is not moved" in found.working


def test_months_by_union_law_move_too():
    found = clock("R-WDR-EXT", in_madrid("2026-12-12T23:59:59"))
    assert found.last_day == date(2027, 12, 13)


def test_a_year_without_a_calendar_is_refused():
    short = Holidays(frozenset(), frozenset(), frozenset({2026}))
    with pytest.raises(UnknownYear, match="holidays of ES in 2027 are not known"):
        clock("R-CMP-ANS-L", in_madrid("2026-12-29T12:00:00"), holidays=short)


# --- other ways to count ---


def test_a_notice_is_counted_backwards():
    found = clock("R-SUB-NOTICE", in_madrid("2026-12-31T23:59:59"))
    assert found.last_valid_instant == in_madrid("2026-12-16T23:59:59")


def test_what_is_due_at_once_calls_a_person_after_its_alarm():
    found = clock("R-CMP-ACK", NOON)
    assert found.last_valid_instant == NOON + timedelta(hours=1)
    assert "at once" in found.working


def test_minutes_are_counted():
    found = clock("R-CMP-3MIN-L", in_madrid("2027-03-01T12:00:00"))
    assert found.last_valid_instant == in_madrid("2027-03-01T12:03:00")


def test_years_clamp_to_the_last_of_february():
    assert clock("R-CMP-ADR-YEAR", in_madrid("2028-02-29T12:00:00")).last_day == date(2029, 2, 28)


def test_a_guarantee_is_suspended_while_the_goods_are_repaired():
    repair = (in_madrid("2027-05-03T10:00:00"), in_madrid("2027-05-12T18:00:00"))
    found = clock("R-CON-3Y", NOON, pauses=[repair])
    assert found.last_day == date(2029, 11, 12)
    assert "suspended for 10 days" in found.working


def test_a_clock_of_the_law_never_pauses():
    with pytest.raises(NoClock, match=r"R-CMP-ANS .* never pauses"):
        clock("R-CMP-ANS", NOON, pauses=[(NOON, NOON + timedelta(days=1))])


def test_the_first_proof_starts_what_the_first_starts():
    later = NOON + timedelta(days=3)
    found = clock("R-WDR-HOLD", later, NOON)
    assert found.started_at == NOON
    assert found.last_day == date(2026, 11, 4)
    assert "of 2 events the first one" in found.working


# --- what has no clock ---


def test_a_rule_without_a_period_is_refused():
    with pytest.raises(NoClock, match=r"R-CMP-NOPROMO .* sets no period"):
        clock("R-CMP-NOPROMO", NOON)


def test_without_a_delivery_no_clock_may_run_out():
    with pytest.raises(NoClock, match="R-WDR-PER has not begun"):
        deadline(rule_in_force(LAW, "R-WDR-PER", NOON, MADRID), [], MADRID, SPAIN)


def test_a_time_without_a_zone_starts_nothing():
    with pytest.raises(NoClock, match="without a zone"):
        deadline(a_rule(), [datetime(2026, 11, 2, 12)], MADRID, SPAIN)


def test_a_fraction_of_a_second_is_cut_off():
    found = deadline(
        a_rule(counting=Counting.ELAPSED, length=2, unit=Unit.HOUR),
        [NOON.replace(microsecond=9)],
        MADRID,
        SPAIN,
    )
    assert found.last_valid_instant == NOON + timedelta(hours=2)


def test_a_rule_says_whose_clock_it_is():
    assert a_rule().is_trader_duty
    assert not a_rule(direction=Direction.CONSUMER_RIGHT).is_trader_duty
