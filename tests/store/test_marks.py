"""Marks: made only by the sender that holds the message, and there for everybody at once."""

from datetime import timedelta

import pytest
from some_orders import MONDAY
from sqlalchemy import text

from postventa.rules.messages import Outcome
from postventa.store import claims
from postventa.store.marks import IN_FLIGHT_FOR, Marker
from postventa.store.outbox import Settled

LATER = MONDAY + timedelta(hours=1, microseconds=7)


@pytest.fixture
def claimed(store, owing):
    """An outbox id that sender `a` has claimed."""
    owing()
    with store.begin() as connection:
        (row,) = claims.claim(connection, "a", MONDAY, MONDAY, 10)
    return row.id


def test_a_message_is_begun_and_then_sent(store, claimed, box):
    with Marker(store, "a") as marker:
        assert marker.begin(claimed, "<one@tienda.example>", MONDAY)
        (begun,) = box()
        marker.sent(claimed, "<one@tienda.example>", "250 2.0.0 queued as 7", LATER)
    (sent,) = box()
    assert (begun.outcome, begun.attempts, begun.message_id) == ("begun", 1, "<one@tienda.example>")
    assert (begun.sender, begun.claimed_until) == ("a", MONDAY + IN_FLIGHT_FOR)
    assert (sent.outcome, sent.words, sent.settled_at) == ("sent", "250 2.0.0 queued as 7", LATER)
    assert (sent.sender, sent.claimed_until) == (None, None)


def test_only_the_sender_that_claimed_a_message_can_begin_it(store, claimed, box):
    with Marker(store, "b") as marker:
        assert not marker.begin(claimed, "<one@tienda.example>", MONDAY)
    assert box()[0].outcome == "waiting"


def test_a_message_is_begun_once(store, claimed):
    with Marker(store, "a") as marker:
        assert marker.begin(claimed, "<one@tienda.example>", MONDAY)
        assert not marker.begin(claimed, "<one@tienda.example>", MONDAY)


@pytest.mark.parametrize("outcome", [Outcome.SENT, Outcome.SUPPRESSED, Outcome.UNCERTAIN, Outcome.FAILED])
def test_a_settled_message_cannot_be_begun_again(store, claimed, box, outcome):
    box(1, "received", outcome=outcome)
    with Marker(store, "a") as marker:
        assert not marker.begin(claimed, "<one@tienda.example>", MONDAY)


def test_a_receipt_counts_whoever_brings_it_if_it_is_for_this_very_mail(store, claimed, box):
    """A sender that was thought dead comes back with the server's 250: the mail is out."""
    with Marker(store, "a") as marker:
        marker.begin(claimed, "<one@tienda.example>", MONDAY)
    box(1, "received", outcome=Outcome.UNCERTAIN, sender=None, claimed_until=None)
    with Marker(store, "a") as late:
        late.sent(claimed, "<other@tienda.example>", "250 ok", LATER)
        (untouched,) = box()
        late.sent(claimed, "<one@tienda.example>", "250 ok", LATER)
    (sent,) = box()
    assert (untouched.outcome, sent.outcome) == ("uncertain", "sent")


def test_only_the_sender_that_claimed_a_message_can_give_it_back(store, claimed, box):
    with Marker(store, "a") as marker:
        marker.begin(claimed, "<one@tienda.example>", MONDAY)
    with Marker(store, "b") as stranger:
        stranger.back(Settled(claimed, Outcome.FAILED, "refused_by_server"), LATER)
    assert box()[0].outcome == "begun"


def test_a_message_that_was_not_taken_is_deferred_until_an_instant(store, claimed, box):
    with Marker(store, "a") as marker:
        marker.begin(claimed, "<one@tienda.example>", MONDAY)
        marker.back(Settled(claimed, Outcome.DEFERRED, "rate_limited", "451 later", LATER), MONDAY)
    (row,) = box()
    assert (row.outcome, row.reason, row.words) == ("deferred", "rate_limited", "451 later")
    assert (row.due_at, row.settled_at) == (LATER, None)


def test_a_message_that_was_refused_has_failed_with_the_servers_words(store, claimed, box):
    with Marker(store, "a") as marker:
        marker.begin(claimed, "<one@tienda.example>", MONDAY)
        marker.back(Settled(claimed, Outcome.FAILED, "refused_by_server", "550 " + "no" * 400), LATER)
    (row,) = box()
    assert (row.outcome, row.settled_at, len(row.words)) == ("failed", LATER, 400)


def test_the_connection_that_marks_waits_for_the_disk_again_when_it_goes_back(store, claimed):
    with Marker(store, "a"):
        pass
    is_sqlite = store.dialect.name == "sqlite"
    with store.connect() as connection:
        asked = "PRAGMA synchronous" if is_sqlite else "SHOW synchronous_commit"
        assert connection.execute(text(asked)).scalar_one() in {2, "on"}
