"""What was sold for good: sales whose right to withdraw is over, on the day they became final, less what went back.

A refund made before its sale was final lessens that sale; one made later lessens the day on which it was made. So a
day that is over changes only where a sale is reopened, and the days add up to what was sold and given back.
"""

from typing import Any

import pandas as pd
from sqlalchemy import func, select

from postventa.datasets._night import Night, Span, Window
from postventa.datasets._reading import exact_sum, in_units, local_day, money, per_shop, read
from postventa.rules.orders import PaymentState
from postventa.store.orders import OrderRow, RefundRow

READS = ()
DAY = "day"
PAID = (PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED, PaymentState.REFUNDED)
_CELL = ["shop", "day", "currency"]
_AMOUNTS = ("gross", "tax", "refunded_before", "refunded_after")
_ORDERS: Any = OrderRow.__table__.c
_REFUNDS: Any = RefundRow.__table__.c


def build(night: Night, span: Span) -> pd.DataFrame:
    """A row for each day and currency in which a sale became final or a final one was refunded."""
    return per_shop(night, span, _rows)


def _rows(night: Night, window: Window) -> pd.DataFrame:
    sold, later = read(night, _final(window, night)), read(night, _given_back_later(window, night))
    pieces = [
        sold.assign(day=local_day(sold["sale_final_at"], window), orders=1, refunded_after=0),
        later.assign(
            day=local_day(later["refunded_at"], window), orders=0, gross=0, tax=0, refunded_before=0
        ),
    ]
    columns = [*_CELL, "orders", *_AMOUNTS]
    every = pd.concat([piece[columns] for piece in pieces], ignore_index=True)
    cells = every.astype(dict.fromkeys(["orders", *_AMOUNTS], "int64")).groupby(_CELL, as_index=False).sum()
    net = cells["gross"] - cells["refunded_before"] - cells["refunded_after"]
    return pd.DataFrame(
        {
            **{name: cells[name] for name in _CELL},
            "orders": cells["orders"],
            "gross_amount": money(cells["gross"]),
            "tax_amount": money(cells["tax"]),
            "refunded_before_final_amount": money(cells["refunded_before"]),
            "refunded_after_final_amount": money(cells["refunded_after"]),
            "net_amount": money(net),
        }
    )


def _final(window: Window, night: Night) -> Any:
    """Sales that became final within the window, each with what had gone back by then or nobody knows when."""
    before = (
        select(func.coalesce(exact_sum(_REFUNDS.amount), 0))
        .where(_REFUNDS.order_id == _ORDERS.id, _REFUNDS.withdrawn_at.is_(None))
        .where(_REFUNDS.refunded_at.is_(None) | (_REFUNDS.refunded_at <= _ORDERS.sale_final_at))
        .scalar_subquery()
    )
    return select(
        _ORDERS.shop,
        _ORDERS.currency,
        _ORDERS.sale_final_at,
        in_units(_ORDERS.total).label("gross"),
        in_units(_ORDERS.tax_total).label("tax"),
        before.label("refunded_before"),
    ).where(_is_final(night), _ORDERS.shop == window.shop, window.holds(_ORDERS.sale_final_at))


def _given_back_later(window: Window, night: Night) -> Any:
    """Refunds made within the window of sales that had been final."""
    return (
        select(
            _ORDERS.shop,
            _ORDERS.currency,
            _REFUNDS.refunded_at,
            in_units(_REFUNDS.amount).label("refunded_after"),
        )
        .join(OrderRow, _ORDERS.id == _REFUNDS.order_id)
        .where(_is_final(night), _ORDERS.shop == window.shop, _REFUNDS.withdrawn_at.is_(None))
        .where(window.holds(_REFUNDS.refunded_at), _REFUNDS.refunded_at > _ORDERS.sale_final_at)
    )


def _is_final(night: Night) -> Any:
    """The date of finality is set ahead: only once it has come, and the sale was paid, has anything been sold."""
    return (_ORDERS.sale_final_at <= night.now) & _ORDERS.payment_state.in_(PAID)
