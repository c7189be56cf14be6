"""The pinned formulae: worked by hand, held against each other, and silent about few."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postventa.rules.satisfaction import (
    LEAST_SHOWN,
    Estimate,
    band_of,
    ces,
    csat,
    easy,
    four_dimensions,
    mean,
    nps,
    share,
    wilson,
)

SCORES = st.lists(st.integers(0, 10), min_size=LEAST_SHOWN, max_size=60)
RATINGS = st.lists(st.integers(1, 5), min_size=LEAST_SHOWN, max_size=60)


def test_a_zero_is_a_detractor_and_sevens_and_eights_count_for_neither():
    assert nps([0, 6, 7, 8, 9, 10, 10, 10, 10, 10]).value == pytest.approx(40)
    assert nps([0] * 5).value == -100
    assert nps([7, 8, 7, 8, 7]).value == 0


def test_csat_is_the_share_of_the_top_two_boxes_and_no_mean():
    assert csat([5, 4, 3, 2, 1]).value == pytest.approx(0.4)
    assert csat([4, 4, 4, 4, 4]).value == 1
    assert mean([5, 4, 3, 2, 1]).value == 3


def test_effort_is_a_mean_and_the_share_that_found_it_easy():
    assert ces([1, 4, 5, 6, 7]).value == pytest.approx(4.6)
    assert easy([1, 4, 5, 6, 7]).value == pytest.approx(0.6)


def test_the_four_dimensions_count_the_same_however_many_rated_each():
    many, few = mean([5] * 50), mean([1] * 5)

    assert four_dimensions([many, many, many, few]) == 4
    assert four_dimensions([many, many, many, mean([1] * 4)]) is None
    assert four_dimensions([]) is None


def test_the_wilson_interval_is_that_of_the_tables():
    # Worked by hand from the formula of Wilson (1927) with z = 1.96.
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    for hits, n in ((3, 2), (-1, 5), (0, 0)):
        with pytest.raises(ValueError, match="is no share"):
            wilson(hits, n)


def test_where_every_response_is_equal_the_interval_still_says_how_few_they_are():
    few, many = nps([10] * 5), nps([10] * 500)

    assert few.value == many.value == 100
    assert few.high == many.high == 100
    assert few.low < 40 < 95 < many.low
    assert nps([7] * 5).low < 0 < nps([7] * 5).high


@pytest.mark.parametrize("formula", [nps, csat, ces, easy, mean])
def test_few_answers_are_not_shown_and_none_are_nothing_to_hide(formula):
    assert formula([]) == Estimate(0, "0")
    assert not formula([]).is_masked
    assert formula([5]) == Estimate(None, "1-4")
    assert formula([5] * (LEAST_SHOWN - 1)).is_masked
    assert formula([5] * LEAST_SHOWN).n == LEAST_SHOWN


def test_a_count_is_told_in_bands():
    told = Counter(band_of(n) for n in range(200))

    assert told == {"0": 1, "1-4": 4, "5-9": 5, "10-29": 20, "30-99": 70, "100+": 100}


@given(SCORES)
def test_an_nps_lies_within_its_interval_and_its_interval_within_a_hundred(scores):
    found = nps(scores)

    assert -100 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= 100
    assert found.low < found.high


@given(SCORES)
def test_the_nps_of_the_mirrored_scores_is_the_mirrored_nps(scores):
    mirror = {score: 10 if score <= 6 else 7 if score <= 8 else 0 for score in range(11)}
    found, mirrored = nps(scores), nps([mirror[score] for score in scores])

    assert mirrored.value == pytest.approx(-found.value)
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low))


@given(RATINGS, st.integers(2, 20))
def test_the_same_answers_more_often_are_the_same_figure_known_better(ratings, times):
    once, often = csat(ratings), csat(ratings * times)

    assert often.value == pytest.approx(once.value)
    assert often.high - often.low < once.high - once.low


@given(RATINGS)
def test_one_more_content_customer_never_lowers_a_figure(ratings):
    before, after = csat(ratings), csat([*ratings, 5])

    assert after.value >= before.value
    assert after.low >= before.low - 1e-12


def test_a_share_is_the_same_as_its_parts():
    assert share(3, 6).value == 0.5
    assert share(1, 4).is_masked
