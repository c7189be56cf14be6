"""Trends: a real change is told with its evidence; odd days, few answers and steady badness are none."""

import random
from datetime import date, timedelta

from postventa.rules.trends import Day, change_in, days_of, is_over

TODAY = date(2026, 11, 22)


def days(before, now, count=2):
    """`before` and `now` give a day's mean; the window is the last seven days."""
    return {
        TODAY - timedelta(days=back): Day(count, now(back) if back < 7 else before(back))
        for back in range(63)
    }


def test_a_clear_drop_is_told_with_its_evidence():
    found = change_in(days(lambda _: 4.5, lambda back: 3.0 if back < 5 else 4.5), TODAY)

    assert found.since == TODAY - timedelta(days=4)
    assert found.before == 4.5
    assert "14 answers since 2026-11-18" in found.evidence
    assert "112 in the eight weeks before" in found.evidence


def test_odd_days_and_steady_badness_are_no_change():
    odd = days(lambda back: 1.0 if back % 10 == 0 else 4.5, lambda back: 1.0 if back == 3 else 4.5)
    assert change_in(odd, TODAY) is None
    assert change_in(days(lambda _: 2.0, lambda _: 2.0), TODAY) is None
    assert change_in(days(lambda _: 4.5, lambda _: 4.2), TODAY) is None


def test_few_answers_say_nothing():
    full = days(lambda _: 4.5, lambda _: 1.0)
    assert (
        change_in({day: one for day, one in full.items() if day > TODAY - timedelta(days=13)}, TODAY) is None
    )
    few_before = {day: Day(30, 4.5) for day in (TODAY - timedelta(days=20), TODAY - timedelta(days=21))}
    assert change_in(few_before | {TODAY: Day(20, 1.0)}, TODAY) is None
    lonely = {day: one for day, one in full.items() if day <= TODAY - timedelta(days=7)}
    assert change_in(lonely | {TODAY: Day(20, 1.0)}, TODAY) is None
    assert change_in(lonely | {TODAY: Day(1, 1.0)}, TODAY) is None


def test_chance_alone_is_seldom_news():
    random.seed(7)
    false = 0
    for _ in range(300):
        said = [
            (TODAY - timedelta(days=back), random.choices(range(1, 6), (4, 4, 10, 27, 55))[0])
            for back in range(63)
            for _ in range(4)
        ]
        false += change_in(days_of(said), TODAY) is not None
    assert false <= 1


def test_a_change_is_over_once_this_week_is_no_worse_than_before_it_began():
    since = TODAY - timedelta(days=20)
    bad = days(lambda back: 3.0 if back <= 20 else 4.5, lambda _: 3.0)
    mended = days(lambda back: 3.0 if back <= 20 else 4.5, lambda _: 4.4)
    assert not is_over(bad, since, TODAY)
    assert is_over(mended, since, TODAY)
    assert not is_over(
        {day: one for day, one in mended.items() if day < TODAY - timedelta(days=7)}, since, TODAY
    )
