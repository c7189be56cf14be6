"""Several senders at once on PostgreSQL: every order is claimed, and none by two."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from some_orders import MONDAY

from postventa.store import claims


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_four_senders_share_five_hundred_orders_and_none_twice(store, owing):
    ids = owing(500, ("received", "paid"))
    together = Barrier(4)

    def work(sender: str) -> list[tuple[int, str]]:
        together.wait()
        mine = []
        while True:
            with store.begin() as connection:
                claimed = claims.claim(connection, sender, MONDAY, MONDAY, 20)
            if not claimed:
                return mine
            mine += [(row.order_id, row.message) for row in claimed]

    with ThreadPoolExecutor(4) as senders:
        shares = list(senders.map(work, "abcd"))
    taken = Counter(one for share in shares for one in share)
    assert set(taken.values()) == {1}
    assert {order for share in shares for order, _ in share} == set(ids)
    assert all(set(share[::2]) == {(order, "received") for order, _ in share} for share in shares)


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_sender_that_was_overtaken_between_its_question_and_its_lock_asks_again(store, owing, monkeypatch):
    orders = owing(40, ("received",))
    lock = claims._lock

    def overtaken(connection, lane, ids):
        monkeypatch.setattr(claims, "_lock", lock)
        with store.begin() as quicker:
            assert len(claims.claim(quicker, "quicker", MONDAY, MONDAY, 20)) == 20
        return lock(connection, lane, ids)

    monkeypatch.setattr(claims, "_lock", overtaken)
    with store.begin() as connection:
        claimed = claims.claim(connection, "slower", MONDAY, MONDAY, 20)
    assert {row.order_id for row in claimed} == set(orders[20:])


def test_an_order_in_another_senders_hands_is_left_alone_at_once(store, owing, box):
    ids = owing(2, ("received", "paid"))
    with store.begin() as connection:
        held = claims.claim(connection, "a", MONDAY, MONDAY, 1)
    assert {row.order_id for row in held} == {ids[0]}
    box(2, "received", outcome="sent")
    box(2, "paid", outcome="sent")
    box(held[1].id, held[1].message, claimed_until=None, sender=None)
    with store.begin() as connection:
        assert claims.claim(connection, "b", MONDAY, MONDAY, 10) == []
