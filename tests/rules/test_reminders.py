"""When customers are reminded: at the share of the time that the law's file names, if it is still to come."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from postventa.law import law_pack
from postventa.rules.places import MADRID
from postventa.rules.reminders import REMINDED, reminder_at
from postventa.rules.statutes import rule_in_force

START = datetime(2026, 11, 2, 10, tzinfo=UTC)
DUE = START + timedelta(days=14)
SENDING_BACK, ANSWERING = (
    rule_in_force(law_pack("ES"), name, START, MADRID) for name in ("R-WDR-RET", "R-CMP-ANS")
)


def test_a_reminder_comes_on_the_tenth_day_of_fourteen():
    assert reminder_at(SENDING_BACK, START, DUE, START) == START + timedelta(days=14) * 0.71


def test_a_reminder_that_is_too_late_and_a_duty_of_the_shop_have_none():
    assert reminder_at(SENDING_BACK, START, DUE, DUE) is None
    assert reminder_at(replace(SENDING_BACK, escalate_at=()), START, DUE, START) is None
    assert reminder_at(ANSWERING, START, DUE, START) is None


def test_every_right_that_is_reminded_of_is_one_of_the_customers():
    for name in REMINDED:
        assert not rule_in_force(law_pack("ES"), name, START, MADRID).is_trader_duty
