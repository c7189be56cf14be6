"""A single message that is owed, as a row of the outbox: what differs is said, everything else is how all begin."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from postventa.rules.messages import Outcome
from postventa.store.messages import OutboxRow
from postventa.store.upsert import insert_new


def owe_message(
    connection: Connection,
    message: str,
    key: str,
    now: datetime,
    *,
    occasion: str,
    order_id: int | None = None,
    case_id: int | None = None,
    recipient: str | None = None,
    facts: Mapping[str, Any] | None = None,
    happened_at: datetime | None = None,
    due_at: datetime | None = None,
    channel: str = "email",
) -> bool:
    """Owes a message, about an order, a case or neither; False if one of this key was owed before.

    `recipient` is a name in [desk.people], None for the customer; it happened and is due now unless told otherwise.
    """
    row = {
        "channel": channel,
        "key": key,
        "order_id": order_id,
        "case_id": case_id,
        "recipient": recipient,
        "facts": None if facts is None else dict(facts),
        "shipment_id": None,
        "message": message,
        "occasion": occasion[:64],
        "happened_at": happened_at or now,
        "owed_at": now,
        "due_at": due_at or now,
        "outcome": Outcome.WAITING,
        "reason": "",
        "words": "",
        "attempts": 0,
        "settled_at": None,
    }
    return insert_new(connection, OutboxRow, [row], ("key",)) > 0
