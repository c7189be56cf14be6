"""Every parcel that left: by whom, how long, how many attempts and incidents, and whether it kept its first promise."""

from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import case, func, select

from postventa.datasets._carriers import OTHER
from postventa.datasets._night import Night, Span, Window
from postventa.datasets._reading import hours, local_day, per_shop, read
from postventa.datasets._regions import address_columns, regions
from postventa.rules.shipments import DELAY_GRACE, FINAL, NOTICES
from postventa.rules.shipments import ShipmentStatus as Status
from postventa.store.orders import OrderRow
from postventa.store.shipments import ScanRow, ShipmentRow

READS = ()
DAY = "day"
INCIDENTS = tuple(sorted(status for status, notice in NOTICES.items() if notice == "incident"))
ATTEMPTS = (Status.DELIVERED, Status.DELIVERY_FAILED, Status.READY_FOR_PICKUP)
"""What shows that the carrier was at the door, or has the parcel ready where it is fetched."""
_ORDERS: Any = OrderRow.__table__.c
_PARCELS: Any = ShipmentRow.__table__.c
_SCANS: Any = ScanRow.__table__.c


def build(night: Night, span: Span) -> pd.DataFrame:
    """A row for each parcel, on the local day on which it left the shop."""
    return per_shop(night, span, _rows)


def _rows(night: Night, window: Window) -> pd.DataFrame:
    found, names = read(night, _parcels(window)), night.pseudonyms
    first = found["first_attempt_at"].fillna(found["delivered_at"])
    attempted, promised = local_day(first, window), local_day(found["first_estimated_at"], window)
    days_late = _days_between(promised, attempted)
    status = _on_time(found, first, days_late, night)
    return pd.DataFrame(
        {
            "shop": found["shop"],
            "day": local_day(found["left_at"], window),
            "parcel_id": names.of("parcel", found["id"]),
            "order_id": names.of("order", found["order_id"]),
            "carrier": found["carrier"],
            "region": regions(found),
            "status": found["status"],
            "promised_on": promised,
            "first_attempt_on": attempted,
            "delivered_on": local_day(found["delivered_at"], window),
            "on_time_status": status,
            "is_on_time": status.map({"early": True, "on_time": True, "late": False}).astype("boolean"),
            "days_late": days_late,
            "attempts": found["failed"].fillna(0) + found["delivered_at"].notna().astype("Int64"),
            "incidents": found["incidents"].fillna(0),
            "has_incident": (found["incidents"].fillna(0) > 0).astype("boolean"),
            "is_at_pickup_point": (found["at_pickup"].fillna(0) > 0).astype("boolean"),
            "handling_hours": hours(found["paid_at"], found["left_at"]),
            "first_attempt_hours": hours(found["left_at"], first),
            "transit_hours": hours(found["left_at"], found["delivered_at"]),
        }
    )


def _on_time(
    found: pd.DataFrame, first: "pd.Series[Any]", days_late: "pd.Series[Any]", night: Night
) -> "pd.Series[str]":
    """The first attempt against the first estimate, with the same half day of grace as wherever we say late."""
    promised, latest = found["first_estimated_at"], found["estimated_at"].fillna(found["first_estimated_at"])
    by = promised + DELAY_GRACE
    is_over = found["status"].isin([str(status) for status in FINAL])
    says = np.select(
        [
            promised.isna(),
            days_late.fillna(0).lt(0).to_numpy(dtype=bool),
            first.notna() & (first <= by),
            first.notna() | (is_over & (night.now > by)),
            (latest > by) | (night.now > by),
        ],
        ["no_edd", "early", "on_time", "late", "will_be_late"],
        "on_track",
    )
    return pd.Series(says, index=found.index).astype("str")


def _days_between(since: "pd.Series[Any]", until: "pd.Series[Any]") -> "pd.Series[Any]":
    days = until.astype("datetime64[s]") - since.astype("datetime64[s]")
    return days.dt.days.astype("Float64").astype("Int64")


def _parcels(window: Window) -> Any:
    """Parcels that left within the window; one whose leaving nobody recorded left when it arrived, at the latest."""
    left_at = func.coalesce(_PARCELS.shipped_at, _PARCELS.delivered_at)
    mine = select(_PARCELS.id).join(OrderRow, _ORDERS.id == _PARCELS.order_id)
    mine = mine.where(_ORDERS.shop == window.shop, window.holds(left_at))
    scans = (
        select(
            _SCANS.shipment_id,
            func.sum(_if(_SCANS.status == Status.DELIVERY_FAILED)).label("failed"),
            func.sum(_if(_SCANS.status.in_(INCIDENTS))).label("incidents"),
            func.sum(_if(_SCANS.status == Status.READY_FOR_PICKUP)).label("at_pickup"),
            func.min(case((_SCANS.status.in_(ATTEMPTS), _SCANS.scanned_at))).label("first_attempt_at"),
        )
        .where(_SCANS.shipment_id.in_(mine))
        .group_by(_SCANS.shipment_id)
        .subquery()
    )
    counted = [column for column in scans.c if column.key != "shipment_id"]
    return (
        select(
            _ORDERS.shop,
            _PARCELS.id,
            _PARCELS.order_id,
            func.coalesce(_PARCELS.carrier, OTHER).label("carrier"),
            _PARCELS.status,
            _PARCELS.delivered_at,
            _PARCELS.first_estimated_at,
            _PARCELS.estimated_at,
            _ORDERS.paid_at,
            left_at.label("left_at"),
            *counted,
            *address_columns(),
        )
        .join(OrderRow, _ORDERS.id == _PARCELS.order_id)
        .outerjoin(scans, scans.c.shipment_id == _PARCELS.id)
        .where(_ORDERS.shop == window.shop, window.holds(left_at))
        .order_by(_PARCELS.id)
    )


def _if(condition: Any) -> Any:
    return case((condition, 1), else_=0)
