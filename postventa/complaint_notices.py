"""What the clocks and the outbox do to a complaint by themselves: tell, apologise, call a person; never close."""

import logging
from datetime import datetime

from sqlalchemy import Connection

from postventa.clocks import end_clocks
from postventa.complaint_moves import ACK, ADR, CLOCK, act_on, held, write
from postventa.rules.complaints import OPEN, Act, State, move
from postventa.settings import Settings
from postventa.store import casebook

logger = logging.getLogger(__name__)


def receipt_sent(connection: Connection, case_id: int, *, at: datetime, now: datetime) -> None:
    """The receipt has left: the complaint is acknowledged, and the clock of the receipt ends. Twice is once."""
    row = held(connection, case_id)
    end_clocks(connection, now=now, at=at, case_id=case_id, rule_ids=[ACK])
    if row.acknowledged_at is None:
        write(connection, case_id, acknowledged_at=at)
    if move(State(row.state), Act.ACKNOWLEDGE).state is not None:
        act_on(connection, row, Act.ACKNOWLEDGE, who=CLOCK, now=now)


def escalate(connection: Connection, case_id: int, *, now: datetime) -> None:
    """A clock has called somebody. A case that is settled, or escalated already, stays as it is."""
    row = held(connection, case_id)
    if State(row.state) in OPEN - {State.ESCALATED, State.WAITING_CUSTOMER}:
        act_on(connection, row, Act.ESCALATE, who=CLOCK, now=now)


def inform_of_adr(connection: Connection, settings: Settings, case_id: int, *, now: datetime) -> bool:
    """Tells the customer who settles disputes, because a month passes without an answer (Ley 7/2017 art. 40.3).

    False where nothing is owed: it was told before, or no entity is configured, and then the clock runs on and calls.
    """
    return _tell(connection, settings, case_id, "complaint_adr", now)


def apologise(connection: Connection, settings: Settings, case_id: int, *, now: datetime) -> bool:
    """Says that the answer is late, and who settles disputes. Once for each time that the complaint was opened."""
    return _tell(connection, settings, case_id, "complaint_overdue", now)


def _tell(connection: Connection, settings: Settings, case_id: int, message: str, now: datetime) -> bool:
    row = held(connection, case_id)
    knows_entity = bool(settings.adr.entity)
    if not knows_entity:
        logger.error(
            "case %s: the customer cannot be told of dispute resolution: set entity in [adr]", case_id
        )
        if message == "complaint_adr":
            return False
    if knows_entity:
        end_clocks(connection, now=now, at=now, case_id=case_id, rule_ids=[ADR])
    return casebook.owe(connection, case_id, message, f"round:{row.reopened}", now)
