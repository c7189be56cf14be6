"""The nights of the seeded month: a comparison each, some with findings, one made twice, and the polls of the days."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from a_months_rows import DAY, FIRST, HOUR, LAST, ZONES, AMonth

from postventa.datasets._night import midnight
from postventa.store.reconciliation import FindingRow, PollRow, ReconciliationRow


def nights(month: AMonth) -> None:
    """Every night of the month in both shops, but for one that was not compared."""
    for shop, zone in ZONES.items():
        for number in range((LAST - FIRST).days + 1):
            if number == 20:
                continue
            began = midnight(FIRST + timedelta(days=number), ZoneInfo(zone))
            run = a_night(month, shop, began, orders=40 + number, lacking=number % 3)
            a_poll(month, shop, began + 9 * HOUR, number)
            for late in range(number % 3):
                a_finding(
                    month, run, "missed", f"{shop}-{number}-{late}", began + DAY, late=600.0 * (late + 1)
                )
            if number == 9:
                a_finding(month, run, "gap", "T-77-79", None, outcome="unexplained")
                again = a_night(month, shop, began, orders=51, lacking=0, hours=12)
                for shipment, late in ((1, 4000.0), (2, 1.0)):
                    a_finding(month, again, "parcel", "9", began, late=late, shipment=shipment)


def a_night(month: AMonth, shop: str, began: datetime, *, orders: int, lacking: int, hours: int = 4) -> int:
    at = began + DAY + hours * HOUR
    row = {"shop": shop, "day_began_at": began, "since": at - 7 * DAY, "began_at": at, "ended_at": at + HOUR}
    counts = {"orders_in_shop": orders, "orders_in_ours": orders - lacking}
    was_counted = hours < 12
    parcels = dict.fromkeys(("parcels_fresh", "parcels_left", "parcels_without_carrier"))
    parcels |= {"parcels_fresh": 4, "parcels_left": 3, "parcels_without_carrier": 2} if was_counted else {}
    return month.add(ReconciliationRow, **row, **counts, set_aside=1, parcels_asked=10, **parcels)


def a_finding(
    month: AMonth,
    run: int,
    kind: str,
    ref: str,
    at: datetime | None,
    *,
    late: float | None = None,
    outcome: str = "repaired",
    shipment: int | None = None,
) -> None:
    row = {"reconciliation_id": run, "kind": kind, "ref": ref, "shipment_id": shipment, "changed_at": at}
    month.add(FindingRow, **row, late_seconds=late, outcome=outcome, said="")


def a_poll(month: AMonth, shop: str, at: datetime, news: int) -> None:
    row = {"shop": shop, "walk": "orders", "began_at": at, "ended_at": at, "news": news + 1, "cursor_at": at}
    month.add(PollRow, **row, lag_p50_seconds=30.0, lag_p95_seconds=250.0, lag_max_seconds=300.0 + news)
