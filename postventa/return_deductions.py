"""What returned goods have lost by handling beyond trying them, deducted from their refund (LGDCU 108.2).

A person states it with reason and evidence after the inspection, and the customer is told both and how to object.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from postventa.refunds import OWES_NOTHING, all_is_back
from postventa.return_decisions import recount
from postventa.returns import note, the_return
from postventa.rules.refunds import goods_value, may_deduct
from postventa.rules.returns import ReturnKind
from postventa.sales import pieces_of, was_informed
from postventa.settings import Settings
from postventa.store.casebook import owe, say
from postventa.store.orders import OrderRow
from postventa.store.sales import look_again, sales

TOLD = "return_deduction"
_ORDERS: Any = OrderRow.__table__


class MayNotDeduct(ValueError):
    """The law does not let this be deducted, or not so."""


def deduct(
    connection: Connection,
    settings: Settings,
    case_id: int,
    *,
    amount: Decimal,
    reason: str,
    evidence: str,
    who: str,
    now: datetime,
) -> Decimal:
    """Deducts a diminished value from a return's goods and tells the customer; answers how much of it counts.

    Never more than the goods were worth, and nothing from the delivery. What is said later replaces what was said
    before: 0 takes the deduction back. Raises MayNotDeduct.
    """
    row = the_return(connection, case_id)
    asked = min(amount, _goods(connection, row))
    if row.deducted_amount == asked:
        return asked
    order = connection.execute(_ORDERS.select().where(_ORDERS.c.id == row.order_id)).one_or_none()
    told = was_informed(order, settings)
    _check(settings, row, asked, was_told=told, reason=reason, evidence=evidence, who=who)
    note(connection, case_id, deducted_amount=asked)
    owed = recount(connection, settings, case_id) or Decimal(0)
    occasion = f"deducted:{now:%Y%m%dT%H%M%S}"
    say(
        connection,
        case_id,
        kind="deducted",
        author=who,
        text="\n".join(part for part in (reason.strip(), evidence.strip()) if part),
        at=now,
        now=now,
        occasion=occasion,
        details={"article": "LGDCU 108.2", "amount": f"{asked:.2f}", "refund_due": f"{owed:.2f}"},
    )
    facts = {
        "goods_amount": f"{_goods(connection, row):.2f}",
        "deducted_amount": f"{asked:.2f}",
        "refund_amount": f"{owed:.2f}",
        "reason": reason.strip(),
        "evidence": evidence.strip(),
        "is_by_law": row.kind == ReturnKind.STATUTORY_WITHDRAWAL,
    }
    owe(connection, case_id, TOLD, occasion, now, facts=facts)
    if row.refunded_at is None and owed <= row.refunded_amount:
        all_is_back(connection, the_return(connection, case_id), now, now, who=who)
    look_again(connection, row.order_id, now)
    return asked


def _check(
    settings: Settings, row: Any, asked: Decimal, *, was_told: bool, reason: str, evidence: str, who: str
) -> None:
    if who not in settings.desk.people and settings.desk.people:
        raise MayNotDeduct(f"{who} is nobody in [desk.people]: a person answers for a deduction")
    if row.state in OWES_NOTHING:
        raise MayNotDeduct(
            f"{row.number} is {row.state}: no refund is owed that something could be deducted from"
        )
    if asked < row.deducted_amount:
        return  # in the customer's favour: whoever objected may be right
    if row.refunded_at is not None:
        raise MayNotDeduct(f"{row.number} has been refunded: what was paid is not taken back")
    answer = may_deduct(
        ReturnKind(row.kind),
        was_told=was_told,
        is_inspected=row.inspected_at is not None,
        reason=reason,
        evidence=evidence,
    )
    if not answer.is_yes:
        raise MayNotDeduct(
            f"nothing is deducted from {row.number} ({answer.article or row.kind}): {answer.reason}"
        )


def _goods(connection: Connection, row: Any) -> Decimal:
    """What was paid for the goods that come back by this return, the refused ones aside. Raises MayNotDeduct."""
    sale = sales(connection, [row.order_id]).get(row.order_id) if row.order_id is not None else None
    if sale is None:
        raise MayNotDeduct(f"{row.number} names no order: what its goods were worth is not known")
    mine = {
        one.line_id: one.quantity
        for one in sale.return_lines
        if one.case_id == row.case_id and not one.is_refused
    }
    return goods_value(pieces_of(sale, mine, row.case_id).values())
