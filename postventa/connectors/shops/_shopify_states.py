"""Shopify's display states on our three axes."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from postventa.connectors.fields import need
from postventa.connectors.shops._states import States
from postventa.news import NotUnderstood, Raw
from postventa.rules.orders import FulfilmentState, OrderState, PaymentState

MONEY = {
    "PENDING": PaymentState.PENDING,
    "AUTHORIZED": PaymentState.AUTHORIZED,
    "PARTIALLY_PAID": PaymentState.PARTIALLY_PAID,
    "PAID": PaymentState.PAID,
    "PARTIALLY_REFUNDED": PaymentState.PARTIALLY_REFUNDED,
    "REFUNDED": PaymentState.REFUNDED,
    "VOIDED": PaymentState.CANCELLED,
    "EXPIRED": PaymentState.FAILED,
}
GOODS = {
    "UNFULFILLED": FulfilmentState.UNFULFILLED,
    "OPEN": FulfilmentState.UNFULFILLED,
    "SCHEDULED": FulfilmentState.UNFULFILLED,
    "REQUEST_DECLINED": FulfilmentState.UNFULFILLED,
    "RESTOCKED": FulfilmentState.UNFULFILLED,
    "IN_PROGRESS": FulfilmentState.IN_PREPARATION,
    "PENDING_FULFILLMENT": FulfilmentState.IN_PREPARATION,
    "ON_HOLD": FulfilmentState.ON_HOLD,
    "PARTIALLY_FULFILLED": FulfilmentState.PARTIALLY_SHIPPED,
    "FULFILLED": FulfilmentState.SHIPPED,
}
ARRIVED = frozenset({"DELIVERED", "PICKED_UP"})
"""READY_FOR_PICKUP has not arrived: it waits where the customer has to go."""


_State = TypeVar("_State", PaymentState, FulfilmentState)


def states_of(raw: Raw, sent: Sequence[Mapping[str, Any]]) -> States:
    """The three axes of an order; `sent` are its fulfilments that count. Raises NotUnderstood for an unknown word."""
    money, money_word = _known(raw, "displayFinancialStatus", MONEY)
    goods, goods_word = _known(raw, "displayFulfillmentStatus", GOODS)
    if goods is FulfilmentState.SHIPPED and sent and all(one.get("displayStatus") in ARRIVED for one in sent):
        goods = FulfilmentState.DELIVERED
    sale = OrderState.COMPLETED if raw.get("closedAt") else OrderState.OPEN
    if raw.get("cancelledAt"):
        sale = OrderState.CANCELLED
        goods = FulfilmentState.CANCELLED if goods is FulfilmentState.UNFULFILLED else goods
        money = PaymentState.CANCELLED if money is PaymentState.PENDING else money
    return States(sale, money, goods, f"{money_word}/{goods_word}")


def _known(raw: Raw, field: str, table: Mapping[str, _State]) -> tuple[_State, str]:
    said = need(raw, field)
    if not isinstance(said, str) or said not in table:
        raise NotUnderstood(f"{field} is {said!r}, which nobody has explained: Shopify may have added it")
    return table[said], said
