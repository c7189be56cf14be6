"""A complaint on the desk of a shop in Barcelona: what the tests of complaints file, and how they look at it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from postventa import complaints
from postventa.case_story import case_story
from postventa.complaints import Statement
from postventa.rules.complaints import Kind, Outcome, Topic
from postventa.store.clocks import ClockRow
from postventa.store.complaints import complaint_of
from postventa.workplace import Workplace

NOON = datetime(2026, 11, 2, 11, tzinfo=UTC)
DAY = timedelta(days=1)
STATEMENT = Statement(
    shop="tienda",
    kind=Kind.CLAIM,
    topic=Topic.PRODUCT,
    text="1. La caja llegó rota\n2. Falta una taza",
    language="",
    name="Núria Soler",
    email="Nuria.7@client.example",
    source="web",
    source_ref="ticket-1",
    received_at=NOON,
)
REASONS = (
    "La foto enseña el golpe del camión: mañana sale otra caja hacia Girona.",
    "Al salir pesaba lo que pesan seis tazas, y el precinto llegó entero.",
)


class Bench:
    """A complaint on the desk: each act in a transaction of its own, and what the store says afterwards."""

    def __init__(self, place: Workplace) -> None:
        self.place, self.case_id = place, 0

    def file(self, now=NOON, **changes):
        statement = replace(STATEMENT, **{"received_at": now, **changes})
        with self.place.store.begin() as connection:
            filed = complaints.file_complaint(connection, self.place.settings, statement, now)
        self.case_id = filed.case_id
        return filed

    def do(self, act, *words, **more):
        with self.place.store.begin() as connection:
            return act(connection, self.place.settings, self.case_id, *words, **more)

    def answer(self, now=NOON + DAY, outcome=Outcome.PARTLY_UPHELD, reasons=REASONS, **more):
        self.do(complaints.answer, outcome=outcome, reasons=reasons, by="ana", now=now, **more)

    @property
    def story(self):
        with self.place.reading() as connection:
            return case_story(connection, self.case_id, self.place.settings)

    @property
    def row(self):
        with self.place.reading() as connection:
            return complaint_of(connection, self.case_id)

    def clocks(self):
        """`rule` or `rule occasion` -> (state, last day)."""
        return {
            f"{clock.rule_id} {clock.occasion}".strip(): (clock.state, clock.last_day)
            for clock in self.story.clocks
        }

    def fix(self):
        """The clock of what the customer was asked for."""
        wanted = select(ClockRow.__table__).where(ClockRow.rule_id == "R-CMP-FIX")
        with self.place.reading() as connection:
            return connection.execute(wanted).one()

    def letters(self):
        return [message["message"] for message in self.story.messages]


def on_one_database(test):
    """For what the rules and the clocks decide, whatever the database."""
    return pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)(test)


def with_a_desk(configuration: dict, folder: Path) -> dict:
    """What a configuration needs for complaints: two people, whom customers may turn to, and a place for files."""
    configuration["files"] = {"path": str(folder / "files")}
    configuration["desk"] = {
        "owner": "ana",
        "people": {
            "ana": {"name": "Ana Pons", "email": "ana@tienda.example"},
            "pau": {"name": "Pau Vila", "email": "pau@tienda.example"},
        },
    }
    configuration["adr"] = {"entity": "Junta Arbitral", "url": "https://adr.example"}
    return configuration
