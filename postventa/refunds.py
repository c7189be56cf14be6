"""The money of a return: since when it must go back, what the shop has given back of it, and what waits lawfully.

Refunds are made in the shop and read back from it: nothing here pays anybody.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, update

from postventa.clocks import end_clocks, start_clocks
from postventa.return_calls import call
from postventa.rules.refunds import (
    FROM_THE_GOODS,
    FROM_THE_WORD,
    MAY_WAIT,
    REFUND,
    REFUND_RULES,
    Claim,
    GivenBack,
    Share,
    shares,
    still_owed,
    surplus,
    withheld_until,
)
from postventa.rules.returns import Act, ReturnKind, ReturnState, after
from postventa.settings import Settings
from postventa.store.casebook import move, owe
from postventa.store.clocks import ClockRow
from postventa.store.compensation import money_promised
from postventa.store.returns import ReturnRow
from postventa.store.sales import Sale, look_again, return_of

_CLOCKS: Any = ClockRow.__table__
OWES_NOTHING = {ReturnState.DECLINED, ReturnState.CANCELLED, ReturnState.EXCHANGED}


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
            all_is_back(connection, row, share.last_at or now, now)
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
    if claims:
        _tell_of_too_much(connection, settings, waiting[-1], claims, refunds, now=now)
    return moved


def all_is_back(connection: Connection, row: Any, at: datetime, now: datetime, who: str = "shop") -> None:
    """Notes that nothing is owed any more since `at`: the return is refunded, and its clocks have been kept."""
    connection.execute(update(ReturnRow).where(ReturnRow.case_id == row.case_id).values(refunded_at=at))
    move(connection, row.case_id, after(ReturnState(row.state), Act.REFUND), who=who, now=now)
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
    # By the refunds that it is of: one that was deleted and made anew is told anew, of the same sum too.
    occasion = f"{share.given:.2f}:{','.join(share.refs)}"
    owe(connection, row.case_id, "refund_made", occasion, now, facts=facts)


def _tell_of_too_much(
    connection: Connection,
    settings: Settings,
    row: Any,
    claims: Sequence[Claim],
    refunds: Sequence[GivenBack],
    *,
    now: datetime,
) -> None:
    """Calls the owner once where the shop has given back more than is owed and was promised as a remedy."""
    over = surplus(claims, refunds)
    if over <= 0 or (over := over - money_promised(connection, row.order_id)) <= 0:
        return
    due = sum((claim.owed for claim in claims), Decimal(0))
    call(
        connection,
        settings,
        row,
        "overpaid",
        words=f"The shop has given back {due + over:.2f} {row.currency}, and {due:.2f} is owed: {over:.2f} too much.",
        occasion=f"overpaid:{due + over:.2f}:{due:.2f}",
        now=now,
        facts={"given_amount": f"{due + over:.2f}", "due_amount": f"{due:.2f}"},
    )


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
