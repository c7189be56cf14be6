"""A return's story for the desk: where it stands, what comes back, its money, its clocks, and what was said."""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from postventa.rules.refunds import REFUND_RULES, double_sum_risk
from postventa.rules.returns import ReturnKind
from postventa.store.cases import CaseEntryRow, CaseRow
from postventa.store.clocks import ClockRow
from postventa.store.orders import LineRow, OrderRow
from postventa.store.returns import ReturnLineRow, ReturnRow

_CLOCKS: Any = ClockRow.__table__
_ENTRIES: Any = CaseEntryRow.__table__


@dataclass(frozen=True, slots=True)
class ReturnStory:
    """Everything about a return, ready to be printed. It holds personal data."""

    case_id: int
    shop: str
    number: str
    key: str
    kind: str
    state: str
    owner: str | None
    order: str | None
    name: str
    email: str
    informed_at: datetime
    """When the customer sent the statement."""
    acknowledged_at: datetime | None
    article: str
    carrier: str
    tracking_number: str
    proof_at: datetime | None
    goods_received_at: datetime | None
    inspected_at: datetime | None
    deducted_amount: Decimal
    """What the goods have lost, and the refund with them (LGDCU 108.2)."""
    refund_due_amount: Decimal | None
    refunded_amount: Decimal
    refunded_at: datetime | None
    currency: str
    double_sum_risk: str
    lines: tuple[dict[str, Any], ...]
    clocks: tuple[dict[str, Any], ...]
    entries: tuple[dict[str, Any], ...]

    def document(self) -> dict[str, Any]:
        """As JSON tells it."""
        return asdict(self)

    def text(self) -> str:
        """As a person reads it."""
        about = f"order {self.order}" if self.order else "no order that is known"
        owner = f"owned by {self.owner}" if self.owner else "owned by nobody"
        article = f" by {self.article}" if self.article else ""
        said = [
            f"{self.number} ({self.kind}) of {self.shop}, about {about}: {self.state}{article}, {owner}.".replace(
                "_", " "
            ),
            f"From {self.name or 'nobody named'} <{self.email or 'no address'}>; the key is {self.key}.",
            f"Sent {_written(self.informed_at)}.",
            self._money(),
            *self._goods(),
            "",
            "What comes back",
        ]
        said += [_line(line) for line in self.lines] or ["  nothing that is known"]
        said += ["", "Clocks"]
        for clock in self.clocks:
            said += [
                f"{clock['rule_id']}, {clock['article']}: {clock['state']}, due {_written(clock['due_at'])}",
                f"    {clock['working']}",
            ]
        said += ["", "What was said"]
        for entry in self.entries:
            said.append(f"{_written(entry['at'])}  {entry['kind']} by {entry['author']}")
            said += [f"    {line}" for line in entry["text"].splitlines()]
        return "\n".join(said)

    def _money(self) -> str:
        if self.refund_due_amount is None:
            return "What is owed is not known: no order of the customer's was found."
        back = f"{self.refunded_amount:.2f} of {self.refund_due_amount:.2f} {self.currency} given back"
        when = f", all of it by {_written(self.refunded_at)}" if self.refunded_at else ""
        less = f"; {self.deducted_amount:.2f} deducted (LGDCU 108.2)" if self.deducted_amount else ""
        return f"{back}{when}{less}; the risk of double the sum is {self.double_sum_risk}."

    def _goods(self) -> list[str]:
        known = {
            "on their way with": " ".join(part for part in (self.carrier, self.tracking_number) if part),
            "proven to be on their way since": _written(self.proof_at) if self.proof_at else "",
            "received": _written(self.goods_received_at) if self.goods_received_at else "",
            "inspected": _written(self.inspected_at) if self.inspected_at else "",
        }
        return [f"The goods: {what} {when}." for what, when in known.items() if when]


def return_story(connection: Connection, case_id: int, now: datetime) -> ReturnStory:
    """Reads a return's story. The case must be a return."""
    case: Any = connection.execute(CaseRow.__table__.select().where(CaseRow.id == case_id)).one()
    row: Any = connection.execute(ReturnRow.__table__.select().where(ReturnRow.case_id == case_id)).one()
    order = connection.execute(
        select(OrderRow.shop, OrderRow.ref).where(OrderRow.id == case.order_id)
    ).one_or_none()
    lines = (
        select(LineRow.ref, LineRow.name, ReturnLineRow.quantity, ReturnLineRow.amount)
        .add_columns(ReturnLineRow.is_refused, ReturnLineRow.reason)
        .join(LineRow, LineRow.id == ReturnLineRow.line_id)
        .where(ReturnLineRow.case_id == case_id)
        .order_by(ReturnLineRow.id)
    )
    mine, clock = _CLOCKS.c.case_id == case_id, _CLOCKS.c
    clocks = select(clock.rule_id, clock.article, clock.state, clock.due_at, clock.amount, clock.working)
    entry = _ENTRIES.c
    entries = select(entry.kind, entry.author, entry.at, entry.text).where(entry.case_id == case_id)
    running = {"running", "due_soon", "overdue"}
    counted = _rows(connection, clocks.where(mine).order_by(clock.due_at, clock.id))
    is_overdue = any(
        one["rule_id"] in REFUND_RULES and one["state"] in running and one["due_at"] <= now for one in counted
    )
    shared = ("informed_at", "acknowledged_at", "article", "carrier", "tracking_number", "proof_at")
    money = (
        "goods_received_at",
        "inspected_at",
        "deducted_amount",
        "refund_due_amount",
        "refunded_amount",
        "refunded_at",
    )
    return ReturnStory(
        case_id=case.id,
        shop=case.shop,
        number=case.number,
        key=case.key,
        kind=row.kind,
        state=case.state,
        owner=case.owner,
        order=f"{order.shop}:{order.ref}" if order else None,
        name=case.name,
        email=case.email,
        currency=row.currency,
        double_sum_risk=double_sum_risk(ReturnKind(row.kind), is_overdue=is_overdue),
        lines=_rows(connection, lines),
        clocks=counted,
        entries=_rows(connection, entries.order_by(entry.id)),
        **{name: getattr(row, name) for name in (*shared, *money)},
    )


def _rows(connection: Connection, wanted: Any) -> tuple[dict[str, Any], ...]:
    return tuple(dict(row) for row in connection.execute(wanted).mappings())


def _line(line: dict[str, Any]) -> str:
    refused = f"  refused: {line['reason']}" if line["is_refused"] else ""
    return (
        f"  {line['ref']}  {line['quantity'].normalize():f} x {line['name']}  {line['amount']:.2f}{refused}"
    )


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
