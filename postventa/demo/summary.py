"""The end of the demo: what happened, whether the books agree, and where to look."""

from rich.console import Console
from rich.table import Table

from postventa.demo.stack import Stack
from postventa.demo.story import Told, counted
from postventa.messages import cards
from postventa.rules.orders import Stage
from postventa.store.orders import orders_by_stage
from postventa.workplace import open_workplace

RED_SHOWN = 4


def summarise(stack: Stack, told: Told, console: Console, seconds: float) -> bool:
    """Prints the summary; answers whether the ledger adds up and the mailbox holds just what it says."""
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
    where = Table.grid(padding=(0, 2))
    for name, place in (
        ("Runs and dashboards", stack.prefect_url),
        ("How the chain stands", f"{stack.prefect_url}/artifacts/key/chain-today"),
        ("Every mail", f"{stack.sandbox_url}/mailbox"),
        ("The shop and carrier", stack.sandbox_url),
        ("Configuration", str(stack.config)),
        ("An order's story", f".venv/bin/postventa order 10001 --config {stack.config}"),
    ):
        where.add_row(f"  {name}", place)
    console.print("\n  Where to look:")
    console.print(where, soft_wrap=True)
    return adds_up
