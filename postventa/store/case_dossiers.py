"""Everything that the letters of a batch of cases are decided and written from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from postventa.rules.driving import driver
from postventa.store.cases import CaseRow
from postventa.store.clocks import open_clocks
from postventa.store.complaints import ComplaintRow
from postventa.store.dossiers import Dossier, dossiers
from postventa.store.orders import CustomerRow, LineRow
from postventa.store.returns import ReturnLineRow, ReturnRow


@dataclass(slots=True)
class CaseDossier:
    """One case with what its family adds, its order's dossier if it is about one, and its clocks that run."""

    case: Any
    complaint: Any = None
    a_return: Any = None
    lines: list[Any] = field(default_factory=list)
    """What comes back: `name`, `quantity`, `amount`, `is_refused`, `reason`."""
    order: Dossier | None = None
    customer: Any = None
    clocks: Sequence[Any] = ()


def case_dossiers(connection: Connection, case_ids: Sequence[int]) -> dict[int, CaseDossier]:
    """The dossiers of these cases, by case id."""
    if not case_ids:
        return {}
    read = {row.id: CaseDossier(row) for row in _rows(connection, CaseRow, CaseRow.id, case_ids)}
    for row in _rows(connection, ComplaintRow, ComplaintRow.case_id, case_ids):
        read[row.case_id].complaint = row
    for row in _rows(connection, ReturnRow, ReturnRow.case_id, case_ids):
        read[row.case_id].a_return = row
    coming_back = (
        select(
            ReturnLineRow.case_id,
            LineRow.name,
            ReturnLineRow.quantity,
            ReturnLineRow.amount,
            ReturnLineRow.is_refused,
            ReturnLineRow.reason,
        )
        .join(LineRow, LineRow.id == ReturnLineRow.line_id)
        .where(ReturnLineRow.case_id.in_(case_ids))
        .order_by(ReturnLineRow.id)
    )
    for row in connection.execute(coming_back):
        read[row.case_id].lines.append(row)
    orders = dossiers(connection, [one.case.order_id for one in read.values() if one.case.order_id])
    customer_ids = [one.case.customer_id for one in read.values() if one.case.customer_id]
    people = {row.id: row for row in _rows(connection, CustomerRow, CustomerRow.id, customer_ids)}
    for case_id, dossier in read.items():
        dossier.order = orders.get(dossier.case.order_id)
        dossier.customer = people.get(dossier.case.customer_id)
        dossier.clocks = open_clocks(connection, case_id)
    return read


def driving(clocks: Sequence[Any]) -> Any:
    """The deadline of the law that a case is answered by; None if none runs. A receipt that is due at once is none."""
    return driver(clocks)


def _rows(connection: Connection, table: Any, column: Any, ids: Sequence[int]) -> Sequence[Any]:
    return connection.execute(table.__table__.select().where(column.in_(ids))).all()
