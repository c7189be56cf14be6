"""Messages that wait for a person: those that failed, are in doubt, or are blocked, whatever they are about."""

from typing import Any

from sqlalchemy import func, select, text

from postventa.store.cases import CaseRow
from postventa.store.messages import STUCK, OutboxRow
from postventa.store.orders import OrderRow


def stuck_messages() -> Any:
    """The question after them, to be narrowed, ordered and asked: `shop` and `ref` name the order, or the case.

    What is about neither is named by `-` and its occasion.
    """
    return (
        select(
            OutboxRow.id,
            func.coalesce(OrderRow.shop, CaseRow.shop, "-").label("shop"),
            func.coalesce(OrderRow.ref, CaseRow.number, OutboxRow.occasion).label("ref"),
            OutboxRow.message,
            OutboxRow.outcome,
            OutboxRow.reason,
            OutboxRow.words,
            OutboxRow.settled_at,
        )
        .outerjoin(OrderRow, OrderRow.id == OutboxRow.order_id)
        .outerjoin(CaseRow, CaseRow.id == OutboxRow.case_id)
        .where(text(STUCK))
    )
