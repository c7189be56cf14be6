"""What only a person can settle of a return: noted in its case once, and told to whoever answers for it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from postventa.calls import person_for
from postventa.rules.escalation import Role
from postventa.settings import Settings
from postventa.store.casebook import owe, say

CALL = "return_call"


def call(
    connection: Connection,
    settings: Settings,
    row: Any,
    news: str,
    *,
    words: str,
    occasion: str,
    now: datetime,
    facts: Mapping[str, Any],
) -> bool:
    """Notes `words` in the case and calls its owner with `news`; False where this occasion was told before."""
    said = say(
        connection,
        row.case_id,
        kind="note",
        author="clock",
        text=words,
        at=now,
        now=now,
        occasion=occasion,
    )
    if said is None:
        return False
    desk = settings.desk
    to = person_for(desk, Role.OWNER, row.owner or desk.owner)
    if to:
        told = {"news": news, **facts}
        owe(connection, row.case_id, CALL, occasion, now, recipient=to, facts=told)
    return True
