"""WooCommerce's one status on our three axes: what each says of the sale, the money and the goods."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from postventa.connectors.shops._states import States, row
from postventa.news import NotUnderstood
from postventa.rules.orders import FulfilmentState, OrderState, PaymentState

CORE: dict[str, States] = {
    "pending": row("open", "pending", "unfulfilled"),
    "on-hold": row("open", "pending", "on_hold"),
    "processing": row("open", "paid", "unfulfilled"),
    "completed": row("completed", "paid", "shipped"),
    "cancelled": row("cancelled", "cancelled", "cancelled"),
    "refunded": row("cancelled", "refunded", "cancelled"),
    "failed": row("open", "failed", "unfulfilled"),
    "trash": row("cancelled", "cancelled", "cancelled"),
    "checkout-draft": row("draft", "pending", "unfulfilled"),
    "auto-draft": row("draft", "pending", "unfulfilled"),
}

PLUGINS: dict[str, FulfilmentState] = {
    "preparing": FulfilmentState.IN_PREPARATION,
    "in-preparation": FulfilmentState.IN_PREPARATION,
    "in_preparation": FulfilmentState.IN_PREPARATION,
    "packed": FulfilmentState.READY_TO_SHIP,
    "ready-to-ship": FulfilmentState.READY_TO_SHIP,
    "ready_to_ship": FulfilmentState.READY_TO_SHIP,
    "awaiting-shipment": FulfilmentState.READY_TO_SHIP,
    "shipped": FulfilmentState.SHIPPED,
    "partial-shipped": FulfilmentState.PARTIALLY_SHIPPED,
    "delivered": FulfilmentState.DELIVERED,
    "backordered": FulfilmentState.BACKORDERED,
}
"""Statuses that widespread plugins add; the shop's own table goes before them."""

ON_DELIVERY = "cod"
"""The payment method of an order that is worked on before it is paid."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What else the order says that bears on its states."""

    is_paid: bool
    is_completed: bool
    payment_method: str
    needs_shipping: bool
    total: Decimal
    refunded: Decimal


def states_of(status: str, facts: Facts, own: Mapping[str, FulfilmentState], shop: str) -> States:
    """The three axes of an order. Raises NotUnderstood for a status that no table knows."""
    known = CORE.get(status)
    if known is None:
        goods = own.get(status) or PLUGINS.get(status)
        if goods is None:
            raise NotUnderstood(
                f"status is {status!r}, which nobody has explained: say what it means for the goods "
                f"in shops.{shop}.statuses"
            )
        known = States(OrderState.OPEN, PaymentState.PENDING, goods)
    else:
        known = States(known.order, known.payment, own.get(status) or _goods(status, known, facts))
    return States(_sale(status, known, facts), _money(status, known, facts), known.fulfilment)


def _sale(status: str, known: States, facts: Facts) -> OrderState:
    if status == "refunded" and facts.is_completed:
        return OrderState.COMPLETED  # the goods had gone out: that sale was carried out, then undone
    return known.order


def _goods(status: str, known: States, facts: Facts) -> FulfilmentState:
    if status == "completed" and not facts.needs_shipping:
        return FulfilmentState.DELIVERED
    if status == "refunded" and facts.is_completed:
        return FulfilmentState.SHIPPED
    return known.fulfilment


def _money(status: str, known: States, facts: Facts) -> PaymentState:
    if facts.refunded > 0:
        whole = facts.refunded >= facts.total
        return PaymentState.REFUNDED if whole else PaymentState.PARTIALLY_REFUNDED
    if status == "processing" and facts.payment_method == ON_DELIVERY and not facts.is_paid:
        return PaymentState.PENDING
    paid_says_more = status not in CORE or status == "on-hold" or known.order is OrderState.CANCELLED
    if facts.is_paid and paid_says_more and known.payment is not PaymentState.REFUNDED:
        return PaymentState.PAID
    return known.payment
