"""Whether a return is accepted, in whole or line by line, and what its customer is told of it.

A withdrawal in time is accepted without anybody; a refusal is a person's, with the article behind it.
"""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, update

from postventa.clocks import end_clocks
from postventa.refunds import money_falls_due, set_amount
from postventa.return_instructions import instruct
from postventa.returns import SEND_BACK, act, note, the_return
from postventa.rules.refunds import FROM_THE_WORD, REFUND_RULES
from postventa.rules.returns import Act, OutOfTurn, ReturnKind, ReturnState, may_decline
from postventa.sales import amount_for, ending_of, was_informed
from postventa.settings import Settings
from postventa.store.casebook import owe, say
from postventa.store.returns import ReturnLineRow
from postventa.store.sales import Sale, sales
from postventa.windows import last_day

_LINES: Any = ReturnLineRow.__table__


class MayNotDecline(ValueError):
    """The law does not let this return be declined, or not so."""


def approve(
    connection: Connection,
    settings: Settings,
    case_id: int,
    *,
    who: str,
    now: datetime,
    is_told_later: bool = False,
) -> None:
    """Accepts what is not refused of a return, and tells the customer how the goods come back, if any do.

    `is_told_later` says only that it is accepted: the label or the day of the pick-up is still to come. Not where the
    customer's and the shop's days run already.
    """
    row = the_return(connection, case_id)
    if is_told_later and row.kind in FROM_THE_WORD:
        raise OutOfTurn(
            f"{row.number} is a {row.kind.replace('_', ' ')}: its days run since the customer's word, "
            "so the customer is told at once how the goods come back"
        )
    was_received = row.goods_received_at is not None
    if row.state == ReturnState.DECLINED:  # all of it was refused, and none of it is any more
        anew = update(ReturnLineRow).where(_LINES.c.case_id == case_id)
        connection.execute(anew.values(is_refused=False, reason=""))
    act(connection, row, Act.APPROVE, who=who, now=now, owner=row.owner or _owner(settings, who))
    note(connection, case_id, decided_at=now, article="")
    row = the_return(connection, case_id)
    sale = _sale(connection, row)
    recount(connection, settings, case_id)
    if row.kind in FROM_THE_WORD:
        money_falls_due(connection, settings, case_id, now, is_anew=True)
    if was_received:
        act(connection, row, Act.OWE_REFUND, who=who, now=now)
        return
    if sale is None or not sale.order.needs_shipping or sale.order.shipped_at is None:
        act(connection, row, Act.OWE_REFUND, who=who, now=now)
        return
    if is_told_later:
        owe(connection, case_id, "return_approved", f"approved:{now:%Y%m%dT%H%M%S}", now, facts={})
        return
    act(connection, row, Act.ASK_FOR_GOODS, who=who, now=now)
    instruct(connection, settings, row, now, shipped_at=sale.order.shipped_at)


def decline(
    connection: Connection,
    settings: Settings,
    case_id: int,
    *,
    who: str,
    now: datetime,
    reason: str = "",
    letter: str = "",
    evidence: str = "",
    lines: Collection[int] | None = None,
) -> None:
    """Declines a return, or some of its lines by their order line's id. Raises MayNotDecline with the reason.

    A withdrawal is declined by a person alone, and only as out of its period or for a proven exception.
    """
    row = the_return(connection, case_id)
    if who not in settings.desk.people and settings.desk.people:
        raise MayNotDecline(f"{who} is nobody in [desk.people]: a person answers for a refusal")
    sale = _sale(connection, row)
    ending = ending_of(sale, settings) if sale is not None else None
    is_late = ending is not None and not ending.is_open(row.informed_at)
    answer = may_decline(
        ReturnKind(row.kind),
        is_late=is_late,
        letter=letter,
        evidence=evidence,
        was_told=was_informed(sale.order if sale is not None else None, settings),
        reason=reason,
    )
    if not answer.is_yes:
        raise MayNotDecline(
            f"{row.number} cannot be declined ({answer.article or row.kind}): {answer.reason}"
        )
    said = f"{answer.article}: {answer.reason}" if answer.article else answer.reason
    refused = _LINES.c.case_id == case_id
    if lines is not None:
        refused &= _LINES.c.line_id.in_(list(lines))
    connection.execute(update(ReturnLineRow).where(refused).values(is_refused=True, reason=said[:200]))
    stays = connection.execute(
        _LINES.select().where(_LINES.c.case_id == case_id, _LINES.c.is_refused.is_(False)).limit(1)
    ).one_or_none()
    occasion = f"declined:{now:%Y%m%dT%H%M%S}"
    words = " ".join(part for part in (reason.strip(), evidence.strip()) if part) or answer.reason
    say(
        connection,
        case_id,
        kind="declined",
        author=who,
        text=words,
        at=now,
        now=now,
        occasion=occasion,
        details={"article": answer.article, "lines": sorted(lines) if lines else []},
    )
    home = ZoneInfo(row.zone) if row.zone else settings.shop(row.shop).zone
    closes_at = ending.closes_at if ending is not None else None
    facts = {
        "article": answer.article,
        "letter": letter.lower(),
        "is_late": is_late and not letter,
        "closed_on": last_day(closes_at, home).isoformat() if closes_at else "",
        "informed_at": row.informed_at.isoformat(),
        "reason": reason.strip() or evidence.strip(),
        "is_whole": stays is None,
    }
    owe(connection, case_id, "withdrawal_declined", occasion, now, facts=facts)
    if stays is not None:
        recount(connection, settings, case_id)
        return
    note(connection, case_id, decided_at=now, article=answer.article)
    act(connection, row, Act.DECLINE, who=who, now=now, owner=row.owner or _owner(settings, who))
    end_clocks(
        connection,
        case_id=case_id,
        now=now,
        at=now,
        state="not_applicable",
        rule_ids=[*REFUND_RULES, SEND_BACK],
    )


def recount(connection: Connection, settings: Settings, case_id: int) -> Decimal | None:
    """What is owed for the lines that are not refused; None where no order says what was paid."""
    row = the_return(connection, case_id)
    sale = _sale(connection, row)
    if sale is None:
        return None
    wanted = {
        line.line_id: line.quantity
        for line in sale.return_lines
        if line.case_id == case_id and not line.is_refused
    }
    amount = amount_for(sale, settings, wanted, besides=case_id)
    set_amount(connection, case_id, amount, row.refunded_amount)
    return amount


def _owner(settings: Settings, who: str) -> str | None:
    return who if who in settings.desk.people else (settings.desk.owner or None)


def _sale(connection: Connection, row: Any) -> Sale | None:
    return sales(connection, [row.order_id]).get(row.order_id) if row.order_id is not None else None
