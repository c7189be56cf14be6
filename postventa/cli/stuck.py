"""`postventa stuck`: messages that failed, are in doubt or are blocked, and what a person decides about them."""

from typing import Annotated

from cyclopts import App, Parameter
from sqlalchemy import Connection, update

from postventa import clock
from postventa.cli.house import Common, Wrong, app
from postventa.rules.messages import Outcome
from postventa.store.messages import OutboxRow
from postventa.store.stuck import stuck_messages

stuck_app = App(name="stuck", help="Messages that wait for a person: failed, in doubt, or blocked.")
app.command(stuck_app)

Number = Annotated[int, Parameter(help="The first column of `postventa stuck`")]


@stuck_app.default
def show_stuck(*, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """List the messages that wait for a person."""
    with common.workplace() as place, place.reading() as connection:
        rows = [row._asdict() for row in connection.execute(stuck_messages().order_by(OutboxRow.id))]
    text = [
        f"{row['id']:6} {row['shop']}:{row['ref']}  {row['message']}  {row['outcome']}: {row['reason']} {row['words']}"
        for row in rows
    ]
    common.answer(rows, "\n".join(line.rstrip() for line in text) or "No message is stuck.")
    return 0


@stuck_app.command(name="resend")
def resend(number: Number, *, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Let a message go again with the next run, under the Message-ID it had."""
    with common.workplace() as place, place.store.begin() as connection:
        subject = _decide(connection, number, Outcome.WAITING, "resent_by_a_person")
    common.answer(
        {"id": number, "outcome": "waiting"}, f"Message {number} of {subject} goes again with the next run."
    )
    return 0


@stuck_app.command(name="settle")
def settle(number: Number, *, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Say that a message in doubt need not go: it arrived, or the customer knows by other means."""
    with common.workplace() as place, place.store.begin() as connection:
        subject = _decide(connection, number, Outcome.SUPPRESSED, "settled_by_a_person")
    common.answer({"id": number, "outcome": "suppressed"}, f"Message {number} of {subject} is settled.")
    return 0


def _decide(connection: Connection, number: int, outcome: Outcome, reason: str) -> str:
    row = connection.execute(stuck_messages().where(OutboxRow.id == number)).one_or_none()
    if row is None:
        raise Wrong(f"no message is stuck under {number}: `postventa stuck` lists those that are")
    now = clock.now()
    settled_at = None if outcome is Outcome.WAITING else now
    connection.execute(
        update(OutboxRow)
        .where(OutboxRow.id == number)
        .values(outcome=outcome, reason=reason, due_at=now, owed_at=now, settled_at=settled_at)
    )
    return f"{row.shop}:{row.ref}"
