"""`postventa return`: what a person at the desk decides of a return: whether it is taken, how it comes back, whose it is."""

from typing import Annotated

from cyclopts import Parameter
from sqlalchemy import Connection, select

from postventa import clock
from postventa.cli.house import Common, Wrong
from postventa.cli.returns import Number, quantity_of, return_app, the_order
from postventa.cli.returns_desk import By, at_the_desk, done
from postventa.return_decisions import approve, decline
from postventa.return_instructions import send_instructions
from postventa.store.orders import LineRow
from postventa.store.returns import ReturnLineRow
from postventa.withdrawals import link


@return_app.command(name="approve")
def approve_return(
    number: Number,
    *,
    by: By,
    later: Annotated[
        bool,
        Parameter(help="How it comes back is said later, by `postventa return instruct`", negative=""),
    ] = False,
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Accept what is not refused, and tell the customer how it comes back."""
    with at_the_desk(common, number, by) as (place, connection, case_id):
        approve(connection, place.settings, case_id, who=by, now=clock.now(), is_told_later=later)
        return done(common, connection, case_id)


@return_app.command(name="instruct")
def instruct_return(
    number: Number,
    *,
    by: By,
    collected: Annotated[bool, Parameter(help="The shop fetches the goods", negative="")] = False,
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Tell the customer of a return that was approved with --later how the goods come back."""
    with at_the_desk(common, number, by) as (place, connection, case_id):
        now = clock.now()
        send_instructions(connection, place.settings, case_id, who=by, now=now, is_collected=collected)
        return done(common, connection, case_id)


@return_app.command(name="decline")
def decline_return(
    number: Number,
    *,
    by: By,
    letter: Annotated[str, Parameter(help="The letter of LGDCU 103 that excepts it")] = "",
    evidence: Annotated[
        str, Parameter(help="What shows that the exception applies, in the customer's language")
    ] = "",
    reason: Annotated[str, Parameter(help="The reason, in the customer's language")] = "",
    line: Annotated[
        list[str] | None, Parameter(help="A line that is refused; repeat it. Without it, everything")
    ] = None,
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Refuse a return or some of its lines. A withdrawal only after its period, or for a proven exception."""
    with at_the_desk(common, number, by) as (place, connection, case_id):
        lines = _lines(connection, case_id, line) if line else None
        given = {"reason": reason, "letter": letter, "evidence": evidence}
        decline(connection, place.settings, case_id, who=by, now=clock.now(), lines=lines, **given)
        return done(common, connection, case_id)


@return_app.command(name="link")
def link_return(
    number: Number,
    *,
    order: str,
    by: By,
    line: Annotated[
        list[str] | None, Parameter(help="LINE=QUANTITY; repeat it for each. Without it, everything")
    ] = None,
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Say which order a statement meant that named none, or not the customer's own."""
    with at_the_desk(common, number, by) as (place, connection, case_id):
        quantities = dict(map(quantity_of, line)) if line else None
        order_id = the_order(connection, order)[0]
        link(connection, place.settings, case_id, order_id, quantities, who=by, now=clock.now())
        return done(common, connection, case_id)


def _lines(connection: Connection, case_id: int, refs: list[str]) -> list[int]:
    """The ids of lines by their refs; every one must come back by this return."""
    mine = select(LineRow.ref, LineRow.id).join(ReturnLineRow, ReturnLineRow.line_id == LineRow.id)
    found = connection.execute(mine.where(ReturnLineRow.case_id == case_id)).all()
    there = {row.ref: row.id for row in found}
    missing = [ref for ref in refs if ref not in there]
    if missing:
        raise Wrong(f"no line {missing[0]} comes back by this return: there are {', '.join(there) or 'none'}")
    return [there[ref] for ref in refs]
