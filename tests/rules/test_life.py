"""The table of the chain: every row is there, and the rows that decide something are sentences."""

from typing import NamedTuple

import pytest

from postventa.rules.orders import CHAIN, LEGAL, LIFE, STOPPED, Event, Move, Stage, passed_over, rank, step


class Row(NamedTuple):
    stage: Stage
    event: Event
    move: Move


ROWS = [Row(stage, event, move) for stage, rows in LIFE.items() for event, move in rows.items()]
ALIVE = [stage for stage in Stage if stage not in STOPPED]
TOLD_AHEAD = [
    (Stage.NEW, Event.ORDER_PLACED, Stage.RECEIVED, "received"),
    (Stage.RECEIVED, Event.PAYMENT_RECEIVED, Stage.PAID, "paid"),
    (Stage.PAID, Event.PREPARATION_STARTED, Stage.IN_PREPARATION, "in_preparation"),
    (Stage.IN_PREPARATION, Event.PACKED, Stage.READY_TO_SHIP, "ready_to_ship"),
    (Stage.READY_TO_SHIP, Event.PARCEL_SHIPPED, Stage.SHIPPED, "shipped"),
    (Stage.SHIPPED, Event.ALL_DELIVERED, Stage.DELIVERED, "delivered"),
]


def test_every_stage_has_a_row_for_every_event():
    assert {(stage, event) for stage in Stage for event in Event} == {
        (stage, event) for stage, rows in LIFE.items() for event in rows
    }


def test_a_row_that_moves_nothing_says_why():
    assert [row for row in ROWS if not row.move.reason and row.move.to is row.stage] == []


@pytest.mark.parametrize(("stage", "event", "to", "tell"), TOLD_AHEAD)
def test_the_chain_walks_step_by_step_and_tells_each(stage, event, to, tell):
    assert step(stage, event) == Move(to, tell)


def test_a_stopped_order_is_told_nothing_until_it_is_reopened():
    stopped = [row for row in ROWS if row.stage in STOPPED and row.event is not Event.REOPENED]
    assert [row for row in stopped if row.move.tell or row.move.to not in STOPPED] == []


@pytest.mark.parametrize("stage", ALIVE)
def test_a_refund_of_everything_stops_an_order_wherever_it_stands(stage):
    assert step(stage, Event.REFUNDED) == Move(Stage.REFUNDED)


@pytest.mark.parametrize("stage", [stage for stage in ALIVE if stage is not Stage.DELIVERED])
def test_an_order_that_has_not_arrived_can_be_cancelled(stage):
    assert step(stage, Event.CANCELLED) == Move(Stage.CANCELLED)


def test_an_order_cancelled_after_delivery_stays_delivered_because_that_is_a_return():
    move = step(Stage.DELIVERED, Event.CANCELLED)
    assert (move.to, move.tell) == (Stage.DELIVERED, None)
    assert "return" in move.reason


def test_a_cancelled_order_that_is_refunded_later_is_refunded():
    assert step(Stage.CANCELLED, Event.REFUNDED) == Move(Stage.REFUNDED)


def test_a_refunded_order_is_not_cancelled_as_well():
    assert step(Stage.REFUNDED, Event.CANCELLED).to is Stage.REFUNDED


@pytest.mark.parametrize("stage", sorted(STOPPED))
def test_a_reopened_order_begins_again_as_received(stage):
    assert step(stage, Event.REOPENED) == Move(Stage.RECEIVED, "received")


@pytest.mark.parametrize("stage", ALIVE)
def test_only_a_stopped_order_can_be_reopened(stage):
    move = step(stage, Event.REOPENED)
    assert (move.to, move.tell, move.reason) == (stage, None, "the order was not stopped")


@pytest.mark.parametrize("stage", [s for s in ALIVE if rank(s) > rank(Stage.PAID)])
def test_an_order_paid_at_the_door_or_later_is_told_so_and_stays_where_it_is(stage):
    move = step(stage, Event.PAYMENT_RECEIVED)
    assert (move.to, move.tell) == (stage, "paid")
    assert move.reason.startswith("paid after")


@pytest.mark.parametrize("event", [Event.PREPARATION_STARTED, Event.PACKED])
@pytest.mark.parametrize("stage", [Stage.SHIPPED, Stage.DELIVERED])
def test_preparation_heard_of_after_shipping_is_late_and_told_to_nobody(stage, event):
    move = step(stage, event)
    assert (move.to, move.tell) == (stage, None)
    assert move.reason.startswith("late")


def test_preparation_heard_of_after_packing_is_late():
    assert step(Stage.READY_TO_SHIP, Event.PREPARATION_STARTED).reason.startswith("late")


@pytest.mark.parametrize(
    ("stage", "event"),
    [
        (Stage.RECEIVED, Event.ORDER_PLACED),
        (Stage.PAID, Event.PAYMENT_RECEIVED),
        (Stage.IN_PREPARATION, Event.PREPARATION_STARTED),
        (Stage.READY_TO_SHIP, Event.PACKED),
        (Stage.SHIPPED, Event.SHIPPED_UNTRACKED),
        (Stage.DELIVERED, Event.ALL_DELIVERED),
        (Stage.DELIVERED, Event.PARCEL_DELIVERED),
        (Stage.CANCELLED, Event.CANCELLED),
        (Stage.REFUNDED, Event.REFUNDED),
    ],
)
def test_the_same_news_again_is_repeated(stage, event):
    move = step(stage, event)
    assert (move.to, move.tell) == (stage, None)
    assert move.reason.startswith("repeated")


def test_one_more_parcel_of_a_shipped_order_is_told():
    assert step(Stage.SHIPPED, Event.PARCEL_SHIPPED).tell == "shipped"


def test_a_further_parcel_takes_a_delivered_order_back_to_shipped():
    move = step(Stage.DELIVERED, Event.PARCEL_SHIPPED)
    assert (move.to, move.tell) == (Stage.SHIPPED, "shipped")


def test_one_parcel_of_several_is_told_and_the_order_is_not_delivered():
    assert step(Stage.SHIPPED, Event.PARCEL_DELIVERED).to is Stage.SHIPPED
    assert step(Stage.SHIPPED, Event.PARCEL_DELIVERED).tell == "delivered"


@pytest.mark.parametrize("event", [Event.HELD, Event.RESUMED, Event.PAYMENT_FAILED])
def test_holding_resuming_and_a_failed_payment_move_nothing_and_tell_nothing(event):
    rows = [row for row in ROWS if row.event is event]
    assert [row for row in rows if row.move.tell or row.move.to is not row.stage] == []


def test_goods_without_shipping_are_done_without_a_word():
    assert step(Stage.PAID, Event.COMPLETED_UNSHIPPED) == Move(Stage.DELIVERED)


def test_no_event_but_a_further_parcel_takes_a_living_order_back():
    back = [(row.stage, row.event) for row in ROWS if rank(row.move.to) < rank(row.stage)]
    assert [row for row in back if row[0] in ALIVE] == [(Stage.DELIVERED, Event.PARCEL_SHIPPED)]


def test_a_stopped_order_is_past_everything():
    assert {rank(stage) for stage in STOPPED} == {len(CHAIN)}


def test_a_jump_from_paid_to_shipped_passes_over_preparation_and_packing():
    move = step(Stage.PAID, Event.SHIPPED_UNTRACKED)
    assert passed_over(Stage.PAID, move, Event.SHIPPED_UNTRACKED) == (
        Stage.IN_PREPARATION,
        Stage.READY_TO_SHIP,
    )


def test_a_jump_to_delivered_passes_over_the_shipping_too():
    move = step(Stage.PAID, Event.ALL_DELIVERED)
    assert passed_over(Stage.PAID, move, Event.ALL_DELIVERED)[-1] is Stage.SHIPPED


def test_what_the_law_needs_is_never_passed_over():
    assert [row for row in ROWS if LEGAL & set(passed_over(row.stage, row.move, row.event))] == []


@pytest.mark.parametrize(
    ("stage", "event"),
    [
        (Stage.PAID, Event.CANCELLED),
        (Stage.PAID, Event.REFUNDED),
        (Stage.PAID, Event.COMPLETED_UNSHIPPED),
        (Stage.PAID, Event.PREPARATION_STARTED),
        (Stage.SHIPPED, Event.PACKED),
        (Stage.CANCELLED, Event.REOPENED),
    ],
)
def test_nothing_is_passed_over_where_an_order_stops_stays_or_takes_one_step(stage, event):
    assert passed_over(stage, step(stage, event), event) == ()
