"""An order's timeline: what was heard, how it moved, what the carrier scanned, and what its customer was told."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select

from postventa.store.cases import CaseRow
from postventa.store.clocks import ClockRow, EscalationRow
from postventa.store.inbox import InboxRow, ParkedRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import EventRow, RefundRow
from postventa.store.shipments import ScanRow, ShipmentRow

AS_TEXT = {"sms": " as a text"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline; `kind` is news, stage, scan, message, refund, clock, call or parked."""

    at: datetime
    kind: str
    what: str


def timeline(connection: Connection, order_id: int, shop: str, ref: str) -> list[Entry]:
    """The order's whole story, oldest first, without personal data."""
    entries = [
        *_news(connection, shop, ref),
        *_stages(connection, order_id),
        *_scans(connection, order_id),
        *_messages(connection, order_id),
        *_refunds(connection, order_id),
        *_clocks(connection, order_id),
        *_parked(connection, shop, ref),
    ]
    return sorted(entries, key=lambda entry: entry.at)


def _news(connection: Connection, shop: str, ref: str) -> list[Entry]:
    box = InboxRow.__table__.c
    rows = select(box.heard_at, box.kind, box.modified_at, box.outcome).where(
        box.shop == shop, box.order_ref == ref
    )
    return [
        Entry(
            row.heard_at,
            "news",
            f"{row.kind} as of {row.modified_at:%Y-%m-%d %H:%M:%S} ({row.outcome or 'unread'})",
        )
        for row in connection.execute(rows)
    ]


def _stages(connection: Connection, order_id: int) -> list[Entry]:
    rows = select(EventRow.__table__).where(EventRow.order_id == order_id).order_by(EventRow.id)
    return [
        Entry(row.happened_at, "stage", _joined(f"{row.event} -> {row.stage}", row.parcel, row.reason))
        for row in connection.execute(rows)
    ]


def _scans(connection: Connection, order_id: int) -> list[Entry]:
    rows = (
        select(
            ScanRow.scanned_at,
            ScanRow.status,
            ScanRow.incident_reason,
            ScanRow.raw_text,
            ScanRow.place,
            ShipmentRow.tracking_number,
        )
        .join(ShipmentRow, ShipmentRow.id == ScanRow.shipment_id)
        .where(ShipmentRow.order_id == order_id)
    )
    return [
        Entry(
            row.scanned_at,
            "scan",
            _joined(row.status, row.tracking_number, row.incident_reason, row.raw_text, row.place),
        )
        for row in connection.execute(rows)
    ]


def _messages(connection: Connection, order_id: int) -> list[Entry]:
    rows = select(OutboxRow.__table__).where(OutboxRow.order_id == order_id)
    return [
        Entry(
            row.settled_at or row.due_at,
            "message",
            _joined(f"{row.message}{AS_TEXT.get(row.channel, '')}: {row.outcome}", row.reason, row.words),
        )
        for row in connection.execute(rows)
    ]


def _refunds(connection: Connection, order_id: int) -> list[Entry]:
    rows = select(RefundRow.__table__).where(
        RefundRow.order_id == order_id, RefundRow.refunded_at.is_not(None)
    )
    return [
        Entry(row.refunded_at, "refund", _joined(f"{row.amount:f}", "withdrawn" if row.withdrawn_at else ""))
        for row in connection.execute(rows)
    ]


def _clocks(connection: Connection, order_id: int) -> list[Entry]:
    """The deadlines of the order and of the cases about it: their start, the calls they made, and their end."""
    clocks, cases = ClockRow.__table__.c, CaseRow.__table__.c
    of_a_case = select(cases.id).where(cases.order_id == order_id)
    about = select(ClockRow.__table__, cases.number).outerjoin(CaseRow, cases.id == clocks.case_id)
    rows = connection.execute(
        about.where(or_(clocks.order_id == order_id, clocks.case_id.in_(of_a_case)))
    ).all()
    entries = []
    for row in rows:
        due = f"due {row.due_at:%Y-%m-%d %H:%M} UTC"
        entries.append(
            Entry(row.started_at, "clock", _joined(f"{row.rule_id} started", row.number, due, row.article))
        )
        if row.ended_at is not None:
            entries.append(Entry(row.ended_at, "clock", _joined(f"{row.rule_id} {row.state}", row.number)))
    calls = EscalationRow.__table__.c
    named = {row.id: row for row in rows}
    made = select(EscalationRow.__table__).where(calls.clock_id.in_(named))
    for call in connection.execute(made) if named else ():
        clock, late = named[call.clock_id], "late" if call.is_late else ""
        what = _joined(f"{clock.rule_id}: {call.rung}", call.to or "nobody", late, clock.number)
        entries.append(Entry(call.made_at, "call", what))
    return entries


def _parked(connection: Connection, shop: str, ref: str) -> list[Entry]:
    rows = select(ParkedRow.__table__).where(ParkedRow.shop == shop, ParkedRow.order_ref == ref)
    return [Entry(row.parked_at, "parked", row.reason) for row in connection.execute(rows)]


def _joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)
