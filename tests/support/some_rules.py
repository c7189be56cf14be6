"""Rules and holidays for tests of the clocks."""

from datetime import datetime
from zoneinfo import ZoneInfo

from postventa.calendars import holidays_for
from postventa.rules.deadlines import Counting, Direction, Rule, Unit

MADRID = ZoneInfo("Europe/Madrid")
CANARY = ZoneInfo("Atlantic/Canary")
SPAIN = holidays_for("ES")


def a_rule(rule_id="P-1", **changes) -> Rule:
    """A promise to answer within 15 natural days."""
    usual = {
        "title": "Answer",
        "trigger": "asked",
        "counting": Counting.CIVIL_DAYS,
        "length": 15,
        "unit": Unit.DAY,
        "direction": Direction.TRADER_DUTY,
        "article": "our terms",
    }
    return Rule(rule_id=rule_id, **{**usual, **changes})


def in_madrid(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=MADRID)
