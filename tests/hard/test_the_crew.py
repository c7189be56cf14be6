"""Senders in processes of their own: they do what a sender does, and one that dies is stood in for."""

import os
import signal

import pytest
from a_mailbox import KEPT
from an_order import fill, two_parcels

from postventa import crew
from postventa.settings import BadConfiguration
from postventa.store.messages import AttemptRow

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)  # whose senders share a lock


@pytest.fixture
def hand(monkeypatch):
    """The second sender's process, taken on however little is due."""
    hand = crew.Hand(2)
    monkeypatch.setattr(crew, "_hand", lambda _number: hand)
    monkeypatch.setattr(crew, "WORTH_A_START", 1)
    monkeypatch.setattr(crew, "BATCH", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    yield hand
    hand.dismiss()


@pytest.fixture
def owed(house, mailbox, place, monday, monkeypatch):
    """Fills the store so that it owes four messages for each of these orders."""
    monkeypatch.setenv("POSTVENTA_CLOCK", monday.isoformat())
    house(smtp_port=mailbox.port)
    return lambda numbers: fill(place, map(two_parcels, numbers), monday)


@pytest.fixture
def pids(place):
    """The processes that have handed letters over, in turn."""

    def named():
        with place.reading() as connection:
            rows = connection.execute(AttemptRow.__table__.select().order_by(AttemptRow.id)).all()
        return list(dict.fromkeys(int(row.sender.split(":")[1]) for row in rows))

    return named


def test_the_second_sender_is_a_process_that_stays_for_the_next_run(owed, hand, mailbox, pids, settled_truly):
    owed(range(1, 4))
    assert crew.send_together("email", 2).outcomes == {"sent": 12}
    owed(range(4, 6))
    assert crew.send_together("email", 2).outcomes == {"sent": 8}
    (pid,) = pids()
    assert pid != os.getpid()
    assert hand.is_there
    assert settled_truly(mailbox) == {"sent": 20, "suppressed": 10}
    hand.dismiss()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_process_that_is_killed_is_stood_in_for_by_this_one(owed, hand, mailbox, pids, settled_truly):
    owed(range(1, 6))

    def answer(_letter):
        if len(mailbox.offered) == 7:
            os.kill(hand._process.pid, signal.SIGKILL)
        return KEPT

    mailbox.answer = answer
    done = crew.send_together("email", 2)
    counted = settled_truly(mailbox)
    assert (done.in_doubt, counted["uncertain"]) == (1, 1)
    assert counted["sent"] == 19
    assert len(mailbox.letters) == 20
    assert done.outcomes["sent"] == 13
    assert pids()[-1] == os.getpid()


def test_what_goes_wrong_in_the_process_is_met_and_told_by_this_one(owed, hand, house, configuration):
    owed([1])
    configuration["channels"]["email"] |= {"user_env": "NO_SUCH_USER", "password_env": "NO_SUCH_PASSWORD"}
    house()
    with pytest.raises(BadConfiguration, match="NO_SUCH_USER"):
        crew.send_together("email", 2)
    assert hand.is_there


def test_where_little_is_due_no_process_is_started(owed, hand, mailbox, pids, monkeypatch):
    monkeypatch.setattr(crew, "WORTH_A_START", 5)
    owed([1])
    assert crew.send_together("email", 2).outcomes["sent"] == 4
    assert pids() == [os.getpid()]
    assert not hand.is_there
