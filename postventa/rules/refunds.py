"""What a return is worth: the amount owed for its lines, what has been given back of it, and by when the rest is due."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from postventa.rules.returns import Answer, ReturnKind

CENT = Decimal("0.01")
REFUND, HOLD, CONFORMITY = "R-WDR-REF", "R-WDR-HOLD", "R-CON-REF"
REFUND_RULES = (REFUND, HOLD, CONFORMITY)
"""The rules whose clocks a refund is due by."""
ARTICLES = {
    ReturnKind.STATUTORY_WITHDRAWAL: "LGDCU 107.1",
    ReturnKind.REFUSED_DELIVERY: "LGDCU 107.1",
    ReturnKind.UNDELIVERABLE: "LGDCU 110",
    ReturnKind.NON_CONFORMITY: "LGDCU 119 quater",
    ReturnKind.COMMERCIAL_RETURN: "",
}
"""What makes the refund a duty; a commercial return is the shop's own promise."""
FROM_THE_WORD = frozenset(
    {ReturnKind.STATUTORY_WITHDRAWAL, ReturnKind.REFUSED_DELIVERY, ReturnKind.UNDELIVERABLE}
)
"""Kinds whose refund is due from the day on which we were told (R-WDR-REF)."""
FROM_THE_GOODS = frozenset({ReturnKind.NON_CONFORMITY})
"""Kinds whose refund is due from the goods or the proof that they are on their way (R-CON-REF)."""
MAY_WAIT = frozenset({ReturnKind.STATUTORY_WITHDRAWAL, ReturnKind.REFUSED_DELIVERY})
"""Kinds whose refund may be withheld until the goods or that proof are there."""


_MAY_LOSE_VALUE = frozenset({ReturnKind.STATUTORY_WITHDRAWAL, ReturnKind.COMMERCIAL_RETURN})


class Risk(StrEnum):
    """How likely a judge is to grant double the sum for a refund that was withheld without a reason."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Piece:
    """How much of an order line comes back: of `bought`, `before` came back by earlier returns."""

    gross: Decimal
    """What the customer paid for the whole line, tax included and after discounts."""
    bought: Decimal
    quantity: Decimal
    before: Decimal = Decimal(0)

    @property
    def amount(self) -> Decimal:
        """Its share of the line to the cent; the shares of all its pieces add up to the line exactly."""
        return self._share(self.before + self.quantity) - self._share(self.before)

    @property
    def completes(self) -> bool:
        """Whether nothing of the line is left with the customer."""
        return self.before + self.quantity >= self.bought

    def _share(self, quantity: Decimal) -> Decimal:
        if not self.bought:
            return Decimal(0)
        return (self.gross * quantity / self.bought).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Charges:
    """What was paid beside the goods: shipping, other fees, and the cents that a shop's rounding leaves."""

    shipping: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    rounding: Decimal = Decimal(0)


def amount_owed(
    pieces: Sequence[Piece],
    charges: Charges,
    *,
    is_everything: bool,
    paid: Decimal,
    given_back: Decimal,
    standard_delivery: Decimal | None = None,
    deducted: Decimal = Decimal(0),
) -> Decimal:
    """What is owed for these pieces, never more than what was paid and not given back yet.

    What is `deducted` for a diminished value lowers the goods alone, and not below nothing: never the delivery.
    With the last of the goods comes the delivery (LGDCU 107.1), but not the surplus of a dearer one than the
    standard that the customer chose expressly (107.2); all of it where nobody knows the standard's price.
    """
    owed = max(goods_value(pieces) - deducted, Decimal(0))
    if is_everything:
        delivery = charges.shipping
        if standard_delivery is not None:
            delivery = min(delivery, standard_delivery)
        owed += delivery + charges.fees + charges.rounding
    return max(min(owed, paid - given_back), Decimal(0)).quantize(CENT, ROUND_HALF_UP)


def goods_value(pieces: Iterable[Piece]) -> Decimal:
    """What was paid for the goods alone."""
    return sum((piece.amount for piece in pieces), Decimal(0))


def may_deduct(kind: ReturnKind, *, was_told: bool, is_inspected: bool, reason: str, evidence: str) -> Answer:
    """Whether a diminished value of the goods may be deducted from the refund (LGDCU 108.2).

    The customer answers for handling beyond what shows nature, characteristics and functioning; never where nobody
    told them of the right to withdraw. What is faulty, was refused or never arrived lost no value by their hands.
    """
    article = "LGDCU 108.2" if kind is ReturnKind.STATUTORY_WITHDRAWAL else ""
    if kind not in _MAY_LOSE_VALUE:
        return Answer(False, article, f"nothing is deducted from a return that is {kind.replace('_', ' ')}")
    if kind is ReturnKind.STATUTORY_WITHDRAWAL and not was_told:
        why = "who was not told of the right to withdraw never answers for a diminished value"
        return Answer(False, article, why)
    if not is_inspected:
        return Answer(False, article, "nobody has inspected the goods: what they have lost is not known")
    if not reason.strip():
        return Answer(
            False, article, "say what was done to the goods beyond trying them: the customer reads it"
        )
    if not evidence.strip():
        return Answer(False, article, "a deduction needs its evidence: say what shows the diminished value")
    return Answer(True, article, reason.strip())


@dataclass(frozen=True, slots=True)
class Claim:
    """A return that waits for its money: what it is owed, and the refunds that had been made before it."""

    owed: Decimal
    since: datetime
    before: frozenset[str]
    """The refs of the refunds that the shop had made already when it was declared."""


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A refund that the shop has made and not deleted again; `at` is None where nobody said when."""

    ref: str
    amount: Decimal
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a claim has been given back, and by when all of it was: None while something is missing."""

    given: Decimal
    last_at: datetime | None
    is_all: bool
    refs: tuple[str, ...] = field(default=(), compare=False)
    """The refunds that it was paid by."""


def shares(claims: Sequence[Claim], refunds: Iterable[GivenBack]) -> tuple[Share, ...]:
    """Which refunds pay which returns of an order: the oldest claim first, by refunds made since it was declared."""
    made = list(refunds)
    left = {refund.ref: refund.amount for refund in made}
    found = []
    for claim in claims:
        given, last, refs = Decimal(0), None, []
        for refund in made:
            taken = min(left[refund.ref], claim.owed - given)
            if not counts(refund, claim) or taken <= 0:
                continue
            given += taken
            left[refund.ref] -= taken
            refs.append(refund.ref)
            last = max((at for at in (last, refund.at) if at is not None), default=None)
        found.append(Share(given, last, given >= claim.owed, tuple(refs)))
    return tuple(found)


def surplus(claims: Sequence[Claim], refunds: Iterable[GivenBack]) -> Decimal:
    """What was given back since the first claim and pays none of them: more than anybody was owed."""
    made = [refund for refund in refunds if any(counts(refund, claim) for claim in claims)]
    taken = sum((share.given for share in shares(claims, made)), Decimal(0))
    return sum((refund.amount for refund in made), Decimal(0)) - taken


def still_owed(claim: Claim, refunds: Iterable[GivenBack], paid: Decimal) -> Decimal:
    """What a claim comes to beside the refunds that came before it: nobody gets back more than they paid."""
    before = sum((refund.amount for refund in refunds if not counts(refund, claim)), Decimal(0))
    return max(min(claim.owed, paid - before), Decimal(0))


def counts(refund: GivenBack, claim: Claim) -> bool:
    """Whether a refund can pay a claim: what went back before anything was declared paid for something else."""
    return refund.ref not in claim.before and (refund.at is None or refund.at >= claim.since)


def may_withhold(
    kind: ReturnKind, *, is_collected: bool, goods_at: datetime | None, proof_at: datetime | None
) -> bool:
    """Whether the money may still wait for the goods or for the proof that they are on their way (LGDCU 107.3)."""
    return kind in MAY_WAIT and not is_collected and goods_at is None and proof_at is None


def withheld_until(due_at: datetime, goods_at: datetime | None, proof_at: datetime | None) -> datetime | None:
    """When a refund that was withheld past `due_at` stops being so: whichever of both came first, if one came."""
    came = [at for at in (goods_at, proof_at) if at is not None]
    return max(due_at, min(came)) if came else None


def double_sum_risk(kind: ReturnKind, *, is_overdue: bool) -> Risk:
    """Double the sum left article 107 in 2017 and stays in 110: a flag for the manager, never a payment."""
    article = ARTICLES[kind]
    if not article:
        return Risk.NONE
    if article == "LGDCU 110":
        return Risk.HIGH
    return Risk.MEDIUM if is_overdue else Risk.LOW
