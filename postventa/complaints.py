"""The complaint desk: what is done to a complaint after it came in, each act with its entry, its clocks and its letter.

Every function works inside the caller's transaction, holds the case while it does, and refuses with a sentence what
the table in `rules/complaints.py` does not let be done.
"""

from datetime import datetime

from sqlalchemy import Connection

from postventa.clocks import end_clocks, pause
from postventa.complaint_answers import NotAnswered, answer, set_points
from postventa.complaint_intake import Filed, Statement, file_complaint, last_day_of
from postventa.complaint_moves import (
    FIX,
    NotDone,
    act_on,
    asked_until,
    check_person,
    end_duties,
    held,
    our_words,
    receipt_sent,
    replied,
    say_next,
    start,
    write,
)
from postventa.complaint_rounds import add_to_case, complete, lapse, reopen
from postventa.rules.complaints import Act
from postventa.settings import Settings
from postventa.store import casebook

__all__ = [
    "Filed",
    "NotAnswered",
    "NotDone",
    "Statement",
    "add_to_case",
    "answer",
    "ask_for_more",
    "close",
    "complete",
    "file_complaint",
    "hold",
    "lapse",
    "last_day_of",
    "receipt_sent",
    "refer",
    "reopen",
    "set_points",
    "take",
    "withdraw",
]


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
    words = our_words(text, "how things stand and what comes next")
    act_on(connection, row, Act.HOLD, who=by, now=now, owner=row.owner or by)
    occasion = say_next(connection, case_id, "holding", by=by, text=words, now=now)
    replied(connection, settings, case_id, now=now)
    casebook.owe(connection, case_id, "complaint_holding", occasion, now, facts={"text": words})


def ask_for_more(
    connection: Connection, settings: Settings, case_id: int, text: str, *, by: str, now: datetime
) -> datetime:
    """Asks the customer for what is missing, and says until when and what follows; answers until when (exclusive).

    They have ten working days at least. Only a large company's own period starts anew when they answer; promises of the
    shop's own stand still meanwhile where they may.
    """
    row = held(connection, case_id)
    check_person(settings, by)
    words = our_words(text, "what is missing")
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
    replied(connection, settings, case_id, now=now)
    pause(connection, settings, case_id=case_id, now=now)
    until, last_day = asked_until(connection, case_id, now)
    write(connection, case_id, asked_for_more_at=now)
    facts = {
        "text": words,
        "until_on": last_day.isoformat(),
        "starts_anew": settings.policy.large_company,
        "is_reminder": False,
    }
    casebook.owe(connection, case_id, "complaint_more_needed", occasion, now, facts=facts)
    return until


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
