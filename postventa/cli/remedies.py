"""`postventa remedy`: what is proposed to a customer for what went wrong, who approves it, and what it cost."""

from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Any

from cyclopts import App, Parameter

from postventa import clock, compensation
from postventa.cli.house import Common, Wrong, app
from postventa.compensation import Compensation
from postventa.rules.compensation import Fault, Remedy
from postventa.store.casebook import case_of
from postventa.store.compensation import SPENT, remedies

remedy_app = App(name="remedy", help="Compensation: what is proposed, approved, given and refused.")
app.command(remedy_app)

By = Annotated[str, Parameter(help="Who decides: a name in [desk.people]")]
Number = Annotated[int, Parameter(help="The first column of `postventa remedy list`")]


@remedy_app.command(name="propose")
def propose(
    case: Annotated[str, Parameter(help="A case's number, key or id")],
    incident: Annotated[str, Parameter(help="late_delivery, damaged_item, carrier_parcel_lost ...")],
    *,
    by: By,
    fault: Fault | None = None,
    choice: Annotated[Remedy | None, Parameter(help="The alternative that the customer chose")] = None,
    amount: Annotated[Decimal | None, Parameter(help="Your own judgement instead of the table's")] = None,
    charged: Annotated[Decimal, Parameter(help="What was charged too much")] = Decimal(0),
    line: Annotated[tuple[str, ...], Parameter(help="An order line concerned; all of them if none")] = (),
    occasion: Annotated[str, Parameter(help="For a second incident of the same kind")] = "",
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Propose what the table of remedies says; the same occasion is proposed once."""
    with common.workplace() as place, place.store.begin() as connection:
        made = compensation.propose(
            connection,
            place.settings,
            _case_id(connection, case),
            incident,
            who=by,
            now=clock.now(),
            fault=fault,
            chosen=choice,
            amount=amount,
            charged=charged,
            lines=line,
            occasion=occasion,
        )
    return _say(common, made)


@remedy_app.command(name="approve")
def approve(number: Number, *, by: By, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Approve a proposal; above the limit or the month's budget only the manager may."""
    with common.workplace() as place, place.store.begin() as connection:
        made = compensation.approve(connection, place.settings, number, who=by, now=clock.now())
    return _say(common, made)


@remedy_app.command(name="give")
def give(number: Number, *, by: By, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Note that what was approved has been given: the money is on its way, or the goods are."""
    with common.workplace() as place, place.store.begin() as connection:
        made = compensation.give(connection, place.settings, number, who=by, now=clock.now())
    return _say(common, made)


@remedy_app.command(name="refuse")
def refuse(number: Number, *, by: By, reason: str, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Refuse a proposal, or take back an approval that was not given yet."""
    with common.workplace() as place, place.store.begin() as connection:
        made = compensation.refuse(connection, place.settings, number, who=by, why=reason, now=clock.now())
    return _say(common, made)


@remedy_app.command(name="list")
def show_remedies(
    *,
    case: str = "",
    state: str = "",
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """List the compensation ledger, of one case or in one state if asked, and what each month has spent."""
    with common.workplace() as place, place.reading() as connection:
        rows = remedies(connection, _case_id(connection, case) if case else None, state)
    spent: dict[str, Decimal] = {}
    for row in rows:
        if row.state in SPENT:
            name = f"{row.budget} {row.currency}"
            spent[name] = spent.get(name, Decimal(0)) + row.amount
    text = [
        f"{row.id:6} {row.shop}:{row.number}  {row.state:9} {row.remedy:18} {row.amount:10.2f} {row.currency}"
        f"  {row.incident} ({row.fault})"
        for row in rows
    ]
    text += (
        ["", *(f"spent from {name}: {amount:.2f}" for name, amount in sorted(spent.items()))] if spent else []
    )
    document = {"remedies": [row._asdict() for row in rows], "spent": spent}
    common.answer(document, "\n".join(text) or "No remedy has been proposed.")
    return 0


def _say(common: Common, made: Compensation) -> int:
    worth = f" of {made.amount:.2f} {made.currency}" if made.amount else ""
    lines = [f"Remedy {made.id} for {made.incident} ({made.fault}): {made.remedy}{worth} is {made.state}."]
    lines += [f"Why: {made.why}."] if made.why else []
    if made.state == "proposed":
        others = [f"{other} of {amount:.2f}" if amount else str(other) for other, amount in made.alternatives]
        lines += [f"Instead the customer may choose: {', '.join(others)}."] if others else []
        lines += [f"A manager has to approve it: {made.needs_manager}."] if made.needs_manager else []
    common.answer(asdict(made), "\n".join(lines))
    return 0


def _case_id(connection: Any, reference: str) -> int:
    case = case_of(connection, reference)
    if case is None:
        raise Wrong(f"there is no case {reference}: give its number (R-2026-000012), its key or its id")
    return int(case.id)
