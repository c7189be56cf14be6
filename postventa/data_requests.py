"""Requests about personal data (GDPR 15 to 22): a number, and the clock of a month that ends when somebody has answered.

Nothing of who asked is kept here beyond their latest order: the request itself stays where it came in.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from postventa.clock_law import read_up
from postventa.clocks import TICKING, end_clocks, start_clocks
from postventa.settings import Settings
from postventa.store.casebook import next_number
from postventa.store.clocks import ClockRow
from postventa.store.consents import customers_with, latest_order_id

ANSWER, EXTENDED = "R-DP-DSR", "R-DP-EXT"
RECEIVED, LENGTHENED = "gdpr_request.received", "gdpr_request.extended"
_CLOCKS: Any = ClockRow.__table__


class NoSuchRequest(LookupError):
    """There is no open request of this number; the sentence says so."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An open request: its number, the rule and the limit (exclusive) of its clock."""

    reference: str
    shop: str
    rule_id: str
    received_at: datetime
    due_at: datetime


def open_request(
    connection: Connection, settings: Settings, *, shop: str, email: str, received_at: datetime, now: datetime
) -> Asked:
    """Takes a number and starts the month; it shows with the latest order of whoever asks, if they have one."""
    read_up(settings)
    people = [person.id for person in customers_with(connection, [shop], email)]
    year = received_at.astimezone(settings.shop(shop).zone).year
    reference = next_number(connection, shop, "data", year)
    asked = Asked(reference, shop, ANSWER, received_at, received_at)
    _start(connection, settings, asked, latest_order_id(connection, people), now)
    return _open(connection, reference)


def extend(connection: Connection, settings: Settings, reference: str, now: datetime) -> Asked:
    """Takes the two further months, of which whoever asked is told within the first, with the reasons (GDPR 12.3)."""
    clock = _clock(connection, reference)
    if clock.rule_id == EXTENDED:
        raise NoSuchRequest(f"{reference} has been extended already: the law knows no further extension")
    if now >= clock.due_at:
        raise NoSuchRequest(f"the month of {reference} is over: it can no longer be extended, only answered")
    asked = replace(_open(connection, reference), rule_id=EXTENDED)
    _start(connection, settings, asked, clock.order_id, now)
    end_clocks(connection, now=now, at=now, subject=_subject(reference), rule_ids=[ANSWER])
    return _open(connection, reference)


def answer(connection: Connection, reference: str, at: datetime, now: datetime) -> Asked:
    """Notes that it has been answered, at `at`: in time that meets its clock, else the clock was missed."""
    found = _open(connection, reference)
    end_clocks(connection, now=now, at=at, subject=_subject(reference), rule_ids=[ANSWER, EXTENDED])
    return found


def open_requests(connection: Connection) -> list[Asked]:
    """Those that nobody has answered yet, the earliest due first."""
    clocks = _CLOCKS.c
    mine = clocks.rule_id.in_((ANSWER, EXTENDED)) & clocks.state.in_(TICKING)
    rows = connection.execute(select(_CLOCKS).where(mine).order_by(clocks.due_at, clocks.id))
    return [Asked(row.occasion, row.shop, row.rule_id, row.started_at, row.due_at) for row in rows]


def _start(
    connection: Connection, settings: Settings, asked: Asked, order_id: int | None, now: datetime
) -> None:
    start_clocks(
        connection,
        settings,
        trigger=RECEIVED if asked.rule_id == ANSWER else LENGTHENED,
        shop=asked.shop,
        events=[asked.received_at],
        now=now,
        order_id=order_id,
        subject=_subject(asked.reference),
        occasion=asked.reference,
    )


def _open(connection: Connection, reference: str) -> Asked:
    clock = _clock(connection, reference)
    return Asked(clock.occasion, clock.shop, clock.rule_id, clock.started_at, clock.due_at)


def _clock(connection: Connection, reference: str) -> Any:
    clocks = _CLOCKS.c
    mine = (clocks.subject == _subject(reference)) & clocks.state.in_(TICKING)
    found = connection.execute(select(_CLOCKS).where(mine).order_by(clocks.due_at.desc()).limit(1)).first()
    if found is None:
        raise NoSuchRequest(
            f"no open request is called {reference}: `postventa data-request list` names them"
        )
    return found


def _subject(reference: str) -> str:
    return f"request:{reference.strip().upper()}"
