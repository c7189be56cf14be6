"""The life of a complaint as a table: what may be done in which state, and why not.

Time never closes a complaint: no move here is made by a clock, but for the escalation that calls a person.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from postventa.rules.messages import Verdict


class Kind(StrEnum):
    """What the law calls it: consulta, queja, reclamación, incidencia."""

    QUERY = "query"
    COMPLAINT = "complaint"
    CLAIM = "claim"
    INCIDENT = "incident"


class Topic(StrEnum):
    """What it is about; `billing` has a shorter clock in large companies."""

    DELIVERY = "delivery"
    PRODUCT = "product"
    BILLING = "billing"
    RETURNS = "returns"
    SERVICE = "service"
    PRIVACY = "privacy"
    OTHER = "other"


class State(StrEnum):
    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    WAITING_CUSTOMER = "waiting_customer"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    CLOSED = "closed"
    ADR_REFERRED = "adr_referred"
    WITHDRAWN_BY_CUSTOMER = "withdrawn_by_customer"
    REOPENED = "reopened"


class Outcome(StrEnum):
    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    REJECTED = "rejected"
    NO_REPLY_FROM_CUSTOMER = "no_reply_from_customer"


class Act(StrEnum):
    """What is done to a complaint."""

    ACKNOWLEDGE = "acknowledge"
    TAKE = "take"
    HOLD = "hold"
    ASK = "ask"
    COMPLETE = "complete"
    ESCALATE = "escalate"
    ANSWER = "answer"
    LAPSE = "lapse"
    WITHDRAW = "withdraw"
    REFER = "refer"
    CLOSE = "close"
    REOPEN = "reopen"


ANSWERS = frozenset({Outcome.UPHELD, Outcome.PARTLY_UPHELD, Outcome.REJECTED})
UNFAVOURABLE = frozenset({Outcome.PARTLY_UPHELD, Outcome.REJECTED})
"""Outcomes whose answer carries the information about dispute resolution."""
SETTLED = frozenset({State.RESOLVED, State.CLOSED, State.ADR_REFERRED, State.WITHDRAWN_BY_CUSTOMER})
OPEN = frozenset(State) - SETTLED

_WORK = {
    Act.TAKE: State.IN_PROGRESS,
    Act.HOLD: State.IN_PROGRESS,
    Act.ASK: State.WAITING_CUSTOMER,
    Act.ESCALATE: State.ESCALATED,
    Act.ANSWER: State.RESOLVED,
    Act.WITHDRAW: State.WITHDRAWN_BY_CUSTOMER,
}
_DONE = {Act.REOPEN: State.REOPENED, Act.REFER: State.ADR_REFERRED}
MOVES: dict[State, dict[Act, State]] = {
    State.RECEIVED: {Act.ACKNOWLEDGE: State.ACKNOWLEDGED, **_WORK},
    State.ACKNOWLEDGED: _WORK,
    State.IN_PROGRESS: _WORK,
    State.WAITING_CUSTOMER: {
        **_WORK,
        Act.TAKE: State.WAITING_CUSTOMER,
        Act.HOLD: State.WAITING_CUSTOMER,
        Act.ESCALATE: State.WAITING_CUSTOMER,
        Act.COMPLETE: State.IN_PROGRESS,
        Act.LAPSE: State.RESOLVED,
    },
    State.ESCALATED: {**_WORK, Act.TAKE: State.ESCALATED, Act.HOLD: State.ESCALATED},
    State.REOPENED: _WORK,
    State.RESOLVED: {**_DONE, Act.CLOSE: State.CLOSED},
    State.CLOSED: _DONE,
    State.ADR_REFERRED: {Act.REOPEN: State.REOPENED, Act.CLOSE: State.CLOSED},
    State.WITHDRAWN_BY_CUSTOMER: {Act.REOPEN: State.REOPENED, Act.CLOSE: State.CLOSED},
}
_REFUSED = {
    Act.ACKNOWLEDGE: "it was acknowledged before",
    Act.COMPLETE: "nothing is being waited for from the customer",
    Act.LAPSE: "the customer was not asked for anything, so nothing of theirs is missing",
    Act.CLOSE: "it has no answer yet, and no complaint is closed without one, however old it is",
    Act.REOPEN: "it is open",
    Act.REFER: "it has no answer yet; answer it first",
}


@dataclass(frozen=True, slots=True)
class Move:
    """The state that an act leads to, or the reason why it leads nowhere."""

    state: State | None
    reason: str = ""


def move(state: State, act: Act) -> Move:
    """What `act` makes of a complaint in `state`."""
    leads_to = MOVES[state].get(act)
    if leads_to is not None:
        return Move(leads_to)
    settled = f"it is {state.replace('_', ' ')}; reopen it first"
    return Move(None, settled if state in SETTLED and act in _WORK else _REFUSED.get(act, settled))


def may_lapse(warned_until: datetime | None, now: datetime) -> str:
    """Why a complaint cannot be resolved for want of an answer from its customer; empty where it can.

    Only if they were told what is missing, until when, and what follows (Ley 10/2025 art. 13.3); and even then
    a person does it, never a clock.
    """
    if warned_until is None:
        return "the customer was never told what is missing, until when, and what follows"
    if now < warned_until:
        return f"the customer has time until {warned_until:%Y-%m-%d %H:%M} UTC"
    return ""


def after_further_words(state: State, text: str) -> Act | None:
    """What a customer's further words do by themselves.

    They complete what was asked for, and reopen what was settled: a complaint that goes on is one that nobody may
    overlook. Mere thanks change nothing.
    """
    if state is State.WAITING_CUSTOMER:
        return Act.COMPLETE
    if state in SETTLED and not is_mere_thanks(text):
        return Act.REOPEN
    return None


def is_mere_thanks(text: str) -> bool:
    """Whether there is nothing in `text` but thanks, in one of our languages."""
    words = re.findall(r"\w+", text.casefold())
    return 0 < len(words) <= 12 and bool(_THANKS & set(words)) and set(words) <= _THANKS | _AROUND_THANKS


def may_survey(states: Iterable[State]) -> Verdict:
    """Whether a customer with cases in these states may be asked how satisfied they are.

    Never before the matter is resolved (Ley 10/2025 art. 18.2).
    """
    return Verdict.no("complaint_open") if any(state in OPEN for state in states) else Verdict.yes()


_THANKS = frozenset({"gracias", "gràcies", "merci", "mercès", "thanks", "thank", "agradezco", "agraeixo"})
_AROUND_THANKS = frozenset(
    re.findall(
        r"\w+",
        "hola hello hi a d l la las les the un una you your su vuestra vostra y i and de por per for so very much many "
        "muchas moltes muchísimas moltíssimes todo tot all everything perfecto perfecte perfect ok vale bien bé good "
        "acord acuerdo ayuda ajuda help saludo saludos salutacions cordiales cordials kind best regards",
    )
)
