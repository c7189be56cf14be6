"""What became of the differences that a comparison has found: looked up for all of them at once, whatever their number."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from postventa.parcel_checks import was_asked
from postventa.reconciliation import NOT_ASKED
from postventa.rules.reconciliation import Difference
from postventa.rules.shipments import FINAL
from postventa.store.inbox import InboxRow, ParkedRow
from postventa.store.reconciliation import (
    ASKED,
    NOT_FOLLOWED,
    NOT_REPAIRABLE,
    REPAIRED,
    UNEXPLAINED,
    FindingRow,
)
from postventa.store.shipments import ScanRow, ShipmentRow

Verdict = tuple[str, str]
"""An outcome, and what is said of it."""
AT_ONCE = 500
"""So many orders a statement."""
TOO_LATE, SET_ASIDE = "not answered in time", "set aside"
"""Why a parcel was not asked about although that was planned."""
TAKEN_IN = frozenset({"applied", "outdated", "gone"})
WAITS = {
    "quarantined": "the shop's payload is not understood: postventa quarantine",
    "": "it was filed, and no run has read it yet",
}
"""Why a payload has mended nothing, by what became of it."""
STILL_OTHER = "the shop shows what was applied before, and our order is still another"
_FINDINGS: Any = FindingRow.__table__.c
_INBOX: Any = InboxRow.__table__.c
_PARCELS: Any = ShipmentRow.__table__.c
_SCANS: Any = ScanRow.__table__.c


@dataclass(slots=True)
class Answers:
    """What came of the looks at parcels."""

    verdicts: dict[int, Verdict] = field(default_factory=dict)
    asked: int = 0
    unasked: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By carrier and reason."""
    late: dict[int, float] = field(default_factory=dict)
    """Of each finding, how many seconds after the carrier's first word of what was new we had it."""


def order_verdicts(connection: Connection, run: Any, findings: Sequence[Any]) -> dict[int, Verdict]:
    """Of each finding about orders: repaired is what this comparison filed and a run has applied since."""
    of_orders = [one for one in findings if one.kind != Difference.PARCEL]
    asked = {one.ref for one in of_orders if one.kind != Difference.GAP}
    payloads, parked = _payloads(connection, run.shop, asked), _parked(connection, run.shop, asked)
    return {one.id: _of_order(run, one, payloads[one.ref], one.ref in parked) for one in of_orders}


def _of_order(run: Any, finding: Any, heard: Sequence[Any], is_parked: bool) -> Verdict:
    if finding.kind == Difference.GAP:
        return UNEXPLAINED, finding.said or "neither the shop nor we know an order of these numbers"
    if finding.said == NOT_ASKED:
        return NOT_REPAIRABLE, NOT_ASKED
    mine = [row for row in heard if _is_about(finding, row)]
    if any(row.outcome in TAKEN_IN and row.read_at >= run.began_at for row in mine):
        return REPAIRED, finding.said
    if is_parked:
        return NOT_REPAIRABLE, "it is set aside: postventa parked"
    outcomes = {row.outcome for row in mine}
    return NOT_REPAIRABLE, next((said for outcome, said in WAITS.items() if outcome in outcomes), STILL_OTHER)


def _is_about(finding: Any, row: Any) -> bool:
    if finding.changed_at is None:
        return bool(row.kind == "gone")
    return bool(row.kind == "order" and row.modified_at >= finding.changed_at)


def _payloads(connection: Connection, shop: str, refs: Collection[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    columns = (_INBOX.order_ref, _INBOX.kind, _INBOX.modified_at, _INBOX.outcome, _INBOX.read_at)
    for some in _in_batches(refs):
        wanted = select(*columns).where(_INBOX.shop == shop, _INBOX.order_ref.in_(some))
        for row in connection.execute(wanted):
            found[row.order_ref].append(row)
    return found


def _parked(connection: Connection, shop: str, refs: Collection[str]) -> set[str]:
    found: set[str] = set()
    for some in _in_batches(refs):
        wanted = select(ParkedRow.order_ref).where(
            ParkedRow.shop == shop, ParkedRow.order_ref.in_(some), ParkedRow.resolved_at.is_(None)
        )
        found.update(connection.execute(wanted).scalars())
    return found


def parcel_verdicts(connection: Connection, run: Any) -> Answers:
    """Of each finding about parcels that is worth a word, and how many were asked about and were not."""
    news = select(func.min(_SCANS.scanned_at)).where(
        _SCANS.shipment_id == _PARCELS.id, _SCANS.heard_at >= run.began_at
    )
    planned = (
        select(
            _FINDINGS.id,
            _FINDINGS.said,
            _FINDINGS.changed_at,
            _PARCELS.status,
            _PARCELS.carrier,
            _PARCELS.look_at,
            _PARCELS.looked_at,
            was_asked(run).label("was_asked"),
            news.scalar_subquery().label("news_from"),
        )
        .join(ShipmentRow, _PARCELS.id == _FINDINGS.shipment_id)
        .where(_FINDINGS.reconciliation_id == run.id, _FINDINGS.outcome == ASKED)
    )
    answers = Answers()
    for one in connection.execute(planned):
        if one.was_asked:
            answers.asked += 1
        else:
            answers.unasked[one.carrier, TOO_LATE if one.look_at else SET_ASIDE] += 1
        if verdict := _of_parcel(one):
            answers.verdicts[one.id] = verdict
            if one.was_asked and one.news_from is not None:
                answers.late[one.id] = max((one.looked_at - one.news_from).total_seconds(), 0.0)
    return answers


def _of_parcel(one: Any) -> Verdict | None:
    """None where the carrier said nothing that we should have known."""
    is_lost = one.said == NOT_FOLLOWED
    if not one.was_asked:
        return (NOT_REPAIRABLE, "nobody follows it, and its carrier could not be asked") if is_lost else None
    if is_lost:
        return REPAIRED, NOT_FOLLOWED
    is_late = one.news_from is not None and one.news_from < one.changed_at
    # Of one that had come to its end nobody would have asked again: whatever is new of it was missed.
    is_news = one.status != one.said and (is_late or one.said in FINAL)
    return (REPAIRED, f"{one.said} here, {one.status} with its carrier") if is_news else None


def _in_batches(refs: Collection[str]) -> Iterator[Sequence[str]]:
    rest = sorted(refs)
    for start in range(0, len(rest), AT_ONCE):
        yield rest[start : start + AT_ONCE]
