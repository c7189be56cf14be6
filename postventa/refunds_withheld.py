"""Refunds that wait lawfully for the goods, or for the proof that they are on their way (LGDCU 107.3)."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, text

from postventa.clocks import end_clocks
from postventa.rules.refunds import MAY_WAIT, REFUND, may_withhold
from postventa.rules.returns import ReturnKind, ReturnState
from postventa.store.caselog import log
from postventa.store.cases import CaseRow
from postventa.store.clocks import TICKING, ClockRow
from postventa.store.returns import ReturnRow
from postventa.store.sales import hold_return

SOON = timedelta(hours=2)
"""A refund that waits lawfully stops being watched a little before its day, not after it has rung."""
_CASES: Any = CaseRow.__table__
_CLOCKS: Any = ClockRow.__table__
_RETURNS: Any = ReturnRow.__table__
_WAITING = {ReturnState.AWAITING_GOODS, ReturnState.IN_TRANSIT}


def withhold(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Stops the refund clocks that are about to run out while the goods are neither here nor proven to be under way.

    The law lets the shop wait for one of the two (LGDCU 107.3); whichever comes first starts two working days.
    """
    clocks, returns = _CLOCKS.c, _RETURNS.c
    about_to = (
        select(clocks.case_id)
        .join(_RETURNS, returns.case_id == clocks.case_id)
        .join(_CASES, _CASES.c.id == clocks.case_id)
        .where(text(f"clocks.{TICKING}"), clocks.due_at <= now + SOON, clocks.rule_id == REFUND)
        .where(_CASES.c.state.in_(_WAITING), returns.kind.in_(MAY_WAIT))  # what is overdue fills no run
        .where(
            returns.goods_received_at.is_(None), returns.proof_at.is_(None), returns.is_collected.is_(False)
        )
        .order_by(clocks.due_at)
        .limit(limit)
    )
    stopped = []
    for case_id in connection.execute(about_to).scalars().all():
        row: Any = hold_return(connection, case_id)  # proof may have come meanwhile
        may = may_withhold(
            ReturnKind(row.kind),
            is_collected=row.is_collected,
            goods_at=row.goods_received_at,
            proof_at=row.proof_at,
        )
        if not may or row.state not in _WAITING:
            continue
        end_clocks(connection, case_id=case_id, now=now, at=now, rule_ids=[REFUND], state="not_applicable")
        log(connection, case_id, "refund_withheld", now, {"article": "LGDCU 107.3"})
        stopped.append(row.number)
    return stopped
