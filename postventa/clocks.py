"""Clocks: starting what an event starts, ending what is done, and saying which deadline drives a case.

Everything works inside the caller's transaction. A rule that cannot be counted never costs a case its watch: it is
set aside with the reason, and a clock of ours runs in its place until somebody has looked.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select, update

from postventa.clock_law import (
    OFFICIAL_FORM,
    Home,
    counted,
    counted_where,
    desk_hours,
    home_of,
    rule_of,
    shares_of,
)
from postventa.rules.deadlines import Deadline
from postventa.rules.driving import driver
from postventa.rules.escalation import ClockState, look_at
from postventa.rules.pausing import due_after_pause
from postventa.rules.reminders import reminder_at
from postventa.rules.statutes import HOME_ZONES, Direction
from postventa.settings import Settings
from postventa.store.caselog import lock
from postventa.store.caselog import log as log_line
from postventa.store.clocks import ClockRow, open_clocks
from postventa.store.filing import quarantine
from postventa.store.upsert import Row, insert_new

UNCOUNTED = "X-UNCOUNTED"
"""The clock that runs where a rule could not be counted."""
SOMEBODY_LOOKS_WITHIN = timedelta(hours=24)
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

    They belong to a case if one is named, else to an order; `only` names the rules that are wanted. Whatever is
    wrong with the law, this never raises.
    """
    home = home_of(region, zone)
    subject = f"case:{case_id}" if case_id is not None else f"order:{order_id}"
    triggers = (trigger, OFFICIAL_FORM) if is_official_form else (trigger,)
    found, problems = counted(settings, triggers, events, home, topic)
    rows = [_row(settings, one, now) for one in found if not only or one.rule.rule_id in only]
    for problem in problems:
        log.error("no clock for %s: %s", subject, problem)
        quarantine(connection, source=shop, kind="clock", ref=subject, reason=problem, raw="", now=now)
    if problems:
        rows.append(_stand_in(now, home, problems))
    common = {
        "subject": subject,
        "case_id": case_id,
        "order_id": order_id if case_id is None else None,
        "shop": shop,
        "occasion": occasion,
        "region": region,
        "paused_at": None,
        "ended_at": None,
        "amount": amount,
        "currency": currency,
    }
    if insert_new(connection, ClockRow, [common | row for row in rows], ("subject", "rule_id", "occasion")):
        _log(connection, case_id, "clocks_started", now, {"trigger": trigger, "due": _due(rows)})
    clocks = _CLOCKS.c
    mine = (clocks.subject == subject) & (clocks.occasion == occasion)
    started = select(clocks.id).where(mine, clocks.rule_id.in_([row["rule_id"] for row in rows]))
    return list(connection.execute(started.order_by(clocks.id)).scalars())


def end_clocks(
    connection: Connection,
    *,
    now: datetime,
    at: datetime,
    case_id: int | None = None,
    order_id: int | None = None,
    rule_ids: Iterable[str] | None = None,
    state: str | None = None,
) -> int:
    """Ends the clocks of a case or an order that still run; answers how many.

    What was done at `at` met a deadline if that was before it, else missed it; `state` says otherwise, such as
    `not_applicable`. Without `rule_ids` it ends the shop's duties: a right of the customer ends only by name.
    """
    clocks = _CLOCKS.c
    _hold(connection, case_id)
    wanted = _of(case_id, order_id).where(clocks.state.in_((*TICKING, ClockState.PAUSED)))
    if rule_ids is None:
        wanted = wanted.where(clocks.direction == Direction.TRADER_DUTY)
    else:
        wanted = wanted.where(clocks.rule_id.in_(list(rule_ids)))
    ended = connection.execute(wanted).all()
    for row in ended:
        became = state or (ClockState.MET if at < row.due_at else ClockState.MISSED)
        _set(connection, row, state=became, ended_at=at, next_at=None)
        said = {"clock": row.id, "rule": row.rule_id, "state": str(became), "ended_at": at.isoformat()}
        _log(connection, row.case_id, "clock_ended", now, said)
    return len(ended)


def pause(connection: Connection, settings: Settings, *, case_id: int, now: datetime) -> int:
    """Stops a case's own promises that may pause; answers how many. A clock of the law runs on."""
    lock(connection, case_id)
    wanted = _of(case_id, None).where(_CLOCKS.c.state.in_(TICKING), _CLOCKS.c.is_statutory.is_(False))
    stopped = 0
    for row in connection.execute(wanted).all():
        rule = rule_of(settings, row)
        if rule is not None and rule.may_pause and now < row.due_at:
            _set(connection, row, state=ClockState.PAUSED, paused_at=now, next_at=None)
            _log(connection, case_id, "clock_paused", now, {"clock": row.id, "rule": row.rule_id})
            stopped += 1
    return stopped


def resume(connection: Connection, settings: Settings, *, case_id: int, now: datetime) -> int:
    """Lets a case's paused promises run on, each with the time that it had left; answers how many."""
    lock(connection, case_id)
    paused = connection.execute(_of(case_id, None).where(_CLOCKS.c.state == ClockState.PAUSED)).all()
    for row in paused:
        rule, due_at = rule_of(settings, row), row.due_at
        if rule is not None:
            zone, holidays = counted_where(settings, rule, home_of(row.region, row.zone))
            stood = (row.paused_at, now)
            due_at = due_after_pause(rule, row.due_at, stood, zone or HOME_ZONES[0], holidays)
        _set(connection, row, state=ClockState.RUNNING, paused_at=None, due_at=due_at, next_at=now)
        said = {"clock": row.id, "rule": row.rule_id, "due_at": due_at.isoformat()}
        _log(connection, case_id, "clock_resumed", now, said)
    return len(paused)


def driving(connection: Connection, case_id: int) -> Any | None:
    """The clock that a case is answered by: the earliest running duty that binds; None if none runs."""
    return driver(open_clocks(connection, case_id))


def _row(settings: Settings, found: Deadline, now: datetime) -> Row:
    rule = found.rule
    next_at: datetime | None
    if rule.is_trader_duty:
        shares = shares_of(settings, rule)
        # Asked as of the start: a clock that was late to be started is due at once.
        look = look_at(
            found.started_at, found.due_at, found.started_at, desk=desk_hours(settings), shares=shares
        )
        next_at = found.started_at if look.calls else look.next_at
    else:
        next_at = reminder_at(rule, found.started_at, found.due_at, now) or found.due_at
    return {
        "rule_id": rule.rule_id,
        "article": rule.article[:200],
        "severity": rule.severity,
        "is_statutory": rule.is_statutory,
        "is_shadow": not rule.drives,
        "direction": rule.direction,
        "zone": str(found.zone),
        "started_at": found.started_at,
        "due_at": found.due_at,
        "working": found.working,
        "state": ClockState.RUNNING,
        "next_at": next_at,
    }


def _stand_in(now: datetime, home: Home, problems: Sequence[str]) -> Row:
    """A clock of ours, by which somebody is called to find out what the law says."""
    return {
        "rule_id": UNCOUNTED,
        "article": "",
        "severity": "serious",
        "is_statutory": False,
        "is_shadow": False,
        "direction": Direction.TRADER_DUTY,
        "zone": str(home.zone or ""),
        "started_at": now,
        "due_at": now + SOMEBODY_LOOKS_WITHIN,
        "working": f"{'; '.join(problems)}. Somebody must find out by when this is due.",
        "state": ClockState.RUNNING,
        "next_at": now,
    }


def _due(rows: Sequence[Row]) -> dict[str, str]:
    return {row["rule_id"]: row["due_at"].isoformat() for row in rows}


def _of(case_id: int | None, order_id: int | None) -> Any:
    clocks = _CLOCKS.c
    mine = clocks.case_id == case_id if case_id is not None else clocks.order_id == order_id
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
