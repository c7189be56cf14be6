"""The story of the demo: the clock walks through a week, and at every stop the flows run as they would by schedule."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from flows.complaints import watch_deadlines
from flows.messages import send_what_is_owed
from flows.orders import follow_orders
from flows.reactions import react_to_customers
from flows.returns import follow_returns
from flows.reviews import ask_customers
from flows.shipments import follow_shipments
from postventa import clock
from postventa.demo.cases import SCRIPTS
from postventa.demo.stack import Stack
from postventa.demo.stage import Stage
from postventa.demo.voices import VOICES
from postventa.store.ledger import Ledger, ledger
from postventa.workplace import open_workplace

BUSY_DAYS = 4
"""While orders are packed and sent, a stop every four hours; when only parcels travel, every six."""
DESK_EVERY = 4
"""Deadlines and returns are looked at on every fourth stop: about once a day, where the timetable would every few minutes."""
VOICES_SINCE = timedelta(days=3)
"""Before that nobody has had their goods for long enough to be asked; from then on once a day, by daylight."""
LAST_WORDS = timedelta(minutes=15)
"""After the last runs somebody writes once more: what a demo finds that looks at the desk as it is."""
ORDERS = (follow_orders, {"shop": "tienda"})
PARCELS = (follow_shipments, {"carrier": "dhl"})
RETURNS: tuple[Any, dict[str, str]] = (follow_returns, {})
DEADLINES: tuple[Any, dict[str, str]] = (watch_deadlines, {})
REVIEWS: tuple[Any, dict[str, str]] = (ask_customers, {})
REACTIONS: tuple[Any, dict[str, str]] = (react_to_customers, {})
MAIL = (send_what_is_owed, {"channel": "email"})


@dataclass
class Told:
    """What the walk saw: the flow runs by state, each red one with its sentence."""

    runs: int = 0
    red: list[str] = field(default_factory=list)


def walk(stack: Stack, days: float, console: Any) -> tuple[Told, datetime]:
    """Walks the clock from the start for so many days; answers what happened and where the clock stands."""
    told, now = Told(), stack.start
    stage = Stage(stack.start, (*SCRIPTS, *VOICES), stack.give_back, open_workplace())
    stops = _stops(stack.start, days)
    with _no_heartbeat(), _progress(console) as progress:
        bar = progress.add_task("Monday 09:00", total=len(stops))
        for before in stage.opening_hours():
            stage.play(before)
            _run(told, before, (MAIL,))
        for number, now in enumerate(stops, 1):
            stack.set_clock(now)
            stage.play(now)
            is_desk = number % DESK_EVERY == 0 or now == stops[-1]
            desk = (RETURNS, DEADLINES) if is_desk else ()
            voices = (REVIEWS, REACTIONS) if is_desk and now >= stack.start + VOICES_SINCE else ()
            _run(told, now, (ORDERS, PARCELS, *desk, *voices, MAIL))
            progress.update(bar, advance=1, description=f"{now:%A %H:%M} · {counted().sent:5} mails")
    now += LAST_WORDS
    stage.play(now)
    told.red += stage.surprises
    return told, now


def _run(told: Told, now: datetime, flows: Iterable[tuple[Any, dict[str, str]]]) -> None:
    """Runs flows one after another with the clock at `now`."""
    with clock.clock_set_to(now):
        for started, given in flows:
            state = started(**given, return_state=True)
            told.runs += 1
            if not state.is_completed():
                told.red.append(" ".join(str(state.message).split()))


def _stops(start: datetime, days: float) -> list[datetime]:
    stops = [start]
    while stops[-1] < start + timedelta(days=days):
        is_busy = stops[-1] - start < timedelta(days=BUSY_DAYS)
        stops.append(stops[-1] + timedelta(hours=4 if is_busy else 6))
    return stops[1:]


def settle() -> None:
    """Lets Prefect's client say what it still has to say, while its server is there to hear it."""
    EventsWorker.drain_all(timeout=20)
    APILogWorker.drain_all(timeout=20)


def counted() -> Ledger:
    """The ledger as the store has it."""
    with open_workplace().reading() as connection:
        return ledger(connection)


def _progress(console: Any) -> Progress:
    return Progress(
        TextColumn("  {task.description:32}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


@contextmanager
def _no_heartbeat() -> Iterator[None]:
    """Flows run one after another in this very process here: nobody needs to hear that it lives, at a second each."""
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield
