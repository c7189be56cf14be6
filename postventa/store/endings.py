"""News that ends an order without describing it: a refund heard of by itself, an order that its shop has no more."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select, update

from postventa.chain import advance
from postventa.news import RefundNews
from postventa.rules.happenings import Happening
from postventa.rules.orders import STOPPED, Event, OrderState, PaymentState, Stage
from postventa.store.changes import log_and_owe
from postventa.store.orders import OrderRow, RefundRow
from postventa.store.sales import look_again
from postventa.store.upsert import upsert


def refunded(connection: Connection, shop: str, refund: RefundNews, now: datetime) -> str:
    """Records a refund and what it means for the payment; `no_order` if the order was never heard of."""
    order = _order(connection, shop, refund.order_ref)
    if order is None:
        return "no_order"
    row = {
        "order_id": order.id,
        "ref": refund.ref,
        "amount": refund.amount,
        "reason": refund.reason[:1000],
        "refunded_at": refund.at,
        "withdrawn_at": None,
    }
    upsert(connection, RefundRow, [row], ("order_id", "ref"), fill=("refunded_at",))
    look_again(connection, order.id, now)
    listed = select(RefundRow.amount).where(RefundRow.order_id == order.id, RefundRow.withdrawn_at.is_(None))
    given_back = sum(connection.execute(listed).scalars(), Decimal())
    if given_back < order.total:
        _set(connection, order.id, payment_state=PaymentState.PARTIALLY_REFUNDED)
        return "applied"
    _set(connection, order.id, payment_state=PaymentState.REFUNDED)
    _end(connection, order, Event.REFUNDED, refund.at or now, now)
    return "applied"


def gone(connection: Connection, shop: str, order_ref: str, now: datetime) -> str:
    """Records that the shop has an order no more: for its customer that is a cancellation."""
    order = _order(connection, shop, order_ref)
    if order is None:
        return "no_order"
    _set(connection, order.id, order_state=OrderState.CANCELLED, reread_at=None, sale_look_at=now)
    _end(connection, order, Event.CANCELLED, now, now)
    return "gone"


def _order(connection: Connection, shop: str, ref: str) -> Any:
    orders = OrderRow.__table__
    return connection.execute(orders.select().where(orders.c.shop == shop, orders.c.ref == ref)).one_or_none()


def _set(connection: Connection, order_id: int, **values: Any) -> None:
    connection.execute(update(OrderRow).where(OrderRow.id == order_id).values(**values))


def _end(connection: Connection, order: Any, event: Event, at: datetime, now: datetime) -> None:
    before = Stage(order.stage)
    if before in STOPPED and event.value == before.value:
        return
    course = advance(before, [Happening(event, at)], backfill_since=at)
    _set(connection, order.id, stage=course.stage)
    log_and_owe(connection, [(order.id, order.shop, order.ref, "shop", course)], now)
