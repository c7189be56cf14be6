"""What customers are reminded of before a right of theirs runs out: once, and only while they have done nothing."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select, update

from postventa.rules.reminders import COMPLETE, SEND_BACK
from postventa.rules.returns import ReturnState
from postventa.store.casebook import owe
from postventa.store.clocks import ClockRow
from postventa.store.messages import OutboxRow
from postventa.store.sales import return_of
from postventa.windows import last_day

_BOX: Any = OutboxRow.__table__.c


def remind(connection: Connection, clock: Any, now: datetime) -> None:
    """Owes the reminder of a customer's right that still runs, if it has one, and looks again when the right ends."""
    if clock.rule_id in _REMIND and clock.case_id is not None:
        _REMIND[clock.rule_id](connection, clock, now)
    again = update(ClockRow).where(ClockRow.id == clock.id)
    connection.execute(again.values(next_at=clock.due_at))


def _of_the_goods(connection: Connection, clock: Any, now: datetime) -> None:
    """Whoever has told of a parcel is not asked for it; what the shop collects nobody sends."""
    row = return_of(connection, clock.case_id)
    if row is None or row.state != ReturnState.AWAITING_GOODS or row.tracking_number or row.is_collected:
        return
    facts = {"send_by_on": last_day(clock.due_at, ZoneInfo(clock.zone)).isoformat()}
    owe(connection, clock.case_id, "return_reminder", f"by:{facts['send_by_on']}", now, facts=facts)


def _of_the_question(connection: Connection, clock: Any, now: datetime) -> None:
    """The question once more, as it was asked."""
    asked = select(_BOX.facts).where(
        _BOX.case_id == clock.case_id,
        _BOX.message == "complaint_more_needed",
        _BOX.occasion == clock.occasion,
    )
    facts = connection.execute(asked).scalar_one_or_none()
    if facts:
        again = f"{clock.occasion}:reminder"
        reminder = facts | {"is_reminder": True}
        owe(connection, clock.case_id, "complaint_more_needed", again, now, facts=reminder)


_REMIND: dict[str, Callable[[Connection, Any, datetime], None]] = {
    SEND_BACK: _of_the_goods,
    COMPLETE: _of_the_question,
}
