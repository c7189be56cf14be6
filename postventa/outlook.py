"""The outlook: what would be sent if the senders ran now, and what would not, decided by the very same rules."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, text

from postventa.coming_asks import coming_asks
from postventa.desks import Desks, subject_of
from postventa.planned import Planned
from postventa.settings import BadConfiguration, Channel, Settings
from postventa.sms_desk import SmsDesks
from postventa.store.messages import OPEN, OutboxRow

ORDERS_AT_ONCE = 500


def outlook(
    connection: Connection, settings: Settings, now: datetime, until: datetime | None
) -> list[Planned]:
    """Every message that waits and is due by `until` (None: whenever), in the order in which they would go.

    With them the reviews that customers will be asked for by then (None: within a week).

    Later news may still change it: the outlook is what the rules say of what is known now.
    """
    box = OutboxRow.__table__
    waiting = box.select().where(text(OPEN))
    if until is not None:
        waiting = waiting.where(box.c.due_at <= until)
    rows = connection.execute(waiting.order_by(box.c.case_id, box.c.order_id, box.c.id)).all()
    planned = list(coming_asks(connection, settings, _channel(settings), now, until))
    for kind in sorted({row.channel for row in rows}):
        by_subject = [list(owed) for _, owed in groupby(_over(kind, rows), key=subject_of)]
        for start in range(0, len(by_subject), ORDERS_AT_ONCE):
            planned += _of(connection, settings, kind, by_subject[start : start + ORDERS_AT_ONCE], now)
    return sorted(planned, key=lambda one: one.at)


def _over(kind: str, rows: Iterable[Any]) -> list[Any]:
    return [row for row in rows if row.channel == kind]


def _of(
    connection: Connection, settings: Settings, kind: str, owed: list[list[Any]], now: datetime
) -> Iterator[Planned]:
    desks_of: Any = SmsDesks if kind == "sms" else Desks
    desks = desks_of(connection, [row for rows in owed for row in rows], settings, _channel(settings, kind))
    for rows in owed:
        desk = desks.of(subject_of(rows[0]))
        for row in rows:
            at = max(row.due_at, now)
            verdict = desk.verdict(row, at)
            if verdict.may_go:
                desk.told(row)
            yield Planned(
                row.key,
                desk.order_name,
                row.message,
                verdict.until or at,
                verdict.outcome or "would_send",
                verdict.reason,
                row.channel,
            )


def _channel(settings: Settings, kind: str = "email") -> Channel:
    found = [one for one in settings.channels.values() if (one.adapter == "sms") == (kind == "sms")]
    if not found:
        raise BadConfiguration(
            f"there is no [channels.NAME] for {kind} in the configuration: nothing can be sent"
        )
    return found[0]
