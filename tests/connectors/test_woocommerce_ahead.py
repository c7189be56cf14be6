"""Windows asked for ahead of the walk: the same orders in fewer waits, whatever is edited meanwhile."""

import random
import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postventa.connectors.errors import Unreachable
from postventa.connectors.shops import _woocommerce_ahead as looking
from postventa.connectors.shops import _woocommerce_walk as walking
from postventa.connectors.shops._woocommerce_ahead import Ahead
from postventa.connectors.shops._woocommerce_walk import walk

START = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch):
    monkeypatch.setattr(walking, "PER_PAGE", 20)
    monkeypatch.setattr(looking, "NARROWER", 2)


class InMemoryShop:
    """Answers like WooCommerce, to several at once, and may have an order saved after each answer."""

    def __init__(self, seconds, *, edits=(), totals=True, breaks_ties=True):
        self.modified = dict(enumerate(seconds, start=1))
        self.now = max([0, *seconds]) + 1
        self.edits, self.totals, self.breaks_ties = list(edits), totals, breaks_ties
        self.asked = []
        self.rng = random.Random(7)
        self.lock = threading.Lock()

    def ask(self, after, page, per_page=20):
        with self.lock:
            self.asked.append((after, page, per_page))
            assert len(self.asked) < 2_000, "the walk does not end"
            floor = int((after - START).total_seconds())
            there = [(stamp, ref) for ref, stamp in self.modified.items() if stamp > floor]
            if not self.breaks_ties:
                self.rng.shuffle(there)
            there.sort(key=lambda row: (row[0], row[1] if self.breaks_ties else 0))
            rows = there[(page - 1) * per_page : page * per_page]
            if self.edits and self.modified:
                which, wait = self.edits.pop(0)
                self.now += wait
                self.modified[1 + which % len(self.modified)] = self.now
            written = [
                {"id": ref, "date_modified_gmt": f"{START + timedelta(seconds=stamp):%Y-%m-%dT%H:%M:%S}"}
                for stamp, ref in rows
            ]
            return written, len(there) if self.totals else None


def heard(shop, since=START):
    with Ahead(shop.ask) as ask:
        return [one for leaf in walk(ask, since) for one in leaf.heard]


def truth(shop):
    return {(str(ref), START + timedelta(seconds=stamp)) for ref, stamp in shop.modified.items()}


def stamps(found):
    return {(one.ref, one.modified_at) for one in found}


@given(
    seconds=st.lists(st.integers(0, 100), max_size=150),
    edits=st.lists(st.tuples(st.integers(0, 90), st.integers(0, 2)), max_size=40),
    totals=st.booleans(),
)
def test_orders_edited_while_windows_are_on_their_way_are_never_missed(seconds, edits, totals):
    shop = InMemoryShop(seconds, edits=edits, totals=totals)
    first = heard(shop)
    assert {one.ref for one in first} == {str(ref) for ref in shop.modified}
    shop.edits = []  # what was saved after the last answer is for the next poll, from where this one came
    cursor = max((one.modified_at for one in first), default=START)
    assert truth(shop) <= stamps(first) | stamps(heard(shop, cursor))


@given(seconds=st.lists(st.integers(0, 30), max_size=60))
def test_windows_that_overlap_are_heard_once(seconds):
    refs = [one.ref for one in heard(InMemoryShop(seconds))]
    assert sorted(refs) == sorted(set(refs))


def test_a_long_list_is_read_with_few_waits():
    shop = InMemoryShop(range(300))
    waits = []

    def ask(after, page, per_page=20):
        if threading.current_thread() is threading.main_thread():
            waits.append(page)
        return shop.ask(after, page, per_page)

    with Ahead(ask) as asking:
        found = [one for leaf in walk(asking, START) for one in leaf.heard]
    assert stamps(found) == truth(shop)
    by_itself = InMemoryShop(range(300))
    list(walk(by_itself.ask, START))
    assert len(waits) * 2 < len(by_itself.asked)


def test_one_page_of_news_is_one_question():
    shop = InMemoryShop(range(19))
    heard(shop)
    assert shop.asked == [(START - timedelta(seconds=1), 1, 20)]


def test_a_second_with_more_than_a_page_is_turned_page_by_page():
    shop = InMemoryShop([*range(30), *[32] * 70, *range(33, 80)])
    assert stamps(heard(shop)) == truth(shop)
    assert {per_page for _, page, per_page in shop.asked if page > 1} >= {20}


def test_a_shop_that_does_not_know_other_widths_is_read_all_the_same():
    shop = InMemoryShop(range(100))
    with Ahead(lambda after, page, _per_page=20: shop.ask(after, page)) as ask:
        found = {one.ref for leaf in walk(ask, START) for one in leaf.heard}
    assert len(found) == 100


def test_rows_without_a_time_among_the_windows_are_refused_as_ever():
    shop = InMemoryShop(range(60))

    def ask(after, page, per_page=20):
        rows, total = shop.ask(after, page, per_page)
        return [{**row, "date_modified_gmt": None} if row["id"] == 12 else row for row in rows], total

    with Ahead(ask) as asking:
        leaves = list(walk(asking, START))
    assert len({one.ref for leaf in leaves for one in leaf.heard}) == 59
    assert len({reason for leaf in leaves for _, reason in leaf.refused}) == 1


def test_a_window_that_fails_is_asked_for_by_the_walk_itself_and_no_other_is_opened():
    shop = InMemoryShop(range(100))

    def ask(after, page, per_page=20):
        rows = shop.ask(after, page, per_page)
        if per_page < 20:
            raise Unreachable("the shop is busy")
        return rows

    with Ahead(ask) as asking:
        found = [one for leaf in walk(asking, START) for one in leaf.heard]
    assert stamps(found) == truth(shop)
    assert len([per_page for _, _, per_page in shop.asked if per_page < 20]) <= looking.WINDOWS


def test_a_mistake_of_ours_in_a_window_is_not_hidden():
    shop = InMemoryShop(range(60))

    def ask(after, page, per_page=20):
        if per_page < 20:
            raise RuntimeError("a mistake")
        return shop.ask(after, page, per_page)

    with pytest.raises(RuntimeError, match="a mistake"), Ahead(ask) as asking:
        list(walk(asking, START))
