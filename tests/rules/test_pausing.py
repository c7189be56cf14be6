"""A promise of the shop that pauses ends later by what was left out."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from postventa.calendars import holidays_for
from postventa.rules.deadlines import deadline
from postventa.rules.pausing import due_after_pause, told_pause
from postventa.rules.statutes import Counting, Direction, Rule, Unit

MADRID = ZoneInfo("Europe/Madrid")
SPAIN = holidays_for("ES")


def at(written):
    return datetime.fromisoformat(written).replace(tzinfo=MADRID).astimezone(UTC)


def promise(length, unit, counting):
    return Rule(
        rule_id="P-1",
        title="Say something",
        trigger="complaint.received",
        length=length,
        unit=unit,
        counting=counting,
        direction=Direction.TRADER_DUTY,
        article="our own",
        may_pause=True,
        is_statutory=False,
    )


def after(rule, start, begin, end):
    due_at = deadline(rule, [at(start)], MADRID, SPAIN).due_at
    moved = due_after_pause(rule, due_at, (at(begin), at(end)), MADRID, SPAIN)
    counted = deadline(rule, [at(start)], MADRID, SPAIN, pauses=[(at(begin), at(end))])
    assert moved == counted.due_at, "as if it had been counted with the pause from the start"
    return moved


def test_hours_at_the_desk_go_on_with_what_was_left_of_them():
    eight = promise(8, Unit.BUSINESS_HOUR, Counting.OFFICE_HOURS)
    # Friday 10 to 12 passed; the other six hours begin on Monday at 11 and end at 17.
    due_at = after(eight, "2026-11-06 10:00", "2026-11-06 12:00", "2026-11-09 11:00")
    assert due_at.astimezone(MADRID).isoformat() == "2026-11-09T17:00:01+01:00"
    # An hour passed before the pause and one after it; the weekend is no time at all.
    due_at = after(eight, "2026-11-06 11:00", "2026-11-06 12:00", "2026-11-06 17:00")
    assert due_at.astimezone(MADRID).isoformat() == "2026-11-09T15:00:01+01:00"


def test_days_that_a_promise_stood_still_are_added_whole():
    five = promise(5, Unit.DAY, Counting.CIVIL_DAYS)
    due_at = after(five, "2026-11-02 10:00", "2026-11-03 12:00", "2026-11-05 09:00")
    assert due_at == at("2026-11-11 00:00")


def test_working_days_that_a_promise_stood_still_are_made_good_by_working_days():
    three = promise(3, Unit.WORKING_DAY, Counting.WORKING_DAYS)
    # It would end on Thursday; Tuesday to Thursday it stood still: Friday, Monday and Tuesday make that good.
    assert after(three, "2026-11-09 10:00", "2026-11-10 12:00", "2026-11-12 09:00") == at("2026-11-18 00:00")
    # A weekend takes nothing away, and so gives nothing back.
    assert after(three, "2026-11-05 10:00", "2026-11-07 12:00", "2026-11-08 09:00") == at("2026-11-11 00:00")


def test_a_pause_is_told_in_words():
    stood = at("2026-11-02 12:00"), at("2026-11-02 13:30")
    assert told_pause(stood, at("2026-11-03 11:30"), MADRID) == (
        "It stood still from 2026-11-02 12:00:00 to 2026-11-02 13:30:00 (Europe/Madrid), "
        "so its last good second is 2026-11-03 11:29:59."
    )


def test_elapsed_hours_move_by_the_pause_itself():
    day = promise(24, Unit.HOUR, Counting.ELAPSED)
    start = at("2026-11-02 10:00")
    due_at = deadline(day, [start], MADRID, SPAIN).due_at
    paused = (at("2026-11-02 12:00"), at("2026-11-02 13:30"))
    assert due_after_pause(day, due_at, paused, MADRID, SPAIN) - due_at == paused[1] - paused[0]


def test_of_a_pause_only_what_lies_between_start_and_end_counts():
    day = promise(24, Unit.HOUR, Counting.ELAPSED)
    start = at("2026-11-02 10:00")
    plain = deadline(day, [start], MADRID, SPAIN).due_at
    last = at("2026-11-03 10:00")
    before = deadline(day, [start], MADRID, SPAIN, pauses=[(at("2026-11-02 08:00"), at("2026-11-02 11:00"))])
    afterwards = deadline(day, [start], MADRID, SPAIN, pauses=[(last, at("2026-11-03 12:00"))])
    assert before.due_at - plain == timedelta(hours=1), "the two hours before it began were nobody's"
    assert afterwards.due_at == plain, "it had ended when the pause began"


def test_a_pause_that_begins_after_closing_takes_nothing_away_and_its_days_are_those_on_the_wall():
    twelve = promise(12, Unit.BUSINESS_HOUR, Counting.OFFICE_HOURS)
    # Eight hours passed on Friday; the other four begin on Monday at 11.
    due_at = after(twelve, "2026-11-06 10:00", "2026-11-06 20:00", "2026-11-09 11:00")
    assert due_at.astimezone(MADRID).isoformat() == "2026-11-09T15:00:01+01:00"
    five = promise(5, Unit.DAY, Counting.CIVIL_DAYS)
    assert after(five, "2026-11-02 10:00", "2026-11-03 00:30", "2026-11-05 09:00") == at("2026-11-11 00:00")
