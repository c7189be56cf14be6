"""`postventa complaint list`: what the desk has to do by when."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from postventa import clock
from postventa.cli.complaints import complaint_app
from postventa.cli.house import Common
from postventa.desk import A_WEEK, Due, When, due_list, refunds_due

A_SECOND = timedelta(seconds=1)


@complaint_app.command(name="list")
def list_deadlines(
    *,
    due: Annotated[
        bool, Parameter(help="Only what is overdue or ends within seven days", negative="")
    ] = False,
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """List the deadlines of complaints, returns and orders, the earliest first, with who answers for each."""
    with common.workplace() as place, place.reading() as connection:
        zone = ZoneInfo(place.settings.desk.timezone)
        owner = place.settings.desk.owner
        found = due_list(connection, zone, clock.now(), A_WEEK if due else None, orders_owner=owner)
    lines = [_line(one, zone) for one in found]
    counts = ", ".join(f"{sum(one.when is when for one in found)} {_word(when)}" for when in When)
    money = [
        f"refunds due in {currency}: {', '.join(f'{amount:.2f} {_word(when)}' for when, amount in sums.items())}"
        for currency, sums in refunds_due(found).items()
    ]
    nothing = "Nothing is due within a week." if due else "No deadline runs."
    common.answer([asdict(one) for one in found], "\n".join([*lines, counts, *money]) if found else nothing)
    return 0


def _line(one: Due, zone: ZoneInfo) -> str:
    risk = f"  {one.amount:.2f} {one.currency}" if one.amount is not None else ""
    last = (one.due_at - A_SECOND).astimezone(zone)  # the limit itself is too late
    when = f"{_word(one.when):10} {last:%Y-%m-%d %H:%M}  {one.days_left:4} d"
    return f"{when}  {one.what:26} {one.rule_id:14} {one.owner:12} {one.article}{risk}".rstrip()


def _word(when: When) -> str:
    return when.replace("_", " ")
