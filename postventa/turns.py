"""Turns: the guard against two runs doing the same work, kept in our own store.

Prefect's deployment limit is the first fence; this is the one that holds when a run is started by hand, when a
slot is stuck, or when two machines disagree.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from sqlalchemy.exc import DBAPIError

from postventa import clock
from postventa.store import leases
from postventa.store.senders import new_sender
from postventa.workplace import Workplace

RENEW_SECONDS = 30.0

log = logging.getLogger(__name__)


@contextmanager
def take_turn(place: Workplace, name: str) -> Iterator[bool]:
    """Holds the turn `name` for as long as the block runs; yields False, at once, if another run has it."""
    holder = new_sender()
    with place.store.begin() as connection:
        is_ours = leases.take(connection, name, holder, clock.wall())
    if not is_ours:
        yield False
        return
    over = Event()
    keeper = Thread(target=_keep, args=(place, name, holder, over), daemon=True)
    keeper.start()
    try:
        yield True
    finally:
        over.set()
        keeper.join()
        with place.store.begin() as connection:
            leases.give_back(connection, name, holder)


def _keep(place: Workplace, name: str, holder: str, over: Event) -> None:
    while not over.wait(RENEW_SECONDS):
        try:
            with place.store.begin() as connection:
                leases.renew(connection, name, holder, clock.wall())
        except DBAPIError as trouble:
            # The lease outlives some missed renewals; a keeper that dies of one would let it lapse.
            log.warning("the turn %s could not be renewed: %s", name, type(trouble.orig).__name__)
