"""What a comparison with a shop has found: written down with what mends it, and looked up again afterwards."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, delete, select, update

from postventa.reconciliation import Comparison, Found
from postventa.rules.reconciliation import Difference
from postventa.store.filing import file_heard
from postventa.store.inbox import InboxRow, ParkedRow
from postventa.store.orders import OrderRow
from postventa.store.reconciliation import FindingRow, ReconciliationRow, findings_of
from postventa.store.shipments import ScanRow, ShipmentRow

FOUND, ASKED = "found", "asked"
REPAIRED, NOT_REPAIRABLE, UNEXPLAINED = "repaired", "not_repairable", "unexplained"
NOT_FOLLOWED = "no further look was planned"
"""Said of a parcel that is on its way and that nobody would have asked about any more."""
_FINDINGS: Any = FindingRow.__table__
_INBOX: Any = InboxRow.__table__.c
_ORDERS: Any = OrderRow.__table__.c
_PARCELS: Any = ShipmentRow.__table__.c
_SCANS: Any = ScanRow.__table__.c


def record(connection: Connection, comparison: Comparison, zone: ZoneInfo) -> int:
    """Writes down a comparison and files what mends it, in one transaction; answers its number."""
    frame, found = comparison.frame, list(comparison.found.values())
    row = {
        "shop": frame.shop,
        "day_began_at": day_over(frame.now, zone),
        "since": frame.since,
        "began_at": frame.now,
        "ended_at": None,
        "orders_in_shop": len(comparison.listed),
        "orders_in_ours": sum(comparison.listed.values()),
        "set_aside": len(comparison.set_aside),
        "parcels_asked": 0,
    }
    runs: Any = ReconciliationRow.__table__
    number: int = connection.execute(runs.insert().returning(runs.c.id), row).scalar_one()
    if found:
        connection.execute(_FINDINGS.insert(), [_row(number, one, frame.now) for one in found])
        file_heard(connection, frame.shop, [one.heard for one in found if one.heard], frame.now)
    return number


def day_over(now: datetime, zone: ZoneInfo) -> datetime:
    """The midnight with which the last day that is over began there."""
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    return datetime.combine(yesterday, time(), zone).astimezone(UTC)


def close(connection: Connection, reconciliation: Any, now: datetime) -> Sequence[Any]:
    """Looks up what became of each finding, and answers them as they stand then."""
    verdicts, nothing = [], []
    for one in findings_of(connection, reconciliation.id):
        if one.kind == Difference.PARCEL:
            verdict = _parcel_verdict(connection, reconciliation, one)
        else:
            verdict = _order_verdict(connection, reconciliation, one)
        if verdict is None:
            nothing.append(one.id)
        else:
            verdicts.append({"number": one.id, "became": verdict[0], "words": verdict[1][:300]})
    if nothing:
        connection.execute(delete(FindingRow).where(_FINDINGS.c.id.in_(nothing)))
    if verdicts:
        settled = update(_FINDINGS).where(_FINDINGS.c.id == bindparam("number"))
        connection.execute(settled.values(outcome=bindparam("became"), said=bindparam("words")), verdicts)
    runs: Any = ReconciliationRow.__table__
    connection.execute(update(runs).where(runs.c.id == reconciliation.id).values(ended_at=now))
    return findings_of(connection, reconciliation.id)


def _row(number: int, found: Found, now: datetime) -> dict[str, Any]:
    at = found.changed_at
    return {
        "reconciliation_id": number,
        "kind": found.kind,
        "ref": found.ref,
        "shipment_id": None,
        "changed_at": at,
        "late_seconds": max((now - at).total_seconds(), 0.0) if at else None,
        "outcome": FOUND,
        "said": found.said[:300],
    }


def _order_verdict(connection: Connection, run: Any, finding: Any) -> tuple[str, str]:
    """Repaired is what this comparison filed and a run has applied since."""
    if finding.kind == Difference.GAP:
        return UNEXPLAINED, "neither the shop nor we know an order of these numbers"
    mine = (_INBOX.shop == run.shop) & (_INBOX.order_ref == finding.ref)
    if finding.changed_at is not None:
        mine &= (_INBOX.kind == "order") & (_INBOX.modified_at >= finding.changed_at)
    else:
        mine &= _INBOX.kind == "gone"
    wanted = select(_INBOX.outcome, _INBOX.read_at).where(mine).order_by(_INBOX.id)
    payloads = connection.execute(wanted).all()
    if any(
        row.outcome in {"applied", "outdated", "gone"} and row.read_at >= run.began_at for row in payloads
    ):
        return REPAIRED, finding.said
    is_parked = select(ParkedRow.id).where(
        ParkedRow.shop == run.shop, ParkedRow.order_ref == finding.ref, ParkedRow.resolved_at.is_(None)
    )
    if connection.execute(is_parked.limit(1)).first():
        return NOT_REPAIRABLE, "it is set aside: postventa parked"
    if any(row.outcome == "quarantined" for row in payloads):
        return NOT_REPAIRABLE, "the shop's payload is not understood: postventa quarantine"
    if any(row.outcome == "" for row in payloads):
        return NOT_REPAIRABLE, "it was filed, and no run has read it yet"
    return NOT_REPAIRABLE, "the shop shows what was applied before, and our order is still another"


def _parcel_verdict(connection: Connection, run: Any, finding: Any) -> tuple[str, str] | None:
    """None where the carrier said nothing that we should have known."""
    parcel = connection.execute(
        ShipmentRow.__table__.select().where(_PARCELS.id == finding.shipment_id)
    ).one()
    if parcel.looked_at is None or parcel.looked_at < run.began_at:
        return (
            (NOT_REPAIRABLE, "nobody follows it, and its carrier could not be asked")
            if _is_lost(finding)
            else None
        )
    if _is_lost(finding):
        return REPAIRED, NOT_FOLLOWED
    late = select(_SCANS.id).where(_SCANS.shipment_id == parcel.id, _SCANS.heard_at >= run.began_at)
    is_late = connection.execute(late.where(_SCANS.scanned_at < finding.changed_at).limit(1)).first()
    if is_late is None or parcel.status == finding.said:
        return None
    return REPAIRED, f"{finding.said} here, {parcel.status} with its carrier"


def _is_lost(finding: Any) -> bool:
    return bool(finding.said == NOT_FOLLOWED)
