"""Money that came after the statement: what was withdrawn from unpaid is owed once its order has been paid."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, or_, update

from postventa.refunds import OWES_NOTHING, money_falls_due
from postventa.return_decisions import recount
from postventa.rules.orders import STOPPED
from postventa.rules.returns import SETTLED
from postventa.sales import is_paid
from postventa.settings import Settings
from postventa.store.orders import OrderRow
from postventa.store.sales import Sale, sales

ASKED_AGAIN = timedelta(days=1)
"""How often it is asked whether such an order has been paid meanwhile: nothing else about it need move."""
_ORDERS: Any = OrderRow.__table__


def count_late_payment(connection: Connection, settings: Settings, sale: Sale, now: datetime) -> Sale:
    """Counts anew what was owed nothing because nothing had been paid, and starts its clock; answers the sale as it is then."""
    waiting = _owed_nothing(sale)
    if not waiting or not is_paid(sale):
        return sale
    for row in waiting:
        if recount(connection, settings, row.case_id):
            money_falls_due(connection, settings, row.case_id, now)
    return sales(connection, [sale.order.id])[sale.order.id]


def ask_again(connection: Connection, sale: Sale, now: datetime) -> None:
    """Has an unpaid sale that is withdrawn from looked at again tomorrow, unless it is looked at before."""
    if not _owed_nothing(sale) or is_paid(sale) or sale.order.stage in STOPPED:
        return
    look_at = _ORDERS.c.sale_look_at
    later = or_(look_at.is_(None), look_at > now + ASKED_AGAIN)
    tomorrow = update(OrderRow).where(_ORDERS.c.id == sale.order.id, later)
    connection.execute(tomorrow.values(sale_look_at=now + ASKED_AGAIN))


def _owed_nothing(sale: Sale) -> list[Any]:
    return [
        row
        for row in sale.returns
        if row.refund_due_amount == 0 and row.state not in OWES_NOTHING and row.state not in SETTLED
    ]
