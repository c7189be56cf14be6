"""The deadlines of an order and of the cases about it: each with its end, how it stands, and its arithmetic in words."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, or_, select

from postventa.rules.counting import A_SECOND
from postventa.store.cases import CaseRow
from postventa.store.clocks import ClockRow


@dataclass(frozen=True, slots=True)
class OrderDeadline:
    """One deadline; `due_at` is the first instant that is too late, `case` the number of the case that it is of."""

    rule_id: str
    case: str
    article: str
    state: str
    due_at: datetime
    ended_at: datetime | None
    is_shadow: bool
    """Shown, and nobody is called by it."""
    working: str

    def sentence(self, zone: ZoneInfo) -> str:
        """As a person reads it: by the clock on the wall of `zone`, to the last good minute."""
        last = (self.due_at - A_SECOND).astimezone(zone)
        whose = f" of {self.case}" if self.case else ""
        ended = f" on {self.ended_at.astimezone(zone):%Y-%m-%d %H:%M}" if self.ended_at else ""
        stands = f"{self.state.replace('_', ' ')}{ended}{', in the shadow' if self.is_shadow else ''}"
        return f"deadline: {self.rule_id}{whose} until {last:%Y-%m-%d %H:%M}, {stands} ({self.article})"


def deadlines_of(connection: Connection, order_id: int) -> list[OrderDeadline]:
    """All of them, the earliest due first."""
    clocks, cases = ClockRow.__table__.c, CaseRow.__table__.c
    columns = (clocks.rule_id, cases.number, clocks.article, clocks.state, clocks.due_at, clocks.ended_at)
    wanted = (
        select(*columns, clocks.is_shadow, clocks.working)
        .select_from(ClockRow)
        .outerjoin(CaseRow, cases.id == clocks.case_id)
        .where(or_(clocks.order_id == order_id, cases.order_id == order_id))
        .order_by(clocks.due_at, clocks.id)
    )
    return [
        OrderDeadline(
            row.rule_id,
            row.number or "",
            row.article,
            row.state,
            row.due_at,
            row.ended_at,
            row.is_shadow,
            row.working,
        )
        for row in connection.execute(wanted)
    ]
