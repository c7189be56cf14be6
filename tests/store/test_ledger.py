"""The ledger adds up, or says that it does not."""

from datetime import timedelta

from some_orders import MONDAY

from postventa.rules.messages import Outcome
from postventa.store.ledger import ledger

STEPS = ("received", "paid", "in_preparation", "ready_to_ship", "shipped", "delivered", "incident")


def _counted(store, order_id=None):
    with store.connect() as connection:
        return ledger(connection, order_id)


def _one_of_each(owing, box):
    (one,) = owing(1, STEPS)
    box(one, "received", outcome=Outcome.SENT, message_id="<1@t>", settled_at=MONDAY)
    box(one, "paid", outcome=Outcome.SUPPRESSED, reason="superseded")
    box(one, "in_preparation", outcome=Outcome.DEFERRED, reason="order_on_hold")
    box(one, "ready_to_ship", outcome=Outcome.FAILED, reason="refused_by_server")
    box(one, "shipped", outcome=Outcome.UNCERTAIN, reason="sender_died")
    box(one, "delivered", outcome=Outcome.BEGUN)
    return one


def test_every_message_is_counted_once_under_what_became_of_it(store, owing, box):
    _one_of_each(owing, box)
    counted = _counted(store)
    assert (counted.owed, counted.sent, counted.uncertain, counted.waiting) == (7, 1, 1, 2)
    assert (counted.suppressed, counted.deferred) == ({"superseded": 1}, {"order_on_hold": 1})
    assert counted.failed == {"refused_by_server": 1}
    assert counted.is_balanced
    assert counted.by_message["incident"] == {"waiting": 1}


def test_an_empty_store_owes_nothing_and_balances(store):
    counted = _counted(store)
    assert (counted.owed, counted.oldest_waiting, counted.is_balanced) == (0, None, True)


def test_the_oldest_message_that_waits_is_named(store, owing):
    owing(due_at=MONDAY)
    owing(due_at=MONDAY - timedelta(hours=2))
    assert _counted(store).oldest_waiting == MONDAY - timedelta(hours=2)


def test_one_order_has_its_own_ledger(store, owing, box):
    _one_of_each(owing, box)
    (other,) = owing()
    assert _counted(store, other).owed == 1
    assert _counted(store, other).is_balanced


def test_a_message_that_is_sent_without_its_message_id_unbalances_the_ledger(store, owing, box):
    (one,) = owing()
    box(one, "received", outcome=Outcome.SENT, settled_at=MONDAY)
    assert not _counted(store).is_balanced


def test_a_message_that_is_sent_without_its_instant_unbalances_the_ledger(store, owing, box):
    (one,) = owing()
    box(one, "received", outcome=Outcome.SENT, message_id="<1@t>")
    assert not _counted(store).is_balanced


def test_an_outcome_that_nobody_knows_unbalances_the_ledger(store, owing, box):
    (one,) = owing()
    box(one, "received", outcome="lost")
    assert not _counted(store).is_balanced
