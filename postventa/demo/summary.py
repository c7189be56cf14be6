"""The end of the demo: what happened, whether the books agree, and where to look."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from postventa import clock
from postventa.demo.stack import Stack
from postventa.demo.story import Told, counted
from postventa.desk import When, due_list, refunds_due
from postventa.links import case_link, order_link
from postventa.messages import cards
from postventa.reactions import SOURCE
from postventa.review_facts import SURVEY
from postventa.reviews_today import asked_lately
from postventa.rules.orders import Stage
from postventa.store.cases import CaseRow
from postventa.store.orders import OrderRow, orders_by_stage
from postventa.verification import verify_log
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
    are_whole = _cases(console, now)
    _voices(console, now)
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
    console.print("\n  Where to look:")
    for name, place in (
        ("Runs and dashboards", stack.prefect_url),
        ("How the chain stands", f"{stack.prefect_url}/artifacts/key/chain-today"),
        ("What the desk has to do", f"{stack.prefect_url}/artifacts/key/desk-today"),
        ("What customers say", f"{stack.prefect_url}/artifacts/key/reviews-today"),
        ("Every mail", f"{stack.sandbox_url}/mailbox"),
        ("The customers' pages", stack.web_url),
        *_pages(now),
        ("The shop and carrier", stack.sandbox_url),
        ("Configuration", str(stack.config)),
        ("An order's story", f".venv/bin/postventa order 10001 --config {stack.config}"),
        (
            "A case's evidence",
            f".venv/bin/postventa evidence R-{stack.start:%Y}-000001 --out evidence --config {stack.config}",
        ),
    ):
        console.print(f"  {name:26} {place}", soft_wrap=True)
    return adds_up and are_whole


def _cases(console: Console, now: datetime) -> bool:
    """Prints how cases stand and what is due; answers whether every case's log is whole."""
    place, cases = open_workplace(), CaseRow.__table__.c
    with place.reading() as connection:
        kinds = select(cases.family, cases.state, func.count()).group_by(cases.family, cases.state)
        standing = connection.execute(kinds.order_by(cases.family, cases.state)).all()
        due = due_list(connection, ZoneInfo(place.settings.desk.timezone), now)
        everyone = connection.execute(select(cases.id)).scalars().all()
        broken = [case_id for case_id in everyone if verify_log(connection, case_id)]
    table = Table(
        "case", "state", "how many", title="Where complaints and returns stand", title_justify="left"
    )
    for family, state, count in standing:
        table.add_row(family, state.replace("_", " "), str(count))
    console.print(table)
    counts = Counter(one.when for one in due)
    said = ", ".join(f"{counts[when]} {when.replace('_', ' ')}" for when in When if counts[when])
    console.print(f"  Deadlines of the desk: {said or 'none within a week'}.")
    for currency, sums in refunds_due(due).items():
        money = ", ".join(
            f"{amount:.2f} {currency} {when.replace('_', ' ')}" for when, amount in sums.items()
        )
        console.print(f"  Refunds due: {money}.")
    verdict = "[bold red]BROKEN[/]" if broken else "[green]whole[/]"
    console.print(f"  The logs of {len(everyone)} cases are {verdict}.")
    return not broken


def _voices(console: Console, now: datetime) -> None:
    """Prints whom the shop asked and what came of it."""
    cases = CaseRow.__table__.c
    with open_workplace().reading() as connection:
        lately = asked_lately(connection, now)
        low = connection.execute(select(func.count()).where(cases.source == SOURCE)).scalar_one()
    asked, answered = lately.asked[SURVEY], lately.answered[SURVEY]
    share = f" ({answered / asked:.0%})" if asked else ""
    console.print(
        f"  Reviews: {asked} customers asked, {answered} answered{share}; {low} low scores became cases."
    )


def _pages(now: datetime) -> Iterator[tuple[str, str]]:
    """A page of a case and one of an order, by the links that their customers have."""
    settings = open_workplace().settings
    with open_workplace().reading() as connection:
        key = connection.execute(select(CaseRow.key).order_by(CaseRow.id).limit(1)).scalar_one_or_none()
        order = connection.execute(
            select(OrderRow.shop, OrderRow.id)
            .where(OrderRow.stage == Stage.DELIVERED)
            .order_by(OrderRow.id)
            .limit(1)
        ).one_or_none()
    with clock.clock_set_to(now):  # a link bears its date, and the pages keep the story's
        if key is not None:
            yield "A case, as its customer", case_link(settings, key)
        if order is not None:
            yield "An order, as its customer", order_link(settings, order.shop, order.id)
