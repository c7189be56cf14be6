"""What comes of a look at a due clock: calls, letters, its state, and when to look again, all saved together."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from postventa.calls import LAPSED, Caller
from postventa.clock_law import desk_hours, rule_of, shares_of
from postventa.clocks import end_clocks
from postventa.complaint_moves import receipt_sent
from postventa.reminders import remind
from postventa.rules.driving import binds, driver, voice_of
from postventa.rules.escalation import Call, ClockState, Look, Role, look_at
from postventa.rules.messages import Outcome
from postventa.rules.statutes import Direction, Rule
from postventa.settings import Settings
from postventa.store import casebook
from postventa.store.cases import CaseRow
from postventa.store.clocks import ClockRow, open_clocks_of, rungs_made
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow

RECEIPT = "R-CMP-ACK"
PROOFS = {
    RECEIPT: ("complaint_received", "complaint_reopened"),
    "R-CMP-ADR-MAX": ("complaint_adr",),
    "R-WDR-ACK": ("withdrawal_received",),
}
"""Duties that a letter fulfils: the clock ends with the letter's being sent, and not with its being owed."""
NOTICES = {"R-CMP-ADR-MAX": ("complaint_adr", timedelta(days=3))}
"""What the customer is told before a deadline, and how long before."""
APOLOGY = "complaint_overdue"
ASKED_AGAIN = timedelta(hours=1)
"""How often it is asked whether such a letter has gone at last."""
LETTERS_FOR_DAYS_MISSED = 3
"""After weeks in which nothing ran, every call is recorded, and the latest days alone are written about."""

_CLOCKS: Any = ClockRow.__table__
_SETTLED = (
    update(_CLOCKS)
    .where(_CLOCKS.c.id == bindparam("clock"))
    .values(state=bindparam("as"), next_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A due clock and what surrounds it: its case, that case's clocks that tick, and the calls made before."""

    clock: Any
    case: Any = None
    order_name: str = ""
    clocks: Sequence[Any] = ()
    made: AbstractSet[str] = frozenset()

    @property
    def called(self) -> str:
        """The clock in a sentence of the run: `R-CMP-ANS of case tienda:R-2026-000012`."""
        whose = f"case {self.case.shop}:{self.case.number}" if self.case else f"order {self.order_name}"
        return f"{self.clock.rule_id} of {whose}"

    @property
    def drives(self) -> bool:
        """Whether this is the deadline by which its case is answered."""
        found = driver(self.clocks)
        return found is not None and found.id == self.clock.id


def scenes(connection: Connection, clocks: Sequence[Any]) -> list[Scene]:
    """The surroundings of these clocks, read for all of them at once."""
    case_ids = {clock.case_id for clock in clocks if clock.case_id is not None}
    order_ids = {clock.order_id for clock in clocks if clock.case_id is None}
    wanted = CaseRow.__table__.select().where(CaseRow.id.in_(case_ids))
    cases = {row.id: row for row in connection.execute(wanted)} if case_ids else {}
    named = select(OrderRow.id, OrderRow.shop, OrderRow.ref).where(OrderRow.id.in_(order_ids))
    orders = {row.id: f"{row.shop}:{row.ref}" for row in connection.execute(named)} if order_ids else {}
    beside = open_clocks_of(connection, case_ids)
    made = rungs_made(connection, [clock.id for clock in clocks])
    return [
        Scene(
            clock,
            cases.get(clock.case_id),
            orders.get(clock.order_id, ""),
            beside.get(clock.case_id, ()),
            made[clock.id],
        )
        for clock in clocks
    ]


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at a clock found, decided without writing anything. Of a customer's right there is no look."""

    rule: Rule | None
    look: Look | None
    is_quiet: bool
    """Nothing is to be said or written but how it stands and when to look again."""


def find(settings: Settings, scene: Scene, now: datetime) -> Found:
    """Looks at a due clock."""
    clock, rule = scene.clock, rule_of(settings, scene.clock)
    if clock.direction == Direction.CONSUMER_RIGHT:
        return Found(rule, None, is_quiet=False)
    look = look_at(
        clock.started_at,
        clock.due_at,
        now,
        desk=desk_hours(settings),
        shares=shares_of(settings, rule),
        voice=voice_of(clock, scene.clocks),
        made=scene.made,
    )
    is_apology_due = look.state is ClockState.OVERDUE and scene.drives
    return Found(rule, look, is_quiet=not (look.calls or is_apology_due or clock.rule_id in PROOFS))


def act(connection: Connection, settings: Settings, scene: Scene, found: Found, now: datetime) -> Caller:
    """Does what a due clock asks for. The caller's savepoint keeps all of it or nothing."""
    clock, look = scene.clock, found.look
    caller = Caller(connection, settings, clock, scene.case, scene.called, found.rule, now)
    if look is None:
        if now < clock.due_at:
            remind(connection, clock, now)
        else:
            _lapse(caller)
        return caller
    sent_at = _sent_at(connection, clock)
    if sent_at is not None:
        end_clocks(connection, now=now, at=sent_at, case_id=clock.case_id, rule_ids=[clock.rule_id])
        if clock.rule_id == RECEIPT:
            receipt_sent(connection, clock.case_id, at=sent_at, now=now)
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
    rows = [{"clock": clock_id, "as": look.state, "at": look.next_at} for clock_id, look in looks]
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


def _sent_at(connection: Connection, clock: Any) -> datetime | None:
    """When the letter was sent that fulfils this duty, if it is such a duty."""
    messages = PROOFS.get(clock.rule_id)
    if messages is None or clock.case_id is None:
        return None
    box: Any = OutboxRow.__table__.c
    sent = select(box.settled_at).where(
        box.case_id == clock.case_id,
        box.message.in_(messages),
        box.outcome == Outcome.SENT,
        box.owed_at >= clock.started_at,
    )
    found: datetime | None = connection.execute(sent.order_by(box.id).limit(1)).scalar()
    return found


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
