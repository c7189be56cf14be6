"""What the store holds of a person, and putting nothing in the place of what says who they are."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, or_, tuple_, update

from postventa.rules.orders import STOPPED, Stage
from postventa.store.asks import AnswerRow, AskRow
from postventa.store.cases import CaseRow
from postventa.store.erased_words import erase_words
from postventa.store.inbox import InboxRow, QuarantineRow
from postventa.store.orders import CustomerRow, OrderRow
from postventa.store.reviews import ReviewRow

ON_ITS_WAY_FOR = timedelta(days=60)
"""An order that nobody has seen arrive after so long is not on its way any more."""
NOBODY = "erased"
_CASES: Any = CaseRow.__table__.c
_ORDERS: Any = OrderRow.__table__.c
_INBOX: Any = InboxRow.__table__.c
_SET_ASIDE: Any = QuarantineRow.__table__.c
_FINAL = {Stage.DELIVERED, *STOPPED}


def orders_of(connection: Connection, customer_ids: Collection[int]) -> Sequence[Any]:
    return connection.execute(
        OrderRow.__table__.select().where(_ORDERS.customer_id.in_(customer_ids)).order_by(_ORDERS.id)
    ).all()


def cases_of(connection: Connection, shop: str, customer_ids: Collection[int], email: str) -> Sequence[Any]:
    """Their cases, found by who they are and by the address that they gave."""
    theirs = or_(
        _CASES.customer_id.in_(customer_ids),
        (_CASES.shop == shop) & (func.lower(_CASES.email) == email.strip().lower()),
    )
    return connection.execute(CaseRow.__table__.select().where(theirs).order_by(_CASES.id)).all()


def is_on_its_way(order: Any, now: datetime) -> bool:
    return order.stage not in _FINAL and now - order.placed_at < ON_ITS_WAY_FOR


def forget(
    connection: Connection,
    *,
    customer_ids: Collection[int],
    orders: Sequence[Any],
    cases: Sequence[Any],
    now: datetime,
) -> list[str]:
    """Replaces names, addresses, telephone numbers and all words; goods, amounts, dates and proofs stay.

    Answers the digests of the files that are to be deleted once this is saved.
    """
    for customer_id in customer_ids:
        connection.execute(
            update(CustomerRow)
            .where(CustomerRow.id == customer_id)
            .values(identity=f"{NOBODY}:{customer_id}", ref=None, email="", name="", phone="")
        )
    for order in orders:
        details = {**order.details, "billing": _place(order.details.get("billing"))}
        details["shipping"] = _place(order.details.get("shipping"))
        connection.execute(update(OrderRow).where(OrderRow.id == order.id).values(details=details))
    ids = [order.id for order in orders]
    connection.execute(update(AnswerRow).where(AnswerRow.order_id.in_(ids)).values(text=""))
    connection.execute(update(ReviewRow).where(ReviewRow.order_id.in_(ids)).values(text=""))
    connection.execute(
        update(AskRow)
        .where(AskRow.order_id.in_(ids), AskRow.state.in_(("planned", "held", "asked", "reminded")))
        .values(state="closed", reason=NOBODY, next_at=None)
    )
    connection.execute(
        update(CaseRow).where(CaseRow.id.in_([case.id for case in cases])).values(name="", email="", phone="")
    )
    _forget_what_was_heard(connection, [(order.shop, order.ref) for order in orders], now)
    return erase_words(connection, [case.id for case in cases], ids, now)


def _forget_what_was_heard(connection: Connection, orders: Sequence[tuple[str, str]], now: datetime) -> None:
    """The raw payloads, which hold everything: what was read has served, and what was not is not read any more."""
    theirs = tuple_(_INBOX.shop, _INBOX.order_ref).in_(orders)
    connection.execute(
        update(InboxRow).where(theirs, _INBOX.outcome == "").values(read_at=now, outcome=NOBODY, raw="{}")
    )
    connection.execute(update(InboxRow).where(theirs).values(raw="{}"))
    aside = tuple_(_SET_ASIDE.source, _SET_ASIDE.ref).in_(orders)
    connection.execute(update(QuarantineRow).where(aside).values(raw=""))


def _place(address: Any) -> Any:
    """What is left of an address: country and province, by which deadlines were counted."""
    if not address:
        return address
    province = f"{address['postcode'][:2]}000" if address["country"] == "ES" and address["postcode"] else ""
    return {**address, "name": "", "company": "", "lines": [], "city": "", "postcode": province}
