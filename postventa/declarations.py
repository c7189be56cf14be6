"""What a customer declares, on its way to becoming a return: the case, what comes back, the acknowledgement, the clocks."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from postventa.clock_law import read_up
from postventa.clocks import start_clocks
from postventa.rules.refunds import FROM_THE_WORD
from postventa.rules.returns import ASKED_FOR, EXCEPTION, ReturnKind, ReturnState
from postventa.rules.withdrawals import exemption
from postventa.sales import Home, amount_for, ending_of, home_of, pieces_of
from postventa.settings import Settings
from postventa.store.casebook import NewCase, Opened, move, open_case, owe, say
from postventa.store.returns import ReturnLineRow, ReturnRow
from postventa.store.sales import STATEMENT, Sale

ACKNOWLEDGEMENT = "withdrawal_received"
_RETURNS: Any = ReturnRow.__table__
_RETURN_LINES: Any = ReturnLineRow.__table__


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a customer declares. `lines` are quantities by the line's ref; None is everything that is left.

    `is_verified` says that it comes from the order's own customer: by a signed link, or known to the desk. Else the
    e-mail address must be the order's; the acknowledgement goes to the address given in either case.
    """

    shop: str
    order_ref: str
    email: str
    name: str
    statement: str
    source: str
    source_ref: str
    informed_at: datetime
    """When it was sent, which decides whether it was in time."""
    lines: Mapping[str, Decimal] | None = None
    language: str = ""
    kind: ReturnKind = ReturnKind.STATUTORY_WITHDRAWAL
    phone: str = ""
    is_verified: bool = False
    is_in_words: bool = False
    """It names the goods in its words alone: a person reads what comes back."""


@dataclass(frozen=True, slots=True)
class Filing:
    """One statement on its way to becoming a case."""

    connection: Connection
    settings: Settings
    declaration: Declaration
    sale: Sale | None
    """None where no order of this customer is known by what the statement says."""
    wanted: Mapping[int, Decimal]
    now: datetime

    @property
    def amount(self) -> Decimal | None:
        if self.sale is None or self.declaration.is_in_words:
            return None
        return amount_for(self.sale, self.settings, self.wanted)

    @property
    def currency(self) -> str:
        return self.sale.order.currency if self.sale else ""

    @property
    def home(self) -> Home:
        return home_of(self.sale.order) if self.sale else Home("", None)

    def open(self) -> Opened:
        declaration, order = self.declaration, self.sale.order if self.sale else None
        shop = self.settings.shop(declaration.shop)
        new = NewCase(
            shop=declaration.shop,
            family="return",
            name=declaration.name,
            email=declaration.email.strip(),
            language=declaration.language or (order and order.language) or shop.language,
            source=declaration.source,
            source_ref=declaration.source_ref,
            state=ReturnState.REQUESTED,
            opened_at=declaration.informed_at,
            order_id=order.id if order else None,
            customer_id=order.customer_id if order else None,
            phone=declaration.phone,
            region=self.home.region,
            zone=str(self.home.zone or ""),
            owner=self.settings.desk.owner or None,
        )
        read_up(self.settings, self.home.region)
        return open_case(self.connection, new, self.now, shop.zone)

    def record(self, case_id: int) -> None:
        """Writes down what was declared, what comes back, and what is owed for it."""
        declaration, amount = self.declaration, self.amount
        row = {
            "case_id": case_id,
            "kind": declaration.kind,
            "statement": declaration.statement,
            "informed_at": declaration.informed_at,
            "article": "",
            "is_collected": self.settings.policy.collects_returns,
            "carrier": "",
            "tracking_number": "",
            "refund_due_amount": amount,
            "currency": self.currency,
            "refunded_amount": Decimal(0),
        }
        self.connection.execute(_RETURNS.insert(), row)
        self.record_lines(case_id)

    def record_lines(self, case_id: int) -> None:
        """Writes down how much of which lines comes back."""
        lines = [
            {
                "case_id": case_id,
                "line_id": line_id,
                "quantity": piece.quantity,
                "amount": piece.amount,
                "is_refused": False,
                "reason": "",
            }
            for line_id, piece in (pieces_of(self.sale, self.wanted) if self.sale else {}).items()
        ]
        if lines:
            self.connection.execute(_RETURN_LINES.insert(), lines)

    def acknowledge(self, case_id: int) -> None:
        """Says back what was declared, with its date and time, and starts the clocks (LGDCU 106.3, 107.1).

        What the law does not oblige the shop to take stays requested until a person decides.
        """
        declaration, now = self.declaration, self.now
        said = {ref: str(quantity) for ref, quantity in (declaration.lines or {}).items()}
        say(
            self.connection,
            case_id,
            kind=STATEMENT,
            author="customer",
            text=declaration.statement,
            at=declaration.informed_at,
            now=now,
            occasion=STATEMENT,
            details={
                "kind": declaration.kind,
                "informed_at": declaration.informed_at.isoformat(),
                "lines": said,
                "refunds_before": [refund.ref for refund in self.sale.refunds] if self.sale else [],
            },
        )
        owe(self.connection, case_id, ACKNOWLEDGEMENT, "once", now, facts=content(declaration, self.sale))
        if declaration.kind not in ASKED_FOR:
            move(self.connection, case_id, ReturnState.ACKNOWLEDGED, who="clock", now=now)
        if declaration.kind is ReturnKind.STATUTORY_WITHDRAWAL:
            self._start(case_id, "withdrawal.submitted", now, None)
        if declaration.kind in FROM_THE_WORD and self.amount != 0:  # nothing was paid, nothing goes back
            self._start(case_id, "withdrawal.informed", declaration.informed_at, self.amount)

    def _start(self, case_id: int, trigger: str, at: datetime, amount: Decimal | None) -> None:
        start_clocks(
            self.connection,
            self.settings,
            trigger=trigger,
            shop=self.declaration.shop,
            events=[at],
            now=self.now,
            case_id=case_id,
            region=self.home.region,
            zone=str(self.home.zone or ""),
            amount=amount,
            currency=self.currency,
        )

    def what_a_person_decides(self) -> tuple[str, ...]:
        """Why the return waits for a person; nothing where the customer has the right and it is clear to what."""
        if self.sale is None:
            return ("no order of this customer is known under that number",)
        kind, informed_at = self.declaration.kind, self.declaration.informed_at
        return doubts_about(self.sale, self.settings, kind, informed_at, self.wanted)


def doubts_about(
    sale: Sale, settings: Settings, kind: ReturnKind, informed_at: datetime, wanted: Collection[int]
) -> tuple[str, ...]:
    """What a person must decide before these lines (by their ids) may come back; nothing where the law has."""
    if kind is not ReturnKind.STATUTORY_WITHDRAWAL:
        return (f"a {kind.replace('_', ' ')} is decided by a person",)
    doubts: list[str] = []
    ending = ending_of(sale, settings)
    if not ending.is_open(informed_at):
        doubts.append(f"sent after the period had ended ({ending.article}): {ending.working}")
    for line in sale.lines:
        letter = exemption(line.sku, settings.policy.exemptions)
        if letter and line.id in wanted:
            doubts.append(f"{EXCEPTION}{letter} may except line {line.ref}: say what shows it, or accept it")
    if not wanted:
        doubts.append("the order has nothing that could come back")
    return tuple(doubts)


def content(declaration: Declaration, sale: Sale | None) -> dict[str, str]:
    """What the acknowledgement says beside the statement itself: the order by the number that the customer knows."""
    number = sale.order.number if sale else declaration.order_ref
    return {"informed_at": declaration.informed_at.isoformat(), "order_number": number}
