"""What managers are told of a change: only what chance does not explain, and of parts only what clearly differs."""

from datetime import date

import pytest

from postventa.rules.report import Told, change, stands_out, weeks_until
from postventa.rules.satisfaction import Estimate, mean, nps, nps_of, share

FEW = share(1, 3)


def test_a_change_is_told_only_where_chance_does_not_explain_it():
    worse = change(share(172, 200), share(188, 200))
    assert (worse.told, round(worse.value, 2)) == (Told.WORSE, -0.08)
    assert worse.low < worse.value < worse.high < 0
    assert change(share(188, 200), share(172, 200)).told is Told.BETTER
    assert change(share(18, 20), share(16, 20)).told is Told.UNSURE


def test_the_bounds_of_a_change_are_newcombes():
    """His own example, 56 of 70 and 48 of 80: 0.0524 to 0.3339 by method 10."""
    found = change(share(56, 70), share(48, 80))
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


def test_nothing_is_told_of_what_is_not_shown_or_has_no_interval():
    assert change(FEW, share(9, 10)) is None
    assert change(share(9, 10), FEW) is None
    assert change(mean([5] * 9), mean([4] * 9)) is None
    assert stands_out(FEW, share(90, 100)) is Told.UNSURE


@pytest.mark.parametrize(
    ("part", "told"),
    [(share(20, 100), Told.WORSE), (share(99, 100), Told.BETTER), (share(78, 100), Told.UNSURE)],
)
def test_a_part_stands_out_where_its_interval_does_not_touch_that_of_the_rest(part: Estimate, told: Told):
    assert stands_out(part, share(800, 1000)) is told


def test_weeks_end_with_the_night_and_leave_no_day_out():
    last, before, *_ = weeks_until(date(2026, 10, 31))
    assert (last.first, last.last) == (date(2026, 10, 25), date(2026, 10, 31))
    assert (before.number, before.last) == (1, date(2026, 10, 24))


def test_counted_scores_give_the_same_nps():
    scores = [10, 9, 7, 6, 0, 10, 8]
    assert nps_of(3, 2, 7) == nps(scores)
