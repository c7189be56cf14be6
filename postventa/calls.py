"""Making a call of a clock: who it is for, what the letter says, and the record that makes it once."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from postventa.refund_risks import double_sum
from postventa.rules.complaints import Act, State, move
from postventa.rules.escalation import Call, Role
from postventa.rules.statutes import Rule
from postventa.sections import Desk
from postventa.settings import Settings
from postventa.staff_letters import owe_about_order
from postventa.store import casebook
from postventa.store.cases import CaseRow
from postventa.store.clocks import EscalationRow
from postventa.store.upsert import insert_new

TO_STAFF = "desk_escalation"
LAPSED = "lapsed"
"""The call after a right of the customer has run out: its clock has ended, and that is the news."""
_CASE: Any = CaseRow.__table__.c


@dataclass(slots=True)
class Caller:
    """Who makes the calls of one clock, and what came of it: how many, and sentences about what needs a person."""

    connection: Connection
    settings: Settings
    clock: Any
    case: Any
    order: Any
    """The order of a clock without a case; None where it has neither."""
    called: str
    """The clock in a sentence of the run."""
    rule: Rule | None
    now: datetime
    made: int = 0
    trouble: list[str] = field(default_factory=list)

    def make(self, call: Call, *, is_written: bool = True) -> None:
        """Makes a call, once: its record, the case's log, the letter to its person, what the webhook is to hear."""
        case, desk = self.case, self.settings.desk
        owner = case.owner if case else desk.owner
        to = person_for(desk, call.role, owner)
        if not self._record(call, to, is_announced=bool(desk.webhook_env) and is_written):
            return
        self.made += 1
        if not to and not self._found_nobody_before(call):
            self.trouble.append(
                f"{self.called} calls its {call.role} and nobody is configured: fill in [desk] and [desk.people]"
            )
        if case is None and self.order is None:
            self.trouble.append(f"{self.called}: {call.name}, due {self.clock.due_at:%Y-%m-%d %H:%M} UTC")
            return
        if to and is_written:
            facts = facts_of(self.clock, self.rule, call, self.now)
            facts["is_unowned"] = (owner or "") not in desk.people
            facts["double_sum"] = double_sum(self.connection, self.clock, self.now)
            self._write(f"{self.clock.id}:{call.name}", to, facts)
        if case is not None:
            self._say(call, to)
            if call.role is not Role.OWNER:
                self._raise_in_rank()

    def _write(self, occasion: str, to: str, facts: dict[str, Any]) -> None:
        """Owes the letter, about the case, else about the order."""
        if self.case is None:
            owe_about_order(self.connection, self.order, occasion, self.now, recipient=to, facts=facts)
            return
        casebook.owe(self.connection, self.case.id, TO_STAFF, occasion, self.now, recipient=to, facts=facts)

    def _record(self, call: Call, to: str, *, is_announced: bool) -> bool:
        row = {
            "clock_id": self.clock.id,
            "rung": call.name,
            "to": to,
            "planned_at": call.planned_at,
            "made_at": self.now,
            "is_late": call.is_late(self.now),
            "announce_at": self.now if is_announced else None,
        }
        return insert_new(self.connection, EscalationRow, [row], ("clock_id", "rung")) > 0

    def _found_nobody_before(self, call: Call) -> bool:
        """Whether an earlier call of this clock found nobody already: that is said once."""
        before = select(EscalationRow.id).where(
            EscalationRow.clock_id == self.clock.id, EscalationRow.to == "", EscalationRow.rung != call.name
        )
        return self.connection.execute(before.limit(1)).first() is not None

    def _say(self, call: Call, to: str) -> None:
        clock, is_late = self.clock, call.is_late(self.now)
        when = f"{clock.due_at:%Y-%m-%d %H:%M} UTC"
        casebook.say(
            self.connection,
            self.case.id,
            kind="escalation",
            author="clock",
            text=f"{clock.rule_id}, due {when}: {call.name} called{', late' if is_late else ''}",
            at=self.now,
            now=self.now,
            occasion=f"escalation:{clock.id}:{call.name}",
            details={
                "clock": clock.id,
                "rule": clock.rule_id,
                "rung": call.name,
                "to": to,
                "is_late": is_late,
            },
        )

    def _raise_in_rank(self) -> None:
        """A complaint that has gone above its owner is `escalated`, unless its customer is being waited for."""
        wanted = select(_CASE.state).where(_CASE.id == self.case.id)
        state = self.connection.execute(wanted).scalar_one()
        if self.case.family != "complaint" or state in {State.ESCALATED, State.WAITING_CUSTOMER}:
            return
        moved = move(State(state), Act.ESCALATE)
        if moved.state is not None:
            casebook.move(self.connection, self.case.id, moved.state, who="clock", now=self.now)


def person_for(desk: Desk, role: Role, owner: str | None) -> str:
    """Who is called: the role's own, else the next above, else whoever is left; empty where nobody is configured."""
    own, lead, manager = owner or "", desk.team_lead, desk.manager
    wanted = {
        Role.OWNER: (own, lead, manager),
        Role.TEAM_LEAD: (lead, manager, own),
        Role.MANAGER: (manager, lead, own),
    }[role]
    return next((name for name in wanted if name in desk.people), "")


def facts_of(clock: Any, rule: Rule | None, call: Call, now: datetime) -> dict[str, Any]:
    """What a letter to the desk says beside the case, as JSON. Of hours that are left or over, whole ones count."""
    hours = abs(int((clock.due_at - now).total_seconds())) // 3600
    return {
        "duty": clock.rule_id,
        "title": rule.title if rule else "",
        "article": clock.article,
        "call": call.name,
        "last_at": (clock.due_at - timedelta(seconds=1)).isoformat(),
        "is_overdue": now >= clock.due_at,
        "days": hours // 24,
        "hours": hours % 24,
        "is_late": call.is_late(now),
        "is_unowned": False,
        "risk_amount": str(clock.amount) if clock.amount else "",
        "currency": clock.currency,
        "working": clock.working,
    }
