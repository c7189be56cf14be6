"""What is known of customers who might be asked: what they were asked, sent and wrote before, read for many at once."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from postventa.rules.messages import Outcome
from postventa.store.asks import AskRow
from postventa.store.cases import CaseRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import CustomerRow, LineRow, OrderRow
from postventa.store.reviews import ReviewRow

_ASKS: Any = AskRow.__table__
_BOX: Any = OutboxRow.__table__
_CASES: Any = CaseRow.__table__
_CUSTOMERS: Any = CustomerRow.__table__
_LINES: Any = LineRow.__table__
_ORDERS: Any = OrderRow.__table__
_REVIEWS: Any = ReviewRow.__table__
IS_OUT = (Outcome.SENT, Outcome.UNCERTAIN)
WAITS = (Outcome.WAITING, Outcome.DEFERRED, Outcome.BEGUN)


@dataclass(slots=True)
class Before:
    """What one customer was asked, sent and wrote before; rows of the store."""

    asks: list[Any] = field(default_factory=list)
    """Of any of their orders, with `asked_at`."""
    waiting: set[int] = field(default_factory=set)
    """Orders whose request has not left yet."""
    products: dict[int, dict[str, str]] = field(default_factory=dict)
    """Of those asks, by the order's id: a line's ref -> its product's."""
    mails: list[datetime] = field(default_factory=list)
    reviewed: set[str] = field(default_factory=set)
    """The products that they have reviewed."""


def subject_of_order(order_id: int) -> str:
    return f"order:{order_id}"


def ask_of(connection: Connection, order_id: int, survey: str) -> Any | None:
    """The ask about an order; None where nobody has thought of one."""
    wanted = _ASKS.select().where(_ASKS.c.subject == subject_of_order(order_id), _ASKS.c.survey == survey)
    return connection.execute(wanted).one_or_none()


def asks_of(connection: Connection, order_ids: Collection[int], survey: str) -> dict[int, Any]:
    """The asks about these orders, by the order's id."""
    subjects = [subject_of_order(number) for number in order_ids]
    wanted = _ASKS.select().where(_ASKS.c.subject.in_(subjects), _ASKS.c.survey == survey)
    return {row.order_id: row for row in connection.execute(wanted)}


def due_asks_of(connection: Connection, survey: str, now: datetime, limit: int) -> list[Any]:
    """The asks of a survey that are due, longest first, each with its order held; another worker's are left out.

    The orders are held before the asks are written, as by everybody who writes both.
    """
    due = _ASKS.c.next_at <= now
    wanted = (
        select(_ASKS)
        .join(_ORDERS, _ORDERS.c.id == _ASKS.c.order_id)
        .where(due, _ASKS.c.survey == survey)
        .order_by(_ASKS.c.next_at, _ASKS.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=_ORDERS)
    )
    return list(connection.execute(wanted))


def planned_asks(connection: Connection, survey: str, request: str, until: datetime) -> list[Any]:
    """The asks whose next mail nobody has owed yet and may be due by then, the earliest first."""
    # A request that is owed and has not left is in the outbox; what follows it is not known yet.
    leaving = select(_BOX.c.id).where(_BOX.c.order_id == _ASKS.c.order_id, _BOX.c.message == request)
    is_leaving = leaving.where(_BOX.c.outcome.in_(WAITS)).exists()
    wanted = _ASKS.select().where(
        _ASKS.c.next_at <= until, _ASKS.c.survey == survey, _ASKS.c.state.in_(("planned", "held", "asked"))
    )
    return list(connection.execute(wanted.where(~is_leaving).order_by(_ASKS.c.next_at, _ASKS.c.id)))


def customers_of(connection: Connection, customer_ids: Collection[int]) -> dict[int, Any]:
    wanted = _CUSTOMERS.select().where(_CUSTOMERS.c.id.in_(customer_ids))
    return {row.id: row for row in connection.execute(wanted)}


def complaints_of(connection: Connection, order_ids: Collection[int]) -> dict[int, list[str]]:
    """The states of the complaints about these orders, by the order's id."""
    found: dict[int, list[str]] = {}
    wanted = select(_CASES.c.order_id, _CASES.c.state)
    wanted = wanted.where(_CASES.c.order_id.in_(order_ids), _CASES.c.family == "complaint")
    for order_id, state in connection.execute(wanted):
        found.setdefault(order_id, []).append(state)
    return found


def letters_of(
    connection: Connection, order_ids: Collection[int], messages: Collection[str]
) -> dict[tuple[int, str], Any]:
    """What became of these messages, by the order's id and the message."""
    wanted = _BOX.select().where(_BOX.c.order_id.in_(order_ids), _BOX.c.message.in_(messages))
    return {(row.order_id, row.message): row for row in connection.execute(wanted)}


def before(
    connection: Connection,
    customer_ids: Collection[int],
    survey: str,
    messages: Collection[str],
    *,
    asked_since: datetime,
    mailed_since: datetime,
) -> dict[int, Before]:
    """By customer, what was asked since one instant, what of `messages` was sent since another, and what they wrote."""
    found = {number: Before() for number in customer_ids}
    bought = select(_ORDERS.c.id, _ORDERS.c.customer_id).where(_ORDERS.c.customer_id.in_(customer_ids))
    whose = {order_id: customer for order_id, customer in connection.execute(bought)}  # noqa: C416 - it names the columns
    subjects = [subject_of_order(order_id) for order_id in whose]
    asked = _ASKS.select().where(_ASKS.c.subject.in_(subjects), _ASKS.c.survey == survey)
    about = []
    for row in connection.execute(asked.where(_ASKS.c.asked_at >= asked_since)):
        found[whose[row.order_id]].asks.append(row)
        about.append(row.order_id)
    lines = select(_LINES.c.order_id, _LINES.c.ref, _LINES.c.product_ref).where(_LINES.c.order_id.in_(about))
    for order_id, ref, product_ref in connection.execute(lines) if about else ():
        found[whose[order_id]].products.setdefault(order_id, {})[ref] = product_ref
    owed = select(_BOX.c.order_id, _BOX.c.outcome, _BOX.c.settled_at).where(
        _BOX.c.order_id.in_(list(whose)), _BOX.c.message.in_(messages), _BOX.c.outcome.in_((*IS_OUT, *WAITS))
    )
    for order_id, outcome, settled_at in connection.execute(owed):
        if outcome in WAITS:
            found[whose[order_id]].waiting.add(order_id)
        elif settled_at is None or settled_at >= mailed_since:
            found[whose[order_id]].mails.append(settled_at or mailed_since)
    wrote = select(_REVIEWS.c.customer_id, _REVIEWS.c.product_ref)
    counts = _REVIEWS.c.status.not_in(("spam", "trash")) & _REVIEWS.c.customer_id.in_(customer_ids)
    for customer, product_ref in connection.execute(wrote.where(counts)):
        found[customer].reviewed.add(product_ref)
    return found
