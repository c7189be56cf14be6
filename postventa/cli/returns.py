"""`postventa return`: filing what a customer declared, showing a return, and listing those that are open."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from cyclopts import App, Parameter
from sqlalchemy import Connection, select

from postventa import clock
from postventa.cli.house import Common, Wrong, app
from postventa.refunds_by_hand import NotAgreed
from postventa.return_decisions import MayNotDecline
from postventa.return_deductions import MayNotDeduct
from postventa.return_story import return_story
from postventa.returns import NotAReturn
from postventa.rules.returns import OutOfTurn, ReturnKind, ReturnState
from postventa.store.casebook import case_of
from postventa.store.cases import CaseRow
from postventa.store.orders import CustomerRow, OrderRow, order_id_of
from postventa.store.returns import ReturnRow
from postventa.withdrawals import Declaration, NoSuchLine, declare

return_app = App(name="return", help="The desk of returns, withdrawals among them.")
app.command(return_app)

Number = Annotated[
    str, Parameter(help="D-2026-000012, its key, or SHOP:D-2026-000012 where shops share numbers")
]
At = Annotated[str, Parameter(help="When it happened, if not now: an ISO 8601 instant with its zone")]
REFUSALS = (MayNotDecline, MayNotDeduct, NotAReturn, NoSuchLine, OutOfTurn, NotAgreed)


@return_app.command(name="open")
def open_return(
    *,
    order: str,
    text: Annotated[str, Parameter(help="What the customer declared, word for word")],
    kind: ReturnKind = ReturnKind.STATUTORY_WITHDRAWAL,
    line: Annotated[
        list[str] | None, Parameter(help="LINE=QUANTITY; repeat it for each. Without it, everything")
    ] = None,
    sent: At = "",
    email: Annotated[str, Parameter(help="Where the acknowledgement goes, if not to the order's")] = "",
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """File what a customer declared by telephone, post or over the counter. The same words on one day are one case."""
    with common.workplace() as place, place.store.begin() as connection:
        order_id, shop, ref, _ = the_order(connection, order)
        wanted = select(CustomerRow.email, CustomerRow.name, CustomerRow.phone).join(
            OrderRow, OrderRow.customer_id == CustomerRow.id
        )
        customer = connection.execute(wanted.where(OrderRow.id == order_id)).one()
        sent_at = instant_of(sent)
        mark = hashlib.sha256(f"{shop}:{ref}\x00{kind}\x00{sorted(line or ())}\x00{text}".encode())
        declaration = Declaration(
            shop=shop,
            order_ref=ref,
            email=email or customer.email,
            name=customer.name,
            statement=text,
            source="desk",
            source_ref=f"{sent_at:%Y-%m-%d}:{mark.hexdigest()[:32]}",
            informed_at=sent_at,
            lines=dict(map(quantity_of, line)) if line else None,
            kind=kind,
            phone=customer.phone,
            is_verified=True,
        )
        with as_sentence():
            filed = declare(connection, place.settings, declaration, clock.now())
        story = return_story(connection, filed.case_id, clock.now())
    waits = f" A person decides: {'; '.join(filed.waits_for)}." if filed.waits_for else ""
    known = "" if filed.is_new else "was filed before, and "
    by = f" Refund by {filed.answer_by}." if filed.answer_by else ""
    said = f"{filed.number} {known}is {filed.state.replace('_', ' ')}, with the key {filed.key}.{by}{waits}"
    common.answer(story.document() | {"is_new": filed.is_new, "waits_for": list(filed.waits_for)}, said)
    return 0


@return_app.command(name="show")
def show_return(number: Number, *, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Show a return: what comes back, its money, its clocks with their arithmetic. It holds personal data."""
    with common.workplace() as place, place.reading() as connection:
        story = return_story(connection, case_id_of(connection, number), clock.now())
    common.answer(story.document(), story.text())
    return 0


@return_app.command(name="list")
def list_returns(
    *,
    state: Annotated[ReturnState | None, Parameter(help="Only those that stand there")] = None,
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """List the returns that are not put away, the oldest first: where they stand, what is owed, who owns them."""
    cases: Any = CaseRow.__table__.c
    wanted = (
        select(cases.number, cases.shop, cases.state, cases.owner, cases.opened_at, ReturnRow.kind)
        .add_columns(ReturnRow.refund_due_amount, ReturnRow.refunded_amount, ReturnRow.currency)
        .join(ReturnRow, ReturnRow.case_id == cases.id)
        .where(cases.family == "return", cases.state == state if state else cases.state != ReturnState.CLOSED)
        .order_by(cases.opened_at, cases.id)
    )
    with common.workplace() as place, place.reading() as connection:
        rows = [dict(row) for row in connection.execute(wanted).mappings()]
    lines = [
        f"{row['opened_at']:%Y-%m-%d}  {row['shop']}:{row['number']}  {row['state']:14} {row['kind']:20} "
        f"{row['refunded_amount']:.2f}/{row['refund_due_amount'] or 0:.2f} {row['currency']}  {row['owner'] or ''}"
        for row in rows
    ]
    common.answer(rows, "\n".join(line.rstrip() for line in lines) or "No return is open.")
    return 0


@contextmanager
def as_sentence() -> Iterator[None]:
    """A refusal becomes the command's sentence."""
    try:
        yield
    except REFUSALS as refused:
        raise Wrong(str(refused)) from refused


def case_id_of(connection: Connection, number: str) -> int:
    """The return that is meant by a number or a key."""
    case = case_of(connection, number)
    if case is None:
        raise Wrong(f"there is no one return {number}: give its number, its key, or SHOP:NUMBER")
    if case.family != "return":
        raise Wrong(f"{case.number} is a complaint: `postventa complaint show {case.number}`")
    return int(case.id)


def the_order(connection: Connection, reference: str) -> tuple[int, str, str, str]:
    """The one order that is meant: its id, shop, ref and number."""
    found = order_id_of(connection, reference)
    if len(found) != 1:
        names = ", ".join(f"{shop}:{ref}" for _, shop, ref, _ in found[:5])
        raise Wrong(
            f"{reference} may be any of {names}: name one" if found else f"there is no order {reference}"
        )
    return found[0]


def quantity_of(written: str) -> tuple[str, Decimal]:
    """A line's ref and how much of it, from `LINE=QUANTITY`."""
    ref, _, quantity = written.partition("=")
    return ref, amount_of(quantity or "1")


def amount_of(written: str) -> Decimal:
    """An amount or a quantity as somebody writes it."""
    try:
        amount = Decimal(written)
    except InvalidOperation as wrong:
        raise Wrong(f"{written!r} is not an amount: write it as 12.50", code=2) from wrong
    if not amount.is_finite() or amount <= 0:
        raise Wrong(f"{written!r} must be more than nothing", code=2)
    return amount


def instant_of(written: str) -> datetime:
    """When something happened: now where nothing is written, never later."""
    now = clock.now()
    at = clock.read_instant(written) if written else now
    if at > now:
        raise Wrong(f"{written} has not come yet", code=2)
    return at
