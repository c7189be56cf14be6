"""How things stand: the page that managers keep open, and the list of what waits for a person."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from postventa.messages import cards
from postventa.poll_lag import lag_table
from postventa.rules.messages import Outcome
from postventa.rules.orders import Stage
from postventa.rules.shipments import ShipmentStatus
from postventa.store.inbox import CursorRow, ParkedRow, QuarantineRow
from postventa.store.ledger import Ledger, ledger
from postventa.store.messages import OutboxRow
from postventa.store.orders import orders_by_stage
from postventa.store.shipments import shipments_by_status
from postventa.store.stuck import stuck_messages

SHOWN_AT_MOST = 200
_A_MISTAKE = re.compile(r"(?P<kind>(?:parcel \d+: )?(?!NotUnderstood)[A-Z]\w+): .*", re.DOTALL)
"""A reason that begins with an exception's name; what follows may repeat what the exception met, a name or an address."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """Something that waits for a person: what and where it is, since when, why, and what to do."""

    what: str
    where: str
    since: datetime
    why: str
    remedy: str


def chain_today(connection: Connection, now: datetime) -> str:
    """Where every order and every message stands, as markdown. Every figure is counted in the store."""
    counted = ledger(connection)
    waits = "nothing waits" if counted.oldest_waiting is None else f"{_ago(counted.oldest_waiting, now)}"
    cursors = connection.execute(select(CursorRow).order_by(CursorRow.name)).all()
    return "\n".join(
        [
            "# The chain today",
            "",
            f"As of {now:%Y-%m-%d %H:%M} UTC. Oldest waiting message: **{waits}**.",
            f"The ledger **{'adds up' if counted.is_balanced else 'DOES NOT ADD UP'}**: {counted.owed} owed.",
            "",
            *_table("Orders by state", Stage, orders_by_stage(connection)),
            *_table("Parcels by status", ShipmentStatus, shipments_by_status(connection)),
            *_messages(counted),
            "## Last heard",
            "",
            "| from | news up to (UTC) |",
            "|---|---|",
            *(f"| {cursor.name} | {cursor.at:%Y-%m-%d %H:%M:%S} |" for cursor in cursors),
            "",
            *lag_table(connection, now),
            "[Flow runs](/runs) · [Deployments](/deployments) · [What waits for a person](/artifacts/key/set-aside)",
        ]
    )


def set_aside(connection: Connection) -> list[SetAside]:
    """What waits for a person: parked orders, quarantined payloads, messages that failed or are in doubt."""
    return [*_parked(connection), *_quarantined(connection), *_stuck(connection)]


def _table(title: str, names: Iterable[str], counts: dict[str, int]) -> list[str]:
    rows = [f"| {name} | {counts[name]} |" for name in names if name in counts]
    return [
        f"## {title}",
        "",
        "| | how many |",
        "|---|---:|",
        *rows,
        f"| **all** | **{sum(counts.values())}** |",
        "",
    ]


def _messages(counted: Ledger) -> list[str]:
    columns = [outcome for outcome in Outcome if outcome is not Outcome.BEGUN]
    head = [f"| message | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}"]
    rows = [
        f"| {about.message} | {' | '.join(str(counts.get(outcome, 0)) for outcome in columns)} |"
        for about in cards()
        if (counts := counted.by_message.get(about.message))
    ]
    return ["## Messages by step", "", *head, *rows, ""]


def _parked(connection: Connection) -> list[SetAside]:
    open_ones = (
        select(ParkedRow).where(ParkedRow.resolved_at.is_(None)).order_by(ParkedRow.id).limit(SHOWN_AT_MOST)
    )
    return [
        SetAside(
            "order",
            f"{row.shop}:{row.order_ref}",
            row.parked_at,
            _without_what_it_met(row.reason, "postventa parked"),
            f"postventa parked retry {row.id}",
        )
        for row in connection.execute(open_ones)
    ]


def _quarantined(connection: Connection) -> list[SetAside]:
    rows = connection.execute(
        select(QuarantineRow).order_by(QuarantineRow.id.desc()).limit(SHOWN_AT_MOST)
    ).all()
    return [
        SetAside(
            row.kind,
            f"{row.source}:{row.ref}",
            row.heard_at,
            _without_what_it_met(row.reason, "postventa quarantine"),
            f"postventa quarantine show {row.id}",
        )
        for row in rows
    ]


def _stuck(connection: Connection) -> list[SetAside]:
    stuck = stuck_messages().order_by(OutboxRow.id.desc()).limit(SHOWN_AT_MOST)
    return [
        SetAside(
            f"{row.message} ({row.outcome})",
            f"{row.shop}:{row.ref}",
            row.settled_at,
            f"{row.reason}: {row.words}" if row.words else row.reason,
            f"postventa stuck resend {row.id}",
        )
        for row in connection.execute(stuck)
    ]


def _without_what_it_met(reason: str, told_by: str) -> str:
    """A reason as managers may read it; the rest of it stays in the store."""
    mistake = _A_MISTAKE.fullmatch(reason)
    return f"{mistake['kind']} (more: {told_by})" if mistake else reason


def _ago(then: datetime, now: datetime) -> str:
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 0:
        return "not due yet"
    return f"due {minutes} min ago" if minutes < 120 else f"due {minutes // 60} h ago"
