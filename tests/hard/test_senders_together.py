"""Several senders at the same outbox: no message twice, no step of an order before the one that comes first."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from a_mailbox import KEPT, AMailbox
from an_order import PLACED, fill, raw_order, stamp, two_parcels
from sqlalchemy import update

from postventa import clock, sending
from postventa.rules.messages import Outcome
from postventa.store import claims, outbox
from postventa.store.claims import claim
from postventa.store.messages import OutboxRow
from postventa.store.outbox import finish, recover
from postventa.store.senders import is_gone, new_sender
from tasks.messages import send_messages

IN_TURN = ["received", "paid", "shipped", "shipped"]


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(sending, "BATCH", 20)


@pytest.mark.parametrize(
    ("store_url", "senders"), [("sqlite", 2), ("postgresql", 2), ("postgresql", 4)], indirect=["store_url"]
)
def test_senders_at_once_send_each_message_once_and_in_turn(
    senders, house, place, mailbox, monday, small_batches, settled_truly
):
    house(smtp_port=mailbox.port)
    orders = 60
    fill(place, map(two_parcels, range(1, orders + 1)), monday)
    with ThreadPoolExecutor(senders) as pool, clock.clock_set_to(monday):
        done = list(pool.map(lambda number: send_messages.fn("email", number), range(senders)))
    assert settled_truly(mailbox) == {"sent": 4 * orders, "suppressed": 2 * orders}
    assert all(mailbox.of(ref) == IN_TURN for ref in range(1, orders + 1))
    assert sum((one.outcomes for one in done), Counter())["sent"] == 4 * orders
    assert sum(bool(one.outcomes["sent"]) for one in done) > 1, "one sender did all the work"


def test_towards_the_end_a_sender_claims_less_so_that_the_others_have_their_part(
    house, place, mailbox, monday, monkeypatch, configuration
):
    configuration["channels"]["email"]["connections"] = 2
    monkeypatch.setattr(sending, "BATCH", 30)
    monkeypatch.setattr(sending, "LEAST", 4)
    claimed = []

    def noted(*words, **names):
        claimed.append(claim(*words, **names))
        return claimed[-1]

    monkeypatch.setattr(claims, "claim", noted)
    house(smtp_port=mailbox.port)
    fill(place, map(raw_order, range(1, 51)), monday)
    sending.send_due("email")
    assert [len(rows) for rows in claimed] == [26, 18, 14, 10, 8, 6, 4, 4, 4, 4, 2, 0]


def test_an_order_in_one_senders_hands_is_not_touched_by_another(house, place, mailbox, monday, outcomes):
    house(smtp_port=mailbox.port)
    fill(place, [two_parcels(1), two_parcels(2)], monday)
    other = new_sender()
    with place.store.begin() as connection:
        held = claim(connection, other, monday, clock.wall(), 1)
    assert len(held) == 4
    send_messages.fn("email")
    assert {letter.order for letter in mailbox.letters} == {"2"}
    with place.store.begin() as connection:
        finish(connection, other, [], [], monday)
    send_messages.fn("email")
    assert mailbox.of(1) == IN_TURN


def test_news_of_an_order_in_one_senders_hands_does_not_overtake_what_that_sender_holds(
    house, place, mailbox, monday
):
    house(smtp_port=mailbox.port)
    fill(place, [raw_order(1)], monday)
    other = new_sender()
    with place.store.begin() as connection:
        assert len(claim(connection, other, monday, clock.wall(), 10)) == 2
    fill(place, [raw_order(1, "preparing", date_paid_gmt=stamp(PLACED))], monday)
    assert send_messages.fn("email").outcomes == {}
    with place.store.begin() as connection:
        finish(connection, other, [], [], monday)
    send_messages.fn("email")
    assert mailbox.of(1) == ["received", "paid", "in_preparation"]


def test_a_holder_whose_lease_lapsed_while_it_lives_sends_nothing_a_second_time(
    house, place, monday, outcomes, settled_truly
):
    """The first letter takes so long that the rest of the batch is claimed, and sent, by somebody else."""
    slow, go_on = threading.Event(), threading.Event()

    def answer(letter):
        if len(mailbox.offered) == 1:
            slow.set()
        return KEPT

    with AMailbox(answer) as mailbox:
        house(smtp_port=mailbox.port)
        fill(place, map(two_parcels, range(1, 6)), monday)
        real_begin = sending.Marker.begin

        def begin(marker, row_id, message_id, wall):
            if threading.current_thread().name.startswith("slow") and slow.is_set():
                go_on.wait(10)
            return real_begin(marker, row_id, message_id, wall)

        with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1, "slow") as pool:
            patch.setattr(sending.Marker, "begin", begin)
            first = pool.submit(send_messages.fn, "email")
            assert slow.wait(10)
            with place.store.begin() as connection:
                lapsed = update(OutboxRow).where(OutboxRow.sender.is_not(None))
                connection.execute(lapsed.values(claimed_until=clock.wall() - timedelta(seconds=1)))
            second = send_messages.fn("email")
            go_on.set()
            assert first.result(10).outcomes["sent"] == 1
        assert second.outcomes["sent"] == 19
        assert all(mailbox.of(ref) == IN_TURN for ref in range(1, 6))
        assert settled_truly(mailbox)["sent"] == 20


def test_a_late_receipt_settles_what_was_thought_to_be_in_doubt(house, place, mailbox, monday, outcomes):
    """The wall clock leaps while a letter is on its way; the receipt comes after the letter was given up."""
    house(smtp_port=mailbox.port)
    fill(place, [raw_order(1, "pending")], monday)
    leapt = clock.wall() + timedelta(hours=1)
    answers = []

    def answer(_letter):
        with place.store.begin() as connection:
            answers.append(recover(connection, leapt, monday, "ask"))
        answers.append(outcomes()[Outcome.UNCERTAIN])
        return KEPT

    mailbox.answer = answer
    assert send_messages.fn("email").outcomes == {"sent": 1}
    assert answers == [1, 1]
    assert outcomes() == {Outcome.SENT: 1}


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)  # SQLite lets one recover at a time
def test_recovery_leaves_alone_what_another_sender_has_claimed_meanwhile(place, monday, monkeypatch):
    """Two senders recover the same dead one's messages; the slower must not free what the quicker holds by now."""
    fill(place, [two_parcels(1)], monday)
    dead, quick = "elsewhere:7:0badcafe", new_sender()
    with place.store.begin() as connection:
        claim(connection, dead, monday, clock.wall() - timedelta(hours=1), 10)
    seen = []

    def meanwhile(_sender):
        if not seen:
            seen.append(True)
            with place.store.begin() as other:
                recover(other, clock.wall(), monday, "ask")
                claim(other, quick, monday, clock.wall(), 10)
        return False

    monkeypatch.setattr(outbox, "is_gone", meanwhile)
    with place.store.begin() as connection:
        recover(connection, clock.wall(), monday, "ask")
    with place.reading() as connection:
        held = connection.execute(OutboxRow.__table__.select().where(OutboxRow.sender == quick)).all()
    assert len(held) == 4


def test_a_process_of_the_same_number_on_another_machine_is_not_taken_for_dead():
    ours = new_sender()
    machine, _, rest = ours.partition(":")
    assert not is_gone(ours)
    assert outbox.is_gone(f"{machine}:999999999:{rest[-8:]}")
    assert not outbox.is_gone(f"{machine[:-1]}?:999999999:{rest[-8:]}")


def test_a_clock_that_goes_back_delays_and_loses_nothing(house, place, mailbox, monday, outcomes):
    house(smtp_port=mailbox.port)
    with clock.clock_set_to(monday):
        fill(place, [two_parcels(1)], monday)
    with clock.clock_set_to(monday - timedelta(hours=1)):
        assert send_messages.fn("email").outcomes == {}
    assert outcomes()["waiting"] == 4
    with clock.clock_set_to(monday + timedelta(seconds=1)):
        send_messages.fn("email")
    assert mailbox.of(1) == IN_TURN


def test_a_message_that_must_wait_keeps_those_after_it_waiting(house, place, mailbox, monday, outcomes):
    house(smtp_port=mailbox.port)
    fill(place, [two_parcels(1)], monday)
    mailbox.answer = lambda letter: (
        "451 4.7.1 later" if letter.message == "paid" and len(mailbox.offered) < 3 else KEPT
    )
    first = send_messages.fn("email")
    assert first.outcomes == {"sent": 1, "deferred": 3}
    assert mailbox.of(1) == ["received"]
    assert send_messages.fn("email").outcomes == {}
    with clock.clock_set_to(monday + timedelta(minutes=2)):
        send_messages.fn("email")
    assert mailbox.of(1) == IN_TURN
