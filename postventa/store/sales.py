"""A sale after the delivery: the order with its lines, parcels, refunds and returns, read for a batch at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from postventa.store.caselog import lock
from postventa.store.cases import CaseEntryRow, CaseRow
from postventa.store.orders import LineRow, OrderRow, RefundRow
from postventa.store.returns import ReturnLineRow, ReturnRow
from postventa.store.shipments import ShipmentRow

_CASES: Any = CaseRow.__table__
_ENTRIES: Any = CaseEntryRow.__table__
_LINES: Any = LineRow.__table__
_ORDERS: Any = OrderRow.__table__
_PARCELS: Any = ShipmentRow.__table__
_REFUNDS: Any = RefundRow.__table__
_RETURNS: Any = ReturnRow.__table__
_RETURN_LINES: Any = ReturnLineRow.__table__
A_DAY = timedelta(days=1)
STATEMENT = "statement"
"""The entry that opens a return; it remembers the refunds that had been made before."""


@dataclass(slots=True)
class Sale:
    """One order and what has come of it; rows of the store, the oldest return first."""

    order: Any
    lines: list[Any] = field(default_factory=list)
    parcels: list[Any] = field(default_factory=list)
    refunds: list[Any] = field(default_factory=list)
    """Without those that the shop has deleted again."""
    returns: list[Any] = field(default_factory=list)
    """`ReturnRow` with the case's `state`, `number`, `closed_at`, and what its statement remembers as `said`."""
    return_lines: list[Any] = field(default_factory=list)


def sales(connection: Connection, order_ids: Sequence[int]) -> dict[int, Sale]:
    """The sales of these orders, by the order's id."""
    if not order_ids:
        return {}
    read = {
        row.id: Sale(row) for row in connection.execute(_ORDERS.select().where(_ORDERS.c.id.in_(order_ids)))
    }
    for row in _of(connection, _LINES, order_ids):
        read[row.order_id].lines.append(row)
    for row in _of(connection, _PARCELS, order_ids):
        read[row.order_id].parcels.append(row)
    for row in _of(connection, _REFUNDS, order_ids):
        if row.withdrawn_at is None:
            read[row.order_id].refunds.append(row)
    whose = {}
    for row in connection.execute(_returns().where(_CASES.c.order_id.in_(order_ids))):
        whose[row.case_id] = row.order_id
        read[row.order_id].returns.append(row)
    coming_back = _RETURN_LINES.select().where(_RETURN_LINES.c.case_id.in_(list(whose)))
    for row in connection.execute(coming_back.order_by(_RETURN_LINES.c.id)) if whose else ():
        read[whose[row.case_id]].return_lines.append(row)
    return read


def return_of(connection: Connection, case_id: int) -> Any | None:
    """One return, as in `Sale.returns`; None where the case is no return."""
    return connection.execute(_returns().where(_CASES.c.id == case_id)).one_or_none()


def hold_return(connection: Connection, case_id: int) -> Any | None:
    """One return as it stands once its order and its case are ours until the transaction ends.

    The order first, as everybody does who keeps sales, so that nobody waits in a circle.
    """
    row = return_of(connection, case_id)
    if row is None:
        return None
    hold_order(connection, row.order_id)
    lock(connection, case_id)
    return return_of(connection, case_id)


def hold_order(connection: Connection, order_id: int | None) -> None:
    """Lets nobody else change this sale until the transaction ends; opening a case about its order waits for nobody."""
    if order_id is not None:
        mine = select(OrderRow.id).where(OrderRow.id == order_id)
        connection.execute(mine.with_for_update(key_share=True))


def due_sales(connection: Connection, now: datetime, limit: int) -> list[int]:
    """The orders whose sale somebody must look at now, longest due first, held so that no news is overwritten."""
    orders = _ORDERS.c
    wanted = select(orders.id).where(orders.sale_look_at <= now).order_by(orders.sale_look_at).limit(limit)
    return list(connection.execute(wanted.with_for_update(skip_locked=True, key_share=True)).scalars())


def look_again(connection: Connection, order_id: int | None, now: datetime) -> None:
    """Notes that something has changed that the sale's end depends on."""
    if order_id is not None:
        connection.execute(update(OrderRow).where(OrderRow.id == order_id).values(sale_look_at=now))


def put_off(connection: Connection, order_id: int, now: datetime) -> None:
    """A sale that could not be looked at is looked at again tomorrow: it holds up no other."""
    connection.execute(update(OrderRow).where(OrderRow.id == order_id).values(sale_look_at=now + A_DAY))


def _of(connection: Connection, table: Any, order_ids: Sequence[int]) -> Any:
    return connection.execute(table.select().where(table.c.order_id.in_(order_ids)).order_by(table.c.id))


def _returns() -> Any:
    case = _CASES.c
    return (
        select(_RETURNS, case.order_id, case.shop, case.number, case.state, case.owner)
        .add_columns(case.region, case.zone, case.closed_at, _ENTRIES.c.details.label("said"))
        .join(_CASES, case.id == _RETURNS.c.case_id)
        .join(_ENTRIES, (_ENTRIES.c.case_id == case.id) & (_ENTRIES.c.occasion == STATEMENT))
        .order_by(_RETURNS.c.informed_at, case.id)
    )
