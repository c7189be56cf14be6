"""The stage of the demo's cases: customers who write to the shop, a desk that acts, each at its instant of the story."""

import heapq
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, Protocol

from sqlalchemy import Connection, select

from postventa import clock, compensation, complaints
from postventa.compensation import NotPossible
from postventa.complaints import NotDone
from postventa.rules.complaints import Kind, Outcome, Topic
from postventa.rules.returns import OutOfTurn, ReturnKind
from postventa.store.orders import CustomerRow, LineRow, OrderRow
from postventa.withdrawals import Declaration, declare
from postventa.workplace import Workplace

SHOP = "tienda"
OWNER, LEAD, MANAGER = "ana", "joan", "marta"
NOT_PLAIN = ("CRE-50", "DIG-")
"""Goods that may not come back, or not without a person's word."""
Script = Callable[["Stage"], Generator[float, None, None]]
"""A case as it goes: it does something and yields the hour of the story at which it goes on."""


class ShopFloor(Protocol):
    """What happens in the shop itself, where the service only looks on."""

    def give_back(self, order_ref: str) -> None:
        """Pays an order's money back, by its id in the shop."""

    def write_review(self, written: dict[str, Any]) -> None:
        """Puts a customer's product review on the shop's page."""


@dataclass(slots=True)
class Buyer:
    """A customer of the sandbox's shop, and the order that a case is about."""

    order_id: int
    number: str
    ref: str
    name: str
    email: str
    lines: dict[str, Decimal]


@dataclass
class Stage:
    """Plays scripts: at every stop of the story what was to happen since the last one, each thing at its instant."""

    start: datetime
    scripts: Iterable[tuple[float, Script]]
    shop: ShopFloor
    place: Workplace
    now: datetime = field(init=False)
    taken: set[int] = field(default_factory=set)
    surprises: list[str] = field(default_factory=list)
    """What the desk was refused, after which that script ended."""

    def __post_init__(self) -> None:
        self.now = self.start
        self._turn = count()
        self._coming = [(hour, next(self._turn), script(self)) for hour, script in self.scripts]
        heapq.heapify(self._coming)

    def play(self, until: datetime) -> None:
        """Lets everything happen that is due by `until`."""
        while self._coming and self._at(self._coming[0][0]) <= until:
            hour, _, script = heapq.heappop(self._coming)
            self.now = self._at(hour)
            with clock.clock_set_to(self.now):
                try:
                    again = next(script, None)
                except (NotDone, NotPossible, OutOfTurn) as refused:  # another seed may draw other orders
                    self.surprises.append(str(refused))
                    again = None
            if again is not None:
                heapq.heappush(self._coming, (again, next(self._turn), script))

    # --- what customers do ---

    def complain(
        self, kind: Kind, topic: Topic, language: str, text: str, who: Buyer | tuple[str, str]
    ) -> int:
        """A complaint by the form on the page; `who` is a buyer, or a name and an address without an order."""
        name, email = (who.name, who.email) if isinstance(who, Buyer) else who
        said = complaints.Statement(
            shop=SHOP,
            kind=kind,
            topic=topic,
            text=text,
            language=language,
            name=name,
            email=email,
            order_ref=who.number if isinstance(who, Buyer) else None,
            source="web",
            source_ref=f"demo-{next(self._turn)}",
            received_at=self.now,
        )
        return int(
            self.do(lambda c: complaints.file_complaint(c, self.place.settings, said, self.now).case_id)
        )

    def withdraw(
        self, who: Buyer, text: str, *, lines: int = 0, language: str = "es", is_verified: bool = True
    ) -> int:
        """A withdrawal by the page, from the link in a mail if verified: of everything, or of the first `lines` lines."""
        some = dict(list(who.lines.items())[:lines]) if lines else None
        said = self._declared(who, text, language, "web")
        return self._file(replace(said, lines=some, is_verified=is_verified))

    def ask_to_return(self, who: Buyer, kind: ReturnKind, text: str, *, language: str = "es") -> int:
        """Another return than a withdrawal, of the order's first line, by telephone."""
        said = self._declared(who, text, language, "desk")
        return self._file(replace(said, kind=kind, lines=dict(list(who.lines.items())[:1])))

    def add(self, case_id: int, text: str) -> None:
        """A customer's further words on the page of the case."""
        occasion = f"web:{next(self._turn)}"
        settings = self.place.settings
        self.do(
            lambda c: complaints.add_to_case(
                c, settings, case_id, text, at=self.now, now=self.now, occasion=occasion
            )
        )

    # --- what the desk does ---

    def act(self, what: Callable[..., Any], case_id: int, *words: Any, **more: Any) -> Any:
        """One of the desk's functions that take connection, settings and case, now."""
        settings = self.place.settings
        return self.do(lambda c: what(c, settings, case_id, *words, **more, now=self.now))

    def note(self, what: Callable[..., Any], case_id: int, *words: Any, **more: Any) -> Any:
        """The same for functions that need no settings."""
        return self.do(lambda c: what(c, case_id, *words, **more, now=self.now))

    def answer(self, case_id: int, outcome: Outcome, reasons: list[str], by: str) -> None:
        """Answers a complaint; the remedy that was approved for it goes with the answer."""
        self.act(complaints.answer, case_id, outcome=outcome, reasons=reasons, by=by)

    def compensate(self, case_id: int, incident: str, by: str, manager: str, **more: Any) -> None:
        """Proposes what the table says and approves it, by the manager where it must be."""
        made = self.act(compensation.propose, case_id, incident, who=by, **more)
        self.act(compensation.approve, made.id, who=manager if made.needs_manager else by)

    # --- whom and what they are about ---

    def buyer(self, stage: str, *, sku: str = "", lines: int = 1) -> Buyer | None:
        """A customer whose order stands at `stage`, in a script of their own; None where the story has none (yet)."""
        orders, customers = OrderRow.__table__.c, CustomerRow.__table__.c
        wanted = (
            select(orders.id, orders.number, orders.ref, customers.name, customers.email)
            .join(CustomerRow, customers.id == orders.customer_id)
            .where(orders.shop == SHOP, orders.stage == stage, orders.needs_shipping, customers.email != "")
            .order_by(orders.id)
        )
        with self.place.reading() as connection:
            for row in connection.execute(wanted):
                found = connection.execute(
                    select(LineRow.ref, LineRow.sku, LineRow.quantity)
                    .where(LineRow.order_id == row.id)
                    .order_by(LineRow.id)
                ).all()
                is_plain = not any(line.sku.startswith(NOT_PLAIN) for line in found)
                fits = (
                    any(line.sku.startswith(sku) for line in found)
                    if sku
                    else is_plain and len(found) >= lines
                )
                if fits and row.id not in self.taken:
                    self.taken.add(row.id)
                    pieces = {line.ref: line.quantity for line in found}
                    return Buyer(row.id, row.number, row.ref, row.name, row.email, pieces)
        return None

    def do(self, what: Callable[[Connection], Any]) -> Any:
        """Does something in one transaction, as a task would."""
        with self.place.store.begin() as connection:
            return what(connection)

    def _declared(self, who: Buyer, text: str, language: str, source: str) -> Declaration:
        return Declaration(
            shop=SHOP,
            order_ref=who.number,
            email=who.email,
            name=who.name,
            statement=text,
            source=source,
            source_ref=f"demo-{next(self._turn)}",
            informed_at=self.now,
            language=language,
            is_verified=True,
        )

    def _file(self, said: Declaration) -> int:
        return int(self.do(lambda c: declare(c, self.place.settings, said, self.now).case_id))

    def _at(self, hour: float) -> datetime:
        return self.start + timedelta(hours=hour)
