"""How goods come back: what the customer is told of where to, by when and at whose cost, at once or when it is known."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from postventa.clocks import start_clocks
from postventa.returns import SEND_BACK, act, note, the_return
from postventa.rules.refunds import FROM_THE_WORD
from postventa.rules.returns import Act, OutOfTurn, ReturnKind, ReturnState
from postventa.sales import was_informed
from postventa.settings import Settings
from postventa.store.casebook import owe
from postventa.store.clocks import open_clocks
from postventa.store.orders import OrderRow
from postventa.windows import last_day

OUR_COST = frozenset({ReturnKind.NON_CONFORMITY, ReturnKind.UNDELIVERABLE})
"""What is put right costs the customer nothing, the way back neither (LGDCU 118.4)."""


def send_instructions(
    connection: Connection,
    settings: Settings,
    case_id: int,
    *,
    who: str,
    now: datetime,
    is_collected: bool = False,
) -> None:
    """Tells the customer of an accepted return how its goods come back, once that is known. Raises OutOfTurn."""
    row = the_return(connection, case_id)
    if row.state != ReturnState.APPROVED:
        raise OutOfTurn(
            f"{row.number} is {row.state}: instructions are sent for a return that was approved without them"
        )
    if is_collected:
        note(connection, case_id, is_collected=True)
    act(connection, row, Act.ASK_FOR_GOODS, who=who, now=now)
    instruct(connection, settings, the_return(connection, case_id), now, shipped_at=now)


def instruct(
    connection: Connection, settings: Settings, row: Any, now: datetime, *, shipped_at: datetime
) -> None:
    """Tells the customer where to send the goods, by when and who pays (LGDCU 108.1).

    Nobody can send back what has not left yet: the days count from the shipping where it came after the word. Where a
    person had to decide first, nobody could send anything before: they count from now.
    """
    kind = ReturnKind(row.kind)
    start_clocks(
        connection,
        settings,
        trigger="withdrawal.communicated",
        shop=row.shop,
        events=[max(row.informed_at, shipped_at) if kind in FROM_THE_WORD else now],
        now=now,
        case_id=row.case_id,
        region=row.region,
        zone=row.zone,
    )
    clock = next((one for one in open_clocks(connection, row.case_id) if one.rule_id == SEND_BACK), None)
    send_by = last_day(clock.due_at, ZoneInfo(clock.zone)) if clock is not None else None
    policy = settings.policy
    order = connection.execute(select(OrderRow.__table__).where(OrderRow.id == row.order_id)).one_or_none()
    # Whoever was not told of the costs beforehand does not bear them (LGDCU 108.1, 97.6).
    is_paid_by_shop = (
        policy.pays_returns or row.is_collected or not was_informed(order, settings) or kind in OUR_COST
    )
    owed = the_return(connection, row.case_id).refund_due_amount
    facts = {
        "send_by_on": send_by.isoformat() if send_by else "",
        "is_collected": row.is_collected,
        "is_paid_by_shop": is_paid_by_shop,
        "refund_amount": f"{owed:.2f}" if owed else "",
    }
    owe(connection, row.case_id, "return_instructions", f"by:{facts['send_by_on']}", now, facts=facts)
