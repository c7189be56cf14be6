"""Everything that the store knows of an order and of cases, row by row, for an evidence pack."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from postventa.store.casebook import case_of
from postventa.store.cases import AttachmentRow, CaseEntryRow, CaseLogRow, CaseRow
from postventa.store.clocks import ClockRow, EscalationRow
from postventa.store.complaints import ComplaintRow
from postventa.store.messages import AttemptRow, OutboxRow
from postventa.store.orders import CustomerRow, EventRow, LineRow, OrderRow, RefundRow, order_id_of
from postventa.store.returns import RemedyRow, ReturnLineRow, ReturnRow
from postventa.store.shipments import ScanRow, ShipmentRow

Rows = Sequence[Any]


class NoSubject(LookupError):
    """Nothing, or more than one thing, goes by that name; the sentence says which."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a pack is about: cases, and the order behind them if there is one."""

    name: str
    order_id: int | None
    case_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """A message that was owed, and every attempt to hand it over."""

    row: Any
    attempts: Rows


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """A deadline, and how often it rang."""

    row: Any
    rings: Rows


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """A case and all that belongs to it."""

    row: Any
    complaint: Any
    a_return: Any
    coming_back: Rows
    entries: Rows
    log: Rows
    attachments: Rows
    clocks: Sequence[ClockFacts]
    messages: Sequence[MessageFacts]
    remedies: Rows


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order and all that belongs to it, but for its cases."""

    row: Any
    customer: Any
    lines: Rows
    events: Rows
    parcels: Rows
    scans: Rows
    refunds: Rows
    clocks: Sequence[ClockFacts]
    messages: Sequence[MessageFacts]


def stand_still(connection: Connection) -> None:
    """Reads everything as of one moment: a case that grows meanwhile must not look broken. Comes first."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def subject_of(connection: Connection, reference: str) -> Subject:
    """What somebody means by a case's number, key or id, or by an order's SHOP:REF, ref or number. Raises NoSubject."""
    case = case_of(connection, reference)
    orders = order_id_of(connection, reference)
    names = ([case.number] if case else []) + [f"{shop}:{ref}" for _, shop, ref, _ in orders[:5]]
    if len(names) > 1:
        raise NoSubject(f"{reference} may be any of {', '.join(names)}: name one of them")
    if case is not None:
        return Subject(case.number, case.order_id, (case.id,))
    if not orders:
        raise NoSubject(
            f"there is no case and no order {reference}: give a case's number, key or id, or an order's SHOP:REF or number"
        )
    order_id, shop, ref, _ = orders[0]
    about = select(CaseRow.id).where(CaseRow.order_id == order_id).order_by(CaseRow.id)
    return Subject(f"{shop}-{ref}", order_id, tuple(connection.execute(about).scalars()))


def case_facts(connection: Connection, case_id: int) -> CaseFacts:
    """All that is known of a case."""
    coming_back = (
        select(ReturnLineRow.__table__, LineRow.name)
        .join(LineRow, LineRow.id == ReturnLineRow.line_id)
        .where(ReturnLineRow.case_id == case_id)
    )
    return CaseFacts(
        row=_rows(connection, CaseRow, CaseRow.id, case_id)[0],
        complaint=_first(connection, ComplaintRow, ComplaintRow.case_id, case_id),
        a_return=_first(connection, ReturnRow, ReturnRow.case_id, case_id),
        coming_back=connection.execute(coming_back.order_by(ReturnLineRow.id)).all(),
        entries=_rows(connection, CaseEntryRow, CaseEntryRow.case_id, case_id),
        log=_rows(connection, CaseLogRow, CaseLogRow.case_id, case_id, CaseLogRow.position),
        attachments=_rows(connection, AttachmentRow, AttachmentRow.case_id, case_id),
        clocks=_clocks(connection, ClockRow.case_id, case_id),
        messages=_messages(connection, OutboxRow.case_id, case_id),
        remedies=_rows(connection, RemedyRow, RemedyRow.case_id, case_id),
    )


def order_facts(connection: Connection, order_id: int) -> OrderFacts:
    """All that is known of an order."""
    order = _rows(connection, OrderRow, OrderRow.id, order_id)[0]
    scans = (
        select(ScanRow.__table__, ShipmentRow.tracking_number)
        .join(ShipmentRow, ShipmentRow.id == ScanRow.shipment_id)
        .where(ShipmentRow.order_id == order_id)
    )
    return OrderFacts(
        row=order,
        customer=_first(connection, CustomerRow, CustomerRow.id, order.customer_id),
        lines=_rows(connection, LineRow, LineRow.order_id, order_id),
        events=_rows(connection, EventRow, EventRow.order_id, order_id),
        parcels=_rows(connection, ShipmentRow, ShipmentRow.order_id, order_id),
        scans=connection.execute(scans.order_by(ScanRow.scanned_at, ScanRow.id)).all(),
        refunds=_rows(connection, RefundRow, RefundRow.order_id, order_id),
        clocks=_clocks(connection, ClockRow.order_id, order_id),
        messages=_messages(connection, OutboxRow.order_id, order_id),
    )


def _messages(connection: Connection, whose: Any, number: int) -> list[MessageFacts]:
    made = select(AttemptRow.__table__).join(OutboxRow, OutboxRow.id == AttemptRow.outbox_id)
    attempts = connection.execute(made.where(whose == number).order_by(AttemptRow.id)).all()
    return [
        MessageFacts(row, [one for one in attempts if one.outbox_id == row.id])
        for row in _rows(connection, OutboxRow, whose, number)
    ]


def _clocks(connection: Connection, whose: Any, number: int) -> list[ClockFacts]:
    made = select(EscalationRow.__table__).join(ClockRow, ClockRow.id == EscalationRow.clock_id)
    rings = connection.execute(made.where(whose == number).order_by(EscalationRow.id)).all()
    return [
        ClockFacts(row, [one for one in rings if one.clock_id == row.id])
        for row in _rows(connection, ClockRow, whose, number)
    ]


def _rows(connection: Connection, table: Any, column: Any, number: int, by: Any = None) -> Rows:
    wanted = table.__table__.select().where(column == number).order_by(table.id if by is None else by)
    return connection.execute(wanted).all()


def _first(connection: Connection, table: Any, column: Any, number: int) -> Any:
    return connection.execute(table.__table__.select().where(column == number)).one_or_none()
