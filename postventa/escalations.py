"""What comes of a look at a due clock: calls, letters, its state, and when to look again, all saved together."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, update

from postventa.calls import LAPSED, Caller
from postventa.clocks import end_clocks
from postventa.complaint_moves import receipt_sent
from postventa.proofs import PROOFS, RECEIPT
from postventa.reminders import remind
from postventa.rules.driving import binds
from postventa.rules.escalation import Call, ClockState, Look, Role
from postventa.scenes import ASKED_AGAIN, Found, Scene, find
from postventa.settings import Settings
from postventa.store import casebook
from postventa.store.clocks import ClockRow

NOTICES = {"R-CMP-ADR-MAX": ("complaint_adr", timedelta(days=3))}
"""What the customer is told before a deadline, and how long before."""
APOLOGY = "complaint_overdue"
LETTERS_FOR_DAYS_MISSED = 3
"""After weeks in which nothing ran, every call is recorded, and the latest days alone are written about."""

_CLOCKS: Any = ClockRow.__table__
_SETTLED = (
    update(_CLOCKS)
    .where(_CLOCKS.c.id == bindparam("clock"))
    .values(state=bindparam("as"), next_at=bindparam("at"), ended_at=bindparam("ended"))
)


def act(connection: Connection, settings: Settings, scene: Scene, found: Found, now: datetime) -> Caller:
    """Does what a due clock asks for. The caller's savepoint keeps all of it or nothing."""
    clock, look = scene.clock, found.look
    caller = Caller(connection, settings, clock, scene.case, scene.order, scene.called, found.rule, now)
    if look is None:
        if now < clock.due_at:
            remind(connection, clock, now)
        else:
            _lapse(caller)
        return caller
    if scene.sent_at is not None and scene.case is not None:
        end_clocks(connection, now=now, at=scene.sent_at, case_id=clock.case_id, rule_ids=[clock.rule_id])
        if clock.rule_id == RECEIPT:
            receipt_sent(connection, clock.case_id, at=scene.sent_at, now=now)
        return caller
    latest = look.calls[-LETTERS_FOR_DAYS_MISSED:]
    for call in look.calls:
        caller.make(call, is_written=not call.is_overdue or call in latest)
    if look.state is ClockState.OVERDUE and scene.drives:
        _apologise(caller)
    next_at = _notice(caller, look.next_at)
    if next_at is None and clock.rule_id in PROOFS:
        next_at = now + ASKED_AGAIN
    settle(connection, [(clock.id, replace(look, next_at=next_at))])
    return caller


def watch(connection: Connection, settings: Settings, scene: Scene, now: datetime) -> Caller:
    """Looks at a due clock and does what it asks for."""
    return act(connection, settings, scene, find(settings, scene, now), now)


def settle(connection: Connection, looks: Sequence[tuple[int, Look]]) -> None:
    """Saves how these clocks stand and when they must be looked at again."""
    rows = [
        {"clock": clock_id, "as": look.state, "at": look.next_at, "ended": look.ended_at}
        for clock_id, look in looks
    ]
    if rows:
        connection.execute(_SETTLED, rows)


def _apologise(caller: Caller) -> None:
    """Past its legal deadline a complaint is still owed its answer, and meanwhile an apology that names the way out."""
    if caller.case.family == "complaint" and binds(caller.clock):
        occasion = _occasion("overdue", caller.clock)
        casebook.owe(caller.connection, caller.case.id, APOLOGY, occasion, caller.now)


def _notice(caller: Caller, next_at: datetime | None) -> datetime | None:
    """Owes what the customer must be told before the deadline once it is time; answers when to look again."""
    clock, now = caller.clock, caller.now
    if clock.rule_id not in NOTICES or clock.case_id is None:
        return next_at
    message, before = NOTICES[clock.rule_id]
    notice_at: datetime = clock.due_at - before
    if now < notice_at:
        return min(notice_at, next_at or notice_at)
    casebook.owe(caller.connection, clock.case_id, message, _occasion("limit", clock), now)
    return next_at


def _lapse(caller: Caller) -> None:
    """A right of the customer that has run out ends; where a person must then decide, the owner is told."""
    clock, rule = caller.clock, caller.rule
    ended = update(ClockRow).where(ClockRow.id == clock.id)
    over = {"state": ClockState.NOT_APPLICABLE, "ended_at": clock.due_at, "next_at": None}
    caller.connection.execute(ended.values(over))
    if caller.case is not None and rule is not None and rule.escalate_at:
        caller.make(Call(LAPSED, Role.OWNER, clock.due_at))


def _occasion(name: str, clock: Any) -> str:
    return f"{name}:{clock.occasion}" if clock.occasion else name
