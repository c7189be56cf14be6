"""Medusa's computed states on our three axes: `status` says almost nothing, for it stays `pending` for life."""

from decimal import Decimal
from typing import TypeVar

from postventa.connectors.fields import need
from postventa.connectors.shops._states import States
from postventa.news import NotUnderstood, Raw
from postventa.rules.orders import FulfilmentState, OrderState, PaymentState

SALE = {
    "pending": OrderState.OPEN,
    "requires_action": OrderState.OPEN,
    "completed": OrderState.COMPLETED,
    "archived": OrderState.COMPLETED,  # filed away; whether it was cancelled before, `canceled_at` says
    "canceled": OrderState.CANCELLED,
    "draft": OrderState.DRAFT,
}
MONEY = {
    "not_paid": PaymentState.PENDING,
    "awaiting": PaymentState.PENDING,
    "requires_action": PaymentState.PENDING,
    "partially_authorized": PaymentState.PENDING,
    "authorized": PaymentState.AUTHORIZED,
    "partially_captured": PaymentState.PARTIALLY_PAID,
    "captured": PaymentState.PAID,
    "partially_refunded": PaymentState.PARTIALLY_REFUNDED,
    "refunded": PaymentState.REFUNDED,
    "canceled": PaymentState.CANCELLED,
}
GOODS = {
    "not_fulfilled": FulfilmentState.UNFULFILLED,
    "partially_fulfilled": FulfilmentState.IN_PREPARATION,
    "fulfilled": FulfilmentState.READY_TO_SHIP,  # packed, and still here
    "partially_shipped": FulfilmentState.PARTIALLY_SHIPPED,
    "shipped": FulfilmentState.SHIPPED,
    "partially_delivered": FulfilmentState.PARTIALLY_DELIVERED,
    "delivered": FulfilmentState.DELIVERED,
    "canceled": FulfilmentState.UNFULFILLED,  # every parcel was called off, not the order: it is packed anew
}

_State = TypeVar("_State", OrderState, PaymentState, FulfilmentState)


def states_of(raw: Raw, still_paid: Decimal, coin: Decimal) -> States:
    """The three axes of an order. Raises NotUnderstood for a word that no table knows.

    `still_paid` is what the customer paid and was not given back: less than a `coin` cannot be given back.
    """
    sale, sale_word = _known(raw, "status", SALE)
    money, money_word = _known(raw, "payment_status", MONEY)
    goods, goods_word = _known(raw, "fulfillment_status", GOODS)
    if raw.get("canceled_at"):
        sale = OrderState.CANCELLED
    if sale is OrderState.CANCELLED and goods is FulfilmentState.UNFULFILLED:
        goods = FulfilmentState.CANCELLED
    if sale is OrderState.CANCELLED and money is PaymentState.PENDING:
        money = PaymentState.CANCELLED
    if money is PaymentState.PARTIALLY_REFUNDED and still_paid < coin:
        money = PaymentState.REFUNDED
    return States(sale, money, goods, f"{sale_word}/{money_word}/{goods_word}")


def _known(raw: Raw, field: str, table: dict[str, _State]) -> tuple[_State, str]:
    said = need(raw, field)
    if not isinstance(said, str) or said not in table:
        raise NotUnderstood(
            f"{field} is {said!r}, which nobody has explained: this version of Medusa may be newer than ours"
        )
    return table[said], said
