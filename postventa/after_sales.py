"""What follows a sale, kept up to date: when the right to withdraw ends, when the sale is final, what has been given back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, select, text, update

from postventa.clocks import end_clocks
from postventa.declarations import ACKNOWLEDGEMENT
from postventa.refunds import read_back
from postventa.return_goods_out import ask_for_what_left
from postventa.reviews import plan_ask
from postventa.rules.counting import A_SECOND
from postventa.rules.messages import Outcome
from postventa.rules.orders import STOPPED, Stage
from postventa.rules.refunds import REFUND_RULES, double_sum_risk
from postventa.rules.returns import SETTLED, ReturnKind, ReturnState
from postventa.rules.withdrawals import UNSCANNED_FOR, is_unscanned
from postventa.sales import ending_of, possession_of
from postventa.settings import Settings
from postventa.store.cases import CaseRow
from postventa.store.clocks import TICKING, ClockRow
from postventa.store.filing import quarantine
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow
from postventa.store.returns import ReturnRow
from postventa.store.sales import Sale, sales

ACKNOWLEDGE = "R-WDR-ACK"
_BOX: Any = OutboxRow.__table__
_CASES: Any = CaseRow.__table__
_CLOCKS: Any = ClockRow.__table__
_RETURNS: Any = ReturnRow.__table__


@dataclass(frozen=True, slots=True)
class Kept:
    """What a look at a sale changed: returns whose money moved, and the sentence if a person must be asked."""

    moved: int
    asks: str = ""


def keep(connection: Connection, settings: Settings, sale: Sale, now: datetime) -> Kept:
    """Brings a sale up to date: refunds read back, goods asked for that left too late to be stopped, the end of the right to withdraw, the day it is final.
    Its customer is planned to be asked for a review.

    A delivery that nobody has recorded long after shipping is set aside for a person, once.
    """
    moved = read_back(connection, settings, sale, now)
    if moved:
        sale = sales(connection, [sale.order.id])[sale.order.id]
    ask_for_what_left(connection, settings, sale, now)
    held, closes_at = possession_of(sale), ending_of(sale, settings).closes_at
    order, look_at, asks = sale.order, None, ""
    is_stopped = order.stage in STOPPED
    if not held.since and order.shipped_at is not None and not is_stopped:
        if is_unscanned(order.shipped_at, held, now):
            asks = _ask_a_person(connection, order, held.reason, now)
        else:
            look_at = order.shipped_at + UNSCANNED_FOR + A_SECOND
    plan_ask(connection, settings, sale, now)
    connection.execute(
        update(OrderRow)
        .where(OrderRow.id == order.id)
        .values(
            withdrawal_closes_at=None if order.stage == Stage.CANCELLED else closes_at,
            sale_final_at=final_at(sale, closes_at),
            sale_look_at=look_at,
        )
    )
    return Kept(len(moved), asks)


def final_at(sale: Sale, closes_at: datetime | None) -> datetime | None:
    """From when a sale is final: the right to withdraw is over and every return settled; None while that is unknown."""
    if closes_at is None or sale.order.stage in STOPPED:
        return None
    settled = [closes_at]
    for row in sale.returns:
        if row.state not in SETTLED:
            return None
        settled += [at for at in (row.refunded_at, row.decided_at, row.closed_at) if at is not None]
    return max(settled)


def note_acknowledgements(connection: Connection, now: datetime, limit: int) -> int:
    """Notes which statements have been acknowledged, by when the letter was accepted; answers how many."""
    clocks, box = _CLOCKS.c, _BOX.c
    sent = (
        select(clocks.case_id, func.min(box.settled_at).label("at"))
        .join(_BOX, box.case_id == clocks.case_id)
        .where(text(f"clocks.{TICKING}"), clocks.rule_id == ACKNOWLEDGE)
        .where(box.message == ACKNOWLEDGEMENT, box.outcome == Outcome.SENT)
        .group_by(clocks.case_id)
        .order_by(clocks.case_id)
        .limit(limit)
    )
    found = connection.execute(sent).all()
    for row in found:
        connection.execute(
            update(ReturnRow).where(ReturnRow.case_id == row.case_id).values(acknowledged_at=row.at)
        )
        end_clocks(connection, case_id=row.case_id, now=now, at=row.at, rule_ids=[ACKNOWLEDGE])
    return len(found)


@dataclass(frozen=True, slots=True)
class Owed:
    """Money that is due to a customer by a clock that runs."""

    number: str
    owner: str
    amount: Decimal | None
    """None while nobody knows: the order that the customer means has not been found."""
    currency: str
    due_at: datetime
    is_overdue: bool
    double_sum_risk: str


def refunds_due(connection: Connection, now: datetime, limit: int = 200) -> list[Owed]:
    """The refunds that clocks run for, the earliest due first, with the risk of double the sum."""
    clocks, cases = _CLOCKS.c, _CASES.c
    running = (
        select(cases.number, cases.owner, clocks.amount, clocks.currency, clocks.due_at, _RETURNS.c.kind)
        .join(_CASES, cases.id == clocks.case_id)
        .join(_RETURNS, _RETURNS.c.case_id == clocks.case_id)
        .where(text(f"clocks.{TICKING}"), clocks.rule_id.in_(REFUND_RULES))
        .order_by(clocks.due_at, clocks.id)
        .limit(limit)
    )
    return [
        Owed(
            row.number,
            row.owner or "",
            row.amount,
            row.currency,
            row.due_at,
            row.due_at <= now,
            double_sum_risk(ReturnKind(row.kind), is_overdue=row.due_at <= now),
        )
        for row in connection.execute(running)
    ]


def returns_by_state(connection: Connection) -> Mapping[str, int]:
    """How many returns stand where, in the order of their life."""
    cases = _CASES.c
    asked = select(cases.state, func.count()).where(cases.family == "return").group_by(cases.state)
    counted: dict[str, int] = {state: count for state, count in connection.execute(asked)}  # noqa: C416 - it names the columns
    return {state: counted[state] for state in ReturnState if state in counted}


def _ask_a_person(connection: Connection, order: Any, reason: str, now: datetime) -> str:
    """Sets the question aside; answers the sentence the first time, nothing where it has been asked."""
    is_first = quarantine(
        connection,
        source=order.shop,
        kind="no delivery",
        ref=order.ref,
        reason=(
            f"shipped on {order.shipped_at:%Y-%m-%d}, and {reason}: ask the carrier; "
            "until then the right to withdraw stays open"
        ),
        raw="",
        now=now,
    )
    return f"when did order {order.shop}:{order.ref} arrive? {reason}" if is_first else ""
