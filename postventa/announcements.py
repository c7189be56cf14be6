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
from postventa.refund_risks import double_sum
from postventa.rules.escalation import Call, Role
from postventa.settings import BadConfiguration, Channel, Settings
from postventa.staff_letters import ABOUT_AN_ORDER, staff_view
from postventa.store.case_dossiers import case_dossiers
from postventa.store.clocks import ClockRow, EscalationRow
from postventa.store.dossiers import dossiers

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
    """Each call in a line: the subject of its letter, and the bare facts where it has none."""
    clocks = {
        row.id: row
        for row in connection.execute(
            ClockRow.__table__.select().where(ClockRow.id.in_({call.clock_id for call in calls}))
        )
    }
    cases = case_dossiers(connection, [row.case_id for row in clocks.values() if row.case_id is not None])
    desks = {
        number: CaseDesk(dossier, settings, _mail_channel(settings)) for number, dossier in cases.items()
    }
    of_none = {row.order_id for row in clocks.values() if row.case_id is None and row.order_id is not None}
    orders = dossiers(connection, sorted(of_none))
    lines = []
    for made in calls:
        clock = clocks[made.clock_id]
        case, order = cases.get(clock.case_id), orders.get(clock.order_id)
        what = f"{clock.rule_id}, {made.rung}"
        bare = f"{_name(clock, case, order)}: {what}, due {clock.due_at:%Y-%m-%d %H:%M} UTC"
        row = _letter(connection, settings, clock, made, now)
        try:
            if case is not None:
                view = desks[clock.case_id].view(row)
            elif order is not None:
                view = staff_view(row, order, settings)
            else:
                lines.append(bare)
                continue
            lines.append(f"{render(row.message, view).subject} ({what})")
        except Exception as wrong:  # noqa: BLE001 - whoever must hear of it hears the bare facts
            log.warning("the call %s is announced barely: %s", made.id, type(wrong).__name__)
            lines.append(bare)
    return lines


def _letter(connection: Connection, settings: Settings, clock: Any, made: Any, now: datetime) -> Any:
    """The call's letter as the outbox would hold it: its subject says number, time left, what is to be done."""
    call = Call(made.rung, Role.OWNER, made.planned_at)
    facts = facts_of(clock, rule_of(settings, clock), call, now)
    facts["double_sum"] = double_sum(connection, clock, now)
    message = TO_STAFF if clock.case_id is not None else ABOUT_AN_ORDER
    return SimpleNamespace(message=message, recipient=made.to, facts=facts)


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


def _name(clock: Any, case: Any, order: Any) -> str:
    if case is not None:
        return f"{case.case.shop}:{case.case.number}"
    return f"{order.order.shop}:{order.order.ref}" if order else f"{clock.shop}, {clock.subject}"


def _mail_channel(settings: Settings) -> Channel:
    """Raises BadConfiguration where no mails can be sent: then no call could reach its person either."""
    if settings.mail_channel is None:
        raise BadConfiguration("there is no [channels.NAME] for mails in the configuration")
    return settings.mail_channel
