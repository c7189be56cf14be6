"""A comparison with a shop as people read it: a page with the counts, and a table with every difference."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from postventa.poll_lag import span
from postventa.rules.reconciliation import Difference, Lag, lag_of
from postventa.store.reconciliation import NOT_REPAIRABLE, REPAIRED

MEANS = {
    Difference.MISSED: "orders that were never heard of",
    Difference.STALE: "orders of which we had an earlier state",
    Difference.GONE: "orders that the shop has no more",
    Difference.PARCEL: "parcels whose carrier knew more than we did",
    Difference.GAP: "gaps between order numbers that nobody explains",
}
SHOWN_AT_MOST = 200


def page_of(run: Any, findings: Sequence[Any], ahead: Sequence[str] = ()) -> str:
    """The page of one comparison, as markdown."""
    kinds = Counter(one.kind for one in findings)
    outcomes = Counter(one.outcome for one in findings)
    late = [one for one in findings if one.late_seconds is not None]
    of_orders = lag_of(one.late_seconds for one in late if one.kind != Difference.PARCEL)
    of_parcels = lag_of(one.late_seconds for one in late if one.kind == Difference.PARCEL)
    return "\n".join(
        [
            f"# Completeness of {run.shop}",
            "",
            f"As of {run.began_at:%Y-%m-%d %H:%M} UTC: {_compared(run)}.",
            "",
            "| | how many |",
            "|---|---:|",
            f"| orders in the shop | {run.orders_in_shop} |",
            f"| of them with us, before anything was repaired | {run.orders_in_ours} |",
            f"| heard in time, and waiting for a person | {run.set_aside} |",
            *(f"| {said} | {count} |" for said, count in _parcels(run)),
            *(f"| {said} | {kinds[kind]} |" for kind, said in MEANS.items()),
            f"| **repaired** | **{outcomes[REPAIRED]}** |",
            f"| **not repairable** | **{outcomes[NOT_REPAIRABLE]}** |",
            "",
            *_late("What was missed or stale", of_orders),
            *_late("What carriers had said", of_parcels),
            *(f"- Parcels left: {reason}." for reason in run.left_because.split("; ") if reason),
            *(f"- **{sentence}**" for sentence in ahead),
            "" if findings or ahead else _nothing_missed(run),
        ]
    )


def _compared(run: Any) -> str:
    if _is_told_once(run):
        return "the shop tells everything once, so its orders cannot be compared; its parcels can"
    return f"what changed in the shop since {run.since:%Y-%m-%d %H:%M}"


def _is_told_once(run: Any) -> bool:
    """Of a shop that cannot be asked again no time is compared."""
    return bool(run.since >= run.began_at)


def _parcels(run: Any) -> list[tuple[str, int]]:
    """What was compared with carriers, and what was not."""
    counted = [("parcels whose carrier was asked once more", run.parcels_asked)]
    if run.parcels_left is None:
        return counted
    return [
        *counted,
        ("parcels whose carrier had been asked within the hour before", run.parcels_fresh),
        ("parcels that could not be compared", run.parcels_left),
        ("parcels with carriers that nobody can be asked about", run.parcels_without_carrier),
    ]


def _nothing_missed(run: Any) -> str:
    """No more is said than was compared."""
    if _is_told_once(run) or run.parcels_left or run.parcels_without_carrier:
        return "Nothing was missed of what could be compared."
    return "Nothing was missed."


def sentence_of(run: Any, findings: Sequence[Any]) -> str:
    """What a comparison has proven, in one line."""
    kinds, outcomes = Counter(one.kind for one in findings), Counter(one.outcome for one in findings)
    compared = run.parcels_asked + (run.parcels_fresh or 0)
    left = (run.parcels_left or 0) + (run.parcels_without_carrier or 0)
    found = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    became = f"{found}; {outcomes[REPAIRED]} repaired, {outcomes[NOT_REPAIRABLE]} not" if found else ""
    return (
        f"{run.orders_in_shop} orders held against the shop, {compared} parcels against their carriers, "
        f"{left} could not be: {became or 'nothing was missed'}"
    )


def _late(what: str, lag: Lag | None) -> list[str]:
    if lag is None:
        return []
    half, most, longest = span(lag.p50), span(lag.p95), span(lag.longest)
    return [
        f"{what} was **late**: half of it by {half}, 95 % by {most}, the longest by {longest}.",
        "",
    ]


def rows_of(run: Any, findings: Sequence[Any]) -> list[dict[str, object]]:
    """The differences as rows of a table, those that were not repaired first."""
    sorted_ = sorted(findings, key=lambda one: one.outcome != NOT_REPAIRABLE)
    return [
        {
            "what": one.kind,
            "order": f"{run.shop}:{one.ref}",
            "changed": one.changed_at.isoformat(timespec="seconds") if one.changed_at else "",
            "late": span(one.late_seconds) if one.late_seconds is not None else "",
            "became": one.outcome.replace("_", " "),
            "said": one.said,
        }
        for one in sorted_[:SHOWN_AT_MOST]
    ]
