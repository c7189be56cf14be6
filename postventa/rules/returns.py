"""Returns as a table: their kinds, where one can stand, what may be done to it, and why one may be declined.

When the right to withdraw ends is in `withdrawals.py`, what is owed for it in `refunds.py`.
"""

from dataclasses import dataclass
from enum import StrEnum


class ReturnKind(StrEnum):
    """Why goods come back."""

    STATUTORY_WITHDRAWAL = "statutory_withdrawal"
    COMMERCIAL_RETURN = "commercial_return"
    NON_CONFORMITY = "non_conformity"
    REFUSED_DELIVERY = "refused_delivery"
    UNDELIVERABLE = "undeliverable"


class ReturnState(StrEnum):
    """Where a return stands, from the statement to the money."""

    REQUESTED = "requested"
    ACKNOWLEDGED = "acknowledged"
    APPROVED = "approved"
    DECLINED = "declined"
    AWAITING_GOODS = "awaiting_goods"
    IN_TRANSIT = "in_transit"
    GOODS_RECEIVED = "goods_received"
    INSPECTED = "inspected"
    REFUND_DUE = "refund_due"
    REFUNDED = "refunded"
    EXCHANGED = "exchanged"
    CANCELLED = "cancelled"
    CLOSED = "closed"


class Act(StrEnum):
    """What can be done to a return."""

    ACKNOWLEDGE = "acknowledge"
    APPROVE = "approve"
    DECLINE = "decline"
    ASK_FOR_GOODS = "ask_for_goods"
    TRACK = "track"
    RECEIVE = "receive"
    INSPECT = "inspect"
    OWE_REFUND = "owe_refund"
    REFUND = "refund"
    TAKE_REFUND_BACK = "take_refund_back"
    EXCHANGE = "exchange"
    CANCEL = "cancel"
    CLOSE = "close"


class OutOfTurn(ValueError):
    """What is to be done to a return does not follow from where it stands."""


_S = ReturnState
_MONEY = {Act.OWE_REFUND: _S.REFUND_DUE, Act.REFUND: _S.REFUNDED, Act.EXCHANGE: _S.EXCHANGED}
_ON_THE_WAY = {
    **_MONEY,
    Act.TRACK: _S.IN_TRANSIT,
    Act.RECEIVE: _S.GOODS_RECEIVED,
    Act.CANCEL: _S.CANCELLED,
    Act.DECLINE: _S.DECLINED,
}
# Goods may come, and money may go back, before anybody has decided.
_UNDECIDED = {
    Act.APPROVE: _S.APPROVED,
    Act.DECLINE: _S.DECLINED,
    Act.CANCEL: _S.CANCELLED,
    Act.RECEIVE: _S.GOODS_RECEIVED,
    Act.REFUND: _S.REFUNDED,
}
MOVES: dict[ReturnState, dict[Act, ReturnState]] = {
    _S.REQUESTED: {**_UNDECIDED, Act.ACKNOWLEDGE: _S.ACKNOWLEDGED},
    _S.ACKNOWLEDGED: _UNDECIDED,
    _S.APPROVED: {**_ON_THE_WAY, Act.ASK_FOR_GOODS: _S.AWAITING_GOODS},
    # Whoever was refused may turn out to be right.
    _S.DECLINED: {Act.APPROVE: _S.APPROVED, Act.CLOSE: _S.CLOSED},
    _S.AWAITING_GOODS: _ON_THE_WAY,
    _S.IN_TRANSIT: _ON_THE_WAY,
    _S.GOODS_RECEIVED: {
        **_MONEY,
        Act.INSPECT: _S.INSPECTED,
        Act.APPROVE: _S.INSPECTED,
        Act.DECLINE: _S.DECLINED,
    },
    _S.INSPECTED: {**_MONEY, Act.APPROVE: _S.INSPECTED, Act.DECLINE: _S.DECLINED},
    _S.REFUND_DUE: {
        Act.ASK_FOR_GOODS: _S.AWAITING_GOODS,  # they were sent although withdrawn from
        Act.REFUND: _S.REFUNDED,
        Act.EXCHANGE: _S.EXCHANGED,
        Act.TRACK: _S.REFUND_DUE,
        Act.RECEIVE: _S.REFUND_DUE,
        Act.INSPECT: _S.REFUND_DUE,
        Act.DECLINE: _S.DECLINED,
        Act.CANCEL: _S.CANCELLED,
    },
    # A refund that the shop deletes again is owed again.
    _S.REFUNDED: {
        Act.TAKE_REFUND_BACK: _S.REFUND_DUE,
        Act.TRACK: _S.REFUNDED,
        Act.RECEIVE: _S.REFUNDED,
        Act.INSPECT: _S.REFUNDED,
        Act.CLOSE: _S.CLOSED,
    },
    _S.EXCHANGED: {Act.CLOSE: _S.CLOSED},
    _S.CANCELLED: {Act.CLOSE: _S.CLOSED},
    _S.CLOSED: {Act.TAKE_REFUND_BACK: _S.REFUND_DUE},
}
SETTLED = frozenset({_S.DECLINED, _S.REFUNDED, _S.EXCHANGED, _S.CANCELLED, _S.CLOSED})
"""Nobody waits for anything any more: the sale may be final."""
NOTHING_COMES_BACK = frozenset({_S.DECLINED, _S.CANCELLED})
"""States whose goods stay with the customer, and may come back by another return."""

ASKED_FOR = frozenset({ReturnKind.COMMERCIAL_RETURN, ReturnKind.NON_CONFORMITY})
"""Kinds that are a request until a person accepts them. A withdrawal asks for nothing: it is acknowledged as a right."""

LETTERS = {
    "a": "a service fully performed with the customer's consent",
    "b": "a price that follows a market beyond the shop's control",
    "c": "made to the customer's specifications or clearly personalised",
    "d": "liable to deteriorate or expire rapidly",
    "e": "sealed goods unsuited for return for health or hygiene, unsealed after delivery",
    "f": "inseparably mixed with other goods after delivery",
    "g": "alcohol whose price was agreed on and whose delivery and value come later",
    "h": "an urgent repair or maintenance that the customer asked for",
    "i": "sealed audio, video or software, unsealed after delivery",
    "j": "a newspaper, periodical or magazine",
    "k": "bought at a public auction",
    "l": "accommodation, transport, catering or leisure for a date",
    "m": "digital content begun with consent and the loss of the right acknowledged",
}
"""The exceptions of LGDCU 103."""
EXCEPTION = "LGDCU 103."
"""The article before the letter: every refusal for an exception begins with it."""
BY_THE_FACTS = frozenset("aefim")
"""Letters that except nothing before somebody has opened, mixed or used up what was sold: that needs to be shown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether something may be done, the article behind it, and the reason in words."""

    is_yes: bool
    article: str
    reason: str


def after(state: ReturnState, act: Act) -> ReturnState:
    """Where `act` leads a return that stands at `state`. Raises OutOfTurn with a sentence."""
    if act in MOVES[state]:
        return MOVES[state][act]
    possible = ", ".join(MOVES[state])
    raise OutOfTurn(f"a return that is {state} cannot take {act}: possible are {possible}")


def may_decline(
    kind: ReturnKind,
    *,
    is_late: bool = False,
    letter: str = "",
    evidence: str = "",
    was_told: bool = True,
    reason: str = "",
) -> Answer:
    """Whether a return may be declined.

    The right to withdraw ends with its period, or never was where an exception of LGDCU 103 applies, is proven,
    and was told before the sale. `is_late` says that the statement was sent after the end of the period. What the
    shop or the guarantee gives beyond may be declined for a reason that is written down.
    """
    if kind is not ReturnKind.STATUTORY_WITHDRAWAL:
        if reason.strip():
            return Answer(True, "", reason.strip())
        return Answer(False, "", "say why: a customer who is refused is owed the reason")
    if letter:
        return _exempt(letter.lower(), evidence.strip(), was_told=was_told)
    if is_late:
        return Answer(True, "LGDCU 102-104", "the statement was sent after the end of the period")
    return Answer(
        False,
        "LGDCU 102-104",
        "a withdrawal is a right: it can be declined only as out of its period, or for an exception of LGDCU 103",
    )


def _exempt(letter: str, evidence: str, *, was_told: bool) -> Answer:
    article = f"{EXCEPTION}{letter}"
    if letter not in LETTERS:
        return Answer(False, article, f"LGDCU 103 has no letter {letter}: it has {', '.join(LETTERS)}")
    if not evidence:
        return Answer(False, article, "an exception needs its evidence: say what shows it")
    if not was_told:
        return Answer(
            False, "LGDCU 97.1.m", "an exception that nobody told the customer of beforehand binds nobody"
        )
    return Answer(True, article, f"{LETTERS[letter]}: {evidence}")
