"""Several senders at once on PostgreSQL: every order is claimed, and none by two."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from some_orders import MONDAY

from postventa.store import outbox


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_four_senders_share_five_hundred_orders_and_none_twice(store, owing):
    ids = owing(500, ("received", "paid"))
    together = Barrier(4)

    def work(sender: str) -> list[tuple[int, str]]:
        together.wait()
        mine = []
        while True:
            with store.begin() as connection:
                claimed = outbox.claim(connection, sender, MONDAY, MONDAY, 20)
            if not claimed:
                return mine
            mine += [(row.order_id, row.message) for row in claimed]

    with ThreadPoolExecutor(4) as senders:
        shares = list(senders.map(work, "abcd"))
    taken = Counter(one for share in shares for one in share)
    assert set(taken.values()) == {1}
    assert {order for share in shares for order, _ in share} == set(ids)
    assert all(set(share[::2]) == {(order, "received") for order, _ in share} for share in shares)
