"""Whom a clock calls and when: a ladder in the desk's hours that always ends before the deadline does."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postventa.calendars import holidays_for
from postventa.law import law_pack
from postventa.rules.deadlines import deadline, rule_in_force
from postventa.rules.driving import driver, voice_of
from postventa.rules.escalation import (
    ClockState,
    DeskHours,
    Role,
    Voice,
    after_the_deadline,
    ladder,
    look_at,
    shares_for,
)
from postventa.rules.office_hours import OfficeHours
from postventa.rules.statutes import Direction

MADRID = ZoneInfo("Europe/Madrid")
DESK = DeskHours(OfficeHours(), MADRID, holidays_for("ES", "ES-CT", [date(2026, 9, 24)]))
SHARES = (50, 75, 90)
HOUR = timedelta(hours=1)
LAW = law_pack("ES")


def at(written):
    return datetime.fromisoformat(written).replace(tzinfo=MADRID).astimezone(UTC)


def local(call):
    return f"{call.planned_at.astimezone(MADRID):%a %Y-%m-%d %H:%M}"


def complaint(filed, rule_id="R-CMP-ANS"):
    """Start and end of a complaint's clock, as the law counts it."""
    found = deadline(rule_in_force(LAW, rule_id, filed, MADRID), [filed], MADRID, DESK.holidays)
    return found.started_at, found.due_at


def look(clock, now, **more):
    return look_at(*clock, now, desk=DESK, shares=SHARES, **more)


# --- the ladder ---


def test_owner_team_lead_and_manager_are_called_at_their_shares_in_the_hours_of_the_desk():
    calls = ladder(*complaint(at("2026-11-02 10:00")), DESK, SHARES)
    assert [call.role for call in calls] == [Role.OWNER, Role.TEAM_LEAD, Role.MANAGER]
    # It runs from Monday the 2nd at 10 to the end of the 17th: Tuesday at 5, Saturday at 2:30, Monday at 10:36.
    assert [local(call) for call in calls] == [
        "Tue 2026-11-10 09:00",
        "Mon 2026-11-16 09:00",
        "Mon 2026-11-16 10:36",
    ]


def test_a_complaint_filed_at_half_past_eleven_at_night_belongs_to_its_own_day_in_madrid():
    # 23:30 UTC in November is half past midnight of the next day there.
    filed = datetime(2026, 11, 1, 23, 30, tzinfo=UTC)
    clock = complaint(filed)
    assert clock[1] == at("2026-11-18 00:00")
    assert ladder(*clock, DESK, SHARES)[0].planned_at > filed


def test_over_easter_nobody_is_called_on_a_holiday_and_everybody_before_the_deadline():
    # Good Friday is 3 April 2026, Easter Monday 6 April a holiday in Catalonia; the clock ends with Tuesday the 7th.
    calls = ladder(*complaint(at("2026-03-23 12:00")), DESK, SHARES)
    assert [local(call) for call in calls] == [
        "Tue 2026-03-31 09:00",
        "Tue 2026-04-07 09:00",
        "Tue 2026-04-07 09:00",
    ]


def test_a_deadline_after_a_long_weekend_is_called_before_it():
    # It ends with Easter Monday: the last hour in which somebody is there is Thursday's.
    calls = ladder(at("2026-04-02 09:00"), at("2026-04-07 00:00"), DESK, SHARES)
    assert [local(call) for call in calls] == ["Thu 2026-04-02 17:00"] * 3


@pytest.mark.parametrize("day", ["2026-11-07", "2026-04-06"])  # a Saturday, and the Monday of Easter
def test_where_nobody_is_there_before_the_deadline_the_plan_stays_as_it_is(day):
    start, end = at(f"{day} 10:00"), at(f"{day} 11:00")
    assert [call.planned_at - start for call in ladder(start, end, DESK, SHARES)] == [
        timedelta(minutes=minutes) for minutes in (30, 45, 54)
    ]


def test_a_clock_that_starts_in_the_last_hour_calls_everybody_at_once():
    start = at("2026-11-06 17:30")
    assert {call.planned_at for call in ladder(start, at("2026-11-08 00:00"), DESK, SHARES)} == {start}


def test_the_rules_own_ladder_counts_where_it_is_earlier():
    assert shares_for((), (60, 80, 95)) == (60, 80, 95)
    assert shares_for((50, 75, 90), (60, 80, 95)) == (60, 80, 95)
    assert shares_for((40, 60, 80), SHARES) == (40, 60, 80)
    assert shares_for((67, 83), SHARES) == (50, 75, 90)
    assert shares_for((5,), SHARES) == (5, 75, 90)


MINUTES = st.integers(0, 400 * 24 * 60)


@given(begin=MINUTES, length=st.integers(1, 60 * 24 * 60), share=st.integers(1, 99))
def test_calls_come_in_order_after_the_start_and_before_the_deadline(begin, length, share):
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=begin)
    end = start + timedelta(minutes=length)
    calls = ladder(start, end, DESK, sorted((share, 50, 90)))
    planned = [call.planned_at for call in calls]
    assert planned == sorted(planned)
    assert all(start <= one < end for one in planned)
    days = (end - start).days + 2
    hours = [DESK.on_day_of(start, number) for number in range(days + 1)]
    if any(one and max(one[0], start) + HOUR <= min(one[1], end) for one in hours):
        assert all(
            any(opens <= instant <= closes for opens, closes in filter(None, hours)) for instant in planned
        )


# --- a look at a clock ---


def test_a_clock_runs_until_its_first_call_is_due_soon_from_then_and_overdue_from_the_deadline():
    clock = complaint(at("2026-11-02 10:00"))
    first = ladder(*clock, DESK, SHARES)[0].planned_at
    second = timedelta(seconds=1)
    states = {
        clock[0]: ClockState.RUNNING,
        first - second: ClockState.RUNNING,
        first: ClockState.DUE_SOON,
        clock[1] - second: ClockState.DUE_SOON,
        clock[1]: ClockState.OVERDUE,
    }
    assert {now: look(clock, now).state for now in states} == states


def test_each_look_names_what_fell_due_and_when_to_look_again():
    clock = complaint(at("2026-11-02 10:00"))
    calls = ladder(*clock, DESK, SHARES)
    assert look(clock, clock[0]).next_at == calls[0].planned_at
    now = calls[1].planned_at
    assert [call.name for call in look(clock, now).calls] == ["owner", "team_lead"]
    assert [call.name for call in look(clock, now, made={"owner"}).calls] == ["team_lead"]
    assert look(clock, now).next_at == calls[2].planned_at


def test_after_the_deadline_the_manager_is_called_at_once_and_every_day_as_the_desk_opens_or_would():
    due_at = at("2026-11-14 00:00")  # a Saturday
    calls = after_the_deadline(due_at, DESK)
    assert [(call.name, local(call)) for call in (next(calls) for _ in range(3))] == [
        ("overdue:1", "Sat 2026-11-14 00:00"),
        ("overdue:2", "Sun 2026-11-15 09:00"),
        ("overdue:3", "Mon 2026-11-16 09:00"),
    ]
    found = look((at("2026-10-30 10:00"), due_at), at("2026-11-17 12:00"))
    assert [call.name for call in found.calls][-4:] == [f"overdue:{number}" for number in range(1, 5)]
    assert {call.role for call in found.calls if call.is_overdue} == {Role.MANAGER}
    assert found.next_at == at("2026-11-18 09:00")


def test_what_fell_due_while_nothing_ran_for_three_days_is_named_once_and_is_late():
    clock = complaint(at("2026-11-02 10:00"))
    calls = ladder(*clock, DESK, SHARES)
    now = calls[1].planned_at + timedelta(days=3)
    found = look(clock, now, made={"owner"})
    assert [(call.name, call.is_late(now)) for call in found.calls] == [
        ("team_lead", True),
        ("manager", True),
        ("overdue:1", True),
        ("overdue:2", False),  # this very morning's
    ]
    assert not found.calls[0].is_late(calls[1].planned_at + HOUR)


@pytest.mark.parametrize(("voice", "heard"), [(Voice.ONCE, ["overdue:1"]), (Voice.SILENT, [])])
def test_a_clock_that_does_not_drive_calls_at_most_once_and_is_then_left_alone(voice, heard):
    clock = complaint(at("2026-11-02 10:00"))
    before = look(clock, clock[1] - HOUR, voice=voice)
    assert before.state is ClockState.DUE_SOON
    assert before.calls == ()
    assert before.next_at == clock[1]
    after = look(clock, clock[1] + timedelta(days=9), voice=voice)
    assert [call.name for call in after.calls] == heard
    assert (after.state, after.next_at) == (ClockState.OVERDUE, None)


# --- who drives ---


def clock_row(number, rule_id, filed, **more):
    started_at, due_at = complaint(filed, rule_id)
    rule = rule_in_force(LAW, rule_id, filed, MADRID)
    facts = {
        "id": number,
        "rule_id": rule_id,
        "started_at": started_at,
        "due_at": due_at,
        "direction": rule.direction,
        "is_shadow": not rule.drives,
        "is_statutory": True,
    }
    return SimpleNamespace(**facts | more)


def of_a_complaint(filed):
    ids = ("R-CMP-ACK", "R-CMP-ANS", "R-CMP-ADR-MAX", "R-CMP-ADR-YEAR", "R-CMP-REG-CT")
    return {rule_id: clock_row(number, rule_id, filed) for number, rule_id in enumerate(ids)}


def test_the_answer_drives_while_the_month_and_the_receipt_are_watched():
    clocks = of_a_complaint(at("2026-11-02 10:00"))
    assert driver(clocks.values()) is clocks["R-CMP-ANS"]
    assert {rule_id: voice_of(clock, clocks.values()) for rule_id, clock in clocks.items()} == {
        "R-CMP-ACK": Voice.ONCE,
        "R-CMP-ANS": Voice.FULL,
        "R-CMP-ADR-MAX": Voice.ONCE,
        "R-CMP-ADR-YEAR": Voice.SILENT,
        "R-CMP-REG-CT": Voice.SILENT,
    }


def test_on_28_december_2025_minus_one_second_a_month_drives_and_only_one_of_two_ladders_calls():
    filed = at("2025-12-28 00:00") - timedelta(seconds=1)
    clocks = of_a_complaint(filed)
    assert clocks["R-CMP-ANS"].due_at == clocks["R-CMP-ADR-MAX"].due_at == at("2026-01-28 00:00")
    assert driver(clocks.values()) is clocks["R-CMP-ANS"]
    assert voice_of(clocks["R-CMP-ADR-MAX"], clocks.values()) is Voice.ONCE
    assert complaint(filed + timedelta(seconds=1))[1] == at("2026-01-13 00:00")


def test_a_promise_of_the_shop_has_its_own_voice_and_never_drives():
    clocks = of_a_complaint(at("2026-11-02 10:00"))
    ours = clock_row(9, "R-CMP-ANS", at("2026-10-30 10:00"), is_statutory=False)
    assert driver([*clocks.values(), ours]) is clocks["R-CMP-ANS"]
    assert voice_of(ours, [*clocks.values(), ours]) is Voice.FULL
    assert driver([ours]) is None
    assert voice_of(ours, [ours]) is Voice.FULL


def test_a_right_of_the_customer_calls_nobody():
    right = clock_row(1, "R-CMP-ADR-YEAR", at("2026-11-02 10:00"))
    assert right.direction is Direction.CONSUMER_RIGHT
    assert voice_of(right, [right]) is Voice.SILENT
