"""Refunds that were made beside the shop, by transfer or in cash: noted by a person, and counted like the others."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from postventa.refunds import OWES_NOTHING, read_back
from postventa.settings import Settings
from postventa.store.caselog import log
from postventa.store.orders import BY_HAND, RefundRow
from postventa.store.sales import hold_return, sales
from postventa.store.upsert import insert_new


class NotAgreed(ValueError):
    """Money goes back the way it came, unless the customer agrees expressly to another (LGDCU 107.1)."""


def pay_by_hand(
    connection: Connection,
    settings: Settings,
    case_id: int,
    *,
    amount: Decimal,
    at: datetime,
    means: str,
    is_agreed: bool,
    who: str,
    now: datetime,
) -> None:
    """Notes a refund that was made beside the shop. Raises NotAgreed where its means was not the order's."""
    row: Any = hold_return(connection, case_id)
    if row.order_id is None or row.state in OWES_NOTHING:
        raise NotAgreed(f"{row.number} is {row.state}: no refund is owed for it")
    sale = sales(connection, [row.order_id])[row.order_id]
    usual = sale.order.details.get("payment_method", "")
    is_other = bool(means.strip()) and means.strip().casefold() != usual.casefold()
    if is_other and not is_agreed:
        raise NotAgreed(
            f"the order was paid by {usual or 'a means that is not known'}: {means} needs the customer's express "
            "agreement (LGDCU 107.1), say --agreed if it was given"
        )
    number = 1 + sum(refund.ref.startswith(BY_HAND) for refund in sale.refunds)
    refund = {
        "order_id": row.order_id,
        "ref": f"{BY_HAND}{row.number}:{number}",
        "amount": amount,
        "reason": f"{means or usual} by {who}"[:1000],
        "refunded_at": at,
        "withdrawn_at": None,
    }
    insert_new(connection, RefundRow, [refund], ("order_id", "ref"))
    log(connection, case_id, "refund_by_hand", at, {"who": who, "amount": f"{amount:.2f}"})
    sale = sales(connection, [row.order_id])[row.order_id]
    read_back(connection, settings, sale, now, other_means=means.strip() if is_other else "")
