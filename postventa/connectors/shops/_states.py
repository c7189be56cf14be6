"""Where an order stands, as every platform's table of states says it."""

from dataclasses import dataclass

from postventa.rules.orders import FulfilmentState, OrderState, PaymentState


@dataclass(frozen=True, slots=True)
class States:
    """Where an order stands on each axis, and the platform's own words that say so where they are not one word."""

    order: OrderState
    payment: PaymentState
    fulfilment: FulfilmentState
    raw: str = ""


def row(order: str, payment: str, fulfilment: str) -> States:
    """A row of a platform's table."""
    return States(OrderState(order), PaymentState(payment), FulfilmentState(fulfilment))
