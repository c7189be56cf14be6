"""What the desk has to do by when: deadlines that have passed, end today or within a week, and the money among them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, literal, or_, select, text

from postventa.proofs import KEPT, ORDER_RECEIPT
from postventa.rules.counting import end_of
from postventa.rules.escalation import ClockState
from postventa.rules.statutes import Direction
from postventa.store.cases import CaseRow
from postventa.store.clocks import TICKING, ClockRow
from postventa.store.orders import OrderRow

NOBODY = "nobody"
A_WEEK = timedelta(days=7)


class When(StrEnum):
    """How near a deadline is."""

    OVERDUE = "overdue"
    TODAY = "today"
    THIS_WEEK = "this_week"
    """Within seven days."""
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline of the desk. It names people as [desk.people] does, and no customer."""

    what: str
    """`tienda:R-2026-000012`, or an order as `tienda:10001`."""
    case: str
    """The number alone; empty for an order's."""
    owner: str
    rule_id: str
    article: str
    due_at: datetime
    """Exclusive: at this instant it is too late."""
    state: str
    when: When
    days_left: int
    """Whole days; below zero once it is overdue."""
    amount: Decimal | None
    """The money at risk, where there is some."""
    currency: str


def due_list(
    connection: Connection,
    zone: ZoneInfo,
    now: datetime,
    within: timedelta | None = A_WEEK,
    *,
    orders_owner: str = "",
    limit: int | None = None,
) -> list[Due]:
    """The shop's duties whose time has passed or ends within that time, the earliest first; all that run for None.

    An order has no owner of its own: `orders_owner` answers for it. The receipt that a machine sends within minutes
    of an order is shown once it has called somebody.
    """
    clocks, cases, orders = ClockRow.__table__.c, CaseRow.__table__.c, OrderRow.__table__.c
    wanted = (
        select(
            *(
                clocks.id,
                clocks.rule_id,
                clocks.article,
                clocks.due_at,
                clocks.state,
                clocks.amount,
                clocks.currency,
            ),
            *(clocks.shop, clocks.subject, cases.number, cases.owner, orders.ref),
        )
        .select_from(ClockRow)
        .outerjoin(CaseRow, cases.id == clocks.case_id)
        .outerjoin(OrderRow, orders.id == clocks.order_id)
        .where(*shown(zone, now, within))
        .order_by(clocks.due_at)  # as the index has them: all that end with a day end at one instant
        .limit(None if limit is None else said(limit))
    )
    rows = sorted(connection.execute(wanted), key=lambda row: (row.due_at, row.id))
    return [_due(row, zone, now, orders_owner) for row in rows]


def shown(zone: ZoneInfo, now: datetime, within: timedelta | None) -> list[Any]:
    """Which clocks are the desk's to see: the shop's duties that tick and end within that time."""
    clocks = ClockRow.__table__.c
    wanted = [
        text(f"clocks.{TICKING}"),
        clocks.direction == said(Direction.TRADER_DUTY),
        clocks.is_shadow.is_(False),
        clocks.rule_id.not_in([said(kept) for kept in KEPT]),
        or_(clocks.rule_id != said(ORDER_RECEIPT), clocks.state != said(ClockState.RUNNING)),
    ]
    if within is not None:
        wanted.append(clocks.due_at <= end_of((now + within).astimezone(zone).date(), zone))
    return wanted


def said(constant: str | int) -> Any:
    """A constant that stands in the statement itself: a plan made for any value would read everything that runs."""
    return literal(constant, literal_execute=True)


def refunds_due(due: Iterable[Due]) -> dict[str, dict[When, Decimal]]:
    """The money at risk in a list of deadlines, by currency and by when."""
    return money_by_when((one.what, one.currency, one.when, one.amount) for one in due)


def money_by_when(
    owed: Iterable[tuple[str, str, When, Decimal | None]],
) -> dict[str, dict[When, Decimal]]:
    """Adds up what is owed: for what, in which currency, by when, how much.

    Two clocks that watch the same money count once, the earlier.
    """
    sums: dict[str, dict[When, Decimal]] = {}
    counted = set()
    for what, currency, when, amount in owed:
        if amount is None or what in counted:
            continue
        counted.add(what)
        by_when = sums.setdefault(currency or "EUR", {})
        by_when[when] = by_when.get(when, Decimal(0)) + amount
    return sums


def _due(row: Any, zone: ZoneInfo, now: datetime, orders_owner: str) -> Due:
    owner = row.owner if row.number else orders_owner
    return Due(
        what=f"{row.shop}:{row.number or row.ref or row.subject}",
        case=row.number or "",
        owner=owner or NOBODY,
        rule_id=row.rule_id,
        article=row.article,
        due_at=row.due_at,
        state=row.state,
        when=when_of(row.due_at, zone, now),
        days_left=(row.due_at - now) // timedelta(days=1),
        amount=row.amount,
        currency=row.currency,
    )


def when_of(due_at: datetime, zone: ZoneInfo, now: datetime) -> When:
    if due_at <= now:
        return When.OVERDUE
    today = now.astimezone(zone).date()
    if due_at <= end_of(today, zone):
        return When.TODAY
    return When.THIS_WEEK if due_at <= end_of(today + A_WEEK, zone) else When.LATER
