"""Orders as they stand: customers, orders on their three axes, lines, refunds, and the append-only event log."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Connection, ForeignKey, Index, String, UniqueConstraint, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from postventa.store.base import Base, BigId

BY_HAND = "desk:"
"""How the ref of a refund begins that was made beside the shop: its news says nothing of it."""


class CustomerRow(Base):
    """A person who bought in one shop; guests are customers too, known by their e-mail address."""

    __tablename__ = "customers"
    __table_args__ = (UniqueConstraint("shop", "identity"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    shop: Mapped[str] = mapped_column(String(64))
    identity: Mapped[str] = mapped_column(String(320))
    """The lower-case e-mail address, else `ref:` and the shop's id, else `order:` and the order's."""
    ref: Mapped[str | None] = mapped_column(String(64))
    email: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(400))
    phone: Mapped[str] = mapped_column(String(64))
    einvoice_consent_at: Mapped[datetime | None]
    hard_bounced_at: Mapped[datetime | None]


class OrderRow(Base):
    """An order. The three axes are the shop's word; `stage` is where it stands in the confirmation chain."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("shop", "ref"),
        Index("ix_orders_shop_number", "shop", "number"),
        Index("ix_orders_shop_stage_reread_at", "shop", "stage", "reread_at"),
        Index(
            "ix_orders_sale_look_at",
            "sale_look_at",
            sqlite_where=text("sale_look_at IS NOT NULL"),
            postgresql_where=text("sale_look_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    shop: Mapped[str] = mapped_column(String(64))
    ref: Mapped[str] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(String(64))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    raw_status: Mapped[str] = mapped_column(String(64))
    order_state: Mapped[str] = mapped_column(String(32))
    payment_state: Mapped[str] = mapped_column(String(32))
    fulfilment_state: Mapped[str] = mapped_column(String(32))
    stage: Mapped[str] = mapped_column(String(32))
    is_held: Mapped[bool]
    is_all_shipped: Mapped[bool]
    needs_shipping: Mapped[bool]
    placed_at: Mapped[datetime]
    modified_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    withdrawal_closes_at: Mapped[datetime | None]
    """Exclusive: when the customer's right to withdraw ends; None while no parcel is known to have arrived."""
    sale_final_at: Mapped[datetime | None]
    """From when the sale counts as final: the right to withdraw is over and no return is open."""
    sale_look_at: Mapped[datetime | None]
    """When somebody must look again at what follows the sale (the two dates above, refunds); None while nothing moved."""
    currency: Mapped[str] = mapped_column(String(3))
    total: Mapped[Decimal]
    tax_total: Mapped[Decimal]
    discount: Mapped[Decimal]
    language: Mapped[str | None] = mapped_column(String(8))
    invoice_number: Mapped[str | None] = mapped_column(String(64))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Addresses, charges, taxes, coupons and the payment method, as `postventa/copies.py` writes and reads them."""
    heard_at: Mapped[datetime]
    reread_at: Mapped[datetime | None]
    """When the shop is asked about this order by itself; None while its own changes are news enough."""


class LineRow(Base):
    """One line of an order; amounts as in `news.LineNews`."""

    __tablename__ = "order_lines"
    __table_args__ = (UniqueConstraint("order_id", "ref"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    ref: Mapped[str] = mapped_column(String(64))
    product_ref: Mapped[str] = mapped_column(String(64))
    sku: Mapped[str] = mapped_column(String(128))
    name: Mapped[str] = mapped_column(String(1000))
    quantity: Mapped[Decimal]
    net_before: Mapped[Decimal]
    tax_before: Mapped[Decimal]
    net: Mapped[Decimal]
    tax: Mapped[Decimal]


class RefundRow(Base):
    """Money given back; one that the shop has deleted again keeps its row with `withdrawn_at`."""

    __tablename__ = "refunds"
    __table_args__ = (UniqueConstraint("order_id", "ref"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    ref: Mapped[str] = mapped_column(String(64))
    amount: Mapped[Decimal]
    reason: Mapped[str] = mapped_column(String(1000))
    refunded_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class EventRow(Base):
    """What happened to an order, and when; rows are only ever added."""

    __tablename__ = "order_events"
    __table_args__ = (Index("ix_order_events_order_id_id", "order_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(String(32))
    parcel: Mapped[str | None] = mapped_column(String(128))
    happened_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(64))
    """`shop`, `carrier`, `clock` or `desk`."""
    stage: Mapped[str] = mapped_column(String(32))
    """Where the order stood afterwards."""
    reason: Mapped[str] = mapped_column(String(200))


def orders_by_stage(connection: Connection) -> dict[str, int]:
    """How many orders stand at each stage."""
    stage = OrderRow.stage
    rows = connection.execute(select(stage, func.count()).group_by(stage))
    return {name: count for name, count in rows}  # noqa: C416 - dict(rows) would not say what the columns are


def order_id_of(connection: Connection, reference: str) -> list[tuple[int, str, str, str]]:
    """The orders that an operator may mean by `SHOP:REF`, a ref or a number: (id, shop, ref, number)."""
    orders = OrderRow.__table__.c
    shop, _, ref = reference.rpartition(":")
    wanted = select(orders.id, orders.shop, orders.ref, orders.number).order_by(orders.id).limit(20)
    wanted = wanted.where((orders.ref == ref) | (orders.number == ref))
    if shop:
        wanted = wanted.where(orders.shop == shop)
    found = [(row.id, row.shop, row.ref, row.number) for row in connection.execute(wanted)]
    exact = [row for row in found if row[2] == ref]
    return exact or found
