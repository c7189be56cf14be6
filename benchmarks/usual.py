"""The usual way, to compare with: one Prefect task for each message, mapped over the ids of what is owed.

The same rules, templates, letters, mail channel, tables and database as ours; each task reads its order, writes
the letter, sends it over a connection that its thread keeps, and commits the outcome durably.
"""

import threading
from functools import cache
from importlib import import_module
from typing import Any

from prefect import flow, task, unmapped
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import ThreadPoolTaskRunner
from sqlalchemy import insert, select, update

from postventa import clock
from postventa.letters import Desk
from postventa.rules.messages import Outcome
from postventa.store.dossiers import dossiers
from postventa.store.messages import AttemptRow, OutboxRow
from postventa.workplace import Workplace, open_workplace

THREADS = 8
_BOX: Any = OutboxRow.__table__
_kept = threading.local()


@flow(
    name="usual",
    task_runner=ThreadPoolTaskRunner(max_workers=THREADS),
    persist_result=False,
)
def send_one_by_one(channel: str = "email") -> int:
    with _place().reading() as connection:
        owed = select(_BOX.c.id).where(_BOX.c.outcome == Outcome.WAITING, _BOX.c.due_at <= clock.now())
        ids = list(connection.execute(owed.order_by(_BOX.c.id)).scalars())
    sent = send_one.map(ids, unmapped(channel))
    return sum(sent.result())


@task(task_run_name="send-{outbox_id}", retries=3, retry_delay_seconds=10, cache_policy=NO_CACHE)
def send_one(outbox_id: int, channel: str) -> bool:
    place, now = _place(), clock.now()
    with place.reading() as connection:
        row = connection.execute(_BOX.select().where(_BOX.c.id == outbox_id)).one()
        dossier = dossiers(connection, [row.order_id])[row.order_id]
    if row.outcome != Outcome.WAITING:
        return False
    desk = Desk(dossier, place.settings, place.settings.channels[channel])
    if not desk.verdict(row, now).may_go:
        return False
    envelope = desk.letter(row, now)
    accepted = _post(channel).send(envelope.sender, envelope.recipient, envelope.data)
    with place.store.begin() as connection:
        connection.execute(
            update(_BOX)
            .where(_BOX.c.id == outbox_id)
            .values(
                outcome=Outcome.SENT,
                message_id=envelope.message_id,
                words=accepted.words,
                attempts=1,
                settled_at=now,
            )
        )
        connection.execute(
            insert(AttemptRow).values(
                outbox_id=outbox_id,
                attempted_at=now,
                outcome=Outcome.SENT,
                words=accepted.words,
                sender="usual",
            )
        )
    return True


@cache
def _place() -> Workplace:
    return open_workplace()


def _post(channel: str) -> Any:
    if not hasattr(_kept, "post"):
        settings = _place().settings.channels[channel]
        _kept.post = import_module(f"postventa.connectors.channels.{settings.adapter}").connect(
            channel, settings
        )
    return _kept.post
