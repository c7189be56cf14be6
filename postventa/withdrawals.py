"""Withdrawals and other returns as they are declared: what a customer's statement starts.

A statement needs no form and no reason (LGDCU 106.1). It is acknowledged at once; what is in time and not excepted is
accepted at once too, and everything else waits for a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select, update

from postventa.declarations import ACKNOWLEDGEMENT, Declaration, Filing, content
from postventa.declared_goods import NoSuchLine, held_sale, meant_sale, wanted_goods
from postventa.return_decisions import approve, recount
from postventa.returns import the_return
from postventa.rules.refunds import REFUND
from postventa.rules.returns import ReturnKind, ReturnState
from postventa.settings import Settings
from postventa.store.casebook import move, owe, say
from postventa.store.cases import CaseRow
from postventa.store.clocks import ClockRow
from postventa.store.references import kept_reference
from postventa.store.returns import ReturnRow
from postventa.store.sales import Sale, look_again
from postventa.windows import LineWindow, Window, last_day, window_of

__all__ = ["Declaration", "Filed", "LineWindow", "NoSuchLine", "Window", "declare", "link", "window_of"]

_CASES: Any = CaseRow.__table__
_CLOCKS: Any = ClockRow.__table__


@dataclass(frozen=True, slots=True)
class Filed:
    """The case that a statement has become; `is_new` is False where it had been heard before."""

    case_id: int
    number: str
    key: str
    is_new: bool
    answer_by: date | None
    """The last day for the refund; None where nothing is owed."""
    state: str = ReturnState.ACKNOWLEDGED
    waits_for: tuple[str, ...] = ()
    """Why a person must decide; empty where the law has."""


def declare(connection: Connection, settings: Settings, declaration: Declaration, now: datetime) -> Filed:
    """Files a statement: its case, what comes back, the acknowledgement, the clocks, and the way back for the goods.

    The same statement heard twice is one case. Raises NoSuchLine where it names what the order does not have.
    """
    sale = meant_sale(connection, declaration, hold=True)
    known = connection.execute(  # asked while the order is held: the same statement may come twice at once
        _CASES.select().where(
            _CASES.c.shop == declaration.shop,
            _CASES.c.source == declaration.source,
            _CASES.c.source_ref == kept_reference(declaration.source_ref),
        )
    ).one_or_none()
    if known is not None:
        return _filed(connection, known.id, is_new=False)
    wanted = wanted_goods(sale, declaration) if sale else {}
    if sale and not wanted and sale.returns and not declaration.is_in_words:
        return _said_again(connection, sale, declaration, now)
    filing = Filing(connection, settings, declaration, sale, wanted, now)
    opened = filing.open()
    if not opened.is_new:
        return _filed(connection, opened.case_id, is_new=False)
    filing.record(opened.case_id)
    filing.acknowledge(opened.case_id)
    waits_for = filing.what_a_person_decides()
    if waits_for:
        why = "; ".join(waits_for)
        say(
            connection,
            opened.case_id,
            kind="note",
            author="clock",
            text=why,
            at=now,
            now=now,
            occasion="decide",
        )
    else:
        approve(connection, settings, opened.case_id, who="clock", now=now)
    look_again(connection, sale.order.id if sale else None, now)
    return _filed(connection, opened.case_id, is_new=True, waits_for=waits_for)


def link(
    connection: Connection,
    settings: Settings,
    case_id: int,
    order_id: int,
    lines: Mapping[str, Decimal] | None,
    *,
    who: str,
    now: datetime,
) -> Filed:
    """Says which order a statement meant that no order was found for; then it goes on as if that had been known."""
    row = the_return(connection, case_id)
    if row.order_id is not None:
        raise NoSuchLine(f"{row.number} is about an order already")
    case: Any = connection.execute(_CASES.select().where(_CASES.c.id == case_id)).one()
    sale = held_sale(connection, order_id)
    if sale.order.shop != case.shop:
        raise NoSuchLine(f"{row.number} was sent to {case.shop}, and that order is {sale.order.shop}'s")
    declaration = Declaration(
        shop=case.shop,
        order_ref=sale.order.ref,
        email=case.email,
        name=case.name,
        statement=row.statement,
        source=case.source,
        source_ref=case.source_ref,
        informed_at=row.informed_at,
        lines=lines,
        kind=ReturnKind(row.kind),
        is_verified=True,
    )
    filing = Filing(connection, settings, declaration, sale, wanted_goods(sale, declaration), now)
    home = filing.home
    move(
        connection,
        case_id,
        row.state,
        who=who,
        now=now,
        order_id=order_id,
        customer_id=sale.order.customer_id,
        region=home.region,
        zone=str(home.zone or ""),
    )
    connection.execute(update(ReturnRow).where(ReturnRow.case_id == case_id).values(currency=filing.currency))
    connection.execute(update(ClockRow).where(ClockRow.case_id == case_id).values(currency=filing.currency))
    filing.record_lines(case_id)
    recount(connection, settings, case_id)
    waits_for = filing.what_a_person_decides()
    if not waits_for:
        approve(connection, settings, case_id, who=who, now=now)
    look_again(connection, order_id, now)
    return _filed(connection, case_id, is_new=False, waits_for=waits_for)


def _said_again(connection: Connection, sale: Sale, declaration: Declaration, now: datetime) -> Filed:
    """Everything is coming back already: the statement is added to that return, and acknowledged like the first."""
    case_id = sale.returns[-1].case_id
    said = say(
        connection,
        case_id,
        kind="addition",
        author="customer",
        text=declaration.statement,
        at=declaration.informed_at,
        now=now,
        occasion=kept_reference(f"{declaration.source}:{declaration.source_ref}"),
    )
    if said is not None:
        owe(connection, case_id, ACKNOWLEDGEMENT, f"again:{said}", now, facts=content(declaration, sale))
    return _filed(connection, case_id, is_new=False)


def _filed(connection: Connection, case_id: int, *, is_new: bool, waits_for: Sequence[str] = ()) -> Filed:
    case: Any = connection.execute(_CASES.select().where(_CASES.c.id == case_id)).one()
    clock = connection.execute(
        select(_CLOCKS.c.due_at, _CLOCKS.c.zone)
        .where(_CLOCKS.c.case_id == case_id, _CLOCKS.c.rule_id == REFUND)
        .order_by(_CLOCKS.c.id.desc())
        .limit(1)
    ).one_or_none()
    by = last_day(clock.due_at, ZoneInfo(clock.zone)) if clock else None
    return Filed(case_id, case.number, case.key, is_new, by, case.state, tuple(waits_for))
