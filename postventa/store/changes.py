"""Saving what the news of a batch of orders changes, table by table, so that a batch costs a dozen statements.

Everything that belongs together is saved in the caller's transaction: the orders, their parcels, the event log
and the messages they owe. An outbox key that is there already owes nothing new.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, delete, exists, select, tuple_, update

from postventa.chain import Course
from postventa.rules.messages import Outcome
from postventa.rules.orders import STOPPED
from postventa.store.messages import OutboxRow
from postventa.store.orders import CustomerRow, EventRow, LineRow, OrderRow, RefundRow
from postventa.store.returns import ReturnLineRow
from postventa.store.shipments import ShipmentRow
from postventa.store.upsert import Row, insert_new, upsert

CURED_BY_NEWS = ("order_cancelled", "order_refunded", "missing_contact", "hard_bounce", "amount_mismatch")
"""Why a message may have been kept back that is owed after all once its order is reopened or put right."""


Texts = Mapping[str, Collection[str]]
"""By shop, the messages that go as a text too."""
NONE: Texts = MappingProxyType({})


@dataclass(slots=True)
class Change:
    """All that one order's news leaves to be saved; rows lack only the ids that the store gives."""

    shop: str
    ref: str
    customer: Row
    order: Row
    lines: list[Row] | None
    """None where they are as stored."""
    refunds: list[Row]
    withdrawn: frozenset[str]
    parcels: list[Row]
    course: Course
    source: str = "shop"
    agreed: tuple[Any, ...] = ()
    """What its customer agreed to in it (`postventa/agreements.py`)."""
    inbox: list[tuple[int, str]] = field(default_factory=list)


def save(connection: Connection, changes: Sequence[Change], now: datetime, texts: Texts = NONE) -> int:
    """Saves the changes of a batch; answers how many messages are newly owed."""
    customers = _customers(connection, changes)
    rows = [
        {**change.order, "customer_id": customers[change.shop, change.customer["identity"]]}
        for change in changes
    ]
    upsert(
        connection,
        OrderRow,
        rows,
        ("shop", "ref"),
        keep=("heard_at", "placed_at"),
        fill=("paid_at", "shipped_at", "delivered_at", "language", "invoice_number", "sale_look_at"),
    )
    ids = _order_ids(connection, changes)
    _lines(connection, changes, ids)
    _refunds(connection, changes, ids, now)
    parcels = [{**row, "order_id": ids[c.shop, c.ref]} for c in changes for row in c.parcels]
    upsert(connection, ShipmentRow, parcels, ("order_id", "tracking_number"))
    _ask_again(connection, [ids[c.shop, c.ref] for c in changes if c.course.stage not in STOPPED], now)
    return log_and_owe(
        connection, [(ids[c.shop, c.ref], c.shop, c.ref, c.source, c.course) for c in changes], now, texts
    )


def log_and_owe(
    connection: Connection,
    courses: Iterable[tuple[int, str, str, str, Course]],
    now: datetime,
    texts: Texts = NONE,
) -> int:
    """Adds courses (order id, shop, ref, source, course) to the event log and to the outbox.

    What goes as a text too is owed twice, once for each channel.
    """
    walked = list(courses)
    events = [
        {
            "order_id": order_id,
            "event": line.event,
            "parcel": line.parcel,
            "happened_at": line.happened_at,
            "recorded_at": now,
            "source": source,
            "stage": line.stage,
            "reason": line.reason,
        }
        for order_id, _, _, source, course in walked
        for line in course.logged
    ]
    if events:
        connection.execute(EventRow.__table__.insert(), events)  # type: ignore[attr-defined]  # a mapped class's table is a Table
    telling = [order_id for order_id, *_, course in walked if any(owe.parcel for owe in course.owed)]
    parcels = _parcel_ids(connection, telling)
    owed = [
        {
            "key": owe.key(shop, ref),
            "order_id": order_id,
            "shipment_id": parcels.get((order_id, owe.parcel)) if owe.parcel else None,
            "message": str(owe.message),
            "occasion": owe.occasion,
            "happened_at": owe.happened_at,
            "owed_at": now,
            "due_at": now + owe.wait,
            "outcome": owe.outcome,
            "reason": owe.reason,
            "words": "",
            "attempts": 0,
            "settled_at": now if owe.reason else None,
        }
        for order_id, shop, ref, _, course in walked
        for owe in course.owed
    ]
    mails = insert_new(connection, OutboxRow, owed, ("key",))
    return mails + insert_new(connection, OutboxRow, _as_texts(owed, texts), ("key",)) if texts else mails


def _as_texts(owed: Iterable[Row], texts: Texts) -> list[Row]:
    """Those of what is owed that its shop sends as a text too; what is told to nobody is not told twice."""
    return [
        row | {"key": f"{row['key']}:sms", "channel": "sms"}
        for row in owed
        if not row["reason"] and row["message"] in texts.get(row["key"].partition(":")[0], ())
    ]


def _customers(connection: Connection, changes: Sequence[Change]) -> dict[tuple[str, str], int]:
    latest = {(c.shop, c.customer["identity"]): {**c.customer, "shop": c.shop} for c in changes}
    rows = list(latest.values())
    upsert(
        connection,
        CustomerRow,
        rows,
        ("shop", "identity"),
        keep=("hard_bounced_at",),
        fill=("einvoice_consent_at",),
    )
    table = CustomerRow.__table__.c
    found = select(table.shop, table.identity, table.id).where(
        tuple_(table.shop, table.identity).in_(list(latest))
    )
    return {(row.shop, row.identity): row.id for row in connection.execute(found)}


def _order_ids(connection: Connection, changes: Sequence[Change]) -> dict[tuple[str, str], int]:
    table = OrderRow.__table__.c
    shops = {change.shop for change in changes}
    found = select(table.shop, table.ref, table.id).where(
        table.shop.in_(shops), table.ref.in_([change.ref for change in changes])
    )
    return {(row.shop, row.ref): row.id for row in connection.execute(found)}


def _lines(connection: Connection, changes: Sequence[Change], ids: dict[tuple[str, str], int]) -> None:
    written = [(ids[c.shop, c.ref], c.lines) for c in changes if c.lines is not None]
    if not written:
        return
    rows = [{**line, "order_id": order_id} for order_id, lines in written for line in lines]
    listed = [(row["order_id"], row["ref"]) for row in rows]
    is_coming_back = exists().where(ReturnLineRow.line_id == LineRow.id)
    connection.execute(
        delete(LineRow).where(
            LineRow.order_id.in_([order_id for order_id, _ in written]),
            tuple_(LineRow.order_id, LineRow.ref).not_in(listed),
            ~is_coming_back,  # what a customer sends back keeps its line, whatever the shop has made of it
        )
    )
    upsert(connection, LineRow, rows, ("order_id", "ref"))


def _refunds(
    connection: Connection, changes: Sequence[Change], ids: dict[tuple[str, str], int], now: datetime
) -> None:
    rows = [
        {**refund, "order_id": ids[c.shop, c.ref], "withdrawn_at": None}
        for c in changes
        for refund in c.refunds
    ]
    upsert(connection, RefundRow, rows, ("order_id", "ref"), fill=("refunded_at",))
    for change in changes:
        if change.withdrawn:
            connection.execute(
                update(RefundRow)
                .where(
                    RefundRow.order_id == ids[change.shop, change.ref], RefundRow.ref.in_(change.withdrawn)
                )
                .values(withdrawn_at=now)
            )


def _ask_again(connection: Connection, order_ids: Sequence[int], now: datetime) -> None:
    """Owes again what was kept back for a reason that news can cure: the sender asks anew whether it may go."""
    box: Any = OutboxRow.__table__.c
    connection.execute(
        update(OutboxRow)
        .where(box.order_id.in_(order_ids), box.outcome == Outcome.SUPPRESSED, box.reason.in_(CURED_BY_NEWS))
        .values(outcome=Outcome.WAITING, reason="", due_at=now, settled_at=None)
    )


def _parcel_ids(connection: Connection, order_ids: Sequence[int]) -> dict[tuple[int, str], int]:
    if not order_ids:
        return {}
    table: Any = ShipmentRow.__table__.c
    found = select(table.order_id, table.tracking_number, table.id).where(table.order_id.in_(order_ids))
    return {(row.order_id, row.tracking_number): row.id for row in connection.execute(found)}
