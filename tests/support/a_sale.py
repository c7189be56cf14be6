"""A sale in the store, as far along as a test wants it, and a desk that looks after what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from an_order import fill, raw_order
from sqlalchemy import select, update

from postventa.store.cases import CaseRow
from postventa.store.clocks import ClockRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow, RefundRow
from postventa.store.returns import ReturnLineRow, ReturnRow
from postventa.store.shipments import ShipmentRow
from postventa.withdrawals import Declaration, Filed, declare
from postventa.workplace import Workplace

ARRIVED = datetime(2026, 11, 26, 11, tzinfo=UTC)
DAY = timedelta(days=1)


def line(
    ref: int, quantity: int = 1, net: str = "10.00", tax: str = "2.10", sku: str = "T-1"
) -> dict[str, Any]:
    amounts = {"subtotal": net, "subtotal_tax": tax, "total": net, "total_tax": tax}
    return {"id": ref, "product_id": ref, "sku": sku, "name": f"Tassa {ref}", "quantity": quantity, **amounts}


@dataclass
class ASale:
    """Order 7 of `tienda`: what happened to it, what its customer declared, and what the store says of it."""

    place: Workplace
    order_id: int = 0
    refunds: int = 0
    statements: int = field(default=0)

    def sell(
        self, parcels: Mapping[str, datetime | None], status: str = "completed", **order: Any
    ) -> "ASale":
        """Sells order 7 in these parcels; each arrived when its value says, or is still on its way."""
        fill(self.place, [raw_order(7, status, parcels=list(parcels), **order)], ARRIVED)
        with self.place.store.begin() as connection:
            self.order_id = connection.execute(select(OrderRow.id)).scalar_one()
        for number, at in parcels.items():
            if at is not None:
                self.scan(number, "delivered", at)
        return self

    def scan(self, number: str, status: str, at: datetime | None = None) -> None:
        parcel = update(ShipmentRow).where(ShipmentRow.tracking_number == number)
        with self.place.store.begin() as connection:
            connection.execute(parcel.values(status=status, delivered_at=at))
            connection.execute(update(OrderRow).values(sale_look_at=ARRIVED))

    def declare(self, at: datetime, lines: Mapping[str, int] | None = None, **more: Any) -> Filed:
        self.statements += 1
        facts = {
            "shop": "tienda",
            "order_ref": "7",
            "email": "Nuria.7@client.example",
            "name": "Núria Soler",
            "statement": "Desisteixo del contracte.",
            "source": "web",
            "source_ref": f"form-{self.statements}",
            "informed_at": at,
            "lines": None if lines is None else {ref: Decimal(count) for ref, count in lines.items()},
        }
        now = more.pop("now", at)
        with self.place.store.begin() as connection:
            return declare(connection, self.place.settings, Declaration(**facts | more), now)

    def give_back(self, amount: str, at: datetime | None, ref: str = "") -> str:
        """A refund in the shop, as its news would store it."""
        self.refunds += 1
        row = {
            "order_id": self.order_id,
            "ref": ref or f"r{self.refunds}",
            "amount": Decimal(amount),
            "reason": "",
        }
        with self.place.store.begin() as connection:
            connection.execute(RefundRow.__table__.insert(), row | {"refunded_at": at, "withdrawn_at": None})
            connection.execute(update(OrderRow).values(sale_look_at=at or ARRIVED))
        return row["ref"]

    def rows(self, table: Any) -> list[Any]:
        with self.place.reading() as connection:
            return list(connection.execute(table.__table__.select().order_by(table.__table__.c[0])))

    @property
    def order(self) -> Any:
        return self.rows(OrderRow)[0]

    @property
    def case(self) -> Any:
        return self.rows(CaseRow)[-1]

    @property
    def money(self) -> Any:
        return self.rows(ReturnRow)[-1]

    @property
    def lines(self) -> list[Any]:
        return self.rows(ReturnLineRow)

    @property
    def owed(self) -> dict[str, dict[str, Any]]:
        """The letters that its cases owe, by their names, with their facts; in the order in which they were owed."""
        return {row.message: row.facts for row in self.rows(OutboxRow) if row.case_id is not None}

    @property
    def clocks(self) -> dict[str, str]:
        return {row.rule_id: row.state for row in self.rows(ClockRow)}

    def clock(self, rule_id: str) -> Any:
        return [row for row in self.rows(ClockRow) if row.rule_id == rule_id][-1]
