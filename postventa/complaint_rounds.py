"""A complaint goes on: its customer's further words, what completes it, what is never answered, and opening it again."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from postventa.clocks import end_clocks, resume
from postventa.complaint_moves import (
    ADR,
    CUSTOMER,
    FIX,
    NotDone,
    act_on,
    asked_until,
    check_person,
    end_duties,
    held,
    say_next,
    start,
    words_of,
    write,
)
from postventa.long_texts import keep_whole
from postventa.plain_text import plain_text
from postventa.rules.answers import points_of
from postventa.rules.complaints import Act, Outcome, State, after_further_words, may_lapse, move
from postventa.settings import Settings
from postventa.store import casebook

RESTARTS = ("R-CMP-ANS-L",)
"""What begins anew when an incomplete complaint is completed: the period of Ley 10/2025, by its art. 13.3. That of
LGDCU 21.3 knows no such rule and runs on, so that the earlier of the two still binds."""


def add_to_case(
    connection: Connection,
    settings: Settings,
    case_id: int,
    text: str,
    *,
    at: datetime,
    now: datetime,
    occasion: str,
) -> int | None:
    """A customer's further words; answers the entry's id, None if they were heard before.

    They complete what was asked for, and reopen what was settled, unless they are mere thanks.
    """
    row = held(connection, case_id)
    words = plain_text(text)
    entry_id = casebook.say(
        connection,
        case_id,
        kind="addition",
        author=CUSTOMER,
        text=words.text,
        at=at,
        now=now,
        occasion=occasion,
        details={"is_whole": words.is_whole},
    )
    if entry_id is None:
        return None
    if not words.is_whole:
        keep_whole(connection, settings, case_id, text, entry_id=entry_id, now=now)
    follows = after_further_words(State(row.state), words.text)
    if follows is Act.COMPLETE:
        complete(connection, settings, case_id, who=CUSTOMER, at=at, now=now)
    elif follows is Act.REOPEN:
        _reopen(connection, settings, row, words.text, who=CUSTOMER, at=at, now=now)
    return entry_id


def complete(
    connection: Connection, settings: Settings, case_id: int, *, who: str, at: datetime, now: datetime
) -> None:
    """What was asked for is there. A large company's period under Ley 10/2025 starts now, what stood still runs on, and
    no other clock moves.
    """
    row = held(connection, case_id)
    act_on(connection, row, Act.COMPLETE, who=who, now=now)
    resume(connection, settings, case_id=case_id, at=at, now=now)
    end_clocks(connection, now=now, at=at, case_id=case_id, rule_ids=[FIX])
    started_anew = end_clocks(
        connection, now=now, at=at, case_id=case_id, rule_ids=RESTARTS, state="not_applicable"
    )
    if started_anew:
        occasion = f"completed:{at:%Y-%m-%dT%H:%M:%S}"
        start(
            connection,
            settings,
            row,
            trigger="complaint.received",
            at=at,
            now=now,
            occasion=occasion,
            only=RESTARTS,
        )


def lapse(connection: Connection, settings: Settings, case_id: int, *, by: str, now: datetime) -> None:
    """A person finds that the customer did not answer what they were asked, warned of what follows. Reopenable.

    The duty to tell of dispute resolution runs on: nobody has answered.
    """
    row = held(connection, case_id)
    check_person(settings, by)
    if move(State(row.state), Act.LAPSE).state is not None:
        reason = may_lapse(asked_until(connection, case_id, row.asked_for_more_at)[0], now)
        if reason:
            raise NotDone(f"{row.number} cannot be resolved for want of a reply: {reason}")
    act_on(connection, row, Act.LAPSE, who=by, now=now)
    write(connection, case_id, outcome=Outcome.NO_REPLY_FROM_CUSTOMER, resolved_at=now)
    end_clocks(connection, now=now, at=now, case_id=case_id, rule_ids=[FIX], state="missed")
    end_duties(connection, case_id, at=now, now=now, but=[ADR])


def reopen(
    connection: Connection,
    settings: Settings,
    case_id: int,
    text: str,
    *,
    by: str,
    at: datetime,
    now: datetime,
) -> None:
    """Opens a settled complaint again, with clocks of its own, for what its customer says now."""
    row = held(connection, case_id)
    check_person(settings, by)
    words = words_of(text, "why it is reopened")
    _reopen(connection, settings, row, words, who=by, at=at, now=now)
    say_next(connection, case_id, "reopened", by=by, text=words, now=now)


def _reopen(
    connection: Connection,
    settings: Settings,
    row: Any,
    text: str,
    *,
    who: str,
    at: datetime,
    now: datetime,
) -> None:
    time = row.reopened + 1
    occasion = f"reopened:{time}"
    act_on(connection, row, Act.REOPEN, who=who, now=now, closed_at=None)
    write(
        connection,
        row.id,
        reopened=time,
        reopened_at=at,
        outcome=None,
        answered_at=None,
        resolved_at=None,
        asked_for_more_at=None,
        points=[{"text": point, "reason": ""} for point in points_of(text)],
    )
    end_duties(connection, row.id, at=now, now=now, state="not_applicable")
    start(connection, settings, row, trigger="complaint.received", at=at, now=now, occasion=occasion)
    casebook.owe(
        connection,
        row.id,
        "complaint_reopened",
        occasion,
        now,
        facts={"text": text, "reopened_at": at.isoformat()},
    )
