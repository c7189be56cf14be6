"""What is proposed to a customer for what went wrong: a table of remedies, read by incident and by whose fault it was.

Money is what is proposed. A credit in the shop is something that a customer may choose instead, never what is put
first: a discount on the next purchase is advertising, which has no place in a complaint (LGDCU 21.2). There is no
way to say here that a remedy depends on taking a complaint back or on a review, and there must be none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fnmatch import fnmatchcase

from postventa.rules.incidents import IncidentReason, Party, who_answers

CENT = Decimal("0.01")


class Fault(StrEnum):
    """Whose fault it was."""

    CARRIER = "carrier"
    SHOP = "shop"
    CUSTOMER = "customer"
    NOBODY = "nobody"


class Remedy(StrEnum):
    """What makes it good."""

    FULL_REFUND = "full_refund"
    PARTIAL_REFUND = "partial_refund"
    REFUND_OF_SHIPPING = "refund_of_shipping"
    CORRECTION = "correction"
    FREE_RETURN = "free_return"
    """The goods come back at the shop's cost."""
    REPLACEMENT = "replacement"
    RETURN_AT_OWN_COST = "return_at_own_cost"
    APOLOGY = "apology"
    CREDIT = "credit"
    """An amount to spend in the shop: only ever chosen by the customer, beside money."""


MONEY = frozenset(
    {
        Remedy.FULL_REFUND,
        Remedy.PARTIAL_REFUND,
        Remedy.REFUND_OF_SHIPPING,
        Remedy.CORRECTION,
        Remedy.FREE_RETURN,
    }
)
"""Remedies that may pay the customer something back."""
PARTY = {
    "carrier": Fault.CARRIER,
    "retailer": Fault.SHOP,
    "consignee": Fault.CUSTOMER,
    "customs": Fault.NOBODY,
    "weather": Fault.NOBODY,
    "natural": Fault.NOBODY,
    "force": Fault.NOBODY,
    "security": Fault.NOBODY,
    "regulatory": Fault.NOBODY,
    "parcel": Fault.CARRIER,
    "lost": Fault.CARRIER,
    "late": Fault.CARRIER,
    "damaged": Fault.CARRIER,
}
"""The first word of an incident -> who answers for it; the shop does for all others, until somebody knows better."""
FAULT = {
    Party.CARRIER: Fault.CARRIER,
    Party.RETAILER: Fault.SHOP,
    Party.CONSIGNEE: Fault.CUSTOMER,
    Party.CUSTOMS: Fault.NOBODY,
    Party.NOBODY: Fault.NOBODY,
}
EXPLAINED_BY_SCANS = frozenset({"late_delivery"})
"""Incidents whose cause a carrier's scans tell. What is damaged or missing is seen by the customer, not scanned."""
PARTS = ("shipping", "goods", "charged")


class BadTable(ValueError):
    """A table of remedies cannot be used; the sentence names the line and what is wrong with it."""


class NotOnTheTable(ValueError):
    """A remedy was wished for that the table does not offer for this incident."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table; `rules/compensation.toml` says what its fields mean."""

    incident: str
    fault: str
    remedy: Remedy
    why: str
    percent: Decimal = Decimal(0)
    of: str = "goods"
    at_least: Decimal = Decimal(0)
    cap: Decimal | None = None
    alternatives: tuple[Remedy, ...] = ()


@dataclass(frozen=True, slots=True)
class Stakes:
    """What the customer paid: for shipping, for the goods concerned, and what was wrongly charged."""

    shipping: Decimal = Decimal(0)
    goods: Decimal = Decimal(0)
    charged: Decimal = Decimal(0)
    is_whole: bool = True
    """The goods concerned are all that was bought, so that nothing was shipped beside them."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A remedy with its amount (nothing where it is not money), why, and what may be chosen instead."""

    remedy: Remedy
    amount: Decimal
    why: str
    alternatives: tuple[tuple[Remedy, Decimal], ...] = ()


def fault_of(incident: str, recorded: Iterable[IncidentReason] = ()) -> Fault:
    """Who answers for an incident where nobody has said otherwise.

    A delivery that is late is laid on whoever the carrier's `recorded` reasons name, where they name anybody.
    """
    party = who_answers(recorded) if incident in EXPLAINED_BY_SCANS else None
    return FAULT[party] if party else PARTY.get(incident.partition("_")[0], Fault.SHOP)


def line_for(table: Sequence[Line], incident: str, fault: Fault) -> Line:
    """The first line that fits. Raises BadTable if none does."""
    for line in table:
        if fnmatchcase(incident, line.incident) and fnmatchcase(fault, line.fault):
            return line
    raise BadTable(f"no line for {incident} by fault of {fault}: end the table with one for `*` and `*`")


def propose(
    table: Sequence[Line], incident: str, fault: Fault, stakes: Stakes, *, chosen: Remedy | None = None
) -> Proposal:
    """What the table proposes, or the alternative that the customer chose. Raises BadTable, NotOnTheTable."""
    line = line_for(table, incident, fault)
    offered = (line.remedy, *line.alternatives)
    remedy = chosen or line.remedy
    if remedy not in offered:
        raise NotOnTheTable(
            f"{remedy} is not offered for {incident} by fault of {fault}: {', '.join(offered)} are"
        )
    others = tuple((other, _amount(line, other, stakes)) for other in offered if other is not remedy)
    return Proposal(remedy, _amount(line, remedy, stakes), line.why, others)


def _amount(line: Line, remedy: Remedy, stakes: Stakes) -> Decimal:
    """How much a remedy is worth in money: never more than what was paid for what is made good."""
    paid: Decimal = getattr(stakes, line.of)
    if remedy is Remedy.FULL_REFUND:
        return (stakes.goods + (stakes.shipping if stakes.is_whole else 0)).quantize(CENT)
    if remedy is not Remedy.CREDIT and remedy not in MONEY:
        return Decimal(0)
    amount = max(paid * line.percent / 100, min(line.at_least, stakes.goods + stakes.shipping))
    if line.cap is not None:
        amount = min(amount, line.cap)
    return amount.quantize(CENT, ROUND_HALF_UP)


def why_a_manager(amount: Decimal, *, limit: Decimal, spent: Decimal, budget: Decimal) -> str:
    """Why a manager has to approve an amount; empty where anybody at the desk may."""
    if amount > limit:
        return f"{amount:.2f} is above the {limit:.2f} that anybody at the desk may approve"
    if spent + amount > budget:
        return f"with {amount:.2f} the month's {budget:.2f} would be overspent: {spent:.2f} of it is gone"
    return ""


def read_table(written: Mapping[str, object], name: str) -> tuple[Line, ...]:
    """A table from its TOML. Raises BadTable with the line's number and the key."""
    lines = written.get("line", ())
    if not isinstance(lines, list) or written.keys() - {"line"}:
        raise BadTable(f"{name}: a table of remedies has [[line]] entries and nothing else")
    return tuple(_read(line, f"{name}: line {number}") for number, line in enumerate(lines, 1))


def _read(line: Mapping[str, object], where: str) -> Line:
    for key in sorted(line.keys() - Line.__dataclass_fields__.keys()):
        raise BadTable(f"{where}: {key} is not a key of a line")
    for key in ("incident", "fault", "remedy", "why"):
        if not isinstance(line.get(key), str) or not line[key]:
            raise BadTable(f"{where}: {key} must be there, as text")
    try:
        made = Line(
            incident=str(line["incident"]),
            fault=str(line["fault"]),
            remedy=Remedy(str(line["remedy"])),
            why=str(line["why"]),
            percent=_number(line.get("percent", 0), "percent"),
            of=str(line.get("of", "goods")),
            at_least=_number(line.get("at_least", 0), "at_least"),
            cap=None if "cap" not in line else _number(line["cap"], "cap"),
            alternatives=tuple(Remedy(str(other)) for other in _list(line.get("alternatives", []))),
        )
    except ValueError as wrong:
        raise BadTable(f"{where}: {wrong}") from wrong
    _check(made, where)
    return made


def _check(line: Line, where: str) -> None:
    wrong = {
        f"fault must be * or one of {', '.join(Fault)}": line.fault not in {"*", *Fault},
        f"of must be one of {', '.join(PARTS)}": line.of not in PARTS,
        "percent must be between 0 and 100": not 0 <= line.percent <= 100,
        "credit may only be an alternative: money comes first (LGDCU 21.2)": line.remedy is Remedy.CREDIT,
        "credit may only stand beside money, which the customer can always have instead": (
            Remedy.CREDIT in line.alternatives and (line.remedy not in MONEY or line.percent == 0)
        ),
    }
    for sentence, is_so in wrong.items():
        if is_so:
            raise BadTable(f"{where}: {sentence}")


def _number(value: object, key: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or value < 0:
        raise ValueError(f"{key} must be a number, 0 or above")
    return Decimal(str(value))


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise ValueError("alternatives must be a list")  # noqa: TRY004 - caught as what is wrong with the line
    return value
