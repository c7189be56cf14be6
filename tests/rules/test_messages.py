"""Whether a message may go: every reason, in the order in which they are asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from postventa.rules.messages import (
    BACKOFF,
    GIVE_UP_AFTER,
    ON_HOLD_RECHECK,
    Outcome,
    Owed,
    Standing,
    Verdict,
    may_contact,
    may_write_in_a_case,
    try_again_at,
)
from postventa.rules.orders import Stage

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


def owed(message: str, step: Stage | None = None, **more) -> Owed:
    facts = {
        "is_legal": False,
        "carries_amounts": False,
        "parcel": None,
        "about": "",
        "happened_at": NOW,
        "stale_after": timedelta(hours=48),
    }
    return Owed(message, step, **{**facts, **more})


STANDING = Standing(
    stage=Stage.IN_PREPARATION,
    is_held=False,
    is_reconciled=True,
    has_address=True,
    has_bounced=False,
    told=frozenset(),
    arrived=frozenset(),
    on_the_way=frozenset(),
)
RECEIVED = owed("received", Stage.RECEIVED, is_legal=True, carries_amounts=True)
PREPARING = owed("in_preparation", Stage.IN_PREPARATION)


def verdict(message: Owed, **standing) -> Verdict:
    return may_contact(message, replace(STANDING, **standing), NOW)


def reason(message: Owed, **standing) -> str:
    return verdict(message, **standing).reason


def test_what_nothing_speaks_against_may_go():
    assert verdict(PREPARING) == Verdict.yes()
    assert verdict(PREPARING).may_go


@pytest.mark.parametrize("message", [RECEIVED, PREPARING])
@pytest.mark.parametrize("stage", [Stage.CANCELLED, Stage.REFUNDED])
def test_nobody_is_told_anything_of_a_stopped_order(message, stage):
    assert verdict(message, stage=stage) == Verdict.no(f"order_{stage}")


def test_nobody_can_be_told_without_an_address():
    assert reason(RECEIVED, has_address=False) == "missing_contact"


def test_an_address_that_does_not_exist_is_not_tried_again():
    assert reason(RECEIVED, has_bounced=True) == "hard_bounce"


def test_a_copy_of_an_order_that_does_not_add_up_is_blocked():
    assert reason(RECEIVED, is_reconciled=False) == "amount_mismatch"
    assert verdict(PREPARING, is_reconciled=False).may_go


def test_what_the_law_needs_is_told_however_late_and_whatever_came_after():
    late = replace(RECEIVED, happened_at=NOW - timedelta(days=60))
    assert verdict(late, stage=Stage.DELIVERED, is_held=True).may_go


def test_a_step_that_the_order_is_past_is_superseded():
    assert reason(PREPARING, stage=Stage.SHIPPED) == "superseded"


def test_old_news_is_not_told():
    edge = replace(PREPARING, happened_at=NOW - timedelta(hours=48))
    assert verdict(edge).may_go
    assert reason(replace(edge, happened_at=edge.happened_at - timedelta(seconds=1))) == "stale_event"


def test_a_held_order_is_told_nothing_for_now():
    assert verdict(PREPARING, is_held=True) == Verdict.later("order_on_hold", NOW + ON_HOLD_RECHECK)


def test_a_notice_beside_the_chain_goes_although_the_order_is_held():
    notice = owed("incident", parcel="A1", about="exception")
    assert verdict(notice, is_held=True, statuses={"A1": "exception"}).may_go


def test_a_held_order_does_not_keep_old_news_waiting_for_ever():
    assert reason(replace(PREPARING, happened_at=NOW - timedelta(days=9)), is_held=True) == "stale_event"


def test_the_reasons_are_asked_in_one_order():
    """Each reason is taken away in turn, and the next one shows."""
    cures = [
        ("order_cancelled", {"stage": Stage.SHIPPED}),
        ("missing_contact", {"has_address": True}),
        ("hard_bounce", {"has_bounced": False}),
        ("amount_mismatch", {"is_reconciled": True}),
        ("already_sent", {"told": frozenset()}),
        ("superseded", {"on_the_way": frozenset()}),
        ("stale_event", {}),
    ]
    message = owed("shipped", Stage.SHIPPED, carries_amounts=True, happened_at=NOW - timedelta(days=9))
    standing = Standing(
        stage=Stage.CANCELLED,
        is_held=True,
        is_reconciled=False,
        has_address=False,
        has_bounced=True,
        told=frozenset({("shipped", "A1")}),
        arrived=frozenset(),
        on_the_way=frozenset({"A1"}),
    )
    for expected, cure in cures:
        assert may_contact(message, standing, NOW).reason == expected
        standing = replace(standing, **cure)
    assert may_contact(replace(message, happened_at=NOW), standing, NOW).reason == "order_on_hold"


def shipped(parcel: str | None = None) -> Owed:
    return owed("shipped", Stage.SHIPPED, parcel=parcel)


def delivered(parcel: str | None = None) -> Owed:
    return owed("delivered", Stage.DELIVERED, parcel=parcel)


def test_a_shipment_told_without_a_number_is_not_told_again_with_one():
    assert reason(shipped("A1"), told=frozenset({("shipped", None)})) == "already_sent"


def test_a_parcel_told_of_is_not_told_again_as_the_whole_order():
    assert reason(shipped(), told=frozenset({("shipped", "A1")})) == "already_sent"


def test_a_number_that_came_in_time_supersedes_the_notice_without_one():
    assert reason(shipped(), stage=Stage.SHIPPED, on_the_way=frozenset({"A1"})) == "superseded"


def test_the_second_parcel_is_told_although_the_first_one_was():
    told = frozenset({("shipped", "A1")})
    assert verdict(shipped("B2"), stage=Stage.SHIPPED, on_the_way=frozenset({"A1", "B2"}), told=told).may_go


def test_a_parcel_that_has_arrived_is_not_said_to_have_left():
    assert reason(shipped("A1"), stage=Stage.SHIPPED, arrived=frozenset({"A1"})) == "superseded"


def test_a_parcel_of_an_order_that_has_arrived_altogether_is_not_said_to_have_left():
    assert reason(shipped("A1"), stage=Stage.DELIVERED) == "superseded"


def test_the_only_parcel_is_told_to_have_arrived_once():
    told = frozenset({("shipped", "A1"), ("delivered", "A1")})
    assert (
        reason(delivered(), stage=Stage.DELIVERED, told=told, on_the_way=frozenset({"A1"})) == "already_sent"
    )


def test_that_everything_has_arrived_is_told_after_one_of_two():
    told = frozenset({("delivered", "A1")})
    assert verdict(delivered(), stage=Stage.DELIVERED, told=told, on_the_way=frozenset({"A1", "B2"})).may_go


def test_that_everything_has_arrived_says_it_better_than_one_parcel():
    assert reason(delivered("A1"), stage=Stage.DELIVERED, arrived=frozenset({"A1"})) == "superseded"
    assert verdict(delivered("A1"), stage=Stage.SHIPPED, arrived=frozenset({"A1"})).may_go


def test_a_further_parcel_is_told_after_everything_had_arrived():
    told = frozenset({("delivered", None)})
    assert verdict(delivered("C3"), stage=Stage.DELIVERED, arrived=frozenset({"C3"}), told=told).may_go


def test_a_notice_is_about_the_status_that_the_parcel_has_now():
    notice = owed("out_for_delivery", parcel="A1", about="out_for_delivery")
    assert verdict(notice, statuses={"A1": "out_for_delivery"}).may_go
    assert reason(notice, statuses={"A1": "ready_for_pickup"}) == "superseded"
    assert verdict(notice).may_go


def test_a_delay_is_told_until_the_parcel_arrives():
    delay = owed("incident", parcel="A1")
    assert verdict(delay, stage=Stage.SHIPPED).may_go
    assert reason(delay, stage=Stage.SHIPPED, arrived=frozenset({"A1"})) == "superseded"


def test_a_message_without_a_step_is_not_overtaken_by_the_chain():
    assert verdict(owed("notice"), stage=Stage.DELIVERED).may_go


def test_a_server_that_says_later_is_asked_again_more_and_more_seldom():
    waits = [try_again_at(attempt, NOW, NOW) - NOW for attempt in range(1, 10)]
    assert waits == [*BACKOFF, BACKOFF[-1], BACKOFF[-1], BACKOFF[-1]]


def test_a_server_that_says_later_for_three_days_has_refused():
    assert try_again_at(20, NOW - GIVE_UP_AFTER, NOW) is not None
    assert try_again_at(20, NOW - GIVE_UP_AFTER - timedelta(seconds=1), NOW) is None


def test_a_message_that_was_held_for_days_still_gets_its_tries():
    assert try_again_at(1, NOW - timedelta(days=9), NOW) == NOW + BACKOFF[0]


def test_a_verdict_is_a_value_with_its_reason():
    assert Verdict.no("stale_event").outcome is Outcome.SUPPRESSED
    assert not Verdict.no("stale_event").may_go
    assert Verdict.later("rate_limited", NOW).until == NOW


@pytest.mark.parametrize(
    ("message_class", "has_address", "has_bounced", "expected"),
    [
        ("service", True, False, Verdict.yes()),
        ("transactional", True, False, Verdict.yes()),
        ("relationship", True, False, Verdict.no("channel_not_allowed")),
        ("commercial", True, False, Verdict.no("channel_not_allowed")),
        ("service", False, False, Verdict(Outcome.FAILED, "missing_contact")),
        ("service", True, True, Verdict(Outcome.FAILED, "hard_bounce")),
    ],
)
def test_a_case_carries_no_advertising_and_a_letter_that_cannot_arrive_needs_a_person(
    message_class, has_address, has_bounced, expected
):
    verdict = may_write_in_a_case(message_class, has_address=has_address, has_bounced=has_bounced)
    assert verdict == expected
