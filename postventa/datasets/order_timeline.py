"""The life of every order: when each thing happened, how long each wait was, and how it ended.

Moments are told by day, as the shop's clock says it, and waits in hours, which is exact and points at nobody.
"""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Boolean, Integer, cast, func, literal, select

from postventa.datasets._carriers import carrier_of
from postventa.datasets._night import Night, Span, Window
from postventa.datasets._reading import hours, in_units, local_day, per_shop, read
from postventa.datasets._regions import address_columns, regions
from postventa.review_facts import SURVEY
from postventa.rules.orders import Event
from postventa.store.asks import AskRow
from postventa.store.cases import CaseRow
from postventa.store.orders import CustomerRow, EventRow, LineRow, OrderRow, RefundRow
from postventa.store.reviews import ReviewRow
from postventa.store.shipments import ShipmentRow

READS = ()
DAY = "day"
BANDS = (0, 25, 50, 100, 200, 500)
"""What an order was worth, told in steps of its currency: an exact amount is as good as an order number."""
STATES = ("stage", "order_state", "payment_state", "fulfilment_state")
FROM_EVENTS = {
    "preparation_started": Event.PREPARATION_STARTED,
    "packed": Event.PACKED,
    "cancelled": Event.CANCELLED,
}
MOMENTS = (
    *("paid", "preparation_started", "packed", "shipped", "first_delivered", "delivered", "cancelled"),
    *("asked", "answered", "reviewed", "complained", "returned", "refunded"),
    *("withdrawal_closes", "sale_final"),
)
WAITS = {
    "payment": ("placed", "paid"),
    "preparation": ("paid", "shipped"),
    "transit": ("shipped", "delivered"),
    "order_to_delivery": ("placed", "delivered"),
    "delivery_to_answer": ("delivered", "answered"),
    "order_to_final": ("placed", "sale_final"),
}
"""Each wait, from one moment to another."""
_ASKS: Any = AskRow.__table__.c
_CASES: Any = CaseRow.__table__.c
_CUSTOMERS: Any = CustomerRow.__table__.c
_EVENTS: Any = EventRow.__table__.c
_LINES: Any = LineRow.__table__.c
_ORDERS: Any = OrderRow.__table__.c
_PARCELS: Any = ShipmentRow.__table__.c
_REFUNDS: Any = RefundRow.__table__.c
_REVIEWS: Any = ReviewRow.__table__.c


def build(night: Night, span: Span) -> pd.DataFrame:
    """A row for each order, on the local day on which it was placed."""
    return per_shop(night, span, _rows)


def _rows(night: Night, window: Window) -> pd.DataFrame:
    found, names = read(night, _orders(window)), night.pseudonyms
    usual = night.settings.shop(window.shop).language
    at = {name: found[f"{name}_at"] for name in ("placed", *MOMENTS)}
    return pd.DataFrame(
        {
            "shop": found["shop"],
            "day": local_day(at["placed"], window),
            "order_id": names.of("order", found["id"]),
            "customer_id": names.of("customer", found["customer_id"]),
            "is_guest": found["is_guest"],
            "language": found["language"].fillna(usual),
            "region": regions(found),
            "carrier": found["carrier"],
            "currency": found["currency"],
            "amount_band": _bands(found["total"]),
            "lines": found["lines"],
            "parcels": found["parcels"],
            **{name: found[name] for name in STATES},
            "is_held": found["is_held"],
            **{f"{name}_on": local_day(at[name], window) for name in MOMENTS},
            **{f"{name}_hours": hours(at[one], at[two]) for name, (one, two) in WAITS.items()},
            "is_out_of_order": _is_out_of_order(at),
        }
    )


def _bands(units: "pd.Series[Any]") -> "pd.Series[str]":
    """`50-99` is from 50 to less than 100."""
    names = [f"{low}-{high - 1}" for low, high in pairwise(BANDS)] + [f"{BANDS[-1]}+"]
    step = np.searchsorted(np.array(BANDS) * 10_000, units.to_numpy(dtype="int64"), side="right") - 1
    return pd.Series(np.array(names, dtype=object)[np.clip(step, 0, None)], index=units.index).astype("str")


def _is_out_of_order(at: dict[str, "pd.Series[Any]"]) -> "pd.Series[Any]":
    """News that came before what it follows from: it left before it was paid, or arrived before it left."""
    early = (at["shipped"] < at["paid"]) | (at["delivered"] < at["shipped"])
    return early.astype("boolean")


def _orders(window: Window) -> Any:
    """Orders placed within the window; whatever belongs to them is looked up by its index on the order."""
    subject = literal("order:") + cast(_ORDERS.id, _ASKS.subject.type)
    ask = [
        select(column).where(_ASKS.subject == subject, _ASKS.survey == SURVEY).scalar_subquery().label(label)
        for column, label in ((_ASKS.asked_at, "asked_at"), (_ASKS.first_answer_at, "answered_at"))
    ]
    events = [
        _first(_EVENTS.happened_at, _EVENTS.order_id, f"{name}_at", _EVENTS.event == event)
        for name, event in FROM_EVENTS.items()
    ]
    own = ("id", "shop", "customer_id", "currency", *STATES, "is_held", "language", "placed_at", "paid_at")
    ends = ("shipped_at", "delivered_at", "withdrawal_closes_at", "sale_final_at")
    return (
        select(
            *(_ORDERS[name] for name in (*own, *ends)),
            cast(_CUSTOMERS.ref.is_(None), Boolean).label("is_guest"),
            in_units(_ORDERS.total).label("total"),
            carrier_of(_ORDERS.id).label("carrier"),
            _many(_LINES.order_id, "lines"),
            _many(_PARCELS.order_id, "parcels"),
            *events,
            _first(_PARCELS.delivered_at, _PARCELS.order_id, "first_delivered_at"),
            *ask,
            _first(_REVIEWS.written_at, _REVIEWS.order_id, "reviewed_at"),
            _first(_CASES.opened_at, _CASES.order_id, "complained_at", _CASES.family == "complaint"),
            _first(_CASES.opened_at, _CASES.order_id, "returned_at", _CASES.family == "return"),
            _first(_REFUNDS.refunded_at, _REFUNDS.order_id, "refunded_at", _REFUNDS.withdrawn_at.is_(None)),
            *address_columns(),
        )
        .join(CustomerRow, _CUSTOMERS.id == _ORDERS.customer_id)
        .where(_ORDERS.shop == window.shop, window.holds(_ORDERS.placed_at))
        .order_by(_ORDERS.id)
    )


def _first(moment: Any, order_id: Any, label: str, *only: Any) -> Any:
    earliest = select(func.min(moment)).where(order_id == _ORDERS.id, *only)
    return earliest.scalar_subquery().label(label)


def _many(order_id: Any, label: str) -> Any:
    counted = select(func.count(type_=Integer)).where(order_id == _ORDERS.id)
    return counted.scalar_subquery().label(label)
