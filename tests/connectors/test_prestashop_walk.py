"""The walk over a PrestaShop list by time and id: nothing is missed, whatever is edited meanwhile."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postventa.connectors.shops import _prestashop_walk as walking
from postventa.connectors.shops._prestashop_time import written
from postventa.connectors.shops._prestashop_walk import walk

START = datetime(2026, 11, 1)


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch):
    monkeypatch.setattr(walking, "PER_PAGE", 10)


class InMemoryShop:
    """Answers like PrestaShop, by (time, id), and has an order saved after each answer."""

    def __init__(self, seconds, edits=()):
        self.touched = dict(enumerate(seconds, start=1))
        self.now = max([0, *seconds]) + 1
        self.edits = list(edits)
        self.asked = 0

    def ask(self, low, after_id):
        self.asked += 1
        assert self.asked < 1_000, "the walk does not end"
        floor = int((low - START).total_seconds())
        if after_id is None:
            there = [(at, ref) for ref, at in self.touched.items() if at >= floor]
        else:
            there = [(at, ref) for ref, at in self.touched.items() if at == floor and ref > int(after_id)]
        rows = sorted(there)[:10]
        if self.edits and self.touched:
            which, wait = self.edits.pop(0)
            self.now += wait
            self.touched[1 + which % len(self.touched)] = self.now
        return [{"id": ref, "date_upd": written(START + timedelta(seconds=at))} for at, ref in rows]


def heard(shop, start=START):
    return [(row["id"], shown) for leaf in walk(shop.ask, start) for row, shown in leaf.rows]


@given(
    seconds=st.lists(st.integers(0, 30), max_size=80),
    edits=st.lists(st.tuples(st.integers(0, 90), st.integers(0, 2)), max_size=40),
)
def test_orders_edited_on_the_way_are_never_missed(seconds, edits):
    shop = InMemoryShop(seconds, edits)
    first = heard(shop)
    assert {ref for ref, _ in first} == set(shop.touched)
    shop.edits.clear()
    again = heard(shop, max([START, *(shown for _, shown in first)]))
    last = dict(first) | dict(again)
    assert last == {ref: START + timedelta(seconds=at) for ref, at in shop.touched.items()}


@given(seconds=st.lists(st.integers(0, 4), max_size=80))
def test_nothing_is_heard_twice_where_nothing_is_edited(seconds):
    shop = InMemoryShop(seconds)
    found = heard(shop)
    assert len(found) == len(set(found)) == len(seconds)
    assert shop.asked <= 4 + len(seconds) // 4


def test_a_list_whose_rows_have_no_time_ends_and_says_so_once():
    rows = [{"id": ref, "date_upd": "0000-00-00 00:00:00"} for ref in range(1, 11)]
    (leaf,) = walk(lambda _low, _after: rows, START)
    assert leaf.rows == ()
    assert len(leaf.refused) == 10
