"""Parcels and their scans."""

from datetime import datetime

from sqlalchemy import Boolean, Connection, ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from postventa.store.base import Base, BigId


class ShipmentRow(Base):
    """A parcel of an order. `look_at` is when its carrier is asked next; None means never again."""

    __tablename__ = "shipments"
    __table_args__ = (
        UniqueConstraint("order_id", "tracking_number"),
        Index("ix_shipments_carrier_look_at", "carrier", "look_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    tracking_number: Mapped[str] = mapped_column(String(128))
    carrier_word: Mapped[str] = mapped_column(String(128))
    """The shop's word for the carrier."""
    carrier: Mapped[str | None] = mapped_column(String(64))
    """The name in [carriers] that answers for it; None if nobody can be asked."""
    tracking_url: Mapped[str] = mapped_column(String(1000))
    shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(String(32))
    raw_code: Mapped[str] = mapped_column(String(128))
    raw_text: Mapped[str] = mapped_column(String(500))
    mapped_by: Mapped[str] = mapped_column(String(64))
    first_estimated_at: Mapped[datetime | None]
    estimated_at: Mapped[datetime | None]
    pickup_point: Mapped[str] = mapped_column(String(300))
    last_news_at: Mapped[datetime]
    look_at: Mapped[datetime | None]
    looked_at: Mapped[datetime | None]


class ScanRow(Base):
    """One event that the carrier recorded; the same event heard twice is one row."""

    __tablename__ = "scans"
    __table_args__ = (UniqueConstraint("shipment_id", "fingerprint"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    shipment_id: Mapped[int] = mapped_column(ForeignKey("shipments.id", ondelete="CASCADE"))
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(32))
    raw_code: Mapped[str] = mapped_column(String(128))
    raw_text: Mapped[str] = mapped_column(String(500))
    scanned_at: Mapped[datetime]
    zone_known: Mapped[bool] = mapped_column(Boolean)
    place: Mapped[str] = mapped_column(String(300))
    heard_at: Mapped[datetime]


def shipments_by_status(connection: Connection) -> dict[str, int]:
    """How many parcels are at each status."""
    rows = connection.execute(select(ShipmentRow.status, func.count()).group_by(ShipmentRow.status))
    return {name: count for name, count in rows}  # noqa: C416 - see orders_by_stage
