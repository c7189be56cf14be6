"""Claims: an order's messages are in one sender's hands, in the sequence in which they were owed."""

from datetime import timedelta

import pytest
from some_orders import MONDAY

from postventa.rules.messages import Outcome
from postventa.store import claims, outbox
from postventa.store.claims import CLAIM_FOR
from postventa.store.outbox import Attempt, Settled
from postventa.store.senders import is_gone, new_sender

HOUR = timedelta(hours=1)
LATER = MONDAY + HOUR


@pytest.fixture
def claim(store):
    """`claim("a")` answers what sender `a` claims now, as (order's id, message)."""

    def ask(sender, *, now=MONDAY, wall=MONDAY, limit=100):
        with store.begin() as connection:
            return [(row.order_id, row.message) for row in claims.claim(connection, sender, now, wall, limit)]

    return ask


@pytest.fixture
def finish(store):
    def end(sender, *settled, attempts=()):
        with store.begin() as connection:
            outbox.finish(connection, sender, settled, attempts, LATER)

    return end


def test_a_sender_claims_an_orders_messages_in_the_sequence_in_which_they_are_owed(owing, claim):
    one, two = owing(2, ("received", "paid", "in_preparation"))
    steps = ["received", "paid", "in_preparation"]
    assert claim("a") == [(one, step) for step in steps] + [(two, step) for step in steps]


def test_two_senders_never_share_an_order(owing, claim):
    one, two = owing(2, ("received", "paid"))
    assert {order for order, _ in claim("a", limit=1)} == {one}
    assert {order for order, _ in claim("b")} == {two}
    assert claim("c") == []


def test_a_claim_takes_whole_orders_even_beyond_its_limit(owing, claim):
    owing(1, ("received", "paid", "in_preparation"))
    assert len(claim("a", limit=1)) == 3


def test_a_claim_is_full_with_so_many_messages_though_each_of_so_many_orders_owes_several(owing, claim, box):
    orders = owing(4, ("received", "paid"))
    for order in orders:
        # every order's first message is due before anybody's second
        box(order, "received", due_at=MONDAY - HOUR)
    assert claim("a", limit=4) == [(order, step) for order in orders[:2] for step in ("received", "paid")]
    assert {order for order, _ in claim("b", limit=4)} == set(orders[2:])


def test_a_message_owed_to_an_order_in_somebodys_hands_waits_for_them(owing, claim, box):
    (one,) = owing(1, ("received", "paid"))
    box(one, "paid", due_at=LATER)
    assert claim("a") == [(one, "received")]
    assert claim("b", now=LATER, wall=MONDAY) == []


def test_nothing_is_claimed_before_it_is_due(owing, claim):
    owing(due_at=LATER)
    assert claim("a") == []
    assert claim("a", now=LATER)


def test_a_deferred_message_blocks_the_later_ones_of_its_order(owing, claim, box):
    (one,) = owing(1, ("received", "paid", "in_preparation"))
    box(one, "paid", outcome=Outcome.DEFERRED, due_at=LATER)
    assert claim("a") == [(one, "received")]


def test_a_deferred_message_that_is_due_again_goes_in_its_turn(owing, claim, box):
    (one,) = owing(1, ("received", "paid"))
    box(one, "received", outcome=Outcome.DEFERRED, due_at=LATER)
    assert claim("a") == []
    assert claim("a", now=LATER) == [(one, "received"), (one, "paid")]


def test_a_waiting_message_that_is_due_later_blocks_nobody(owing, claim, box):
    (one,) = owing(1, ("shipped", "delivered"))
    box(one, "shipped", due_at=LATER)
    assert claim("a") == [(one, "delivered")]


@pytest.mark.parametrize("settled", [Outcome.SENT, Outcome.SUPPRESSED, Outcome.FAILED, Outcome.UNCERTAIN])
def test_a_settled_message_lets_the_next_one_go(owing, claim, box, settled):
    (one,) = owing(1, ("received", "paid"))
    box(one, "received", outcome=settled)
    assert claim("a") == [(one, "paid")]


def test_a_message_in_the_middle_of_its_hand_over_blocks_its_order(owing, claim, box):
    (one,) = owing(1, ("received", "paid"))
    box(one, "received", outcome=Outcome.BEGUN, sender="a", claimed_until=MONDAY - HOUR)
    assert claim("b") == []


def test_a_claim_that_has_run_out_is_free_again(owing, claim):
    owing()
    assert claim("a")
    assert claim("b", wall=MONDAY + CLAIM_FOR) == []
    assert claim("b", wall=MONDAY + CLAIM_FOR + timedelta(seconds=1))


def test_those_due_longest_are_claimed_first(owing, claim):
    owing(due_at=MONDAY)
    (older,) = owing(due_at=MONDAY - HOUR)
    assert claim("a", limit=1) == [(older, "received")]


def test_a_finished_batch_saves_what_was_decided_and_gives_the_rest_back(owing, claim, finish, box):
    one, two, three = owing(3)
    claim("a")
    rows = {row.order_id: row.id for row in box()}
    finish(
        "a",
        Settled(rows[one], Outcome.SUPPRESSED, "superseded"),
        Settled(rows[two], Outcome.DEFERRED, "order_on_hold", "", LATER + HOUR),
        attempts=[Attempt(rows[two], MONDAY, Outcome.DEFERRED, "451 later")],
    )
    kept = {row.order_id: row for row in box()}
    assert (kept[one].outcome, kept[one].reason, kept[one].settled_at) == ("suppressed", "superseded", LATER)
    assert (kept[two].outcome, kept[two].due_at, kept[two].settled_at) == ("deferred", LATER + HOUR, None)
    assert kept[three].outcome == "waiting"
    assert {row.sender for row in box()} == {None}


def test_an_empty_batch_finishes_too(owing, claim, finish, box):
    owing()
    claim("a")
    finish("a")
    assert [(row.outcome, row.sender) for row in box()] == [("waiting", None)]


def test_nobody_settles_what_another_sender_holds(owing, claim, finish, box):
    owing()
    claim("a")
    finish("b", Settled(box()[0].id, Outcome.FAILED, "refused_by_server"))
    assert [(row.outcome, row.sender) for row in box()] == [("waiting", "a")]


def test_a_sender_alive_is_not_gone():
    assert not is_gone(new_sender())


def test_a_sender_whose_process_ended_is_gone(a_dead_sender):
    assert is_gone(a_dead_sender)


def test_nobody_can_tell_whether_a_sender_on_another_machine_is_gone(a_dead_sender):
    _, pid, token = a_dead_sender.rsplit(":", 2)
    elsewhere = f"elsewhere:{pid}:{token}"
    assert not is_gone(elsewhere)


def test_a_sender_of_another_user_is_not_gone(monkeypatch):
    def not_yours(pid, signal):
        raise PermissionError

    monkeypatch.setattr("postventa.store.senders.os.kill", not_yours)
    assert not is_gone(new_sender())
