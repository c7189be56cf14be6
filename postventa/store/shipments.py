"""Parcels and their scans."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from postventa.rules.incidents import IncidentReason
from postventa.store.base import Base, BigId
from postventa.store.upsert import insert_new, upsert


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
    guessed_at: Mapped[datetime | None]
    """When it was likely to arrive by what earlier parcels needed, learned by us; written once, where the carrier is mute."""
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
    zone_known: Mapped[bool]
    place: Mapped[str] = mapped_column(String(300))
    heard_at: Mapped[datetime]
    incident_reason: Mapped[str] = mapped_column(String(48), default="", server_default="")
    """Why, by the carrier's code, and with it who answers for it; empty where the code gives no reason."""


def shipments_by_status(connection: Connection) -> dict[str, int]:
    """How many parcels are at each status."""
    rows = connection.execute(select(ShipmentRow.status, func.count()).group_by(ShipmentRow.status))
    return {name: count for name, count in rows}  # noqa: C416 - see orders_by_stage


def due_parcels(connection: Connection, carrier: str, now: datetime, limit: int) -> Sequence[Any]:
    """The parcels of `carrier` that are due for a look, longest due first."""
    parcels = ShipmentRow.__table__
    return connection.execute(
        parcels.select()
        .where(parcels.c.carrier == carrier, parcels.c.look_at <= now)
        .order_by(parcels.c.look_at, parcels.c.id)
        .limit(limit)
    ).all()


def known_scans(connection: Connection, shipment_ids: Sequence[int]) -> dict[int, set[str]]:
    """The fingerprints of the scans already stored, by parcel."""
    found: dict[int, set[str]] = {shipment_id: set() for shipment_id in shipment_ids}
    wanted = select(ScanRow.shipment_id, ScanRow.fingerprint).where(ScanRow.shipment_id.in_(shipment_ids))
    for shipment_id, mark in connection.execute(wanted):
        found[shipment_id].add(mark)
    return found


def recorded_reasons(connection: Connection, order_id: int) -> list[IncidentReason]:
    """The reasons that carriers gave for what befell an order's parcels, the oldest first, each once."""
    told = (
        select(ScanRow.incident_reason)
        .join(ShipmentRow, ShipmentRow.id == ScanRow.shipment_id)
        .where(ShipmentRow.order_id == order_id, ScanRow.incident_reason != "")
        .order_by(ScanRow.scanned_at, ScanRow.id)
    )
    return [IncidentReason(reason) for reason in dict.fromkeys(connection.scalars(told))]


def save_parcels(
    connection: Connection, parcels: Sequence[dict[str, Any]], scans: Sequence[dict[str, Any]]
) -> None:
    """Writes parcels (whole rows with their ids) and adds the scans that are new."""
    upsert(connection, ShipmentRow, parcels, ("id",), keep=("order_id", "tracking_number"))
    insert_new(connection, ScanRow, scans, ("shipment_id", "fingerprint"))
