"""What a killed sender held: free again at once, and the one message in its hands is in doubt."""

from datetime import timedelta

import pytest
from some_orders import MONDAY

from postventa.rules.messages import Outcome
from postventa.store import claims, outbox
from postventa.store.marks import Marker
from postventa.store.senders import new_sender

ALIVE = new_sender()
AN_HOUR_LATER = MONDAY + timedelta(hours=1)


@pytest.fixture
def held(store, owing):
    """`held(sender)` lets that sender claim an order with two messages and begin the first; answers the outbox ids."""

    def hold(sender):
        owing(1, ("received", "paid"))
        with store.begin() as connection:
            claimed = [row.id for row in claims.claim(connection, sender, MONDAY, MONDAY, 10)]
        with Marker(store, sender) as marker:
            assert marker.begin(claimed[0], "<one@tienda.example>", MONDAY)
        return claimed

    return hold


@pytest.fixture
def recover(store):
    def take_back(policy="ask", wall=MONDAY):
        with store.begin() as connection:
            return outbox.recover(connection, wall, AN_HOUR_LATER, policy)

    return take_back


def test_what_a_dead_sender_had_begun_waits_for_a_person_and_the_rest_is_free(
    held, recover, box, a_dead_sender
):
    held(a_dead_sender)
    assert recover() == 1
    begun, claimed = box()
    assert (begun.outcome, begun.reason, begun.settled_at) == ("uncertain", "sender_died", AN_HOUR_LATER)
    assert begun.words
    assert (claimed.outcome, claimed.sender, claimed.claimed_until) == ("waiting", None, None)


def test_by_policy_it_goes_again_under_its_old_message_id(held, recover, box, a_dead_sender):
    held(a_dead_sender)
    assert recover("resend") == 1
    begun, _ = box()
    assert (begun.outcome, begun.reason, begun.settled_at) == ("waiting", "sent_again_after_doubt", None)
    assert begun.message_id == "<one@tienda.example>"
    assert begun.attempts == 1


def test_a_dead_sender_is_found_at_once_although_its_claim_still_runs(held, recover, a_dead_sender):
    held(a_dead_sender)
    assert recover(wall=MONDAY) == 1


def test_the_order_goes_on_after_the_doubt(store, held, recover, a_dead_sender):
    _, paid = held(a_dead_sender)
    recover()
    with store.begin() as connection:
        again = claims.claim(connection, ALIVE, AN_HOUR_LATER, AN_HOUR_LATER, 10)
    assert [row.id for row in again] == [paid]


def test_what_a_living_sender_holds_is_left_alone(held, recover, box):
    held(ALIVE)
    assert recover() == 0
    assert [row.outcome for row in box()] == ["begun", "waiting"]
    assert {row.sender for row in box()} == {ALIVE}


def test_a_sender_on_another_machine_is_dead_when_its_time_has_run_out(held, recover, box):
    held("elsewhere:1:0badcafe")
    assert recover(wall=MONDAY) == 0
    assert recover(wall=AN_HOUR_LATER) == 1
    assert [row.outcome for row in box()] == ["uncertain", "waiting"]


def test_recovering_twice_finds_nothing_more(held, recover, a_dead_sender):
    held(a_dead_sender)
    assert (recover(), recover()) == (1, 0)


def test_where_nobody_died_nothing_is_recovered(owing, recover, box):
    owing()
    assert recover() == 0
    assert [row.outcome for row in box()] == [Outcome.WAITING]
