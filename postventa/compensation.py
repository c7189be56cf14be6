"""Compensation: a remedy is proposed by the table, approved within limit and budget, given or refused.

Every step works in the caller's transaction and leaves its entry in the case. An amount counts against its shop's
budget of the month from the moment it is approved; whoever approves holds that budget until the transaction ends.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select, update

from postventa.compensation_table import table_of
from postventa.remedy_budgets import budget_of, check_paid, why_a_manager
from postventa.rules import compensation as rules
from postventa.rules.compensation import Fault, Remedy
from postventa.settings import Settings
from postventa.store.casebook import say
from postventa.store.caselog import lock
from postventa.store.compensation import (
    SPENT,
    Compensation,
    NotPossible,
    hold_budget,
    remedy_of,
    row_of,
    shop_and_order,
    shown,
    stakes_of,
)
from postventa.store.returns import RemedyRow
from postventa.store.shipments import recorded_reasons
from postventa.store.upsert import insert_new

__all__ = ["Compensation", "NotPossible", "approve", "give", "propose", "refuse", "remedy_of"]

MOVES = {"proposed": {"approved", "refused"}, "approved": {"given", "refused"}}
"""From each state, what may come next."""


class NeedsManager(NotPossible):
    """Only the manager may approve this."""


def propose(
    connection: Connection,
    settings: Settings,
    case_id: int,
    incident: str,
    *,
    who: str,
    now: datetime,
    fault: Fault | None = None,
    chosen: Remedy | None = None,
    amount: Decimal | None = None,
    charged: Decimal = Decimal(0),
    lines: Sequence[str] = (),
    occasion: str = "",
) -> Compensation:
    """Proposes what the table says, or the alternative that the customer chose; the same occasion is proposed once.

    `lines` are the order lines concerned (all of them where empty), `charged` is what was charged too much, and
    `amount` is a person's own judgement instead of the table's. Raises NotPossible, BadTable or NotOnTheTable.
    """
    _at_the_desk(settings, who)
    shop, order_id = shop_and_order(connection, case_id)
    lock(connection, case_id)
    paid, currency = stakes_of(connection, order_id, lines, charged)
    recorded = recorded_reasons(connection, order_id) if order_id is not None else []
    whose = fault or rules.fault_of(incident, recorded)
    said = rules.propose(table_of(settings.policy.rules), incident, whose, paid, chosen=chosen)
    worth = said.amount if amount is None else _sensible(amount, said.remedy)
    row = {
        "case_id": case_id,
        "occasion": (occasion or incident)[:64],
        "remedy": said.remedy,
        "incident": incident[:64],
        "fault": whose,
        "amount": worth,
        "currency": currency,
        "state": "proposed",
        "budget": budget_of(settings, shop, now),
        "approved_by": "",
        "proposed_at": now,
        "settled_at": None,
    }
    is_new = insert_new(connection, RemedyRow, [row], ("case_id", "occasion")) == 1
    there = select(RemedyRow.id).where(RemedyRow.case_id == case_id, RemedyRow.occasion == row["occasion"])
    remedy_id = int(connection.execute(there).scalar_one())
    if is_new:
        others = [[other, f"{value:f}"] for other, value in said.alternatives]
        by_scans = fault is None and whose is not rules.fault_of(incident)
        told = f" (the carrier recorded {', '.join(recorded)})" if by_scans else ""
        words = f"{_in_words(row)} is proposed for {incident} by fault of {whose}{told}: {said.why}."
        _enter(connection, row | {"id": remedy_id}, words, who, now, why=said.why, alternatives=others)
    return compensation(connection, settings, remedy_id, now)


def approve(
    connection: Connection, settings: Settings, remedy_id: int, *, who: str, now: datetime
) -> Compensation:
    """Approves a proposal and spends the month's budget with it; approving it again changes nothing.

    Raises NeedsManager above the limit or the budget, and NotPossible where it was refused or would pay back more
    than was paid.
    """
    _at_the_desk(settings, who)
    row = _held(connection, remedy_id)
    if row.state in SPENT:
        return compensation(connection, settings, remedy_id, now)
    _check_move(row, "approved")
    shop, order_id = shop_and_order(connection, row.case_id)
    budget = budget_of(settings, shop, now)
    hold_budget(connection, shop, budget)
    why = why_a_manager(connection, settings, row, shop, budget)
    if why and who != settings.desk.manager:
        manager = settings.desk.manager or "nobody yet: name one as desk.manager"
        raise NeedsManager(f"remedy {remedy_id} needs the manager ({manager}): {why}")
    check_paid(connection, row, order_id)
    _settle(connection, row, "approved", who, now, why=why, budget=budget, approved_by=who)
    return compensation(connection, settings, remedy_id, now)


def give(
    connection: Connection, settings: Settings, remedy_id: int, *, who: str, now: datetime
) -> Compensation:
    """Notes that an approved remedy has been given; noting it again changes nothing. Raises NotPossible."""
    _at_the_desk(settings, who)
    row = _held(connection, remedy_id)
    if row.state != "given":
        _check_move(row, "given")
        _settle(connection, row, "given", who, now, settled_at=now)
    return compensation(connection, settings, remedy_id, now)


def refuse(
    connection: Connection, settings: Settings, remedy_id: int, *, who: str, why: str, now: datetime
) -> Compensation:
    """Refuses what was proposed, or takes an approval back before it is given. Raises NotPossible."""
    _at_the_desk(settings, who)
    if not why.strip():
        raise NotPossible(f"remedy {remedy_id} cannot be refused without a reason")
    row = _held(connection, remedy_id)
    if row.state != "refused":
        _check_move(row, "refused")
        _settle(connection, row, "refused", who, now, why=why.strip(), settled_at=now)
    return compensation(connection, settings, remedy_id, now)


def compensation(connection: Connection, settings: Settings, remedy_id: int, now: datetime) -> Compensation:
    """A remedy as it stands, and whether a manager has to approve it. Raises NotPossible if there is none."""
    row = row_of(connection, remedy_id)
    if row.state != "proposed":
        return shown(connection, row)
    shop, _ = shop_and_order(connection, row.case_id)
    return shown(
        connection, row, why_a_manager(connection, settings, row, shop, budget_of(settings, shop, now))
    )


def _settle(
    connection: Connection, row: Any, state: str, who: str, now: datetime, *, why: str = "", **columns: Any
) -> None:
    connection.execute(update(RemedyRow).where(RemedyRow.id == row.id).values(state=state, **columns))
    because = f": {why}." if why else "."
    known = row._asdict() | {"state": state} | columns
    _enter(connection, known, f"{_in_words(known)} is {state}{because}", who, now)


def _enter(connection: Connection, row: Any, words: str, who: str, now: datetime, **details: Any) -> None:
    facts = {"remedy": row["remedy"], "amount": f"{row['amount']:f}", "currency": row["currency"]}
    facts |= {"remedy_id": row["id"], "state": row["state"], "budget": row["budget"]}
    occasion = f"remedy:{row['occasion']}:{row['state']}"
    say(
        connection,
        row["case_id"],
        kind="remedy",
        author=who,
        text=words,
        at=now,
        now=now,
        occasion=occasion,
        details={**facts, **details},
    )


def _held(connection: Connection, remedy_id: int) -> Any:
    """The remedy with its case held, so that two who decide at once decide one after the other."""
    lock(connection, row_of(connection, remedy_id).case_id)
    return row_of(connection, remedy_id)


def _at_the_desk(settings: Settings, who: str) -> None:
    if who not in settings.desk.people:
        raise NotPossible(f"{who!r} is nobody at the desk: [desk.people] names those who decide")


def _check_move(row: Any, state: str) -> None:
    if state not in MOVES.get(row.state, ()):
        raise NotPossible(f"remedy {row.id} is {row.state} and cannot be {state}")


def _sensible(amount: Decimal, remedy: Remedy) -> Decimal:
    if amount < 0 or (amount and remedy not in {*rules.MONEY, Remedy.CREDIT}):
        raise NotPossible(f"{remedy} of {amount} makes no sense: only money has an amount, and never below 0")
    return amount


def _in_words(row: Any) -> str:
    return (
        f"{row['remedy']} of {row['amount']:.2f} {row['currency']}" if row["amount"] else str(row["remedy"])
    )
