"""What the desk's webhook hears: one line for each call, Slack-compatible, after the call was saved.

A call that must be heard says so in its own row, and stops saying so once the webhook has taken it: so it is heard
at least once, whatever fails in between. No line holds anything of the customer's.
"""

import logging
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import requests
from sqlalchemy import Connection, select, update

from postventa.calls import TO_STAFF, facts_of
from postventa.case_letters import CaseDesk
from postventa.clock_law import rule_of
from postventa.messages import render
from postventa.rules.escalation import Call, Role
from postventa.settings import Settings
from postventa.store.case_dossiers import case_dossiers
from postventa.store.clocks import ClockRow, EscalationRow
from postventa.store.orders import OrderRow

BATCH = 50
CLAIM_FOR = timedelta(minutes=10)
"""Who has taken a call to the webhook and died on the way leaves it to others after this."""
AGAIN_AFTER = timedelta(minutes=5)
GIVE_UP_AFTER = timedelta(days=3)
TIMEOUT_SECONDS = 10
_CALLS: Any = EscalationRow.__table__

log = logging.getLogger(__name__)


class WebhookDown(RuntimeError):
    """The webhook does not take what it is told; the sentence names the variable, never the address."""


def claim_announcements(connection: Connection, now: datetime) -> Sequence[Any]:
    """Takes the next calls that the webhook must hear; nobody else does for a while."""
    calls = _CALLS.c
    due = (
        select(calls.id)
        .where(calls.announce_at <= now)
        .order_by(calls.announce_at, calls.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    ids = connection.execute(due).scalars().all()
    connection.execute(update(_CALLS).where(calls.id.in_(ids)).values(announce_at=now + CLAIM_FOR))
    return connection.execute(_CALLS.select().where(calls.id.in_(ids)).order_by(calls.id)).all()


def lines_of(connection: Connection, settings: Settings, calls: Sequence[Any], now: datetime) -> list[str]:
    """Each call in a line: the subject of its letter, and of an order without a case the bare facts."""
    clocks = {
        row.id: row
        for row in connection.execute(
            ClockRow.__table__.select().where(ClockRow.id.in_({call.clock_id for call in calls}))
        )
    }
    cases = case_dossiers(connection, [row.case_id for row in clocks.values() if row.case_id is not None])
    desks = {
        number: CaseDesk(dossier, settings, next(iter(settings.channels.values())))
        for number, dossier in cases.items()
    }
    lines = []
    for made in calls:
        clock = clocks[made.clock_id]
        dossier = cases.get(clock.case_id)
        name = f"{dossier.case.shop}:{dossier.case.number}" if dossier else _order_name(connection, clock)
        what = f"{clock.rule_id}, {made.rung}"
        bare = f"{name}: {what}, due {clock.due_at:%Y-%m-%d %H:%M} UTC"
        if dossier is None:
            lines.append(bare)
            continue
        try:
            lines.append(f"{_subject(settings, clock, made, desks[clock.case_id], now)} ({what})")
        except Exception as wrong:  # noqa: BLE001 - whoever must hear of it hears the bare facts
            log.warning("the call %s is announced barely: %s", made.id, type(wrong).__name__)
            lines.append(bare)
    return lines


def _subject(settings: Settings, clock: Any, made: Any, desk: CaseDesk, now: datetime) -> str:
    """The subject of the call's letter: number, time left, what is to be done, money at risk."""
    call = Call(made.rung, Role.OWNER, made.planned_at)
    facts = facts_of(clock, rule_of(settings, clock), call, now)
    row = SimpleNamespace(message=TO_STAFF, recipient=made.to, facts=facts)
    return render(TO_STAFF, desk.view(row)).subject


def post(settings: Settings, line: str) -> None:
    """Tells the webhook one line. Raises WebhookDown."""
    name = settings.desk.webhook_env
    address = os.environ.get(name, "")
    if not address:
        raise WebhookDown(f"the desk's webhook hears nothing: ${name} (desk.webhook_env) is not set")
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(
                address, json={"text": line}, timeout=TIMEOUT_SECONDS, allow_redirects=False
            )
    except requests.RequestException as broken:
        # `from None`: the address is a secret, and the original's text holds it.
        raise WebhookDown(
            f"the desk's webhook (${name}) cannot be reached ({type(broken).__name__}); it is told again"
        ) from None
    if not answer.ok:
        raise WebhookDown(f"the desk's webhook (${name}) answered {answer.status_code}; it is told again")


def heard(connection: Connection, call_id: int) -> None:
    """The webhook has taken it."""
    connection.execute(update(_CALLS).where(_CALLS.c.id == call_id).values(announce_at=None))


def put_off(connection: Connection, calls: Sequence[Any], now: datetime) -> int:
    """Leaves these for the next run; answers how many are given up, being older than three days."""
    given_up = [call.id for call in calls if now - call.made_at > GIVE_UP_AFTER]
    later = [call.id for call in calls if call.id not in given_up]
    connection.execute(update(_CALLS).where(_CALLS.c.id.in_(given_up)).values(announce_at=None))
    connection.execute(update(_CALLS).where(_CALLS.c.id.in_(later)).values(announce_at=now + AGAIN_AFTER))
    return len(given_up)


def _order_name(connection: Connection, clock: Any) -> str:
    named = select(OrderRow.shop, OrderRow.ref).where(OrderRow.id == clock.order_id)
    shop, ref = connection.execute(named).one()
    return f"{shop}:{ref}"
