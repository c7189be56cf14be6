"""From happenings to a course: the next stage, the log, and what is owed."""

from datetime import UTC, datetime, timedelta

from postventa.chain import Owe, advance
from postventa.rules.happenings import Happening
from postventa.rules.messages import Outcome
from postventa.rules.orders import Event, Stage

MONDAY = datetime(2026, 11, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
LONG_AGO = MONDAY - timedelta(days=30)
E = Event


def course(stage, *events, since=LONG_AGO, grace=timedelta(), parcel=None):
    happened = [Happening(event, MONDAY + HOUR * n, parcel) for n, event in enumerate(events)]
    return advance(stage, happened, backfill_since=since, grace=grace)


def owed(walked):
    return [(owe.message, owe.reason) for owe in walked.owed]


def test_an_order_walks_through_what_happened():
    walked = course(Stage.NEW, E.ORDER_PLACED, E.PAYMENT_RECEIVED)
    assert walked.stage is Stage.PAID
    assert owed(walked) == [("received", ""), ("paid", "")]
    assert [(line.event, line.stage) for line in walked.logged] == [
        ("order_placed", "received"),
        ("payment_received", "paid"),
    ]


def test_an_order_that_jumps_from_paid_to_completed_is_not_told_four_stale_things():
    walked = course(Stage.PAID, E.SHIPPED_UNTRACKED)
    assert owed(walked) == [
        ("in_preparation", "superseded"),
        ("ready_to_ship", "superseded"),
        ("shipped", ""),
    ]


def test_an_order_first_heard_of_when_completed_is_still_told_what_the_law_needs():
    walked = course(Stage.NEW, E.ORDER_PLACED, E.PAYMENT_RECEIVED, E.SHIPPED_UNTRACKED)
    assert [message for message, reason in owed(walked) if not reason] == ["received", "paid", "shipped"]


def test_news_that_is_repeated_leaves_no_trace():
    walked = course(Stage.IN_PREPARATION, E.PREPARATION_STARTED, E.ORDER_PLACED)
    assert (walked.stage, walked.logged, walked.owed) == (Stage.IN_PREPARATION, (), ())


def test_late_news_is_logged_with_its_reason_and_tells_nobody():
    walked = course(Stage.SHIPPED, E.PACKED)
    assert [line.reason for line in walked.logged] == ["late: the order is past that"]
    assert walked.owed == ()


def test_what_happened_before_the_cut_off_moves_the_order_and_tells_nobody():
    walked = course(Stage.NEW, E.ORDER_PLACED, E.PAYMENT_RECEIVED, since=MONDAY + HOUR)
    assert walked.stage is Stage.PAID
    assert owed(walked) == [("received", "backfill_cutoff"), ("paid", "")]


def test_what_a_step_before_the_cut_off_passed_over_is_cut_off_too():
    walked = course(Stage.PAID, E.SHIPPED_UNTRACKED, since=MONDAY + HOUR)
    assert {reason for _, reason in owed(walked)} == {"backfill_cutoff"}


def test_a_shipment_without_a_number_waits_for_one_and_a_parcel_does_not():
    untracked = course(Stage.READY_TO_SHIP, E.SHIPPED_UNTRACKED, grace=4 * HOUR)
    assert [owe.wait for owe in untracked.owed] == [4 * HOUR]
    tracked = course(Stage.READY_TO_SHIP, E.PARCEL_SHIPPED, grace=4 * HOUR, parcel="A1")
    assert [owe.wait for owe in tracked.owed] == [timedelta()]


def test_a_parcels_news_is_owed_for_the_parcel_and_the_whole_orders_for_the_order():
    assert [owe.parcel for owe in course(Stage.SHIPPED, E.PARCEL_DELIVERED, parcel="A1").owed] == ["A1"]
    assert [owe.parcel for owe in course(Stage.SHIPPED, E.ALL_DELIVERED, parcel="A1").owed] == [None]


def test_an_order_cancelled_before_it_was_ever_told_is_owed_nothing():
    walked = course(Stage.NEW, E.CANCELLED)
    assert (walked.stage, walked.owed) == (Stage.CANCELLED, ())


def test_a_reopened_order_is_owed_its_steps_under_the_same_keys():
    first = course(Stage.NEW, E.ORDER_PLACED, E.PAYMENT_RECEIVED, E.CANCELLED)
    again = course(first.stage, E.REOPENED, E.PAYMENT_RECEIVED)
    keys = [{owe.key("tienda", "1") for owe in walked.owed} for walked in (first, again)]
    assert again.stage is Stage.PAID
    assert keys[0] == keys[1]


def test_when_something_happened_can_be_asked_for():
    walked = course(Stage.NEW, E.ORDER_PLACED, E.PAYMENT_RECEIVED)
    assert walked.happened(E.PAYMENT_RECEIVED) == MONDAY + HOUR
    assert walked.happened(E.PACKED) is None


def test_a_message_is_known_by_its_shop_order_parcel_name_and_occasion():
    assert Owe("received", MONDAY).key("tienda", "7") == "tienda:7:-:received:once"
    assert Owe("incident", MONDAY, "A1", "delayed").key("tienda", "7") == "tienda:7:A1:incident:delayed"


def test_a_message_with_a_reason_is_suppressed_from_the_start():
    assert Owe("received", MONDAY).outcome is Outcome.WAITING
    assert Owe("received", MONDAY, reason="superseded").outcome is Outcome.SUPPRESSED
