"""The end of the demo: what happened, whether the books agree, and where to look."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from postventa import clock
from postventa.datasets._shelf import Shelf
from postventa.demo.cases_told import tell_cases
from postventa.demo.rhythm import PROOF_DAY
from postventa.demo.stack import Stack
from postventa.demo.story import Told, counted
from postventa.demo.voices_told import tell_voices
from postventa.links import case_link, order_link, survey_link
from postventa.messages import cards
from postventa.reconciliation_told import sentence_of
from postventa.report import INDEX
from postventa.review_facts import SURVEY
from postventa.rules.orders import Stage
from postventa.store.asks import AskRow
from postventa.store.cases import CaseRow
from postventa.store.orders import OrderRow, orders_by_stage
from postventa.store.reconciliation import ReconciliationRow, findings_of
from postventa.workplace import open_workplace

RED_SHOWN = 4


def summarise(stack: Stack, told: Told, now: datetime, console: Console, seconds: float) -> bool:
    """Prints the summary; answers whether the books agree: ledger, mailbox, and the logs of all cases."""
    book, box = counted(), stack.status()["mails"]
    with open_workplace().reading() as connection:
        stages = orders_by_stage(connection)
    console.print()
    standing = Table("order", "how many", title="Where the orders stand", title_justify="left")
    for stage in Stage:
        if stage in stages:
            standing.add_row(stage, str(stages[stage]))
    messages = Table(
        "message",
        "sent",
        "in the mailbox",
        "not sent",
        title="What customers were told",
        title_justify="left",
    )
    for card in cards():
        counts = book.by_message.get(card.message, {})
        arrived = box["by_message"].get(card.message, 0)
        messages.add_row(
            card.message, str(counts.get("sent", 0)), str(arrived), str(counts.get("suppressed", 0))
        )
    console.print(standing)
    console.print(messages)
    are_whole = tell_cases(console, now)
    tell_voices(console, book, now)
    for reason, count in sorted(book.suppressed.items()):
        console.print(f"  not sent, {reason}: {count}")
    adds_up = book.is_balanced and box["total"] == book.sent + book.uncertain
    verdict = "[green]adds up[/]" if adds_up else "[bold red]DOES NOT ADD UP[/]"
    console.print(
        f"\n  The ledger {verdict}: {book.owed} owed = {book.sent} sent + {sum(book.suppressed.values())} suppressed"
        f" + {sum(book.deferred.values())} deferred + {sum(book.failed.values())} failed"
        f" + {book.uncertain} uncertain + {book.waiting} waiting; {box['total']} mails in the mailbox."
    )
    console.print(f"  {told.runs} flow runs, {len(told.red)} of them red, in {seconds:.0f} s.")
    for sentence in told.red[:RED_SHOWN]:
        console.print(f"    red: {sentence}", style="red")
    console.print(f"  The proof of completeness: {_proof()}.")
    console.print("\n  Where to look:")
    for name, place in (
        ("Runs and dashboards", stack.prefect_url),
        ("How the chain stands", f"{stack.prefect_url}/artifacts/key/chain-today"),
        ("What the polls missed", f"{stack.prefect_url}/artifacts/key/completeness-tienda"),
        ("What the desk has to do", f"{stack.prefect_url}/artifacts/key/desk-today"),
        ("What comes back", f"{stack.prefect_url}/artifacts/key/returns-today"),
        ("What customers say", f"{stack.prefect_url}/artifacts/key/reviews-today"),
        ("The managers' report", _report()),
        ("Every mail", f"{stack.sandbox_url}/mailbox"),
        ("The customers' pages", stack.web_url),
        *_pages(now),
        ("The shop and carrier", stack.sandbox_url),
        ("Configuration", str(stack.config)),
        ("An order's story", f".venv/bin/postventa order 10001 --config {stack.config}"),
        (
            "A case's evidence",
            f". {stack.environment_file}; .venv/bin/postventa evidence R-{stack.start:%Y}-000001 --out evidence",
        ),
    ):
        console.print(f"  {name:26} {place}", soft_wrap=True)
    return adds_up and are_whole


def _proof() -> str:
    """What the night's comparison with the shop has found."""
    runs: Any = ReconciliationRow.__table__
    with open_workplace().reading() as connection:
        run = connection.execute(runs.select().order_by(runs.c.id.desc()).limit(1)).one_or_none()
        if run is None or run.ended_at is None:
            return f"not made: it is made on day {PROOF_DAY + 1}"
        return sentence_of(run, findings_of(connection, run.id))


def _report() -> str:
    """The page of the night that ended the story; nothing where none was published."""
    shelf = Shelf(open_workplace().settings.datasets.path)
    return shelf.link(INDEX) if shelf.read(INDEX) else "not written: see the red run"


def _pages(now: datetime) -> Iterator[tuple[str, str]]:
    """A page of a case, of an order and of a survey, by the links that their customers have."""
    settings = open_workplace().settings
    with open_workplace().reading() as connection:
        key = connection.execute(select(CaseRow.key).order_by(CaseRow.id).limit(1)).scalar_one_or_none()
        order = connection.execute(
            select(OrderRow.shop, OrderRow.id)
            .where(OrderRow.stage == Stage.DELIVERED)
            .order_by(OrderRow.id)
            .limit(1)
        ).one_or_none()
        ask = connection.execute(
            select(AskRow.id)
            .where(AskRow.survey == SURVEY, AskRow.asked_at.is_not(None), AskRow.first_answer_at.is_(None))
            .order_by(AskRow.id.desc())
            .limit(1)
        ).scalar_one_or_none()
    with clock.clock_set_to(now):  # a link bears its date, and the pages keep the story's
        if key is not None:
            yield "A case, as its customer", case_link(settings, key)
        if order is not None:
            yield "An order, as its customer", order_link(settings, order.shop, order.id)
        if ask is not None:
            yield "A survey, as its customer", survey_link(settings, ask)
