"""What a change of the law would move, and what it leaves alone."""

from datetime import UTC, date, datetime, timedelta

from some_rules import MADRID, SPAIN, a_rule, in_madrid

from postventa.law import law_pack
from postventa.rules.deadlines import Counting, Default
from postventa.rules.law_changes import Change, OpenClock, changes, moved

ASKED = in_madrid("2026-11-02T12:00:00")
DUE = datetime(2026, 11, 17, 23, tzinfo=UTC)


def open_clock(rule_id="P-1", **more):
    usual = {"started_at": ASKED, "due_at": DUE, "zone": MADRID, "region": "", "case_id": 7, "order_id": None}
    return OpenClock(rule_id, **{**usual, **more})


def moves(old, new, *clocks, **more):
    found = moved(clocks or [open_clock()], old, new, lambda _, one: (one.zone, SPAIN), **more)
    return [(one.rule_id, one.due_at, one.will_be_due_at) for one in found]


def test_two_packs_that_say_the_same_move_nothing():
    law = law_pack("ES")
    assert changes(law, law) == ()
    assert moves(law, law, open_clock("R-CMP-ANS")) == []


def test_a_rule_that_comes_goes_or_changes_is_named():
    old = [a_rule(), a_rule("P-2", effective_from=date(2026, 1, 1))]
    new = [a_rule(length=10), a_rule("P-3")]
    assert changes(old, new) == (
        Change("P-1", "", "changed", (("length", 15, 10),)),
        Change("P-2", "from 2026-01-01", "removed"),
        Change("P-3", "", "added"),
    )


def test_a_shorter_period_moves_what_runs():
    assert moves([a_rule()], [a_rule(length=10)]) == [("P-1", DUE, DUE - timedelta(days=5))]


def test_a_version_of_the_future_leaves_what_runs_alone():
    until = a_rule(effective_until=date(2027, 1, 1))
    assert moves([a_rule()], [until, a_rule(length=10, effective_from=date(2027, 1, 1))]) == []


def test_a_clock_whose_rule_goes_would_stop():
    assert moves([a_rule()], [a_rule("P-2", trigger="answered")]) == [("P-1", DUE, None)]
    assert moves([a_rule()], [a_rule(counting=Counting.NONE)]) == [("P-1", DUE, None)]


def test_a_new_rule_starts_a_clock_where_its_event_has_happened():
    shorter, other = a_rule("P-2", length=5), a_rule("P-3", trigger="answered")
    new = [
        a_rule(),
        shorter,
        other,
        a_rule("P-4", counting=Counting.NONE),
        a_rule("P-5", default=Default.OFF),
    ]
    two = [open_clock(), open_clock(case_id=8)]
    assert moves([a_rule()], new, *two) == [("P-2", None, DUE - timedelta(days=10))] * 2


def test_a_new_rule_for_large_companies_or_another_region_is_not_everybodys():
    large, regional = a_rule("P-2", scope="large"), a_rule("P-3", scope="region", region="ES-CB")
    new = [a_rule(), large, regional]
    assert moves([a_rule()], new) == []
    assert moves([a_rule()], new, open_clock(region="ES-CB")) == [("P-3", None, DUE)]
    assert moves([a_rule()], new, is_large=True) == [("P-2", None, DUE)]


def test_a_rule_that_is_no_longer_for_some_alone_begins_and_one_that_now_is_stops():
    for alone in (
        {"scope": "large"},
        {"scope": "region", "region": "ES-CB"},
        {"topics": ("billing",)},
        {"default": Default.OFF},
        {"effective_from": date(2027, 1, 1)},
        {"trigger": "answered"},
    ):
        old, new = [a_rule(), a_rule("P-2", **alone)], [a_rule(), a_rule("P-2")]
        assert moves(old, new) == [("P-2", None, DUE)], alone
        mine = [open_clock(), open_clock("P-2")]
        assert moves(new, old, *mine) == [("P-2", DUE, None)], alone
    billing = open_clock(topic="billing")
    assert moves([a_rule()], [a_rule(), a_rule("P-2", topics=("billing",))], billing) == [("P-2", None, DUE)]


def test_two_clocks_of_one_event_begin_a_rule_once():
    two = [open_clock(), open_clock("P-2")]
    both = [a_rule(), a_rule("P-2")]
    assert moves(both, [*both, a_rule("P-3")], *two) == [("P-3", None, DUE)]


def test_a_promise_that_stood_still_keeps_what_it_was_given():
    stood = timedelta(days=3)
    five, four = (a_rule(length=length, may_pause=True) for length in (15, 14))
    clock = open_clock(due_at=DUE + stood)
    assert moves([five], [four], clock) == [("P-1", DUE + stood, DUE + stood - timedelta(days=1))]


def test_a_clock_that_neither_pack_knows_stays():
    assert moves([a_rule()], [a_rule("P-2")], open_clock("P-9")) == []
