"""The complaint desk: what is done to a complaint after it came in, each act with its entry, its clocks and its letter.

Every function works inside the caller's transaction, holds the case while it does, and refuses with a sentence what
the table in `rules/complaints.py` does not let be done.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from postventa.clocks import end_clocks
from postventa.complaint_answers import NotAnswered, answer, set_points
from postventa.complaint_intake import Filed, Statement, file_complaint, keep_whole, last_day_of
from postventa.complaint_moves import (
    ADR,
    CUSTOMER,
    FIX,
    NotDone,
    act_on,
    check_person,
    end_duties,
    held,
    say_next,
    start,
    words_of,
    write,
)
from postventa.complaint_notices import apologise, escalate, inform_of_adr, receipt_sent
from postventa.plain_text import plain_text
from postventa.rules.answers import points_of
from postventa.rules.complaints import Act, Outcome, State, after_further_words, may_lapse, move
from postventa.settings import Settings
from postventa.store import casebook
from postventa.store.clocks import open_clocks

__all__ = [
    "Filed",
    "NotAnswered",
    "NotDone",
    "Statement",
    "add_to_case",
    "answer",
    "apologise",
    "ask_for_more",
    "close",
    "complete",
    "escalate",
    "file_complaint",
    "hold",
    "inform_of_adr",
    "lapse",
    "last_day_of",
    "receipt_sent",
    "refer",
    "reopen",
    "set_points",
    "take",
    "withdraw",
]

RESTARTS = ("R-CMP-ANS-L",)
"""What begins anew when an incomplete complaint is completed: the period of Ley 10/2025, by its art. 13.3. That of
LGDCU 21.3 knows no such rule and runs on, so that the earlier of the two still binds."""
WITHOUT_A_CALENDAR = timedelta(days=28)
"""What a customer is given where the working days of a year are not known: more than ten of them for certain."""


def take(
    connection: Connection, settings: Settings, case_id: int, owner: str, *, by: str, now: datetime
) -> None:
    """Makes a person the complaint's owner."""
    row = held(connection, case_id)
    check_person(settings, owner)
    act_on(connection, row, Act.TAKE, who=by, now=now, owner=owner)


def hold(
    connection: Connection, settings: Settings, case_id: int, text: str, *, by: str, now: datetime
) -> None:
    """Tells the customer how things stand. No clock of the law stops for it."""
    row = held(connection, case_id)
    check_person(settings, by)
    words = words_of(text, "how things stand and what comes next")
    act_on(connection, row, Act.HOLD, who=by, now=now, owner=row.owner or by)
    occasion = say_next(connection, case_id, "holding", by=by, text=words, now=now)
    casebook.owe(connection, case_id, "complaint_holding", occasion, now, facts={"text": words})


def ask_for_more(
    connection: Connection, settings: Settings, case_id: int, text: str, *, by: str, now: datetime
) -> datetime:
    """Asks the customer for what is missing, and says until when and what follows; answers until when (exclusive).

    They have ten working days at least. Only a large company's own period starts anew when they answer.
    """
    row = held(connection, case_id)
    check_person(settings, by)
    words = words_of(text, "what is missing")
    act_on(connection, row, Act.ASK, who=by, now=now, owner=row.owner or by)
    occasion = say_next(connection, case_id, "asked_for_more", by=by, text=words, now=now)
    end_clocks(connection, now=now, at=now, case_id=case_id, rule_ids=[FIX], state="not_applicable")
    start(
        connection,
        settings,
        row,
        trigger="complaint.incomplete_notice_sent",
        at=now,
        now=now,
        occasion=occasion,
    )
    until = _asked_until(connection, case_id, now)
    write(connection, case_id, asked_for_more_at=now)
    last_moment = until - timedelta(seconds=1)
    facts = {
        "text": words,
        "until_at": last_moment.isoformat(),
        "starts_anew": settings.policy.large_company,
    }
    casebook.owe(connection, case_id, "complaint_more_needed", occasion, now, facts=facts)
    return until


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
    """What was asked for is there. A large company's period under Ley 10/2025 starts now; no other clock moves."""
    row = held(connection, case_id)
    act_on(connection, row, Act.COMPLETE, who=who, now=now)
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
        reason = may_lapse(_asked_until(connection, case_id, now) if row.asked_for_more_at else None, now)
        if reason:
            raise NotDone(f"{row.number} cannot be resolved for want of a reply: {reason}")
    act_on(connection, row, Act.LAPSE, who=by, now=now)
    write(connection, case_id, outcome=Outcome.NO_REPLY_FROM_CUSTOMER, resolved_at=now)
    end_clocks(connection, now=now, at=now, case_id=case_id, rule_ids=[FIX], state="missed")
    end_duties(connection, case_id, at=now, now=now, but=[ADR])


def withdraw(connection: Connection, settings: Settings, case_id: int, *, by: str, now: datetime) -> None:
    """The customer has taken the complaint back, in their own words, which are in the case or known to `by`."""
    row = held(connection, case_id)
    check_person(settings, by)
    act_on(connection, row, Act.WITHDRAW, who=by, now=now)
    write(connection, case_id, resolved_at=now)
    end_clocks(connection, now=now, at=now, case_id=case_id, rule_ids=[FIX], state="not_applicable")
    end_duties(connection, case_id, at=now, now=now, state="not_applicable")


def close(connection: Connection, settings: Settings, case_id: int, *, by: str, now: datetime) -> None:
    """Puts a settled complaint away. It can be reopened as before."""
    row = held(connection, case_id)
    check_person(settings, by)
    act_on(connection, row, Act.CLOSE, who=by, now=now, closed_at=now)


def refer(connection: Connection, settings: Settings, case_id: int, *, by: str, now: datetime) -> None:
    """The customer has gone on to dispute resolution."""
    row = held(connection, case_id)
    check_person(settings, by)
    act_on(connection, row, Act.REFER, who=by, now=now)


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


def _asked_until(connection: Connection, case_id: int, now: datetime) -> datetime:
    """The end of the customer's time to complete what they said; exclusive."""
    ends = [clock.due_at for clock in open_clocks(connection, case_id) if clock.rule_id == FIX]
    return max(ends, default=now + WITHOUT_A_CALENDAR)
