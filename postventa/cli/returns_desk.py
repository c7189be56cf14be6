"""`postventa return`: what a person at the desk notes of goods and money until a return is put away."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Annotated

from cyclopts import Parameter
from sqlalchemy import Connection

from postventa import clock, returns
from postventa.cli.house import Common, Wrong
from postventa.cli.returns import (
    At,
    Number,
    amount_of,
    as_sentence,
    case_id_of,
    instant_of,
    return_app,
)
from postventa.refunds_by_hand import pay_by_hand
from postventa.return_deductions import deduct
from postventa.return_goods_out import ask_back
from postventa.return_story import return_story
from postventa.workplace import Workplace

By = Annotated[str, Parameter(help="Who does it: a name in [desk.people]")]


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
    with at_the_desk(common, number, by) as (_, connection, case_id):
        returns.track(connection, case_id, carrier, tracking_number, who=by, now=clock.now())
        return done(common, connection, case_id)


@return_app.command(name="proof")
def note_proof(number: Number, *, by: By, at: At = "", common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Note proof that the goods were sent: the refund may not wait for them any longer."""
    with at_the_desk(common, number, by) as (place, connection, case_id):
        returns.prove(connection, place.settings, case_id, at=instant_of(at), who=by, now=clock.now())
        return done(common, connection, case_id)


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
    with at_the_desk(common, number, by) as (place, connection, case_id):
        now = clock.now()
        returns.receive(connection, place.settings, case_id, at=instant_of(at), who=by, now=now)
        if inspected or finding:
            returns.inspect(connection, place.settings, case_id, who=by, now=now, finding=finding)
        return done(common, connection, case_id)


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
    with at_the_desk(common, number, by) as (place, connection, case_id):
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
        return done(common, connection, case_id)


@return_app.command(name="ask")
def ask_back_goods(number: Number, *, by: By, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Ask the customer politely for goods that left although their money is back; once, and at the shop's expense."""
    with at_the_desk(common, number, by) as (_, connection, case_id):
        ask_back(connection, case_id, who=by, now=clock.now())
        return done(common, connection, case_id)


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
    with at_the_desk(common, number, by) as (place, connection, case_id):
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
        return done(common, connection, case_id)


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
    with at_the_desk(common, number, by) as (_, connection, case_id):
        act(connection, case_id, who=by, now=clock.now())
        return done(common, connection, case_id)


@contextmanager
def at_the_desk(common: Common, number: str, by: str) -> Iterator[tuple[Workplace, Connection, int]]:
    """A return by its number, in a transaction; a refusal of the desk's becomes the command's sentence."""
    with common.workplace() as place, place.store.begin() as connection, as_sentence():
        people = place.settings.desk.people
        if by not in people:
            raise Wrong(f"{by} is nobody in [desk.people]: there are {', '.join(people) or 'none'}")
        yield place, connection, case_id_of(connection, number)


def done(common: Common, connection: Connection, case_id: int) -> int:
    story = return_story(connection, case_id, clock.now())
    common.answer(story.document(), f"{story.number} is {story.state.replace('_', ' ')}.")
    return 0
