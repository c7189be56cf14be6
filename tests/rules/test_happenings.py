"""What a shop's description means: events between what was known and what it says now."""

from datetime import UTC, datetime, timedelta

import pytest

from postventa.rules.happenings import Happening, Known, Said, happenings, parcel_arrived
from postventa.rules.orders import Event, FulfilmentState, OrderState, PaymentState, Stage
from postventa.rules.shipments import ShipmentStatus

PLACED = datetime(2026, 11, 2, 8, tzinfo=UTC)
PAID = PLACED + timedelta(minutes=5)
LEFT = PLACED + timedelta(days=1)
NOW = PLACED + timedelta(days=2)
ON_ITS_WAY = ShipmentStatus.IN_TRANSIT
ARRIVED = ShipmentStatus.DELIVERED


def said(payment: str = "pending", goods: str = "unfulfilled", sale: str = "open", **more) -> Said:
    facts = {"needs_shipping": True, "placed_at": PLACED, "paid_at": None, "at": NOW}
    return Said(OrderState(sale), PaymentState(payment), FulfilmentState(goods), **{**facts, **more})


def known(stage: Stage, payment: str = "paid", **more) -> Known:
    return Known(stage, PaymentState(payment), **more)


def events(before: Known, now: Said) -> list[Event]:
    return [happening.event for happening in happenings(before, now)]


def test_a_new_order_is_placed_when_its_shop_says_it_was():
    assert happenings(Known(), said()) == (Happening(Event.ORDER_PLACED, PLACED),)


def test_a_draft_is_not_an_order_yet():
    assert events(Known(), said(sale="draft")) == []


def test_a_paid_order_is_paid_when_its_shop_says_it_was():
    assert Happening(Event.PAYMENT_RECEIVED, PAID) in happenings(Known(), said("paid", paid_at=PAID))


def test_a_payment_without_an_instant_happened_when_the_order_was_touched():
    before = known(Stage.RECEIVED, "pending")
    assert happenings(before, said("paid")) == (Happening(Event.PAYMENT_RECEIVED, NOW),)


def test_a_payment_is_heard_once():
    assert events(known(Stage.PAID), said("paid")) == []


def test_a_part_given_back_was_paid_before():
    assert Event.PAYMENT_RECEIVED in events(Known(), said("partially_refunded"))


def test_a_new_order_whose_payment_failed_is_not_placed():
    assert events(Known(), said("failed")) == [Event.PAYMENT_FAILED]


def test_an_order_whose_payment_failed_at_first_is_placed_when_it_is_paid():
    before = known(Stage.NEW, "failed")
    assert events(before, said("paid")) == [Event.ORDER_PLACED, Event.PAYMENT_RECEIVED]


def test_a_payment_that_fails_later_is_heard_once():
    assert events(known(Stage.RECEIVED, "pending"), said("failed")) == [Event.PAYMENT_FAILED]
    assert events(known(Stage.RECEIVED, "failed"), said("failed")) == []


def test_a_jump_from_paid_to_completed_without_tracking_is_one_shipment():
    assert events(known(Stage.PAID), said("paid", "shipped", "completed")) == [Event.SHIPPED_UNTRACKED]


def test_an_order_heard_of_when_it_is_completed_was_placed_paid_and_shipped():
    assert events(Known(), said("paid", "shipped", "completed")) == [
        Event.ORDER_PLACED,
        Event.PAYMENT_RECEIVED,
        Event.SHIPPED_UNTRACKED,
    ]


def test_two_parcels_leave_one_by_one_and_then_all_have_left():
    parcels = {"A1": LEFT, "B2": None}
    assert happenings(known(Stage.PAID), said("paid", "shipped", parcels=parcels)) == (
        Happening(Event.PARCEL_SHIPPED, LEFT, "A1"),
        Happening(Event.PARCEL_SHIPPED, NOW, "B2"),
        Happening(Event.ALL_SHIPPED, NOW),
    )


def test_a_parcel_that_left_is_not_heard_of_again():
    before = known(Stage.SHIPPED, parcels={"A1": ON_ITS_WAY}, left=frozenset({"A1"}))
    later = said("paid", "partially_shipped", parcels={"A1": LEFT, "B2": LEFT})
    assert happenings(before, later) == (Happening(Event.PARCEL_SHIPPED, LEFT, "B2"),)


def test_a_label_without_an_instant_has_not_left_while_the_shop_says_nothing_did():
    assert events(known(Stage.PAID), said("paid", "in_preparation", parcels={"A1": None})) == [
        Event.PREPARATION_STARTED
    ]


@pytest.mark.parametrize("goods", ["partially_shipped", "partially_delivered"])
def test_parcels_of_a_part_have_left_and_more_may_come(goods):
    assert events(known(Stage.PAID), said("paid", goods, parcels={"A1": None})) == [Event.PARCEL_SHIPPED]


def test_tracking_after_an_untracked_shipment_is_a_parcel_that_left():
    before = known(Stage.SHIPPED, is_all_shipped=True)
    assert events(before, said("paid", "shipped", parcels={"A1": None})) == [Event.PARCEL_SHIPPED]


def test_a_parcel_known_from_before_makes_a_shipment_a_tracked_one():
    before = known(Stage.PAID, parcels={"A1": ShipmentStatus.PENDING})
    assert events(before, said("paid", "shipped")) == [Event.ALL_SHIPPED]


def test_what_arrived_before_the_shop_completed_the_order_was_everything():
    before = known(Stage.SHIPPED, parcels={"A1": ARRIVED}, left=frozenset({"A1"}))
    assert events(before, said("paid", "shipped", parcels={"A1": LEFT})) == [
        Event.ALL_SHIPPED,
        Event.ALL_DELIVERED,
    ]


@pytest.mark.parametrize("goods", ["partially_shipped", "partially_delivered"])
def test_what_arrived_of_a_part_is_not_everything(goods):
    before = known(Stage.SHIPPED, parcels={"A1": ARRIVED}, left=frozenset({"A1"}))
    assert events(before, said("paid", goods, parcels={"A1": LEFT})) == []


def test_a_parcel_named_only_now_has_not_arrived_with_the_others():
    before = known(Stage.SHIPPED, parcels={"A1": ARRIVED}, left=frozenset({"A1"}))
    assert Event.ALL_DELIVERED not in events(
        before, said("paid", "shipped", parcels={"A1": LEFT, "B2": LEFT})
    )


def test_a_shop_that_says_delivered_is_believed():
    assert events(known(Stage.PAID), said("paid", "delivered")) == [
        Event.SHIPPED_UNTRACKED,
        Event.ALL_DELIVERED,
    ]


def test_goods_that_need_no_shipping_are_completed_and_not_shipped():
    assert events(known(Stage.PAID), said("paid", "delivered", needs_shipping=False)) == [
        Event.COMPLETED_UNSHIPPED
    ]


@pytest.mark.parametrize("goods", ["on_hold", "backordered"])
def test_an_order_is_held_once_and_resumed_once(goods):
    assert events(known(Stage.PAID), said("paid", goods)) == [Event.HELD]
    assert events(known(Stage.PAID, is_held=True), said("paid", goods)) == []
    assert events(known(Stage.PAID, is_held=True), said("paid", "in_preparation")) == [
        Event.RESUMED,
        Event.PREPARATION_STARTED,
    ]


def test_packing_is_heard():
    assert events(known(Stage.PAID), said("paid", "ready_to_ship")) == [Event.PACKED]


@pytest.mark.parametrize("sale", ["cancelled", "expired"])
def test_a_cancelled_order_is_only_cancelled_whatever_else_it_says(sale):
    later = said("paid", "shipped", sale, parcels={"A1": LEFT})
    assert happenings(known(Stage.RECEIVED, "pending"), later) == (Happening(Event.CANCELLED, NOW),)


def test_an_order_that_its_shop_refunds_in_full_is_refunded_and_not_cancelled():
    assert events(known(Stage.PAID), said("refunded", "cancelled", "cancelled")) == [Event.REFUNDED]


def test_a_stop_is_heard_once():
    assert events(known(Stage.CANCELLED, "cancelled"), said("cancelled", sale="cancelled")) == []
    assert events(known(Stage.REFUNDED, "refunded"), said("refunded")) == []


def test_an_order_cancelled_before_it_was_ever_heard_of_was_never_placed():
    assert events(Known(), said("cancelled", "cancelled", "cancelled")) == [Event.CANCELLED]


def test_a_reopened_order_is_heard_anew():
    before = known(
        Stage.CANCELLED, "paid", is_all_shipped=True, parcels={"A1": ON_ITS_WAY}, left=frozenset("A")
    )
    assert events(before, said("paid", "shipped", parcels={"A": LEFT})) == [
        Event.REOPENED,
        Event.PAYMENT_RECEIVED,
        Event.ALL_SHIPPED,
    ]


@pytest.mark.parametrize("stage", [Stage.CANCELLED, Stage.REFUNDED])
def test_a_payment_that_fails_does_not_reopen_an_order(stage):
    assert events(known(stage, "cancelled"), said("failed")) == [Event.PAYMENT_FAILED]


def test_an_old_order_that_somebody_edits_is_as_old_as_its_last_dated_step():
    long_ago = PLACED - timedelta(days=90)
    old = said("paid", "shipped", "completed", placed_at=long_ago, paid_at=long_ago, completed_at=long_ago)
    assert {happening.at for happening in happenings(Known(), old)} == {long_ago}


def test_the_last_parcel_of_a_wholly_shipped_order_completes_it():
    before = known(Stage.SHIPPED, is_all_shipped=True, parcels={"A1": ARRIVED, "B2": ON_ITS_WAY})
    assert parcel_arrived(before, "B2", NOW) == (Happening(Event.ALL_DELIVERED, NOW, "B2"),)


@pytest.mark.parametrize(
    "before",
    [
        known(Stage.SHIPPED, is_all_shipped=False, parcels={"A1": ON_ITS_WAY}),
        known(Stage.SHIPPED, is_all_shipped=True, parcels={"A1": ON_ITS_WAY, "B2": ON_ITS_WAY}),
        known(Stage.SHIPPED, is_all_shipped=True, parcels={"B2": ShipmentStatus.READY_FOR_PICKUP}),
    ],
)
def test_a_partial_delivery_is_not_a_delivery(before):
    assert parcel_arrived(before, "A1", NOW) == (Happening(Event.PARCEL_DELIVERED, NOW, "A1"),)


def test_a_further_parcel_after_everything_had_arrived_is_told_by_itself():
    before = known(
        Stage.SHIPPED, is_all_shipped=True, was_delivered=True, parcels={"A1": ARRIVED, "C3": ON_ITS_WAY}
    )
    assert [happening.event for happening in parcel_arrived(before, "C3", NOW)] == [
        Event.PARCEL_DELIVERED,
        Event.ALL_DELIVERED,
    ]


def test_the_next_parcel_of_a_batch_knows_what_the_last_one_did():
    before = known(Stage.PAID, is_all_shipped=True, parcels={"A1": ON_ITS_WAY, "B2": ON_ITS_WAY})
    after = before.after(Stage.SHIPPED, "A1", ARRIVED, has_left=True)
    assert (after.stage, after.left) == (Stage.SHIPPED, {"A1"})
    assert parcel_arrived(after, "B2", NOW)[0].event is Event.ALL_DELIVERED
    assert before.after(Stage.PAID, "B2", ShipmentStatus.PENDING, has_left=False).left == frozenset()
