"""Clocks: starting what an event starts, ending what is done, and saying which deadline drives a case.

Everything works inside the caller's transaction. A rule that cannot be counted never costs a case its watch: it is
set aside with the reason, and a clock of ours runs in its place until somebody has looked.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select, update

from postventa.clock_law import counted_where, home_of, rule_of
from postventa.clock_rows import Start, rows_of
from postventa.rules.driving import driver
from postventa.rules.escalation import ClockState
from postventa.rules.pausing import due_after_pause, told_pause
from postventa.rules.statutes import HOME_ZONES, Direction
from postventa.settings import Settings
from postventa.store.caselog import lock
from postventa.store.caselog import log as log_line
from postventa.store.clocks import ClockRow, open_clocks
from postventa.store.filing import quarantine
from postventa.store.upsert import Row, insert_new

ONE_CLOCK = ("subject", "rule_id", "occasion")
"""What makes a clock that is started twice one clock."""
TICKING = (ClockState.RUNNING, ClockState.DUE_SOON, ClockState.OVERDUE)
_CLOCKS: Any = ClockRow.__table__

log = logging.getLogger(__name__)


def start_clocks(
    connection: Connection,
    settings: Settings,
    *,
    trigger: str,
    shop: str,
    events: Sequence[datetime],
    now: datetime,
    case_id: int | None = None,
    order_id: int | None = None,
    subject: str = "",
    topic: str = "",
    region: str = "",
    zone: str = "",
    occasion: str = "",
    is_official_form: bool = False,
    amount: Decimal | None = None,
    currency: str = "",
    only: Collection[str] = (),
) -> list[int]:
    """Starts a clock for every rule that the trigger starts, once for each occasion; answers their ids.

    They belong to a case if one is named, else to an order, else to `subject` alone; `only` names the rules that are
    wanted. Whatever is wrong with the law, this never raises.
    """
    start = Start(
        trigger,
        shop,
        events,
        case_id,
        order_id,
        subject,
        topic,
        region,
        zone,
        occasion,
        is_official_form,
        amount,
        currency,
        only,
    )
    rows = _counted(connection, settings, start, now)
    if insert_new(connection, ClockRow, rows, ONE_CLOCK):
        _log(connection, case_id, "clocks_started", now, {"trigger": trigger, "due": _due(rows)})
    clocks = _CLOCKS.c
    mine = (clocks.subject == start.whose) & (clocks.occasion == occasion)
    started = select(clocks.id).where(mine, clocks.rule_id.in_([row["rule_id"] for row in rows]))
    return list(connection.execute(started.order_by(clocks.id)).scalars())


def start_many(connection: Connection, settings: Settings, starts: Iterable[Start], now: datetime) -> int:
    """Starts the clocks of many orders in one statement, each once; answers how many are new."""
    rows = [row for start in starts for row in _counted(connection, settings, start, now)]
    return insert_new(connection, ClockRow, rows, ONE_CLOCK)


def end_clocks(
    connection: Connection,
    *,
    now: datetime,
    at: datetime,
    case_id: int | None = None,
    order_id: int | None = None,
    subject: str = "",
    rule_ids: Iterable[str] | None = None,
    state: str | None = None,
) -> int:
    """Ends the clocks of a case, an order or a `subject` that still run; answers how many.

    What was done at `at` met a deadline if that was before it, or if it stood still, else missed it; `state` says
    otherwise, such as `not_applicable`. Without `rule_ids` it ends the shop's duties: a right of the customer ends only
    by name.
    """
    clocks = _CLOCKS.c
    _hold(connection, case_id)
    wanted = _of(case_id, order_id, subject).where(clocks.state.in_((*TICKING, ClockState.PAUSED)))
    if rule_ids is None:
        wanted = wanted.where(clocks.direction == Direction.TRADER_DUTY)
    else:
        wanted = wanted.where(clocks.rule_id.in_(list(rule_ids)))
    ended = connection.execute(wanted).all()
    for row in ended:
        in_time = at < row.due_at or row.state == ClockState.PAUSED
        became = state or (ClockState.MET if in_time else ClockState.MISSED)
        _set(connection, row, state=became, ended_at=at, next_at=None)
        said = {"clock": row.id, "rule": row.rule_id, "state": str(became), "ended_at": at.isoformat()}
        _log(connection, row.case_id, "clock_ended", now, said)
    return len(ended)


def pause(connection: Connection, settings: Settings, *, case_id: int, now: datetime) -> int:
    """Stops a case's own promises that may pause; answers how many. A clock of the law runs on."""
    lock(connection, case_id)
    wanted = _of(case_id).where(_CLOCKS.c.state.in_(TICKING), _CLOCKS.c.is_statutory.is_(False))
    stopped = 0
    for row in connection.execute(wanted).all():
        rule = rule_of(settings, row)
        if rule is not None and rule.may_pause and now < row.due_at:
            _set(connection, row, state=ClockState.PAUSED, paused_at=now, next_at=None)
            _log(connection, case_id, "clock_paused", now, {"clock": row.id, "rule": row.rule_id})
            stopped += 1
    return stopped


def resume(connection: Connection, settings: Settings, *, case_id: int, at: datetime, now: datetime) -> int:
    """Lets a case's paused promises run on from `at`, each with the time that it had left; answers how many."""
    lock(connection, case_id)
    paused = connection.execute(_of(case_id).where(_CLOCKS.c.state == ClockState.PAUSED)).all()
    for row in paused:
        rule, due_at, working = rule_of(settings, row), row.due_at, row.working
        if rule is not None:
            zone, holidays = counted_where(settings, rule, home_of(row.region, row.zone))
            # The words may have been on their way when it stopped.
            stood = (row.paused_at, max(at, row.paused_at))
            due_at = due_after_pause(rule, row.due_at, stood, zone or HOME_ZONES[0], holidays)
            working = f"{working} {told_pause(stood, due_at, zone or HOME_ZONES[0])}".strip()
        running = {"state": ClockState.RUNNING, "paused_at": None, "next_at": now}
        _set(connection, row, due_at=due_at, working=working, **running)
        said = {"clock": row.id, "rule": row.rule_id, "due_at": due_at.isoformat()}
        _log(connection, case_id, "clock_resumed", now, said)
    return len(paused)


def driving(connection: Connection, case_id: int) -> Any | None:
    """The clock that a case is answered by: the earliest running duty that binds; None if none runs."""
    return driver(open_clocks(connection, case_id))


def _counted(connection: Connection, settings: Settings, start: Start, now: datetime) -> list[Row]:
    rows, problems = rows_of(settings, start, now)
    for problem in problems:
        log.error("no clock for %s: %s", start.whose, problem)
        quarantine(
            connection, source=start.shop, kind="clock", ref=start.whose, reason=problem, raw="", now=now
        )
    return rows


def _due(rows: Sequence[Row]) -> dict[str, str]:
    return {row["rule_id"]: row["due_at"].isoformat() for row in rows}


def _of(case_id: int | None, order_id: int | None = None, subject: str = "") -> Any:
    clocks = _CLOCKS.c
    mine = clocks.case_id == case_id if case_id is not None else clocks.order_id == order_id
    if subject:
        mine = clocks.subject == subject
    return _CLOCKS.select().where(mine).order_by(clocks.id).with_for_update()


def _hold(connection: Connection, case_id: int | None) -> None:
    """The case before its clocks, as everybody does, so that nobody waits in a circle."""
    if case_id is not None:
        lock(connection, case_id)


def _set(connection: Connection, row: Any, **values: Any) -> None:
    connection.execute(update(_CLOCKS).where(_CLOCKS.c.id == row.id).values(values))


def _log(
    connection: Connection, case_id: int | None, what: str, now: datetime, details: dict[str, Any]
) -> None:
    if case_id is not None:
        log_line(connection, case_id, what, now, details)
