"""Due clocks and what surrounds them: their cases or orders, the calls made before, and what a look at one finds."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from postventa.clock_law import desk_hours, rule_of, shares_of
from postventa.proofs import KEPT, PROOFS, sent_at
from postventa.rules.driving import driver, voice_of
from postventa.rules.escalation import ClockState, Look, look_at
from postventa.rules.statutes import Direction, Rule
from postventa.settings import Settings
from postventa.store.cases import CaseRow
from postventa.store.clocks import open_clocks_of, rungs_made
from postventa.store.orders import OrderRow

ASKED_AGAIN = timedelta(hours=1)
"""How often it is asked whether a letter that fulfils a duty has gone at last."""
ASKED_SOON = timedelta(minutes=10)
"""The same of a letter about an order, before it is late: machines send it within minutes."""
A_LOOK_TAKES = timedelta(hours=1)
"""So long a call waits for a look at its order's sale that is due: the goods may have arrived."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A due clock and what surrounds it: its case, that case's clocks that tick, and the calls made before."""

    clock: Any
    case: Any = None
    order: Any = None
    """`id`, `shop`, `ref` and `sale_look_at`, where it is an order's and no case's."""
    clocks: Sequence[Any] = ()
    made: AbstractSet[str] = frozenset()
    sent_at: datetime | None = None
    """When the letter was sent that fulfils it."""

    @property
    def called(self) -> str:
        """The clock in a sentence of the run: `R-CMP-ANS of case tienda:R-2026-000012`."""
        if self.case:
            return f"{self.clock.rule_id} of case {self.case.shop}:{self.case.number}"
        if self.order:
            return f"{self.clock.rule_id} of order {self.order.shop}:{self.order.ref}"
        return f"{self.clock.rule_id} of {self.clock.shop}, {self.clock.subject}"

    def is_being_looked_at(self, now: datetime) -> bool:
        """Whether what has happened to the order is still to be read, as it will be in a moment."""
        look_at = self.order.sale_look_at if self.order else None
        return look_at is not None and now - A_LOOK_TAKES < look_at <= now

    @property
    def drives(self) -> bool:
        """Whether this is the deadline by which its case is answered."""
        found = driver(self.clocks)
        return found is not None and found.id == self.clock.id


def scenes(connection: Connection, clocks: Sequence[Any]) -> list[Scene]:
    """The surroundings of these clocks, read for all of them at once."""
    case_ids = {clock.case_id for clock in clocks if clock.case_id is not None}
    order_ids = {clock.order_id for clock in clocks if clock.case_id is None}
    wanted = CaseRow.__table__.select().where(CaseRow.id.in_(case_ids))
    cases = {row.id: row for row in connection.execute(wanted)} if case_ids else {}
    named = select(OrderRow.id, OrderRow.shop, OrderRow.ref, OrderRow.sale_look_at)
    of_ours = named.where(OrderRow.id.in_(order_ids - {None}))
    orders = {row.id: row for row in connection.execute(of_ours)} if order_ids else {}
    beside = open_clocks_of(connection, case_ids)
    made = rungs_made(connection, [clock.id for clock in clocks])
    proved = sent_at(connection, clocks)
    return [
        Scene(
            clock,
            cases.get(clock.case_id),
            orders.get(clock.order_id),
            beside.get(clock.case_id, ()),
            made[clock.id],
            proved.get(clock.id),
        )
        for clock in clocks
    ]


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at a clock found, decided without writing anything. Of a customer's right there is no look."""

    rule: Rule | None
    look: Look | None
    is_quiet: bool
    """Nothing is to be said or written but how it stands and when to look again."""


def find(settings: Settings, scene: Scene, now: datetime) -> Found:
    """Looks at a due clock."""
    clock, rule = scene.clock, rule_of(settings, scene.clock)
    if clock.direction == Direction.CONSUMER_RIGHT:
        return Found(rule, None, is_quiet=False)
    if clock.rule_id in KEPT:
        is_over = now >= clock.due_at
        kept = (
            Look(ClockState.MET, (), None, clock.due_at)
            if is_over
            else Look(ClockState.RUNNING, (), clock.due_at)
        )
        return Found(rule, kept, is_quiet=True)
    if scene.sent_at is not None and clock.case_id is None:
        state = ClockState.MET if scene.sent_at < clock.due_at else ClockState.MISSED
        return Found(rule, Look(state, (), None, scene.sent_at), is_quiet=True)
    look = look_at(
        clock.started_at,
        clock.due_at,
        now,
        desk=desk_hours(settings),
        shares=shares_of(settings, rule),
        voice=voice_of(clock, scene.clocks),
        made=scene.made,
    )
    if clock.case_id is None:
        return Found(rule, _of_an_order(scene, look, now), is_quiet=not look.calls)
    is_apology_due = look.state is ClockState.OVERDUE and scene.drives
    return Found(rule, look, is_quiet=not (look.calls or is_apology_due or clock.rule_id in PROOFS))


def _of_an_order(scene: Scene, look: Look, now: datetime) -> Look:
    """A look at a clock without a case: what is still to be read comes first, and letters of machines are asked for soon."""
    if look.calls and scene.is_being_looked_at(now):
        return Look(ClockState(scene.clock.state), (), scene.clock.next_at)
    if scene.clock.rule_id not in PROOFS:
        return look
    soon = now + (ASKED_SOON if now < scene.clock.due_at else ASKED_AGAIN)
    return replace(look, next_at=min(look.next_at or soon, soon))
