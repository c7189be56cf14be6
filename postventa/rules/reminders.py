"""When a customer is reminded of what they may still do, before a right of theirs runs out."""

from datetime import datetime

from postventa.rules.statutes import Rule

SEND_BACK, COMPLETE = "R-WDR-RET", "R-CMP-FIX"
REMINDED = frozenset({SEND_BACK, COMPLETE})
"""The rights that customers are reminded of: to send the goods back, to complete what they complained of."""


def reminder_at(rule: Rule, started_at: datetime, due_at: datetime, now: datetime) -> datetime | None:
    """When that is: at the first share that the rule names; None if that has passed, or it names none."""
    if rule.rule_id not in REMINDED or not rule.escalate_at:
        return None
    at = started_at + (due_at - started_at) * rule.escalate_at[0] / 100
    return at if at > now else None
