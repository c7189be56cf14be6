"""Senders killed with SIGKILL in the middle of their work: nothing is lost and nothing is sent twice."""

import os
import random
import signal
import threading
import time

import pytest
from a_killable import is_alive
from a_mailbox import KEPT, AMailbox
from an_order import fill, two_parcels
from sqlalchemy import update

from postventa.rules.messages import Outcome
from postventa.store.messages import OutboxRow
from tasks.messages import send_messages


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_for_the_end(pid)


def wait_for_the_end(pid: int) -> None:
    until = time.monotonic() + 60
    while is_alive(pid):
        assert time.monotonic() < until
        time.sleep(0.005)


@pytest.fixture
def owed(house, mailbox, place, monday, monkeypatch):
    """Fills the store so that it owes so many messages, four to each customer."""
    monkeypatch.setenv("POSTVENTA_CLOCK", monday.isoformat())
    house(smtp_port=mailbox.port)
    return lambda messages: fill(place, map(two_parcels, range(1, messages // 4 + 1)), monday)


@pytest.mark.parametrize(
    ("store_url", "messages"),
    [
        ("postgresql", 2_000),
        ("sqlite", 600),
        pytest.param("sqlite", 2_000, marks=[pytest.mark.large]),
    ],
    indirect=["store_url"],
)
def test_a_sender_killed_at_random_points_of_very_many_messages_loses_and_doubles_none(
    owed, killables, mailbox, outcomes, settled_truly, messages
):
    owed(messages)
    assert outcomes()["waiting"] == messages
    dice = random.Random()
    kills = 3
    between = messages * 9 // 40
    for round_ in range(kills):
        pid = killables.start()
        mailbox.wait_for(round_ * between + dice.randint(20, between - 30))
        kill(pid)
    wait_for_the_end(killables.start())
    counted = settled_truly(mailbox)
    assert counted["sent"] + counted["uncertain"] == messages
    assert counted["uncertain"] <= kills
    assert len(mailbox.letters) >= messages - kills


def test_two_senders_killed_at_once_leave_at_most_one_message_each_in_doubt(
    owed, killables, mailbox, outcomes, settled_truly
):
    owed(400)
    pids = [killables.start(), killables.start()]
    mailbox.wait_for(random.Random().randint(60, 250))
    for pid in pids:
        kill(pid)
    send_messages.fn("email")
    counted = settled_truly(mailbox)
    assert counted["sent"] + counted["uncertain"] == 400
    assert counted["uncertain"] <= len(pids)
    assert outcomes()["waiting"] == 0


@pytest.fixture
def stuck(house, configuration, place, monday, monkeypatch, killables):
    """A sender that was killed between the hand-over of its third letter and the server's answer."""
    let_go = threading.Event()

    def answer(letter):
        if len(mailbox.offered) == 3:
            mailbox.letters.append(letter)  # kept, and the answer never comes
            let_go.wait(10)
            return None
        return KEPT

    monkeypatch.setenv("POSTVENTA_CLOCK", monday.isoformat())
    fill(place, map(two_parcels, range(1, 4)), monday)
    with AMailbox(answer) as mailbox:
        house(smtp_port=mailbox.port)
        pid = killables.start()
        mailbox.wait_for(3)
        kill(pid)
        let_go.set()
        mailbox.answer = lambda _letter: KEPT
        yield mailbox


def test_a_message_in_doubt_waits_for_a_person_and_the_others_go(stuck, outcomes, settled_truly):
    done = send_messages.fn("email")
    assert done.in_doubt == 1
    assert settled_truly(stuck) == {"sent": 11, "uncertain": 1, "suppressed": 6}
    assert len(stuck.letters) == 12


def test_by_policy_a_message_in_doubt_goes_again_under_the_same_message_id(
    stuck, house, configuration, outcomes
):
    configuration["policy"] = {"uncertain": "resend"}
    house()
    assert send_messages.fn("email").in_doubt == 1
    assert outcomes()["sent"] == 12
    doubled = [letter for letter in stuck.letters if stuck.ids()[letter.message_id] == 2]
    assert [letter.message for letter in doubled] == [doubled[0].message] * 2
    assert len(stuck.letters) == 13
    assert stuck.of(1) == ["received", "paid", "shipped", "shipped", "shipped"]


def test_a_killed_sender_of_another_machine_is_waited_for_and_then_recovered(
    stuck, place, outcomes, monkeypatch
):
    with place.store.begin() as connection:
        connection.execute(
            update(OutboxRow).where(OutboxRow.sender.is_not(None)).values(sender="elsewhere:7:0badcafe")
        )
    assert send_messages.fn("email").outcomes == {}
    assert outcomes()["begun"] == 1
    with place.store.begin() as connection:
        lapsed = update(OutboxRow).where(OutboxRow.sender.is_not(None))
        connection.execute(lapsed.values(claimed_until=OutboxRow.owed_at))
    assert send_messages.fn("email").in_doubt == 1
    assert outcomes() == {Outcome.SENT: 11, Outcome.UNCERTAIN: 1, Outcome.SUPPRESSED: 6}
