"""The walk by modification stamps, against a small shop in memory that is edited while it is read."""

import logging
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postventa.connectors.shops import _woocommerce_walk as walking
from postventa.connectors.shops._woocommerce_walk import walk

START = datetime(2026, 11, 1, tzinfo=UTC)
SMALL_PAGE = 3


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch):
    monkeypatch.setattr(walking, "PER_PAGE", SMALL_PAGE)


def written(second):
    return (START + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S")


class InMemoryShop:
    """Answers like WooCommerce: strictly after, by the second; ties in any order unless `breaks_ties`."""

    def __init__(self, seconds, *, breaks_ties=True, edits=(), totals="true"):
        self.modified = dict(enumerate(seconds, start=1))
        self.now = max([0, *seconds]) + 1
        self.breaks_ties, self.totals = breaks_ties, totals
        self.edits = list(edits)
        self.asked = 0
        self.rng = random.Random(7)

    def ask(self, after, page):
        self.asked += 1
        assert self.asked < 2_000, "the walk does not end"
        after_second = int((after - START).total_seconds())
        there = [(stamp, ref) for ref, stamp in self.modified.items() if stamp > after_second]
        if not self.breaks_ties:
            self.rng.shuffle(there)
        there.sort(key=lambda row: (row[0], row[1] if self.breaks_ties else 0))
        rows = there[(page - 1) * SMALL_PAGE : page * SMALL_PAGE]
        total = {"true": len(there), "hpos": len(there) if rows else 0, "none": None}[self.totals]
        if self.edits:
            self.edit(*self.edits.pop(0))
        return [{"id": ref, "date_modified_gmt": written(stamp)} for stamp, ref in rows], total

    def edit(self, which, wait):
        """Saves one order while the walk is under way."""
        if self.modified:
            self.now += wait
            self.modified[1 + which % len(self.modified)] = self.now


def heard(leaves):
    return {(one.ref, one.modified_at) for leaf in leaves for one in leaf.heard}


def truth(shop):
    return {(str(ref), START + timedelta(seconds=stamp)) for ref, stamp in shop.modified.items()}


seconds = st.lists(st.integers(0, 12), max_size=40)
edits = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 2)), max_size=30)


@given(seconds=seconds, edits=edits, totals=st.sampled_from(["true", "hpos", "none"]))
def test_orders_edited_during_the_walk_are_never_missed(seconds, edits, totals):
    shop = InMemoryShop(seconds, edits=edits, totals=totals)
    leaves = list(walk(shop.ask, START))
    first = heard(leaves)
    assert {ref for ref, _ in first} == {str(ref) for ref in shop.modified}
    assert [leaf.is_last for leaf in leaves] == [False] * (len(leaves) - 1) + [True]
    shop.edits = []  # what was saved after the last answer is for the next poll, from where this one came
    cursor = max((moment for _, moment in first), default=START)
    assert truth(shop) <= first | heard(walk(shop.ask, cursor))


def test_an_edit_while_the_pages_of_one_second_are_turned_hides_nothing():
    shop = InMemoryShop([2, 1, 1, 1], edits=[(0, 0), (1, 0)])
    assert {ref for ref, _ in heard(walk(shop.ask, START))} == {"1", "2", "3", "4"}


def test_turning_pages_would_miss_orders_in_the_same_shop():
    shop = InMemoryShop(list(range(9)), edits=[(0, 0), (1, 0), (2, 0)])
    pages = [shop.ask(START - timedelta(seconds=1), page)[0] for page in (1, 2, 3)]
    assert len({row["id"] for rows in pages for row in rows}) < 9


@given(seconds=st.lists(st.integers(0, 3), min_size=1, max_size=9))
def test_nothing_is_heard_twice_on_one_walk(seconds):
    shop = InMemoryShop(seconds)
    refs = [one.ref for leaf in walk(shop.ask, START) for one in leaf.heard]
    assert sorted(refs) == sorted(set(refs))


@pytest.mark.parametrize("number", [1, 2, 3, 4, 6, 7, 100])
def test_any_number_of_orders_of_one_second_is_heard(number):
    shop = InMemoryShop([5] * number)
    assert heard(walk(shop.ask, START)) == truth(shop)


def test_a_shop_without_a_tie_break_is_read_until_a_second_gives_nothing_new():
    missed = 0
    for seed in range(20):
        shop = InMemoryShop([5] * 8 + [9], breaks_ties=False)
        shop.rng = random.Random(seed)
        missed += len(truth(shop) - heard(walk(shop.ask, START)))
    turning_pages_once = 20 * 9 * (1 - 1 / 2.7)  # what a shuffled list loses to whoever reads it once
    assert missed < turning_pages_once / 10


def test_the_second_of_the_start_itself_is_read():
    shop = InMemoryShop([0, 0, 1])
    assert heard(walk(shop.ask, START + timedelta(microseconds=900_000))) == truth(shop)


def test_older_rows_that_nobody_asked_for_are_left_out():
    shop = InMemoryShop([1, 2, 30])
    shop.ask_all = lambda after, page: shop.ask(START - timedelta(days=1), page)
    refs = {ref for ref, _ in heard(walk(shop.ask_all, START + timedelta(seconds=20)))}
    assert refs == {"3"}


def test_a_shop_that_answers_every_page_alike_does_not_hold_us_for_ever(caplog):
    same = [{"id": ref, "date_modified_gmt": written(ref)} for ref in range(1, SMALL_PAGE + 1)]
    with caplog.at_level(logging.WARNING):
        leaves = list(walk(lambda after, page: (same, 500), START))
    assert len(heard(leaves)) == SMALL_PAGE
    assert "is there a cache" in caplog.text


def test_a_total_that_is_never_reached_does_not_hold_us_for_ever():
    shop = InMemoryShop([1, 2, 3, 4])
    leaves = list(walk(lambda after, page: (shop.ask(after, page)[0], 10_000), START))
    assert heard(leaves) == truth(shop)


def test_a_page_from_which_a_plugin_hides_rows_is_not_taken_for_the_last():
    shop = InMemoryShop(list(range(9)))

    def ask(after, page):
        rows, total = shop.ask(after, page)
        return [row for row in rows if row["id"] != 2], total

    assert {ref for ref, _ in heard(walk(ask, START))} == {"1", "3", "4", "5", "6", "7", "8", "9"}


def test_rows_without_id_or_time_are_refused_once_each_with_the_reason():
    rows = [
        {"id": 1, "date_modified_gmt": written(1)},
        {"id": 2, "date_modified_gmt": None},
        "not an order",
        {"date_modified_gmt": written(1)},
    ]
    leaves = list(walk(lambda after, page: (rows if page == 1 else [], None), START))
    refused = [reason for leaf in leaves for _, reason in leaf.refused]
    assert len(refused) == 3
    assert "date_modified_gmt must be an instant" in refused[0]
    assert "not an object" in refused[1]
    assert refused[2] == "id is missing"


def test_pages_of_nothing_but_refused_rows_are_passed():
    shop = InMemoryShop([1])

    def ask(after, page):
        if page == 1:
            return [{"id": 0}, {"id": -1}, {"id": True}], None
        return shop.ask(after, page - 1)

    assert heard(walk(ask, START)) == truth(shop)


def test_an_empty_shop_is_one_empty_last_leaf():
    (leaf,) = walk(InMemoryShop([]).ask, START)
    assert (leaf.heard, leaf.refused, leaf.is_last) == ((), (), True)
