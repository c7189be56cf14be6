"""Who is asked for a review, when, and about what."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from postventa.rules.messages import Outcome
from postventa.rules.orders import Stage
from postventa.rules.reviews import Facts, Piece, asked_about, delay_for, may_ask, may_remind

ARRIVED = datetime(2026, 11, 2, 11, tzinfo=UTC)
DAY = timedelta(days=1)
DAY_7 = ARRIVED + 7 * DAY
TASSA, GOT = Piece("71", "7", "T-1"), Piece("72", "8", "G-1")
FACTS = Facts(Stage.DELIVERED, ARRIVED + 30 * DAY, ARRIVED, (TASSA, GOT))


def asked(now=DAY_7, **other):
    verdict = may_ask(replace(FACTS, **other), now)
    return verdict.outcome, verdict.reason, verdict.until


def test_a_customer_is_asked_a_week_after_the_last_parcel():
    assert may_ask(FACTS, DAY_7).may_go
    assert asked(DAY_7 - timedelta(seconds=1)) == (Outcome.DEFERRED, "too_soon", DAY_7)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"stage": Stage.CANCELLED}, "order_cancelled"),
        ({"stage": Stage.REFUNDED}, "order_refunded"),
        ({"is_refunded": True}, "order_refunded"),
        ({"is_backfill": True}, "backfill_cutoff"),
        ({"expires_at": DAY_7}, "review_window_closed"),
        ({"has_address": False}, "missing_contact"),
        ({"has_bounced": True}, "hard_bounce"),
        ({"may_be_written_to": False}, "channel_not_allowed"),
        ({"has_answered": True}, "already_answered"),
        ({"pieces": (replace(TASSA, is_back=True), replace(GOT, is_back=True))}, "item_refunded"),
        ({"pieces": (replace(TASSA, is_back=True), replace(GOT, is_reviewed=True))}, "review_exists"),
        ({"pieces": (replace(TASSA, is_back=True), replace(GOT, was_asked=True))}, "cooldown"),
    ],
)
def test_who_is_never_asked_has_the_reason(other, reason):
    assert asked(**other) == (Outcome.SUPPRESSED, reason, None)
    assert may_remind(replace(FACTS, **other), ARRIVED, DAY_7).reason == reason


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"arrived_at": None}, "not_delivered"),
        ({"has_open_return": True}, "return_open"),
        ({"has_open_return": True, "pieces": ()}, "return_open"),
        ({"has_open_complaint": True}, "complaint_open"),
    ],
)
def test_what_holds_an_ask_is_looked_at_again_and_never_after_the_window(other, reason):
    assert asked(**other) == (Outcome.DEFERRED, reason, DAY_7 + DAY)
    last = FACTS.expires_at - timedelta(hours=1)
    assert asked(last, **other) == (Outcome.DEFERRED, reason, FACTS.expires_at)
    assert may_remind(replace(FACTS, **other), ARRIVED, last).reason == reason


def test_nobody_is_asked_twice_in_thirty_days():
    recently = DAY_7 - 10 * DAY
    assert asked(asked_at=recently) == (Outcome.DEFERRED, "cooldown", recently + 30 * DAY)
    assert asked(asked_at=DAY_7 - DAY) == (Outcome.SUPPRESSED, "cooldown", None)
    assert asked(asked_at=DAY_7 - 30 * DAY) == (None, "", None)


def test_an_ask_that_may_yet_fail_only_puts_the_others_off():
    assert asked(is_asked_elsewhere=True) == (Outcome.DEFERRED, "cooldown", DAY_7 + DAY)


def test_five_mails_in_thirty_days_are_enough():
    mails = tuple(DAY_7 - days * DAY for days in (29, 20, 9, 8, 7))
    assert asked(mails=mails) == (Outcome.DEFERRED, "frequency_cap", DAY_7 + DAY)
    assert asked(mails=mails[1:]) == (None, "", None)
    assert asked(mails=(DAY_7,) * 5) == (Outcome.SUPPRESSED, "frequency_cap", None)
    assert may_remind(replace(FACTS, mails=mails), ARRIVED, DAY_7).reason == "frequency_cap"


def test_a_reminder_comes_a_week_after_the_mail_and_minds_no_cooldown():
    later = DAY_7 + 7 * DAY
    assert may_remind(replace(FACTS, asked_at=DAY_7), DAY_7, later).may_go
    assert may_remind(FACTS, DAY_7, later - DAY).until == later
    moved = replace(FACTS, arrived_at=later - DAY)
    assert may_remind(moved, DAY_7, later).until == later + 6 * DAY


def test_each_product_is_asked_about_once():
    again = Piece("73", "7")
    nameless = Piece("74", "")
    assert asked_about((TASSA, GOT, again, nameless)) == (TASSA, GOT, nameless)
    assert asked_about((replace(TASSA, is_back=True), GOT)) == (GOT,)


@pytest.mark.parametrize(
    ("skus", "days"), [(["T-1"], 7), (["mob-7", "T-1"], 14), (["CAFE-1"], 3), (["CAFE-1", ""], 7), ([], 7)]
)
def test_an_order_waits_for_its_slowest_product(skus, days):
    assert delay_for(skus, {"MOB-*": 14, "CAFE-*": 3}, 7) == days * DAY
