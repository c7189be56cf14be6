"""`postventa complaint`: the desk's work on a complaint, from taking it to its answer. `complaint_filing.py` files one."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from cyclopts import App, Parameter
from sqlalchemy import Connection

from postventa import clock, complaints
from postventa.case_story import case_story
from postventa.cli.house import Common, Wrong, app
from postventa.complaints import NotDone
from postventa.rules.complaints import Outcome
from postventa.store.casebook import case_of
from postventa.workplace import Workplace

complaint_app = App(name="complaint", help="The complaint desk.")
app.command(complaint_app)

Number = Annotated[
    str, Parameter(help="R-2026-000012, its key, or SHOP:R-2026-000012 where shops share numbers")
]
By = Annotated[str, Parameter(help="Who does it: a name in [desk.people]")]
Text = Annotated[
    str, Parameter(help="The words; - reads them from standard input", allow_leading_hyphen=True)
]


@complaint_app.command(name="take")
def take(
    number: Number,
    *,
    by: By,
    owner: Annotated[str, Parameter(help="Who shall own it, if not who does this")] = "",
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Make a person the owner of a complaint."""
    with _at_the_desk(common, number) as (place, connection, case_id):
        complaints.take(connection, place.settings, case_id, owner or by, by=by, now=clock.now())
        return _done(common, connection, place, case_id, f"is owned by {owner or by}")


@complaint_app.command(name="hold")
def hold(number: Number, *, text: Text, by: By, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Tell the customer how things stand. No deadline of the law moves for it."""
    with _at_the_desk(common, number) as (place, connection, case_id):
        complaints.hold(connection, place.settings, case_id, words_from(text), by=by, now=clock.now())
        return _done(common, connection, place, case_id, "goes on; its customer is told how things stand")


@complaint_app.command(name="ask")
def ask(number: Number, *, text: Text, by: By, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Ask the customer for what is missing; they have ten working days at least."""
    with _at_the_desk(common, number) as (place, connection, case_id):
        now = clock.now()
        until = complaints.ask_for_more(connection, place.settings, case_id, words_from(text), by=by, now=now)
        said = f"waits for its customer until {until:%Y-%m-%d %H:%M} UTC; the deadline to answer runs on"
        if place.settings.policy.large_company:
            said = f"waits for its customer until {until:%Y-%m-%d %H:%M} UTC"
        return _done(common, connection, place, case_id, said)


@complaint_app.command(name="points")
def points(
    number: Number,
    *,
    point: Annotated[list[str], Parameter(help="A point that the customer raises; repeat it for each")],
    by: By,
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Write down what the complaint raises, where its text was divided otherwise than a person reads it."""
    with _at_the_desk(common, number) as (place, connection, case_id):
        complaints.set_points(connection, place.settings, case_id, point, by=by, now=clock.now())
        return _done(common, connection, place, case_id, f"raises {len(point)} points")


@complaint_app.command(name="answer")
def answer(
    number: Number,
    *,
    outcome: Outcome,
    reason: Annotated[
        list[str],
        Parameter(help="The reason for a point; one for each, in their order", allow_leading_hyphen=True),
    ],
    by: By,
    text: Text = "",
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Answer a complaint: every point with its reason. What is generic, empty or copied is refused."""
    with _at_the_desk(common, number) as (place, connection, case_id):
        complaints.answer(
            connection,
            place.settings,
            case_id,
            outcome=outcome,
            reasons=[words_from(one) for one in reason],
            text=words_from(text),
            by=by,
            now=clock.now(),
        )
        return _done(common, connection, place, case_id, f"is answered: {outcome}")


@complaint_app.command(name="close")
def close(
    number: Number,
    *,
    by: By,
    no_reply: Annotated[
        bool, Parameter(help="The customer did not send what they were asked for", negative="")
    ] = False,
    withdrawn: Annotated[bool, Parameter(help="The customer took it back", negative="")] = False,
    adr: Annotated[bool, Parameter(help="The customer went on to dispute resolution", negative="")] = False,
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Put a settled complaint away, or say why an open one needs no answer. Time alone closes nothing."""
    acts = {complaints.lapse: no_reply, complaints.withdraw: withdrawn, complaints.refer: adr}
    wanted = [act for act, is_wanted in acts.items() if is_wanted] or [complaints.close]
    if len(wanted) > 1:
        raise Wrong("say one of --no-reply, --withdrawn and --adr", code=2)
    with _at_the_desk(common, number) as (place, connection, case_id):
        wanted[0](connection, place.settings, case_id, by=by, now=clock.now())
        return _done(common, connection, place, case_id)


@complaint_app.command(name="reopen")
def reopen(number: Number, *, text: Text, by: By, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Open a settled complaint again, with deadlines of its own."""
    with _at_the_desk(common, number) as (place, connection, case_id):
        now = clock.now()
        complaints.reopen(connection, place.settings, case_id, words_from(text), by=by, at=now, now=now)
        return _done(common, connection, place, case_id, "is open again")


@complaint_app.command(name="show")
def show(number: Number, *, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Show a complaint: what was said, its clocks with their arithmetic, its letters and files. It holds personal data."""
    with common.workplace() as place, place.reading() as connection:
        story = case_story(connection, _case_id(connection, number), place.settings)
    common.answer(story.document(), story.text())
    return 0


@contextmanager
def _at_the_desk(common: Common, number: str) -> Iterator[tuple[Workplace, Connection, int]]:
    """A complaint by its number, in a transaction; a refusal of the desk's becomes the command's sentence."""
    with common.workplace() as place, place.store.begin() as connection:
        try:
            yield place, connection, _case_id(connection, number)
        except NotDone as refused:
            raise Wrong(str(refused)) from refused


def _case_id(connection: Connection, number: str) -> int:
    case = case_of(connection, number)
    if case is None:
        raise Wrong(f"there is no one complaint {number}: give its number, its key, or SHOP:NUMBER")
    if case.family != "complaint":
        raise Wrong(f"{case.number} is a return: `postventa return show {case.number}`")
    return int(case.id)


def _done(common: Common, connection: Connection, place: Workplace, case_id: int, what: str = "") -> int:
    story = case_story(connection, case_id, place.settings)
    common.answer(story.document(), f"{story.number} {what or f'is {story.state}'.replace('_', ' ')}.")
    return 0


def words_from(text: str) -> str:
    """The words as given, or from standard input."""
    return sys.stdin.read() if text == "-" else text
