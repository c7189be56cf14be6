"""What remedies may cost: a shop's budget of the month, the limit above which a manager decides, and what was paid at all."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from postventa.rules import compensation as rules
from postventa.settings import Settings
from postventa.store.compensation import NotPossible, back_or_promised, spent


def budget_of(settings: Settings, shop: str, now: datetime) -> str:
    """The budget that is spent from now: the shop's and the month's."""
    return f"{shop[:24]}:{now.astimezone(settings.shop(shop).zone):%Y-%m}"


def check_paid(connection: Connection, row: Any, order_id: int | None) -> None:
    """Nobody is given back more than was paid."""
    if order_id is None:
        return
    gone, paid = back_or_promised(connection, order_id)
    if gone + row.amount > paid:
        raise NotPossible(
            f"remedy {row.id} would give back more than the {paid:.2f} paid: {gone:.2f} is back or promised"
        )


def why_a_manager(connection: Connection, settings: Settings, row: Any, shop: str, budget: str) -> str:
    """Why a remedy is above what anybody at the desk may approve; empty where it is not."""
    policy = settings.policy
    gone = spent(connection, shop, budget, row.currency)
    return rules.why_a_manager(
        row.amount, limit=policy.approval_limit, spent=gone, budget=policy.remedy_budget
    )
