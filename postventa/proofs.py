"""Duties that no person fulfils: a letter does, and the clock ends with its being sent and not with its being owed; or time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from postventa.rules.messages import Outcome
from postventa.store.messages import OutboxRow

RECEIPT = "R-CMP-ACK"
ORDER_RECEIPT, OBJECTION_RECEIPT = "R-ORD-ACK", "R-MKT-OPP-REC"
PROOFS = {
    RECEIPT: ("complaint_received", "complaint_reopened"),
    "R-CMP-ADR-MAX": ("complaint_adr",),
    "R-WDR-ACK": ("withdrawal_received",),
    ORDER_RECEIPT: ("received", "paid"),
    OBJECTION_RECEIPT: ("opt_out_confirmed",),
}
"""Of an order either letter holds the copy of it (LSSI 28.1): the one that acknowledges it, and the one that confirms it."""
KEPT = ("R-MKT-OPP-KEEP",)
"""Duties to keep something so long, as the book of consents keeps everything: time meets them."""
_BOX: Any = OutboxRow.__table__.c


def sent_at(connection: Connection, clocks: Sequence[Any]) -> dict[int, datetime]:
    """When the letter was sent that fulfils each of these clocks, by the clock; nothing where none has gone."""
    proved = [clock for clock in clocks if clock.rule_id in PROOFS]
    if not proved:
        return {}
    cases = {clock.case_id for clock in proved if clock.case_id is not None}
    orders = {clock.order_id for clock in proved if clock.case_id is None and clock.order_id is not None}
    letters: dict[tuple[str, int], list[Any]] = {}
    for kind, column, ids in (("case", _BOX.case_id, cases), ("order", _BOX.order_id, orders)):
        wanted = select(column.label("whose"), _BOX.message, _BOX.occasion, _BOX.owed_at, _BOX.settled_at)
        sent = wanted.where(column.in_(ids), _BOX.outcome == Outcome.SENT, _BOX.settled_at.is_not(None))
        for row in connection.execute(sent.order_by(_BOX.id)) if ids else ():
            letters.setdefault((kind, row.whose), []).append(row)
    found = {}
    for clock in proved:
        whose = ("case", clock.case_id) if clock.case_id is not None else ("order", clock.order_id)
        times = [row.settled_at for row in letters.get(whose, ()) if _proves(clock, row)]
        if times:
            found[clock.id] = min(times)
    return found


def _proves(clock: Any, letter: Any) -> bool:
    """Of a case that was reopened an earlier letter proves nothing; of two objections each has its own."""
    if letter.message not in PROOFS[clock.rule_id]:
        return False
    if clock.case_id is not None:
        return bool(letter.owed_at >= clock.started_at)
    return clock.rule_id == ORDER_RECEIPT or bool(letter.occasion == clock.occasion)
