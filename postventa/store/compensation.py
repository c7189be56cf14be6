"""The compensation ledger: remedies as they stand, what a month's budget has spent, and what an order paid."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, func, select

from postventa.rules.compensation import MONEY, Fault, Remedy, Stakes
from postventa.store.cases import CaseEntryRow, CaseRow
from postventa.store.orders import LineRow, OrderRow, RefundRow
from postventa.store.returns import RemedyRow

SPENT = ("approved", "given")
USUAL_CURRENCY = "EUR"
"""Of a case without an order."""
_REMEDIES: Any = RemedyRow.__table__


class NotPossible(Exception):
    """A step cannot be taken; the sentence says why, and what can be done."""


@dataclass(frozen=True, slots=True)
class Compensation:
    """A remedy as it stands. `amount` is 0 where it is not money; `alternatives` were offered beside it."""

    id: int
    case_id: int
    remedy: Remedy
    incident: str
    fault: Fault
    amount: Decimal
    currency: str
    state: str
    budget: str
    approved_by: str
    why: str
    alternatives: tuple[tuple[Remedy, Decimal], ...]
    needs_manager: str = ""
    """Why a manager has to approve it; empty where anybody at the desk may, or it is settled."""


def remedy_of(connection: Connection, case_id: int) -> Compensation | None:
    """What a case's answer may promise: the remedy approved or given last; None where there is none."""
    table = _REMEDIES.c
    wanted = _REMEDIES.select().where(table.case_id == case_id, table.state.in_(SPENT))
    row = connection.execute(wanted.order_by(table.id.desc()).limit(1)).one_or_none()
    return None if row is None else shown(connection, row)


def remedies(connection: Connection, case_id: int | None = None, state: str = "") -> Sequence[Row[Any]]:
    """Rows of the ledger with their case's number and shop, the oldest first."""
    cases = CaseRow.__table__.c
    wanted = select(_REMEDIES, cases.number, cases.shop).join(CaseRow, cases.id == _REMEDIES.c.case_id)
    if case_id is not None:
        wanted = wanted.where(_REMEDIES.c.case_id == case_id)
    if state:
        wanted = wanted.where(_REMEDIES.c.state == state)
    return connection.execute(wanted.order_by(_REMEDIES.c.id)).all()


def row_of(connection: Connection, remedy_id: int) -> Any:
    """A row of the ledger. Raises NotPossible if there is none."""
    row = connection.execute(_REMEDIES.select().where(_REMEDIES.c.id == remedy_id)).one_or_none()
    if row is None:
        raise NotPossible(
            f"there is no remedy {remedy_id}: `postventa remedy list` shows those that there are"
        )
    return row


def shown(connection: Connection, row: Any, needs_manager: str = "") -> Compensation:
    """A row with the reason and the alternatives that were entered in its case when it was proposed."""
    entries: Any = CaseEntryRow.__table__.c
    proposed = select(entries.details).where(
        entries.case_id == row.case_id, entries.occasion == f"remedy:{row.occasion}:proposed"
    )
    details = connection.execute(proposed).scalar_one_or_none() or {}
    return Compensation(
        id=row.id,
        case_id=row.case_id,
        remedy=Remedy(row.remedy),
        incident=row.incident,
        fault=Fault(row.fault),
        amount=row.amount,
        currency=row.currency,
        state=row.state,
        budget=row.budget,
        approved_by=row.approved_by,
        why=details.get("why", ""),
        alternatives=tuple((Remedy(name), Decimal(worth)) for name, worth in details.get("alternatives", ())),
        needs_manager=needs_manager,
    )


def shop_and_order(connection: Connection, case_id: int) -> tuple[str, int | None]:
    """Whose case it is and about which order. Raises NotPossible if there is none."""
    cases = CaseRow.__table__.c
    case = connection.execute(select(cases.shop, cases.order_id).where(cases.id == case_id)).one_or_none()
    if case is None:
        raise NotPossible(f"there is no case {case_id}")
    return case.shop, case.order_id


def stakes_of(
    connection: Connection, order_id: int | None, refs: Sequence[str], charged: Decimal
) -> tuple[Stakes, str]:
    """What was paid for these lines of an order (all where none are named), and in which currency."""
    if order_id is None:
        return Stakes(charged=charged), USUAL_CURRENCY
    order = connection.execute(OrderRow.__table__.select().where(OrderRow.id == order_id)).one()
    lines = connection.execute(LineRow.__table__.select().where(LineRow.order_id == order_id)).all()
    unknown = set(refs) - {line.ref for line in lines}
    if unknown:
        there = ", ".join(line.ref for line in lines)
        raise NotPossible(f"order {order.shop}:{order.ref} has no line {min(unknown)}: it has {there}")
    concerned = [line for line in lines if not refs or line.ref in refs]
    shipping = [one for one in order.details.get("charges", ()) if one["kind"] == "shipping"]
    stakes = Stakes(
        shipping=_sum(Decimal(one["net"]) + Decimal(one["tax"]) for one in shipping),
        goods=_sum(line.net + line.tax for line in concerned),
        charged=charged,
        is_whole=len(concerned) == len(lines),
    )
    return stakes, order.currency


def hold_budget(connection: Connection, shop: str, budget: str) -> None:
    """Whoever spends from a budget holds it until the transaction ends; on SQLite the write lock is held already."""
    if connection.dialect.name != "sqlite":
        mark = f"budget:{shop}:{budget}"
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(mark, 0))))


def spent(connection: Connection, shop: str, budget: str, currency: str) -> Decimal:
    """How much of a shop's budget of a month is approved or given, in one currency."""
    table = _REMEDIES.c
    amounts = (
        select(table.amount)
        .join(CaseRow, CaseRow.id == table.case_id)
        .where(CaseRow.shop == shop, table.budget == budget, table.currency == currency)
        .where(table.state.in_(SPENT))
    )
    return _sum(connection.execute(amounts).scalars())


def back_or_promised(connection: Connection, order_id: int) -> tuple[Decimal, Decimal]:
    """What of an order was paid back or is promised, over all its cases; and what was paid for it."""
    table = _REMEDIES.c
    promised = connection.execute(
        select(table.state, table.amount)
        .join(CaseRow, CaseRow.id == table.case_id)
        .where(CaseRow.order_id == order_id, table.state.in_(SPENT))
    ).all()
    refunds = select(RefundRow.amount).where(RefundRow.order_id == order_id, RefundRow.withdrawn_at.is_(None))
    returned = _sum(connection.execute(refunds).scalars())
    given = _sum(one.amount for one in promised if one.state == "given")
    still = _sum(one.amount for one in promised if one.state == "approved")
    total: Decimal = connection.execute(select(OrderRow.total).where(OrderRow.id == order_id)).scalar_one()
    # What was given comes back to us from the shop as a refund: it must not count twice.
    return max(returned, given) + still, total


def money_promised(connection: Connection, order_id: int) -> Decimal:
    """What of an order is to go back, or went back, as a remedy: over all its cases."""
    table = _REMEDIES.c
    promised = (
        select(table.amount)
        .join(CaseRow, CaseRow.id == table.case_id)
        .where(CaseRow.order_id == order_id, table.state.in_(SPENT), table.remedy.in_(MONEY))
    )
    return _sum(connection.execute(promised).scalars())


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
