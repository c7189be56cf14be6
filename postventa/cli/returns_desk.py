"""`postventa return`: what a person at the desk decides and notes of a return until it is put away."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Annotated

from cyclopts import Parameter
from sqlalchemy import Connection, select

from postventa import clock, returns
from postventa.cli.house import Common, Wrong
from postventa.cli.returns import (
    At,
    Number,
    amount_of,
    as_sentence,
    case_id_of,
    instant_of,
    quantity_of,
    return_app,
    the_order,
)
from postventa.refunds_by_hand import pay_by_hand
from postventa.return_decisions import approve, decline
from postventa.return_deductions import deduct
from postventa.return_goods_out import ask_back
from postventa.return_instructions import send_instructions
from postventa.return_story import return_story
from postventa.store.orders import LineRow
from postventa.store.returns import ReturnLineRow
from postventa.withdrawals import link
from postventa.workplace import Workplace

By = Annotated[str, Parameter(help="Who does it: a name in [desk.people]")]


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
    with _at_the_desk(common, number, by) as (place, connection, case_id):
        approve(connection, place.settings, case_id, who=by, now=clock.now(), is_told_later=later)
        return _done(common, connection, case_id)


@return_app.command(name="instruct")
def instruct_return(
    number: Number,
    *,
    by: By,
    collected: Annotated[bool, Parameter(help="The shop fetches the goods", negative="")] = False,
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Tell the customer of a return that was approved with --later how the goods come back."""
    with _at_the_desk(common, number, by) as (place, connection, case_id):
        now = clock.now()
        send_instructions(connection, place.settings, case_id, who=by, now=now, is_collected=collected)
        return _done(common, connection, case_id)


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
    with _at_the_desk(common, number, by) as (place, connection, case_id):
        lines = _lines(connection, case_id, line) if line else None
        given = {"reason": reason, "letter": letter, "evidence": evidence}
        decline(connection, place.settings, case_id, who=by, now=clock.now(), lines=lines, **given)
        return _done(common, connection, case_id)


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
    with _at_the_desk(common, number, by) as (place, connection, case_id):
        quantities = dict(map(quantity_of, line)) if line else None
        order_id = the_order(connection, order)[0]
        link(connection, place.settings, case_id, order_id, quantities, who=by, now=clock.now())
        return _done(common, connection, case_id)


@return_app.command(name="track")
def track_return(
    number: Number,
    *,
    carrier: str,
    tracking_number: str,
    by: By,
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Note how the goods travel back."""
    with _at_the_desk(common, number, by) as (_, connection, case_id):
        returns.track(connection, case_id, carrier, tracking_number, who=by, now=clock.now())
        return _done(common, connection, case_id)


@return_app.command(name="proof")
def note_proof(number: Number, *, by: By, at: At = "", common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Note proof that the goods were sent: the refund may not wait for them any longer."""
    with _at_the_desk(common, number, by) as (place, connection, case_id):
        returns.prove(connection, place.settings, case_id, at=instant_of(at), who=by, now=clock.now())
        return _done(common, connection, case_id)


@return_app.command(name="received")
def note_received(
    number: Number,
    *,
    by: By,
    at: At = "",
    inspected: Annotated[bool, Parameter(help="Somebody has looked at the goods too", negative="")] = False,
    finding: Annotated[str, Parameter(help="What they found, for the case")] = "",
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Note that the goods are here, and tell the customer so."""
    with _at_the_desk(common, number, by) as (place, connection, case_id):
        now = clock.now()
        returns.receive(connection, place.settings, case_id, at=instant_of(at), who=by, now=now)
        if inspected or finding:
            returns.inspect(connection, place.settings, case_id, who=by, now=now, finding=finding)
        return _done(common, connection, case_id)


@return_app.command(name="deduct")
def deduct_value(
    number: Number,
    *,
    amount: Annotated[
        str, Parameter(help="How much the goods have lost, as 12.50; 0 takes a deduction back")
    ],
    reason: Annotated[str, Parameter(help="What was done beyond trying them, in the customer's language")],
    evidence: Annotated[str, Parameter(help="What shows it, in the customer's language")] = "",
    by: By,
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Deduct from the refund what inspected goods have lost (LGDCU 108.2), and tell the customer why."""
    with _at_the_desk(common, number, by) as (place, connection, case_id):
        asked = Decimal(0) if amount.strip() == "0" else amount_of(amount)
        deduct(
            connection,
            place.settings,
            case_id,
            amount=asked,
            reason=reason,
            evidence=evidence,
            who=by,
            now=clock.now(),
        )
        return _done(common, connection, case_id)


@return_app.command(name="ask")
def ask_back_goods(number: Number, *, by: By, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Ask the customer politely for goods that left although their money is back; once, and at the shop's expense."""
    with _at_the_desk(common, number, by) as (_, connection, case_id):
        ask_back(connection, case_id, who=by, now=clock.now())
        return _done(common, connection, case_id)


@return_app.command(name="refunded")
def note_refund(
    number: Number,
    *,
    amount: Annotated[str, Parameter(help="How much, as 12.50")],
    by: By,
    at: At = "",
    means: Annotated[str, Parameter(help="How, if not as the order was paid")] = "",
    agreed: Annotated[
        bool, Parameter(help="The customer agreed expressly to that means", negative="")
    ] = False,
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Note a refund that was made beside the shop. Those made in the shop are read from it by themselves."""
    with _at_the_desk(common, number, by) as (place, connection, case_id):
        pay_by_hand(
            connection,
            place.settings,
            case_id,
            amount=amount_of(amount),
            at=instant_of(at),
            means=means,
            is_agreed=agreed,
            who=by,
            now=clock.now(),
        )
        return _done(common, connection, case_id)


@return_app.command(name="end")
def end_return(
    number: Number,
    *,
    by: By,
    kept: Annotated[bool, Parameter(help="The customer keeps the goods after all", negative="")] = False,
    exchanged: Annotated[bool, Parameter(help="The customer agreed to something else", negative="")] = False,
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Put a settled return away, or say how one ended without money."""
    if kept and exchanged:
        raise Wrong("say one of --kept and --exchanged", code=2)
    act = returns.cancel if kept else returns.exchange if exchanged else returns.close
    with _at_the_desk(common, number, by) as (_, connection, case_id):
        act(connection, case_id, who=by, now=clock.now())
        return _done(common, connection, case_id)


@contextmanager
def _at_the_desk(common: Common, number: str, by: str) -> Iterator[tuple[Workplace, Connection, int]]:
    """A return by its number, in a transaction; a refusal of the desk's becomes the command's sentence."""
    with common.workplace() as place, place.store.begin() as connection, as_sentence():
        people = place.settings.desk.people
        if by not in people:
            raise Wrong(f"{by} is nobody in [desk.people]: there are {', '.join(people) or 'none'}")
        yield place, connection, case_id_of(connection, number)


def _lines(connection: Connection, case_id: int, refs: list[str]) -> list[int]:
    """The ids of lines by their refs; every one must come back by this return."""
    mine = select(LineRow.ref, LineRow.id).join(ReturnLineRow, ReturnLineRow.line_id == LineRow.id)
    found = connection.execute(mine.where(ReturnLineRow.case_id == case_id)).all()
    there = {row.ref: row.id for row in found}
    missing = [ref for ref in refs if ref not in there]
    if missing:
        raise Wrong(f"no line {missing[0]} comes back by this return: there are {', '.join(there) or 'none'}")
    return [there[ref] for ref in refs]


def _done(common: Common, connection: Connection, case_id: int) -> int:
    story = return_story(connection, case_id, clock.now())
    common.answer(story.document(), f"{story.number} is {story.state.replace('_', ' ')}.")
    return 0
