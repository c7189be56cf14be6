"""Answering a complaint: the points raised, the reason for each, and everything that keeps an answer back."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from postventa.clocks import end_clocks
from postventa.complaint_moves import FIX, NotDone, act_on, check_person, end_duties, held, words_of, write
from postventa.languages import language_of
from postventa.plain_text import plain_text
from postventa.promises import promise_of
from postventa.rules.answers import Draft, faults, whole_answer
from postventa.rules.complaints import OPEN, UNFAVOURABLE, Act, Outcome, State, move
from postventa.settings import Settings
from postventa.store import casebook
from postventa.store.cases import CaseEntryRow, CaseRow

REMEMBERED = timedelta(days=365)
AT_MOST = 200
"""How many earlier answers a new one is held against."""
_ENTRIES: Any = CaseEntryRow.__table__
_CASES: Any = CaseRow.__table__


class NotAnswered(NotDone):
    """An answer that may not leave; `faults` are its reasons, one sentence each."""

    def __init__(self, number: str, faults: Sequence[str]) -> None:
        super().__init__(f"the answer to {number} may not leave: {'; '.join(faults)}")
        self.faults = tuple(faults)


def set_points(
    connection: Connection,
    settings: Settings,
    case_id: int,
    points: Sequence[str],
    *,
    by: str,
    now: datetime,
) -> None:
    """Writes down what the complaint raises, where a person reads it otherwise than its lines fall."""
    row = held(connection, case_id)
    check_person(settings, by)
    if State(row.state) not in OPEN:
        raise NotDone(f"{row.number} is {row.state}: its points are answered")
    said = [" ".join(words_of(point, "what the point is").split()) for point in points]
    if not said:
        raise NotDone("there is no point in it: give one at least")
    write(connection, case_id, points=[{"text": point, "reason": ""} for point in said])
    casebook.log(connection, case_id, "points", now, {"who": by, "count": len(said)})


def answer(
    connection: Connection,
    settings: Settings,
    case_id: int,
    *,
    outcome: Outcome,
    reasons: Sequence[str],
    by: str,
    now: datetime,
    text: str = "",
    remedy: Mapping[str, str] | None = None,
) -> None:
    """Answers the complaint, ends its clocks and owes the letter. Raises NotAnswered with everything that is wrong.

    The answer counts from now; its letter leaves with the next run. `remedy` is what is given (`text`, and perhaps
    `money_amount`); where it is not said, what was approved for the case.
    """
    row = held(connection, case_id)
    check_person(settings, by)
    refused = move(State(row.state), Act.ANSWER).reason
    if refused:
        raise NotDone(f"{row.number}: {refused}")
    said = tuple(plain_text(reason).text for reason in reasons)
    words = plain_text(text).text
    points = tuple(point["text"] for point in row.points)
    draft = Draft(
        owner=row.owner,
        outcome=Outcome(outcome),
        points=points,
        reasons=said,
        text=words,
        language=row.language,
        written_in=language_of(whole_answer(said, words), row.language),
        has_adr=bool(settings.adr.entity),
    )
    found = faults(draft, _earlier(connection, row, now))
    if found:
        raise NotAnswered(row.number, found)
    occasion = f"answer:{row.reopened}"
    whole = whole_answer(said, words)
    details = {"outcome": Outcome(outcome), "reasons": list(said)}
    casebook.say(
        connection,
        case_id,
        kind="answer",
        author=by,
        text=whole,
        at=now,
        now=now,
        occasion=occasion,
        details=details,
    )
    answered = [{"text": point, "reason": reason} for point, reason in zip(points, said, strict=True)]
    act_on(connection, row, Act.ANSWER, who=by, now=now)
    write(connection, case_id, outcome=outcome, answered_at=now, resolved_at=now, points=answered)
    end_clocks(connection, now=now, at=now, case_id=case_id, rule_ids=[FIX], state="not_applicable")
    end_duties(connection, case_id, at=now, now=now)
    promised = remedy or promise_of(connection, case_id, row.language)
    facts = {
        "outcome": Outcome(outcome),
        "points": answered,
        "text": words,
        "remedy": {"money_amount": "", **promised} if promised else None,
        "tells_of_adr": outcome in UNFAVOURABLE,
    }
    casebook.owe(connection, case_id, "complaint_answered", occasion, now, facts=facts)


def _earlier(connection: Connection, row: Any, now: datetime) -> list[str]:
    """What was answered in other cases of this shop, the latest first."""
    wanted = (
        select(_ENTRIES.c.text)
        .join(_CASES, _CASES.c.id == _ENTRIES.c.case_id)
        .where(_CASES.c.shop == row.shop, _ENTRIES.c.kind == "answer", _ENTRIES.c.case_id != row.id)
        .where(_ENTRIES.c.at > now - REMEMBERED)
        .order_by(_ENTRIES.c.id.desc())
        .limit(AT_MOST)
    )
    return list(connection.execute(wanted).scalars())
