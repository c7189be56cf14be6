"""Which days a night builds: new ones, recent ones, and those that late news has touched."""

from datetime import date

import pytest

from postventa.rules.nightly import back_from, days_to_build, in_spans, last_day_over, whole_months


def november(*days):
    return tuple(date(2026, 11, day) for day in days)


def days(first, last, published=None, back=2, touched=()):
    there = published and november(*published)
    begins = first and date(2026, 11, first)
    return days_to_build(begins, date(2026, 11, last), there, days_back=back, touched=november(*touched))


def test_a_day_is_over_once_it_is_over_in_every_shop():
    assert last_day_over(november(4, 5)) == date(2026, 11, 3)


@pytest.mark.parametrize(
    ("asked", "built"),
    [
        ({"first": None, "last": 4}, (4,)),
        ({"first": 2, "last": 4}, (2, 3, 4)),
        ({"first": 9, "last": 4}, (4,)),
        ({"first": 1, "last": 9, "published": (1, 8)}, (8, 9)),
        ({"first": 1, "last": 9, "published": (1, 9)}, (8, 9)),
        ({"first": 1, "last": 9, "published": (1, 5)}, (6, 7, 8, 9)),
        ({"first": 1, "last": 9, "published": (3, 8)}, (1, 2, 8, 9)),
        ({"first": 1, "last": 9, "published": (1, 8), "touched": (3, 12)}, (3, 8, 9)),
        ({"first": None, "last": 9, "published": (7, 8), "back": 30}, (7, 8, 9)),
    ],
    ids=[
        "before the first order",
        "the first night",
        "a first order that is still to come",
        "one new day with those where late news is likely",
        "the same night again",
        "nights that were missed",
        "an order heard of that is older than all",
        "a day that was touched, and one that is not over",
        "never before the first day that is published",
    ],
)
def test_the_days_of_a_night(asked, built):
    assert days(**asked) == november(*built)


def test_spans_are_no_longer_than_fits_into_memory_and_bridge_small_gaps():
    assert in_spans(november(1, 2, 3, 5, 9), 2) == [
        november(1, 2),
        november(3, 3),
        november(5, 5),
        november(9, 9),
    ]
    assert in_spans(november(9, 1, 3, 5), 31, bridged=1) == [november(1, 5), november(9, 9)]
    assert in_spans((), 31) == []


def test_months_are_built_whole():
    assert whole_months([date(2026, 11, 30), date(2026, 11, 1), date(2026, 12, 3)]) == (
        date(2026, 11, 1),
        date(2026, 12, 1),
    )


def test_what_a_day_changes_reaches_back_and_never_before_the_first():
    assert back_from(november(3, 9), 2, date(2026, 11, 2)) == set(november(2, 3, 7, 8, 9))
