"""The story of the demo: the clock walks through three weeks, and at every stop flows run as they would by schedule."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from prefect.context import SyncClientContext
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from flows.complaints import watch_deadlines
from flows.messages import send_what_is_owed
from flows.nightly import publish_datasets
from flows.orders import follow_orders
from flows.reactions import react_to_customers
from flows.reconciliation import prove_completeness
from flows.returns import follow_returns
from flows.reviews import ask_customers
from flows.shipments import follow_shipments
from postventa import clock
from postventa.demo.complaints import COMPLAINTS
from postventa.demo.returns import RETURNED
from postventa.demo.rhythm import DAY, stops
from postventa.demo.stack import Stack
from postventa.demo.stage import Stage
from postventa.demo.voices import VOICES
from postventa.store.ledger import Ledger, ledger
from postventa.workplace import open_workplace

HERE = ZoneInfo("Europe/Madrid")
LAST_WORDS = timedelta(minutes=15)
"""After the last runs somebody writes once more: what a demo finds that looks at the desk as it is."""
ORDERS = (follow_orders, {"shop": "tienda"})
PARCELS = (follow_shipments, {"carrier": "dhl"})
RETURNS: tuple[Any, dict[str, str]] = (follow_returns, {})
DEADLINES: tuple[Any, dict[str, str]] = (watch_deadlines, {})
REVIEWS: tuple[Any, dict[str, str]] = (ask_customers, {})
REACTIONS: tuple[Any, dict[str, str]] = (react_to_customers, {})
MAIL = (send_what_is_owed, {"channel": "email"})
PROOF: tuple[Any, dict[str, str]] = (prove_completeness, {"shop": "tienda"})
NIGHTLY: tuple[tuple[Any, dict[str, str]], ...] = ((publish_datasets, {}), MAIL)
"""What runs once when the story is told: the night with its report, and the mail that tells managers of it."""


@dataclass
class Told:
    """What the walk saw: the flow runs by state, each red one with its sentence."""

    runs: int = 0
    red: list[str] = field(default_factory=list)


def walk(stack: Stack, days: int, console: Any) -> tuple[Told, datetime]:
    """Walks the clock from the start for so many days; answers what happened and where the clock stands."""
    told, now = Told(), stack.start
    stage = Stage(stack.start, (*COMPLAINTS, *RETURNED, *VOICES), stack, open_workplace())
    coming = list(stops(days))
    with _no_heartbeat(), SyncClientContext.get_or_create(), _progress(console) as progress:
        bar = progress.add_task("day  1", total=len(coming))
        for stop in coming:
            now = stack.start + timedelta(hours=stop.hour)
            stack.set_clock(now)
            stage.play(now)
            goods = (ORDERS, PARCELS) if stop.has_goods else ()
            desk = (RETURNS, DEADLINES) if stop.has_desk else ()
            voices = (REVIEWS, REACTIONS) if stop.has_voices else ()
            proof = (PROOF,) if stop.has_proof else ()
            _run(told, now, (*goods, *desk, *voices, *proof, MAIL))
            day = f"day {int(stop.hour // DAY) + 1:2}, {now.astimezone(HERE):%A %H:%M}"
            progress.update(bar, advance=1, description=f"{day} · {counted().sent:5} mails")
        progress.update(bar, description="the night: datasets and the managers' report")
        _run(told, now, NIGHTLY)
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
        TextColumn("  {task.description:42}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        refresh_per_second=2,
    )


@contextmanager
def _no_heartbeat() -> Iterator[None]:
    """Flows run one after another in this very process here: nobody needs to hear that it lives, at a second each."""
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield
