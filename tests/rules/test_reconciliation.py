"""When a shop and we say the same, how late news was, and which numbers are missing in a row."""

from datetime import UTC, datetime, timedelta

import pytest

from postventa.rules.reconciliation import (
    Difference,
    Gap,
    Lag,
    Seen,
    difference,
    gaps,
    has_jumped,
    is_counted,
    is_on_its_way,
    lag_of,
)

AT = datetime(2026, 11, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("shop", "ours", "differs"),
    [
        (Seen(AT, "processing"), None, Difference.MISSED),
        (Seen(AT, "processing"), Seen(AT, "processing"), None),
        (Seen(AT + HOUR, "processing"), Seen(AT, "processing"), Difference.STALE),
        (Seen(AT, "completed"), Seen(AT, "processing"), Difference.STALE),
        (Seen(AT, "completed", frozenset("A")), Seen(AT, "completed"), Difference.STALE),
        (Seen(AT, "completed"), Seen(AT, "completed", frozenset("A")), None),
        (Seen(AT, "processing"), Seen(AT + HOUR, "completed"), None),
    ],
)
def test_an_order_differs_by_its_stamp_its_status_or_a_parcel_that_we_lack(shop, ours, differs):
    assert difference(shop, ours) is differs


@pytest.mark.parametrize(
    ("changed", "is_coming"),
    [
        (timedelta(minutes=-5), True),  # within the overlap that the next poll reads again
        (timedelta(minutes=-15), False),  # the poll never looks there again
        (timedelta(minutes=30), True),
    ],
)
def test_what_the_next_poll_hears_anyway_is_not_missed(changed, is_coming):
    now = AT + timedelta(minutes=40)
    assert is_on_its_way(AT + changed, AT, timedelta(minutes=10), now) is is_coming


def test_a_poll_that_has_stopped_for_an_hour_brings_nothing():
    assert not is_on_its_way(AT + HOUR, AT, timedelta(minutes=10), AT + 3 * HOUR)


@pytest.mark.parametrize(
    ("ahead", "lately", "jumps"),
    [
        (20, [0, 0, 0, 20], True),
        (20, [0, 20], True),  # little is known: clocks are right
        (20, [], True),
        (3, [3, 3, 3, 0], False),  # the shop's clock is wrong by three hours, and always is
        (0, [-5, -6, -4], False),  # a quiet shop
        (1, [0, 0, 0], False),
    ],
)
def test_a_cursor_has_jumped_when_it_is_further_ahead_of_the_clock_than_usual(ahead, lately, jumps):
    assert has_jumped(ahead * HOUR, [one * HOUR for one in lately]) is jumps


def test_lags_are_told_by_the_nearest_rank_and_nothing_is_early():
    assert lag_of([]) is None
    assert lag_of([7]) == Lag(7, 7, 7)
    assert lag_of(range(1, 101)) == Lag(50, 95, 100)
    assert lag_of([-4, 2]) == Lag(0, 2, 2)


def test_holes_are_told_by_prefix_where_numbers_are_given_out_one_after_the_other():
    numbers = [f"A-{n}" for n in range(1, 31) if n not in {7, 8, 20}] + [str(n) for n in range(500, 511)]
    assert gaps([*numbers, "by hand"]) == [Gap("A-", 7, 8), Gap("A-", 20, 20)]
    assert [str(gap) for gap in gaps(numbers)] == ["A-7-8", "A-20"]
    assert Gap("A-", 7, 8).numbers == ["A-7", "A-8"]


def test_a_number_counts_if_it_ends_in_digits():
    assert [is_counted(one) for one in ("1001", "#1001", "T-7", "XKBKNABJK", "T-7b")] == [True] * 3 + [
        False
    ] * 2


def test_numbers_that_orders_share_with_pages_and_products_prove_nothing():
    assert gaps(str(n) for n in range(10, 100, 3)) == []
    assert gaps(["1", "9"]) == []
