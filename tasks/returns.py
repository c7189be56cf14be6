"""Returns: keeping every sale up to date that has changed, and every refund watched that may not wait any longer."""

import logging
import time
from dataclasses import dataclass, field

from prefect.artifacts import create_markdown_artifact
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from postventa import clock
from postventa.after_sales import keep, note_acknowledgements
from postventa.late_payments import ask_again, count_late_payment
from postventa.order_clocks import keep_clocks
from postventa.refunds_withheld import withhold
from postventa.returns_today import returns_today
from postventa.store.sales import Sale, due_sales, put_off, sales
from postventa.workplace import Workplace, open_workplace
from tasks.promise import promise

BATCH = 100
RUN_SECONDS = 240

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Looked:
    """What a round brought: sales looked at, returns whose money moved, refunds that wait lawfully, clocks that
    began for orders, and trouble.
    """

    sales: int = 0
    moved: int = 0
    acknowledged: int = 0
    withheld: int = 0
    clocks: int = 0
    trouble: list[str] = field(default_factory=list)
    """Sentences that need a person; each names an order."""
    left_over: bool = False


@promise("keep-sales")
def keep_sales() -> Looked:
    """Looks at every sale that is due for a look, a bounded batch in a transaction; each succeeds or fails alone.

    Safe to run twice: it writes down what the store says, and a letter is owed once.
    """
    place = open_workplace()
    now, looked = clock.now(), Looked()
    until = time.monotonic() + RUN_SECONDS
    while time.monotonic() < until:
        with place.store.begin() as connection:
            found = sales(connection, due_sales(connection, now, BATCH))
            for sale in _with_clocks(connection, place, list(found.values()), looked):
                _keep_one(connection, place, sale, looked)
        if not found:
            return looked
    looked.left_over = True
    return looked


@promise("watch-refunds")
def watch_refunds(looked: Looked) -> Looked:
    """Notes which statements are acknowledged, and which refunds wait lawfully for the goods (LGDCU 107.3)."""
    place = open_workplace()
    now = clock.now()
    with place.store.begin() as connection:
        looked.acknowledged += note_acknowledgements(connection, now, BATCH)
        looked.withheld += len(withhold(connection, now, BATCH))
    return looked


@promise("report-returns")
def report_returns(looked: Looked) -> list[str]:
    """Writes what managers read of returns and refunds, and answers the sentences that turn the run red."""
    place = open_workplace()
    with place.reading() as connection:
        page = returns_today(connection, clock.now())
    did = (
        f"- {looked.sales} sales looked at, {looked.clocks} deadlines of orders begun, {looked.moved} refunds read "
        f"back, {looked.acknowledged} statements acknowledged, {looked.withheld} refunds withheld until the goods are here"
    )
    rest = "- **more sales are due** for the next run" if looked.left_over else "- no sale is due for a look"
    people = [f"- needs a person: {sentence}" for sentence in looked.trouble]
    said = "\n".join([page, "", "## This run", "", did, rest, *people])
    create_markdown_artifact(key="returns-today", markdown=said, description="Returns and refunds")
    return looked.trouble


def _with_clocks(connection: Connection, place: Workplace, found: list[Sale], looked: Looked) -> list[Sale]:
    """These sales with their orders' clocks kept, all at once; only if that fails, each alone, without those that fail."""
    try:
        with connection.begin_nested():
            looked.clocks += keep_clocks(connection, place.settings, found, clock.now())
    except OperationalError:
        raise  # the store's trouble, not these sales'
    except Exception as error:  # noqa: BLE001 - a sale fails alone, with its reason
        if len(found) > 1:
            return [one for sale in found for one in _with_clocks(connection, place, [sale], looked)]
        for sale in found:
            looked.sales += 1
            _put_off(connection, sale, error, looked)
        return []
    return found


def _keep_one(connection: Connection, place: Workplace, sale: Sale, looked: Looked) -> None:
    looked.sales += 1
    try:
        with connection.begin_nested():
            sale = count_late_payment(connection, place.settings, sale, clock.now())
            kept = keep(connection, place.settings, sale, clock.now())
            ask_again(connection, sale, clock.now())
    except OperationalError:
        raise  # the store's trouble, not this sale's
    except Exception as error:  # noqa: BLE001 - a sale fails alone, with its reason
        _put_off(connection, sale, error, looked)
        return
    looked.moved += kept.moved
    if kept.asks:
        looked.trouble.append(kept.asks)


def _put_off(connection: Connection, sale: Sale, error: Exception, looked: Looked) -> None:
    """By the kind of error alone: the text of a database error may hold personal data."""
    name = f"{sale.order.shop}:{sale.order.ref}"
    log.error("the sale %s is put off: %s", name, type(error).__name__)
    put_off(connection, sale.order.id, clock.now())
    looked.trouble.append(f"the sale {name} could not be looked at: {type(error).__name__}")
