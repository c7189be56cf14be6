"""What the other side says of texts after it has taken them: read back, so that a number that takes none is asked no more.

A text that was taken is not delivered yet; its status is asked for until it is final, for two days at the longest.
"""

import re
import time
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, select, text, update

from postventa import clock
from postventa.connectors.post import NotAccepted
from postventa.contacts import contact_of
from postventa.rules.messages import Outcome
from postventa.settings import Settings
from postventa.sms_numbers import mobile_of
from postventa.sms_objections import object_to_texts
from postventa.store.consents import BounceRow
from postventa.store.messages import TEXTS, AttemptRow, OutboxRow
from postventa.store.orders import CustomerRow, OrderRow
from postventa.store.upsert import insert_new
from postventa.workplace import Workplace

ASKED_FOR = timedelta(days=2)
SETTLES = timedelta(minutes=1)
BATCH = 200
RUN_SECONDS = 60
STOP = "21610"
"""The recipient has answered STOP or BAJA to an earlier text: they want none."""
NO_NUMBER = frozenset({"21211", "21214", "21217", "21614", "30005", "30006"})
"""The number does not exist, or is a landline."""
UNDELIVERED = frozenset({"undelivered", "failed", "canceled"})
DELIVERED = frozenset({"delivered", "read"})
_TAKEN = re.compile(r"20[01] (\S+)")
_CODE = re.compile(r"code (\d+)")
_BOX: Any = OutboxRow.__table__


class Tells(Protocol):
    """A channel that says what became of a text."""

    def status(self, sid: str) -> tuple[str, str]:
        """Its status, and the code of what went wrong. Raises ChannelDown or ChannelRefused."""
        ...


def hear(place: Workplace, post: Tells) -> list[str]:
    """Notes refusals and asks what became of texts; answers sentences for a person. Safe to run twice, and side by side."""
    now = clock.now()
    with place.store.begin() as connection:
        for row in _refused(connection, now):
            _note(connection, place.settings, row, _code(row.words), now)
    with place.reading() as connection:
        asked = _taken(connection, now)
    until = time.monotonic() + RUN_SECONDS
    for row in asked:
        sid = _TAKEN.fullmatch(row.words)
        if sid is None or time.monotonic() > until:
            continue
        try:
            status, code = post.status(sid[1])
        except NotAccepted as answer:
            return [f"what became of texts cannot be asked: {answer.words}"]
        if status in DELIVERED | UNDELIVERED:
            with place.store.begin() as connection:
                _settle(connection, place.settings, row, status, code, now)
    return []


def _settle(  # noqa: PLR0917 - what a status says
    connection: Connection, settings: Settings, row: Any, status: str, code: str, now: datetime
) -> None:
    words = f"{row.words} {status}" + (f" code {code}" if code else "")
    values: dict[str, Any] = {"words": words[:400]}
    if status in UNDELIVERED:
        values |= {"outcome": Outcome.FAILED, "reason": "undelivered"}
    same = update(OutboxRow).where(_BOX.c.id == row.id, _BOX.c.words == row.words)
    if connection.execute(same.values(**values)).rowcount != 1 or status in DELIVERED:
        return
    attempt = {
        "outbox_id": row.id,
        "attempted_at": now,
        "outcome": Outcome.FAILED,
        "words": words[:400],
        "sender": "status",
    }
    connection.execute(AttemptRow.__table__.insert(), attempt)  # type: ignore[attr-defined]  # a mapped class's table is a Table
    _note(connection, settings, row, code, now)


def _note(connection: Connection, settings: Settings, row: Any, code: str, now: datetime) -> None:
    """Counts a text that did not arrive, by the hash of its number; whoever said stop is not texted any more."""
    number = mobile_of(row, row)
    if not number:
        return  # the customer has another number by now, or is forgotten
    bounce = {
        "shop": row.shop,
        "contact": contact_of(settings, row.shop, number),
        "outbox_id": row.id,
        "source_ref": f"outbox:{row.id}:sms",
        "code": code[:16],
        "is_hard": code in NO_NUMBER,
        "words": "",
        "bounced_at": now,
    }
    insert_new(connection, BounceRow, [bounce], ("source_ref",))
    if code == STOP:
        object_to_texts(
            connection,
            settings,
            shop=row.shop,
            number=number,
            source="answer",
            source_ref=f"outbox:{row.id}",
            now=now,
        )


def _refused(connection: Connection, now: datetime) -> list[Any]:
    """The texts that were refused and that nobody has counted yet."""
    heard: Any = BounceRow.__table__.c
    wanted = (
        _with_their_customers()
        .outerjoin(BounceRow, heard.outbox_id == _BOX.c.id)
        .where(text(TEXTS), _BOX.c.outcome == Outcome.FAILED, _BOX.c.settled_at >= now - ASKED_FOR)
        .where(_BOX.c.reason == "refused_by_server", heard.id.is_(None))
    )
    return list(connection.execute(wanted.order_by(_BOX.c.id).limit(BATCH)))


def _taken(connection: Connection, now: datetime) -> list[Any]:
    """The texts that were taken and whose end is not known yet."""
    wanted = _with_their_customers().where(
        text(TEXTS),
        _BOX.c.outcome == Outcome.SENT,
        _BOX.c.settled_at.between(now - ASKED_FOR, now - SETTLES),
        _BOX.c.words.not_like("% % %"),
    )
    return list(connection.execute(wanted.order_by(_BOX.c.settled_at).limit(BATCH)))


def _with_their_customers() -> Any:
    orders: Any = OrderRow.__table__.c
    return (
        select(_BOX.c.id, _BOX.c.words, orders.shop, orders.details, CustomerRow.__table__.c.phone)
        .join(OrderRow, orders.id == _BOX.c.order_id)
        .join(CustomerRow, CustomerRow.__table__.c.id == orders.customer_id)
    )


def _code(words: str) -> str:
    found = _CODE.search(words)
    return found[1] if found else ""
