"""PrestaShop's one state on our three axes: by the shop's own table, by its notes of which state is which, by flags."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from postventa.connectors.fields import text
from postventa.connectors.shops._states import States
from postventa.news import NotUnderstood
from postventa.rules.orders import FulfilmentState, OrderState, PaymentState

BY_ROLE = {
    "awaiting": FulfilmentState.UNFULFILLED,
    "paid": FulfilmentState.UNFULFILLED,
    "failed": FulfilmentState.UNFULFILLED,
    "in_preparation": FulfilmentState.IN_PREPARATION,
    "shipped": FulfilmentState.SHIPPED,
    "delivered": FulfilmentState.DELIVERED,
    "cancelled": FulfilmentState.CANCELLED,
    "refunded": FulfilmentState.CANCELLED,
    "backordered": FulfilmentState.BACKORDERED,
}
LEFT = frozenset({FulfilmentState.SHIPPED, FulfilmentState.DELIVERED})
ON_DELIVERY = "cashondelivery"
"""Within the name of a module whose orders are marked as paid when they are prepared, long before anybody pays."""

State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What else the order says that bears on its states. `passed` are the states it went through, oldest first."""

    passed: Sequence[State]
    module: str
    total: Decimal
    refunded: Decimal


def names_of(state: State) -> list[str]:
    """A state's names: one text, or one for each language of the shop."""
    found = state.get("name")
    if isinstance(found, str):
        return [found.strip()]
    return [text(one, "value") for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def states_of(state: State, facts: Facts, own: Mapping[str, FulfilmentState], shop: str) -> States:
    """The three axes of an order. Raises NotUnderstood for a state that nothing explains."""
    role = text(state, "role")
    goods = goods_of(state, own)
    if goods is None:
        said = ", ".join(repr(name) for name in dict.fromkeys(names_of(state)))
        raise NotUnderstood(
            f"current_state is {text(state, 'id')} ({said}), whose flags say nothing and which nobody has explained: "
            f"say what it means for the goods in shops.{shop}.statuses, by its number or its name"
        )
    furthest = _left(facts.passed, own)
    if furthest is not None and (goods is FulfilmentState.UNFULFILLED or role == "refunded"):
        goods = furthest  # what has left has left, whatever its money does afterwards
    return States(_sale(goods, role), _money(state, goods, facts), goods)


def goods_of(state: State, own: Mapping[str, FulfilmentState]) -> FulfilmentState | None:
    """What a state says of the goods; None where it says nothing."""
    named = {key.strip().casefold(): goods for key, goods in own.items()}
    for name in (text(state, "id"), *names_of(state)):
        if name.casefold() in named:
            return named[name.casefold()]
    if (goods := BY_ROLE.get(text(state, "role"))) is not None:
        return goods
    if _is(state, "shipped"):
        return FulfilmentState.SHIPPED
    if _is(state, "delivery"):
        return FulfilmentState.IN_PREPARATION  # a delivery slip can be printed
    return FulfilmentState.UNFULFILLED if _is(state, "paid") else None


def is_payment(state: State, module: str) -> bool:
    """Whether the money is there once an order has come to this state."""
    if ON_DELIVERY in module:
        return text(state, "role") in {"paid", "delivered"}
    return _is(state, "paid")


def _left(passed: Sequence[State], own: Mapping[str, FulfilmentState]) -> FulfilmentState | None:
    return next((goods for one in reversed(passed) if (goods := goods_of(one, own)) in LEFT), None)


def _sale(goods: FulfilmentState, role: str) -> OrderState:
    if goods is FulfilmentState.CANCELLED:
        return OrderState.CANCELLED
    is_over = goods is FulfilmentState.DELIVERED or role == "refunded"
    return OrderState.COMPLETED if is_over else OrderState.OPEN


def _money(state: State, goods: FulfilmentState, facts: Facts) -> PaymentState:
    role = text(state, "role")
    if facts.refunded > 0:
        whole = facts.refunded >= facts.total
        return PaymentState.REFUNDED if whole else PaymentState.PARTIALLY_REFUNDED
    if role == "refunded":
        return PaymentState.REFUNDED
    if any(is_payment(one, facts.module) for one in (state, *facts.passed)):
        return PaymentState.PAID
    if role == "failed":
        return PaymentState.FAILED
    return PaymentState.CANCELLED if goods is FulfilmentState.CANCELLED else PaymentState.PENDING


def _is(state: State, flag: str) -> bool:
    return text(state, flag) == "1"
