"""The rows of the clocks that an event starts: counted, and with the instant of their first look, but not yet saved."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from postventa.clock_law import OFFICIAL_FORM, Home, counted, desk_hours, home_of, shares_of
from postventa.rules.deadlines import Deadline
from postventa.rules.escalation import ClockState, look_at
from postventa.rules.reminders import reminder_at
from postventa.rules.statutes import Direction
from postventa.settings import Settings
from postventa.store.upsert import Row

UNCOUNTED = "X-UNCOUNTED"
"""The clock that runs where a rule could not be counted."""
SOMEBODY_LOOKS_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Start:
    """An event that starts clocks. They belong to a case if one is named, else to an order, else to `subject` alone."""

    trigger: str
    shop: str
    events: Sequence[datetime]
    case_id: int | None = None
    order_id: int | None = None
    subject: str = ""
    """Empty for `case:12` or `order:7`."""
    topic: str = ""
    region: str = ""
    zone: str = ""
    occasion: str = ""
    is_official_form: bool = False
    amount: Decimal | None = None
    currency: str = ""
    only: Collection[str] = ()
    """The rules that are wanted; every rule that the trigger starts where none is named."""

    @property
    def whose(self) -> str:
        if self.subject:
            return self.subject
        return f"case:{self.case_id}" if self.case_id is not None else f"order:{self.order_id}"


def rows_of(settings: Settings, start: Start, now: datetime) -> tuple[list[Row], list[str]]:
    """A row for each clock that this starts, and a sentence for each rule that cannot be counted.

    Where there is such a sentence a clock of ours is among the rows, in the place of what the law would have said.
    """
    home = home_of(start.region, start.zone)
    triggers = (start.trigger, OFFICIAL_FORM) if start.is_official_form else (start.trigger,)
    found, problems = counted(settings, triggers, start.events, home, start.topic)
    rows = [_row(settings, one, now) for one in found if not start.only or one.rule.rule_id in start.only]
    if problems:
        rows.append(_stand_in(now, home, problems))
    common = {
        "subject": start.whose,
        "case_id": start.case_id,
        "order_id": start.order_id if start.case_id is None else None,
        "shop": start.shop,
        "occasion": start.occasion,
        "region": start.region,
        "paused_at": None,
        "ended_at": None,
        "amount": start.amount,
        "currency": start.currency,
    }
    return [common | row for row in rows], problems


def _row(settings: Settings, found: Deadline, now: datetime) -> Row:
    rule = found.rule
    next_at: datetime | None
    if rule.is_trader_duty:
        shares = shares_of(settings, rule)
        # Asked as of the start: a clock that was late to be started is due at once.
        look = look_at(
            found.started_at, found.due_at, found.started_at, desk=desk_hours(settings), shares=shares
        )
        next_at = found.started_at if look.calls else look.next_at
    else:
        next_at = reminder_at(rule, found.started_at, found.due_at, now) or found.due_at
    return {
        "rule_id": rule.rule_id,
        "article": rule.article[:200],
        "severity": rule.severity,
        "is_statutory": rule.is_statutory,
        "is_shadow": not rule.drives,
        "direction": rule.direction,
        "zone": str(found.zone),
        "started_at": found.started_at,
        "due_at": found.due_at,
        "working": found.working,
        "state": ClockState.RUNNING,
        "next_at": next_at,
    }


def _stand_in(now: datetime, home: Home, problems: Sequence[str]) -> Row:
    """A clock of ours, by which somebody is called to find out what the law says."""
    return {
        "rule_id": UNCOUNTED,
        "article": "",
        "severity": "serious",
        "is_statutory": False,
        "is_shadow": False,
        "direction": Direction.TRADER_DUTY,
        "zone": str(home.zone or ""),
        "started_at": now,
        "due_at": now + SOMEBODY_LOOKS_WITHIN,
        "working": f"{'; '.join(problems)}. Somebody must find out by when this is due.",
        "state": ClockState.RUNNING,
        "next_at": now,
    }
