"""What is at risk beside the money itself where a refund is called for: how likely a judge is to grant double the sum."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from postventa.rules.refunds import REFUND_RULES, double_sum_risk
from postventa.rules.returns import ReturnKind
from postventa.store.returns import ReturnRow

WORTH_A_WORD = frozenset({"medium", "high"})


def double_sum(connection: Connection, clock: Any, now: datetime) -> str:
    """The risk of double the sum by this clock, as a call names it; empty where there is none to speak of."""
    if clock.rule_id not in REFUND_RULES or clock.case_id is None or not clock.amount:
        return ""
    kind = connection.execute(
        select(ReturnRow.kind).where(ReturnRow.case_id == clock.case_id)
    ).scalar_one_or_none()
    risk = double_sum_risk(ReturnKind(kind), is_overdue=clock.due_at <= now) if kind else ""
    return risk if risk in WORTH_A_WORD else ""
