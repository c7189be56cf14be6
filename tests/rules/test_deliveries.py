"""Which duties an order begins, from when they count, and what has become of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from postventa.rules.deliveries import (
    RUNS,
    Sold,
    contracted_at,
    fate_of_delivery,
    fate_of_receipt,
    must_acknowledge,
    must_deliver,
)
from postventa.rules.driving import voice_of
from postventa.rules.escalation import ClockState, Voice
from postventa.rules.orders import Stage

PLACED = datetime(2026, 11, 3, 9, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
SOLD = Sold(Stage.PAID, PLACED, paid_at=PLACED)
DUE = PLACED + 30 * DAY


@pytest.mark.parametrize("stage", Stage)
def test_who_has_ordered_is_owed_a_receipt_unless_nothing_was_sold_or_it_was_before_our_time(stage):
    sold = replace(SOLD, stage=stage)
    wanted = stage not in {Stage.NEW, Stage.CANCELLED, Stage.REFUNDED}
    assert must_acknowledge(sold, PLACED) is wanted
    assert not must_acknowledge(sold, PLACED + SECOND)


@pytest.mark.parametrize("stage", Stage)
def test_goods_are_owed_once_the_shop_has_no_reason_to_wait_for_its_money(stage):
    wanted = stage not in {Stage.NEW, Stage.RECEIVED, Stage.CANCELLED, Stage.REFUNDED}
    assert must_deliver(replace(SOLD, stage=stage), PLACED) is wanted
    assert not must_deliver(replace(SOLD, stage=stage, needs_shipping=False), PLACED)


def test_of_what_was_sold_before_our_time_that_counts_which_was_on_its_way_and_not_too_old():
    began = PLACED + 30 * DAY
    assert must_deliver(SOLD, began - SECOND)
    assert not must_deliver(SOLD, began)
    assert not must_deliver(replace(SOLD, arrived_at=PLACED + DAY), began - SECOND)


def test_the_time_counts_from_the_order_and_from_a_payment_that_came_days_later():
    assert contracted_at(replace(SOLD, paid_at=None)) == PLACED
    assert contracted_at(replace(SOLD, paid_at=PLACED + DAY)) == PLACED
    assert contracted_at(replace(SOLD, paid_at=PLACED + DAY + SECOND)) == PLACED + DAY + SECOND


def test_a_receipt_is_met_by_its_letter_and_missed_by_a_delivery_that_came_first():
    sent = replace(SOLD, acknowledged_at=DUE - SECOND, stopped_at=DUE, arrived_at=DUE)
    assert fate_of_receipt(sent, DUE).state is ClockState.MET
    assert fate_of_receipt(replace(sent, acknowledged_at=DUE), DUE).state is ClockState.MISSED
    arrived = fate_of_receipt(replace(SOLD, arrived_at=PLACED + SECOND), DUE)
    assert (arrived.state, arrived.ended_at, arrived.runs) == (ClockState.MISSED, PLACED + SECOND, False)
    assert fate_of_receipt(replace(SOLD, stopped_at=DUE), DUE).state is ClockState.NOT_APPLICABLE
    assert fate_of_receipt(SOLD, DUE) == RUNS


def test_a_delivery_is_met_by_the_last_arrival_and_a_stopped_order_has_none():
    stopped = fate_of_delivery(replace(SOLD, stopped_at=PLACED, arrived_at=PLACED), DUE)
    assert stopped.state is ClockState.NOT_APPLICABLE
    assert fate_of_delivery(replace(SOLD, arrived_at=DUE - SECOND), DUE).state is ClockState.MET
    assert fate_of_delivery(replace(SOLD, arrived_at=DUE), DUE).state is ClockState.MISSED
    assert fate_of_delivery(SOLD, DUE) == RUNS


def test_what_left_and_nobody_can_follow_is_kept_in_the_shadow():
    untold = replace(SOLD, is_all_shipped=True, is_followed=False)
    assert fate_of_delivery(untold, DUE).is_shadow
    assert not fate_of_delivery(replace(untold, is_all_shipped=False), DUE).is_shadow
    assert not fate_of_delivery(replace(untold, is_followed=True), DUE).is_shadow


def test_a_duty_of_a_day_calls_by_its_ladder_and_at_its_end_and_no_more():
    clock = SimpleNamespace(
        id=1,
        started_at=PLACED,
        due_at=PLACED + DAY + SECOND,
        direction="trader_duty",
        is_shadow=False,
        is_statutory=True,
    )
    assert voice_of(clock, ()) is Voice.LADDER
    clock.due_at += SECOND
    assert voice_of(clock, ()) is Voice.FULL
