"""Turns: one run at a time, and a dead run's turn is free."""

from datetime import timedelta

import pytest
from some_orders import MONDAY

from postventa.store import leases
from postventa.store.leases import HELD_FOR
from postventa.store.senders import new_sender

ONE, OTHER = new_sender(), new_sender()
A_MOMENT = timedelta(seconds=1)


@pytest.fixture
def take(store):
    def ask(holder, *, at=MONDAY, name="orders:tienda"):
        with store.begin() as connection:
            return leases.take(connection, name, holder, at)

    return ask


def test_a_turn_that_is_held_is_not_given_to_another(take):
    assert take(ONE)
    assert not take(OTHER)
    assert not take(OTHER, at=MONDAY + HELD_FOR)


def test_turns_of_different_names_are_different(take):
    assert take(ONE)
    assert take(OTHER, name="orders:otra")


def test_a_turn_that_has_lapsed_is_free(take):
    assert take(ONE)
    assert take(OTHER, at=MONDAY + HELD_FOR + A_MOMENT)
    assert not take(ONE, at=MONDAY + HELD_FOR + A_MOMENT)


def test_a_turn_given_back_is_free(store, take):
    assert take(ONE)
    with store.begin() as connection:
        leases.give_back(connection, "orders:tienda", ONE)
    assert take(OTHER)


def test_nobody_gives_back_the_turn_of_another(store, take):
    assert take(ONE)
    with store.begin() as connection:
        leases.give_back(connection, "orders:tienda", OTHER)
        leases.renew(connection, "orders:tienda", OTHER, MONDAY + HELD_FOR)
    assert not take(OTHER)
    assert take(OTHER, at=MONDAY + HELD_FOR + A_MOMENT)


def test_a_turn_can_be_held_longer(store, take):
    assert take(ONE)
    with store.begin() as connection:
        leases.renew(connection, "orders:tienda", ONE, MONDAY + HELD_FOR)
    assert not take(OTHER, at=MONDAY + HELD_FOR + A_MOMENT)


def test_the_turn_of_a_dead_process_is_free_at_once(take, a_dead_sender):
    assert take(a_dead_sender)
    assert take(ONE)
