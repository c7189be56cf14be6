"""The desk's page for managers: deadlines by owner and by day, refunds due in money, and what is overdue.

It is written after every look at the clocks, so it may not cost more where more runs: what ends first is counted, up to a
bound, and the page says so where there is more.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, case, func, select

from postventa.desk import A_WEEK, NOBODY, Due, When, due_list, money_by_when, said, shown, when_of
from postventa.rules.counting import end_of
from postventa.store.cases import CaseRow
from postventa.store.clocks import ClockRow

SHOWN_AT_MOST = 200
COUNTED_AT_MOST = 10_000
"""Of the clocks that end within a week. A shop that has more reads `postventa complaint list --due`."""
COLUMNS = (When.OVERDUE, When.TODAY, When.THIS_WEEK)


@dataclass(slots=True)
class DeskPage:
    """What is due within a week."""

    first: list[Due]
    """The earliest deadlines."""
    owners: dict[str, Counter[When]] = field(default_factory=dict)
    money: dict[str, dict[When, Decimal]] = field(default_factory=dict)
    """Refunds due by currency."""

    @property
    def total(self) -> Counter[When]:
        return sum(self.owners.values(), Counter())

    @property
    def is_whole(self) -> bool:
        """Whether everything within a week is counted."""
        return self.total.total() < COUNTED_AT_MOST


def desk_page(connection: Connection, zone: ZoneInfo, now: datetime, *, orders_owner: str = "") -> DeskPage:
    """Reads the page: the first deadlines one by one, and counts and sums of the rest as the store adds them up."""
    page = DeskPage(due_list(connection, zone, now, orders_owner=orders_owner, limit=SHOWN_AT_MOST))
    clocks, cases = ClockRow.__table__.c, CaseRow.__table__.c
    # Each case by its own: a database that joins this with its cases may read all of them, however few these are.
    of_case = select(cases.owner).where(cases.id == clocks.case_id).scalar_subquery()
    owner = case((clocks.case_id.is_(None), orders_owner), else_=of_case).label("owner")
    nearest = _nearest(zone, now, clocks.due_at, owner)
    today = end_of(now.astimezone(zone).date(), zone)
    when: Any = case(
        (nearest.c.due_at <= now, When.OVERDUE), (nearest.c.due_at <= today, When.TODAY), else_=When.THIS_WEEK
    )
    counted = select(nearest.c.owner, when.label("when"), func.count().label("times"))
    for row in connection.execute(counted.group_by(nearest.c.owner, when)):
        page.owners.setdefault(row.owner or NOBODY, Counter())[When(row.when)] += row.times
    risk = _nearest(zone, now, clocks.id, clocks.due_at, clocks.subject, clocks.amount, clocks.currency)
    owed = select(risk).where(risk.c.amount.is_not(None)).order_by(risk.c.due_at, risk.c.id)
    page.money = money_by_when(
        (row.subject, row.currency, when_of(row.due_at, zone, now), row.amount)
        for row in connection.execute(owed)
    )
    return page


def _nearest(zone: ZoneInfo, now: datetime, *columns: Any) -> Any:
    """The clocks that are counted: what ends first within a week."""
    wanted = select(*columns).where(*shown(zone, now, A_WEEK)).order_by(ClockRow.__table__.c.due_at)
    return wanted.limit(said(COUNTED_AT_MOST)).subquery()


def desk_today(page: DeskPage, now: datetime) -> str:
    """The desk's page for managers, as markdown."""
    head = "| | overdue | today | within a week |\n|---|---:|---:|---:|"
    rows = [_row(owner, [counts[when] for when in COLUMNS]) for owner, counts in sorted(page.owners.items())]
    money = [
        _row(currency, [f"{sums.get(when, Decimal(0)):.2f}" for when in COLUMNS])
        for currency, sums in sorted(page.money.items())
    ]
    late = [
        f"| {one.what} | {one.rule_id} | {one.article} | {one.owner} | {-one.days_left} |"
        for one in page.first
        if one.when is When.OVERDUE
    ]
    more = (
        f"**{COUNTED_AT_MOST:,} deadlines or more end within a week**: the first {COUNTED_AT_MOST:,} are counted here. "
        "`postventa complaint list --due` has them all."
    )
    return "\n".join(
        [
            "# The desk today",
            "",
            f"As of {now:%Y-%m-%d %H:%M} UTC.",
            *([] if page.is_whole else ["", more]),
            "",
            "## Deadlines by owner",
            "",
            head,
            *rows,
            _row("**all**", [f"**{page.total[when]}**" for when in COLUMNS]),
            "",
            "## Refunds due",
            "",
            *([head, *money] if money else ["No refund is due within a week."]),
            "",
            "## Overdue",
            "",
            *(
                ["| | rule | article | owner | days |", "|---|---|---|---|---:|", *late]
                if late
                else ["Nothing is overdue."]
            ),
        ]
    )


def _row(name: str, cells: list[Any]) -> str:
    return f"| {name} | {' | '.join(str(cell) for cell in cells)} |"
