"""What managers read of returns: where they stand, what is owed in money and by when, and what waits for a person."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from postventa.after_sales import Owed, refunds_due, returns_by_state
from postventa.rules.returns import ReturnState
from postventa.store.cases import CaseRow

SHOWN_AT_MOST = 200
NOT_KNOWN = "not known yet"
WAITS_FOR = {
    ReturnState.REQUESTED: "to be accepted or declined",
    ReturnState.ACKNOWLEDGED: "to be decided",
    ReturnState.APPROVED: "to be told how the goods come back",
}
_CASES: Any = CaseRow.__table__


def returns_today(connection: Connection, now: datetime) -> str:
    """Returns by state, refunds due in money, and what waits for a person, as markdown."""
    due = refunds_due(connection, now)
    all_of_it, overdue = _sums(due), _sums(one for one in due if one.is_overdue)
    return "\n".join(
        [
            "# Returns and refunds",
            "",
            f"As of {now:%Y-%m-%d %H:%M} UTC. Refunds due: **{all_of_it}**, of that overdue: **{overdue}**.",
            "",
            *_table(
                "| returns | how many |",
                "|---|---:|",
                [f"| {state} | {count} |" for state, count in returns_by_state(connection).items()],
            ),
            "",
            "## Refunds due",
            "",
            *_table(
                "| case | owner | amount | due (UTC) | double sum |",
                "|---|---|---:|---|---|",
                [*map(_row, due)],
            ),
            "",
            "## Waiting for a person",
            "",
            *_waiting(connection),
        ]
    )


def _table(head: str, rule: str, rows: list[str]) -> list[str]:
    return [head, rule, *rows] if rows else ["None."]


def _row(one: Owed) -> str:
    late = "**overdue** " if one.is_overdue else ""
    due = f"{late}{one.due_at:%Y-%m-%d %H:%M}"
    amount = NOT_KNOWN if one.amount is None else f"{one.amount:.2f} {one.currency}"
    return f"| {one.number} | {one.owner} | {amount} | {due} | {one.double_sum_risk} |"


def _sums(owed: Iterable[Owed]) -> str:
    sums: dict[str, Decimal] = {}
    unknown = 0
    for one in owed:
        if one.amount is None:
            unknown += 1
        else:
            sums[one.currency] = sums.get(one.currency, Decimal(0)) + one.amount
    said = [f"{amount:.2f} {currency}" for currency, amount in sorted(sums.items())]
    if unknown:
        said.append(f"{unknown} {NOT_KNOWN}")
    return ", ".join(said) or "nothing"


def _waiting(connection: Connection) -> list[str]:
    cases = _CASES.c
    waiting = (
        select(cases.number, cases.shop, cases.owner, cases.opened_at, cases.state)
        .where(cases.family == "return", cases.state.in_(WAITS_FOR))
        .order_by(cases.opened_at)
        .limit(SHOWN_AT_MOST)
    )
    rows = connection.execute(waiting).all()
    return [
        f"- {row.shop}:{row.number}, since {row.opened_at:%Y-%m-%d}, {row.owner or 'nobody owns it'}: "
        f"{WAITS_FOR[ReturnState(row.state)]}, `postventa return show {row.number}`"
        for row in rows
    ] or ["Nothing."]
