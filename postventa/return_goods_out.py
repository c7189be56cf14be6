"""Goods that left the shop although their order was withdrawn from or refunded: asked for, or told to the desk.

Whose money is still owed is asked for the goods: the refund may wait for them. Whose money is back owes no date any
more: a person decides, and may ask politely.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from postventa.return_calls import call
from postventa.return_instructions import instruct
from postventa.returns import SEND_BACK, act, the_return
from postventa.rules.returns import Act, OutOfTurn, ReturnState
from postventa.settings import Settings
from postventa.store.casebook import owe
from postventa.store.caselog import log
from postventa.store.clocks import ClockRow
from postventa.store.filing import quarantine
from postventa.store.sales import Sale

ASKED_BACK = "return_asked_back"
PAID_BACK = {ReturnState.REFUNDED, ReturnState.CLOSED}


def ask_for_what_left(connection: Connection, settings: Settings, sale: Sale, now: datetime) -> list[int]:
    """Asks for goods that left although their return had been accepted before; answers which returns' they are.

    Once for each: whoever has been asked for the goods has a clock for them. Where the money is back already, or went
    back without a return, the desk is told instead.
    """
    left_at = _left_at(sale)
    if left_at is None:
        return []
    if not sale.returns:
        _tell_of_an_order(connection, sale, left_at, now)
        return []
    out = _out_unasked(connection, sale, left_at)
    wanted = [row for row in out if row.state == ReturnState.REFUND_DUE and row.decided_at is not None]
    for row in wanted:
        act(connection, row, Act.ASK_FOR_GOODS, who="clock", now=now)
        instruct(connection, settings, row, now, shipped_at=left_at)
    for row in out:
        if row.state in PAID_BACK and row.refunded_at is not None:
            _tell_the_owner(connection, settings, row, left_at, now)
    return [row.case_id for row in wanted]


def ask_back(connection: Connection, case_id: int, *, who: str, now: datetime) -> None:
    """Asks the customer politely for goods that left although their money is back; once. Raises OutOfTurn.

    The shop erred and nobody owes it a date: it pays the way back, and nothing follows where nothing comes.
    """
    row = the_return(connection, case_id)
    if row.state not in PAID_BACK or row.goods_received_at is not None:
        raise OutOfTurn(
            f"{row.number} is {row.state}: goods are asked back where the money is back and they are still out"
        )
    if owe(connection, case_id, ASKED_BACK, "once", now, facts={}):
        log(connection, case_id, "asked_back", now, {"who": who})


def _left_at(sale: Sale) -> datetime | None:
    """Since when goods of this sale are out; of an order that was stopped only its carrier says so."""
    order = sale.order
    if not order.needs_shipping:
        return None
    scanned = [parcel.shipped_at for parcel in sale.parcels if parcel.shipped_at is not None]
    return order.shipped_at or min(scanned, default=None)


def _out_unasked(connection: Connection, sale: Sale, left_at: datetime) -> Sequence[Any]:
    """Returns whose goods nobody has seen again nor asked for, and which were to stay in the shop: they left later."""
    seen = [row for row in sale.returns if row.goods_received_at is None and row.proof_at is None]
    clocks: Any = ClockRow.__table__.c
    asked = select(clocks.case_id).where(
        clocks.rule_id == SEND_BACK, clocks.case_id.in_([row.case_id for row in seen])
    )
    before = set(connection.execute(asked).scalars()) if seen else set()
    return [
        row
        for row in seen
        if row.case_id not in before and (row.decided_at is not None or left_at > row.informed_at)
    ]


def _tell_the_owner(
    connection: Connection, settings: Settings, row: Any, left: datetime, now: datetime
) -> None:
    words = f"The goods left the shop on {left:%Y-%m-%d}, and the money was back already: nobody owes them a date."
    facts = {
        "left_at": left.isoformat(),
        "given_amount": f"{row.refunded_amount:.2f}",
        "due_amount": f"{row.refund_due_amount or Decimal(0):.2f}",
    }
    call(connection, settings, row, "goods_left", words=words, occasion="goods left", now=now, facts=facts)


def _tell_of_an_order(connection: Connection, sale: Sale, left_at: datetime, now: datetime) -> None:
    """An order paid back whole that is sent all the same has no case: the question is set aside for a person, once."""
    order = sale.order
    back = [refund for refund in sale.refunds if refund.refunded_at is not None]
    if not order.total or sum((refund.amount for refund in back), Decimal(0)) < order.total:
        return
    last = max(refund.refunded_at for refund in back)
    if last >= left_at:
        return
    quarantine(
        connection,
        source=order.shop,
        kind="goods out",
        ref=order.ref,
        reason=f"sent on {left_at:%Y-%m-%d} although all of it was paid back on {last:%Y-%m-%d}: "
        "stop the parcel, or ask the customer for it",
        raw="",
        now=now,
    )
