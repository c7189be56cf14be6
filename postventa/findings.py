"""What a comparison with a shop has found: written down with what mends it, and settled when that has been tried."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, delete, update

from postventa.parcel_checks import said_because
from postventa.reconciliation import Comparison, Found
from postventa.store.filing import file_heard, refuse
from postventa.store.reconciliation import ASKED, FOUND, FindingRow, ReconciliationRow, findings_of
from postventa.verdicts import AT_ONCE, Verdict, order_verdicts, parcel_verdicts

_FINDINGS: Any = FindingRow.__table__
_RUNS: Any = ReconciliationRow.__table__


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
        "set_aside": len(comparison.set_aside) + len(comparison.refused),
        "parcels_asked": 0,
    }
    runs: Any = ReconciliationRow.__table__
    number: int = connection.execute(runs.insert().returning(runs.c.id), row).scalar_one()
    if found:
        connection.execute(_FINDINGS.insert(), [_row(number, one, frame.now) for one in found])
        file_heard(connection, frame.shop, [one.heard for one in found if one.heard], frame.now)
    refuse(connection, frame.shop, "orders", comparison.refused, frame.now)
    return number


def day_over(now: datetime, zone: ZoneInfo) -> datetime:
    """The midnight with which the last day that is over began there."""
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    return datetime.combine(yesterday, time(), zone).astimezone(UTC)


def close(connection: Connection, run: Any, now: datetime) -> Sequence[Any]:
    """Looks up what became of each finding, counts the parcels that were asked about, and answers what is left to tell."""
    if run.ended_at is not None:
        return findings_of(connection, run.id)
    looks = parcel_verdicts(connection, run)
    _settle(
        connection,
        looks.verdicts | order_verdicts(connection, run, findings_of(connection, run.id, but=ASKED)),
    )
    connection.execute(
        delete(FindingRow).where(_FINDINGS.c.reconciliation_id == run.id, _FINDINGS.c.outcome == ASKED)
    )
    if looks.late:
        rows = [{"number": number, "seconds": seconds} for number, seconds in looks.late.items()]
        late = update(_FINDINGS).where(_FINDINGS.c.id == bindparam("number"))
        connection.execute(late.values(late_seconds=bindparam("seconds")), rows)
    reasons = [f"{carrier}: {count} {why}" for (carrier, why), count in sorted(looks.unasked.items())]
    counted = {
        "ended_at": now,
        "parcels_asked": looks.asked,
        "parcels_left": (run.parcels_left or 0) + looks.unasked.total(),
        "left_because": said_because(filter(None, [run.left_because, *reasons])),
    }
    connection.execute(update(_RUNS).where(_RUNS.c.id == run.id).values(**counted))
    return findings_of(connection, run.id)


def _settle(connection: Connection, verdicts: Mapping[int, Verdict]) -> None:
    """Those with the same end together: thousands of findings end in few ways."""
    alike: dict[Verdict, list[int]] = defaultdict(list)
    for number, (outcome, said) in verdicts.items():
        alike[outcome, said[:300]].append(number)
    for (outcome, said), numbers in alike.items():
        for start in range(0, len(numbers), AT_ONCE):
            some = _FINDINGS.c.id.in_(numbers[start : start + AT_ONCE])
            connection.execute(update(_FINDINGS).where(some).values(outcome=outcome, said=said))


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
