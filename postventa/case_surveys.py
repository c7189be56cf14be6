"""Asking how a case went: once, one to three days after its resolution, in a thread of its own, never before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from postventa.contacts import contact_of
from postventa.messages import language_for
from postventa.rules.complaints import ANSWERS, State
from postventa.rules.messages import SETTLED, Outcome, Verdict
from postventa.rules.surveys import may_ask_about_case
from postventa.settings import Settings
from postventa.store.asks import AskRow
from postventa.store.cases import CaseRow
from postventa.store.complaints import ComplaintRow
from postventa.store.consents import latest_order_id
from postventa.store.messages import OutboxRow
from postventa.store.orders import CustomerRow, OrderRow
from postventa.store.owing import owe_message
from postventa.store.upsert import insert_new
from postventa.surveys import invitation

SURVEY = "resolution"
MESSAGE = "case_survey"
LOOKED_BACK = timedelta(days=7)
"""A case that was resolved longer ago was looked at by a run before, or is nobody's news any more."""
ANSWERABLE = timedelta(days=30)
READ_BACK = timedelta(hours=1)
_ASKS: Any = AskRow.__table__
_BOX: Any = OutboxRow.__table__
_CASES: Any = CaseRow.__table__
_COMPLAINTS: Any = ComplaintRow.__table__
_CUSTOMERS: Any = CustomerRow.__table__
_ORDERS: Any = OrderRow.__table__


@dataclass(slots=True)
class AskedOfCases:
    """How many customers were asked, and why others were not."""

    asked: int = 0
    reasons: list[str] = field(default_factory=list)


def ask_about_cases(connection: Connection, settings: Settings, now: datetime, limit: int) -> AskedOfCases:
    """Owes a survey for each case whose time has come. Safe to run twice: one for each case, whatever happens."""
    done = AskedOfCases()
    if not settings.web.url:
        return done  # there is no page to answer on
    for case in _resolved(connection, now, limit):
        verdict = may_ask_about_case(_states_with(connection, case), case.resolved_at, now)
        order = _order_of(connection, case)
        if verdict.may_go and (order is None or order.email.casefold() != case.email.strip().casefold()):
            verdict = Verdict.no("missing_contact")  # the order's customer may be another than who complained
        if verdict.may_go:
            _ask(connection, settings, case, order, now)
            done.asked += 1
        elif verdict.until is None and (verdict.reason != "complaint_open"):
            _insert(connection, case, order, now, state="suppressed", reason=verdict.reason, next_at=None)
            done.reasons.append(verdict.reason)
    _read_back(connection, now, limit)
    return done


def _resolved(connection: Connection, now: datetime, limit: int) -> Sequence[Any]:
    """Complaints that were answered lately and that nobody has thought of asking about."""
    known = select(_ASKS.c.id).where(_ASKS.c.case_id == _CASES.c.id, _ASKS.c.survey == SURVEY)
    wanted = (
        select(_CASES, _COMPLAINTS.c.resolved_at)
        .join(_COMPLAINTS, _COMPLAINTS.c.case_id == _CASES.c.id)
        .where(_COMPLAINTS.c.resolved_at > now - LOOKED_BACK, _COMPLAINTS.c.outcome.in_(ANSWERS))
        .where(~known.exists())
        .order_by(_COMPLAINTS.c.resolved_at)
        .limit(limit)
    )
    return connection.execute(wanted).all()


def _states_with(connection: Connection, case: Any) -> list[State]:
    """Of this case and of every other complaint by the same address in the same shop."""
    same = (_CASES.c.shop == case.shop) & (_CASES.c.email == case.email) & (_CASES.c.family == "complaint")
    wanted = select(_CASES.c.state).where(same | (_CASES.c.id == case.id))
    return [State(state) for state in connection.execute(wanted).scalars()]


def _order_of(connection: Connection, case: Any) -> Any:
    """The order whose customer is written to: the case's own, else their latest; None where there is none."""
    number = case.order_id
    if number is None and case.customer_id is not None:
        number = latest_order_id(connection, [case.customer_id])
    wanted = select(_ORDERS.c.id, _ORDERS.c.ref, _ORDERS.c.language, _CUSTOMERS.c.email).join(
        _CUSTOMERS, _CUSTOMERS.c.id == _ORDERS.c.customer_id
    )
    return connection.execute(wanted.where(_ORDERS.c.id == number)).one_or_none()


def _ask(connection: Connection, settings: Settings, case: Any, order: Any, now: datetime) -> None:
    contact = contact_of(settings, case.shop, order.email)
    ask_id = _insert(
        connection,
        case,
        order,
        now,
        state="asked",
        reason="",
        next_at=now + READ_BACK,
        asked_at=now,
        contact=contact,
    )
    language = language_for(order.language, settings.shop(case.shop).language)
    until = case.resolved_at + ANSWERABLE - timedelta(seconds=1)
    owe_message(
        connection,
        MESSAGE,
        f"{case.shop}:{order.ref}:-:{MESSAGE}:{case.number}",
        now,
        occasion=f"ask:{ask_id}",
        order_id=order.id,  # not the case's: a complaint's thread carries nothing but the complaint (LGDCU 21.2)
        facts={
            "case": case.number,
            "until_at": until.isoformat(),
            "survey": invitation(settings, SURVEY, ask_id, language),
        },
        happened_at=case.resolved_at,
    )


def _insert(connection: Connection, case: Any, order: Any, now: datetime, **values: Any) -> int:
    row = {
        "subject": f"case:{case.id}",
        "order_id": order.id if order is not None else None,
        "case_id": case.id,
        "shop": case.shop,
        "survey": SURVEY,
        "contact": "",
        "since_at": case.resolved_at,
        "expires_at": max(case.resolved_at + ANSWERABLE, now),
        "asked_at": None,
        "reminded_at": None,
        "first_answer_at": None,
        "line_refs": "",
    } | values
    insert_new(connection, AskRow, [row], ("subject", "survey"))
    known = select(_ASKS.c.id).where(_ASKS.c.subject == row["subject"], _ASKS.c.survey == SURVEY)
    return int(connection.execute(known).scalar_one())


def _read_back(connection: Connection, now: datetime, limit: int) -> None:
    """What became of the mails: who was not written to was not asked."""
    due = _ASKS.select().where(_ASKS.c.next_at <= now, _ASKS.c.survey == SURVEY)
    for ask in connection.execute(due.order_by(_ASKS.c.next_at).limit(limit)).all():
        wanted = select(_BOX.c.outcome, _BOX.c.reason).where(
            _BOX.c.order_id == ask.order_id, _BOX.c.message == MESSAGE, _BOX.c.occasion == f"ask:{ask.id}"
        )
        letter = connection.execute(wanted).one_or_none()
        values: dict[str, Any] = {"next_at": None}
        if letter is not None and letter.outcome not in SETTLED:
            values = {"next_at": now + READ_BACK, "reason": letter.reason}
        elif letter is None or letter.outcome in {Outcome.SUPPRESSED, Outcome.FAILED}:
            values |= {"state": "suppressed", "reason": letter.reason if letter else "", "asked_at": None}
        connection.execute(update(_ASKS).where(_ASKS.c.id == ask.id).values(**values))
