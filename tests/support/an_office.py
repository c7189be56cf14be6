"""A desk with cases and their clocks, and a flow that runs when a test says so."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from postventa import clock
from postventa.clocks import end_clocks, start_clocks
from postventa.store.casebook import NewCase, open_case
from postventa.store.clocks import ClockRow, EscalationRow
from postventa.store.complaints import ComplaintRow
from postventa.store.messages import OutboxRow
from postventa.store.returns import ReturnRow
from postventa.workplace import Workplace
from tasks.complaints import ring_clocks

MADRID = ZoneInfo("Europe/Madrid")


def at(written: str) -> datetime:
    """An instant by the clock on a wall in Madrid."""
    return datetime.fromisoformat(written).replace(tzinfo=MADRID).astimezone(UTC)


FILED = at("2026-11-02 10:00")
DUE = at("2026-11-18 00:00")
HALF, THREE_QUARTERS, NINE_TENTHS = at("2026-11-10 09:00"), at("2026-11-16 09:00"), at("2026-11-16 10:36")
"""What the law and the ladder make of a complaint filed then."""

DESK = {
    "people": {
        who: {"name": name, "email": f"{who}@tienda.example"}
        for who, name in (("ana", "Ana Pons"), ("marta", "Marta Gil"), ("pau", "Pau Serra"))
    },
    "owner": "ana",
    "team_lead": "marta",
    "manager": "pau",
}

OF_A_COMPLAINT = {
    "kind": "complaint",
    "topic": "delivery",
    "text": "La taza llegó rota.",
    "is_official_form": False,
    "points": [],
    "reopened": 0,
}
OF_A_RETURN = {
    "kind": "statutory_withdrawal",
    "statement": "Desisto del pedido.",
    "article": "",
    "is_collected": False,
    "carrier": "",
    "tracking_number": "",
    "currency": "EUR",
    "refunded_amount": Decimal(0),
}


class Office:
    """Cases and their clocks in a workplace."""

    def __init__(self, place: Workplace) -> None:
        self.place = place

    def opened(self, source="1", filed=FILED, owner="ana", *, trigger="complaint.received", **more):
        new = NewCase(
            "tienda",
            more.pop("family", "complaint"),
            *("Núria Roig", "nuria@client.example", "es", "web", source, "received", filed),
            owner=owner,
        )
        with self.place.store.begin() as connection:
            case_id = open_case(connection, new, filed, MADRID).case_id
            table, columns = (
                (ComplaintRow, OF_A_COMPLAINT) if new.family == "complaint" else (ReturnRow, OF_A_RETURN)
            )
            when = {} if table is ComplaintRow else {"informed_at": filed}
            connection.execute(table.__table__.insert(), {"case_id": case_id, **columns, **when})
            start_clocks(
                connection,
                self.place.settings,
                trigger=trigger,
                shop="tienda",
                events=[filed],
                now=filed,
                case_id=case_id,
                **more,
            )
            end_clocks(connection, now=filed, at=filed, case_id=case_id, rule_ids=["R-CMP-ACK", "R-WDR-ACK"])
        return case_id

    def run(self, now):
        with clock.clock_set_to(now):
            return ring_clocks.fn()

    def rows(self, table, **wanted):
        with self.place.reading() as connection:
            found = connection.execute(table.__table__.select().order_by(table.__table__.c[0])).all()
        return [row for row in found if all(getattr(row, name) == value for name, value in wanted.items())]

    def the(self, table, **wanted):
        (row,) = self.rows(table, **wanted)
        return row

    def called(self, rule_id="R-CMP-ANS"):
        numbers = {row.id for row in self.rows(ClockRow, rule_id=rule_id)}
        return [(row.rung, row.to) for row in self.rows(EscalationRow) if row.clock_id in numbers]

    def owed(self, message="desk_escalation"):
        return [
            (row.recipient, row.occasion.partition(":")[2]) for row in self.rows(OutboxRow, message=message)
        ]
