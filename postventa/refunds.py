"""The money of a return: since when it must go back, what the shop has given back of it, and what waits lawfully.

Refunds are made in the shop and read back from it: nothing here pays anybody.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select, text, update

from postventa.clocks import end_clocks, start_clocks
from postventa.rules.refunds import (
    FROM_THE_GOODS,
    FROM_THE_WORD,
    MAY_WAIT,
    Claim,
    GivenBack,
    Share,
    may_withhold,
    shares,
    still_owed,
    withheld_until,
)
from postventa.rules.returns import Act, ReturnKind, ReturnState, after
from postventa.settings import Settings
from postventa.store.casebook import move, owe
from postventa.store.caselog import log
from postventa.store.cases import CaseRow
from postventa.store.clocks import TICKING, ClockRow
from postventa.store.returns import ReturnRow
from postventa.store.sales import Sale, hold_return, look_again, return_of

REFUND, HOLD, CONFORMITY = "R-WDR-REF", "R-WDR-HOLD", "R-CON-REF"
REFUND_RULES = (REFUND, HOLD, CONFORMITY)
SOON = timedelta(hours=2)
"""A refund that waits lawfully stops being watched a little before its day, not after it has rung."""
_CASES: Any = CaseRow.__table__
_CLOCKS: Any = ClockRow.__table__
_RETURNS: Any = ReturnRow.__table__
OWES_NOTHING = {ReturnState.DECLINED, ReturnState.CANCELLED, ReturnState.EXCHANGED}
_WAITING = {ReturnState.AWAITING_GOODS, ReturnState.IN_TRANSIT}


def set_amount(connection: Connection, case_id: int, owed: Decimal, given: Decimal) -> None:
    """Notes what is owed and puts the rest of it on the clocks that run: the money at risk."""
    connection.execute(
        update(ReturnRow)
        .where(ReturnRow.case_id == case_id)
        .values(refund_due_amount=owed, refunded_amount=given)
    )
    connection.execute(
        update(ClockRow)
        .where(
            _CLOCKS.c.case_id == case_id, _CLOCKS.c.rule_id.in_(REFUND_RULES), _CLOCKS.c.ended_at.is_(None)
        )
        .values(amount=max(owed - given, Decimal(0)))
    )


def money_falls_due(
    connection: Connection, settings: Settings, case_id: int, now: datetime, *, is_anew: bool = False
) -> None:
    """Starts the clock that the return's money is due by, if none runs: from the word, the goods, or their proof.

    A clock that was stopped means that the money waits lawfully, unless the return `is_anew` accepted.
    """
    row: Any = return_of(connection, case_id)
    rest = (row.refund_due_amount or Decimal(0)) - row.refunded_amount
    if rest <= 0 or row.state in OWES_NOTHING:
        return
    clocks = connection.execute(
        _CLOCKS.select()
        .where(_CLOCKS.c.case_id == case_id, _CLOCKS.c.rule_id.in_(REFUND_RULES))
        .order_by(_CLOCKS.c.id)
    ).all()
    if any(clock.ended_at is None for clock in clocks):
        return
    kind = ReturnKind(row.kind)
    first = min((at for at in (row.goods_received_at, row.proof_at) if at is not None), default=None)
    if kind in FROM_THE_WORD:
        held = [
            one for one in clocks if one.rule_id == REFUND and one.state == "not_applicable" and not is_anew
        ]
        due = withheld_until(held[0].due_at, row.goods_received_at, row.proof_at) if held else None
        if kind in MAY_WAIT and due is not None:
            _start(
                connection,
                settings,
                row,
                "withdrawal.goods_or_proof",
                event=due,
                earlier=len(clocks),
                now=now,
            )
        elif not held:
            _start(
                connection,
                settings,
                row,
                "withdrawal.informed",
                event=row.informed_at,
                earlier=len(clocks),
                now=now,
            )
    elif kind in FROM_THE_GOODS and first is not None:
        _start(connection, settings, row, "conformity.refund_due", event=first, earlier=len(clocks), now=now)


def withhold(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Stops the refund clocks that are about to run out while the goods are neither here nor proven to be under way.

    The law lets the shop wait for one of the two (LGDCU 107.3); whichever comes first starts two working days.
    """
    clocks, returns = _CLOCKS.c, _RETURNS.c
    about_to = (
        select(clocks.case_id)
        .join(_RETURNS, returns.case_id == clocks.case_id)
        .join(_CASES, _CASES.c.id == clocks.case_id)
        .where(text(f"clocks.{TICKING}"), clocks.due_at <= now + SOON, clocks.rule_id == REFUND)
        .where(_CASES.c.state.in_(_WAITING), returns.kind.in_(MAY_WAIT))  # what is overdue fills no run
        .where(
            returns.goods_received_at.is_(None), returns.proof_at.is_(None), returns.is_collected.is_(False)
        )
        .order_by(clocks.due_at)
        .limit(limit)
    )
    stopped = []
    for case_id in connection.execute(about_to).scalars().all():
        row: Any = hold_return(connection, case_id)  # proof may have come meanwhile
        may = may_withhold(
            ReturnKind(row.kind),
            is_collected=row.is_collected,
            goods_at=row.goods_received_at,
            proof_at=row.proof_at,
        )
        if not may or row.state not in _WAITING:
            continue
        end_clocks(connection, case_id=case_id, now=now, at=now, rule_ids=[REFUND], state="not_applicable")
        log(connection, case_id, "refund_withheld", now, {"article": "LGDCU 107.3"})
        stopped.append(row.number)
    return stopped


def read_back(
    connection: Connection, settings: Settings, sale: Sale, now: datetime, *, other_means: str = ""
) -> list[int]:
    """Compares what the shop has given back with what its returns are owed; answers the returns that moved.

    `other_means` is how the money went where the customer agreed to another way than the order's.
    """
    waiting = [row for row in sale.returns if row.refund_due_amount and row.state not in OWES_NOTHING]
    refunds = [GivenBack(row.ref, row.amount, row.refunded_at) for row in sale.refunds]
    claims = [
        Claim(row.refund_due_amount, row.informed_at, frozenset(row.said.get("refunds_before", ())))
        for row in waiting
    ]
    claims = [replace(one, owed=still_owed(one, refunds, sale.order.total)) for one in claims]
    moved = []
    for row, claim, share in zip(waiting, claims, shares(claims, refunds), strict=True):
        if share.given == row.refunded_amount and share.is_all == (row.refunded_at is not None):
            continue
        moved.append(row.case_id)
        set_amount(connection, row.case_id, claim.owed, share.given)
        if share.is_all:
            _refunded(connection, row, share, now)
        elif row.refunded_at is not None:
            _taken_back(connection, settings, row, now)
        if share.given > row.refunded_amount:
            _tell(
                connection,
                row,
                share,
                other_means or _usual_means(sale),
                now,
                rest=claim.owed - share.given,
                is_other=bool(other_means),
            )
        look_again(connection, row.order_id, now)
    return moved


def _refunded(connection: Connection, row: Any, share: Share, now: datetime) -> None:
    at = share.last_at or now
    connection.execute(update(ReturnRow).where(ReturnRow.case_id == row.case_id).values(refunded_at=at))
    move(connection, row.case_id, after(ReturnState(row.state), Act.REFUND), who="shop", now=now)
    end_clocks(connection, case_id=row.case_id, now=now, at=at, rule_ids=REFUND_RULES)


def _taken_back(connection: Connection, settings: Settings, row: Any, now: datetime) -> None:
    """The shop has deleted a refund: what it paid for is owed again, by the day that the law had set."""
    connection.execute(update(ReturnRow).where(ReturnRow.case_id == row.case_id).values(refunded_at=None))
    state = after(ReturnState(row.state), Act.TAKE_REFUND_BACK)
    move(connection, row.case_id, state, who="shop", now=now, closed_at=None)
    money_falls_due(connection, settings, row.case_id, now)


def _usual_means(sale: Sale) -> str:
    return str(sale.order.details.get("payment_method", ""))


def _tell(
    connection: Connection,
    row: Any,
    share: Share,
    means: str,
    now: datetime,
    *,
    rest: Decimal,
    is_other: bool,
) -> None:
    facts = {
        "refund_amount": f"{share.given - row.refunded_amount:.2f}",
        "rest_amount": f"{rest:.2f}",
        "is_all": share.is_all,
        "refunded_at": (share.last_at or now).isoformat(),
        "means": means,
        "is_other_means": is_other,
    }
    owe(connection, row.case_id, "refund_made", f"{share.given:.2f}", now, facts=facts)


def _start(
    connection: Connection,
    settings: Settings,
    row: Any,
    trigger: str,
    *,
    event: datetime,
    earlier: int,
    now: datetime,
) -> None:
    start_clocks(
        connection,
        settings,
        trigger=trigger,
        shop=row.shop,
        events=[event],
        now=now,
        case_id=row.case_id,
        region=row.region,
        zone=row.zone,
        occasion=f"again:{earlier}" if earlier else "",
        amount=(row.refund_due_amount or Decimal(0)) - row.refunded_amount,
        currency=row.currency,
    )
