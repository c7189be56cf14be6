"""Reviews: asking every customer whose time has come, and reading back what became of it."""

import logging
import time
from collections import Counter
from dataclasses import dataclass, field

from prefect.artifacts import create_markdown_artifact
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from postventa import clock
from postventa.connectors.doors import open_shop
from postventa.connectors.http import ConnectorError, NotThere, Refused
from postventa.heard_reviews import keep_reviews, read_since
from postventa.review_facts import SURVEY, Asking, askings
from postventa.review_news import HearsReviews
from postventa.reviews import look, put_off
from postventa.reviews_today import reviews_today
from postventa.settings import BadConfiguration
from postventa.store.asking import due_asks_of
from postventa.workplace import Workplace, open_workplace
from tasks.promise import promise

BATCH = 100
RUN_SECONDS = 240

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Asked:
    """What a round brought: asks looked at, what became of them by reason, and trouble."""

    looked_at: int = 0
    asked: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    """Why the others were not asked, or not now."""
    trouble: list[str] = field(default_factory=list)
    left_over: bool = False


@dataclass(slots=True)
class Heard:
    """Product reviews that were new, and the shops that could not be asked."""

    new: int = 0
    trouble: list[str] = field(default_factory=list)


@promise("ask-for-reviews")
def ask_for_reviews() -> Asked:
    """Looks at every ask that is due, a bounded batch in a transaction; each succeeds or fails alone.

    Safe to run twice: a request and a reminder are owed once for each order.
    """
    place = open_workplace()
    now, asked = clock.now(), Asked()
    until = time.monotonic() + RUN_SECONDS
    while time.monotonic() < until:
        with place.store.begin() as connection:
            due = due_asks_of(connection, SURVEY, now, BATCH)
            found = askings(connection, place.settings, [row.order_id for row in due], now)
            _look_at_all(connection, place, [found[row.order_id] for row in due], asked)
        if not due:
            return asked
    asked.left_over = True
    return asked


@promise("hear-reviews")
def hear_reviews() -> Heard:
    """Reads every shop's own reviews since the last ones, a page in a transaction; a shop that fails fails alone.

    Safe to run twice: a review is kept under its shop's own number.
    """
    place, heard = open_workplace(), Heard()
    for name, settings in place.settings.shops.items():
        try:
            door = open_shop(name, settings)
            if not isinstance(door, HearsReviews):
                continue
            with place.reading() as connection:
                since = read_since(connection, place.settings, name)
            for page in door.product_reviews(since):
                with place.store.begin() as connection:
                    heard.new += keep_reviews(connection, name, page, clock.now())
        except (NotThere, Refused) as closed:
            # Reviews may be switched off, or the key may not read them: asking goes on without them.
            log.warning("the reviews of %s cannot be read: %s", name, closed)
        except ConnectorError as error:
            heard.trouble.append(f"the reviews of {name} could not be read: {error}")
    return heard


@promise("report-reviews")
def report_reviews(asked: Asked, heard: Heard) -> list[str]:
    """Writes what managers read of the run, and answers the sentences that turn it red."""
    lines = [f"- {asked.looked_at} asks looked at, {asked.asked} requests and reminders newly owed"]
    lines += [f"- {count} not asked now: {reason}" for reason, count in sorted(asked.reasons.items())]
    lines += ["- **more asks are due** for the next run"] if asked.left_over else []
    lines.append(f"- {heard.new} product reviews newly read")
    trouble = [*asked.trouble, *heard.trouble]
    lines += [f"- needs a person: {sentence}" for sentence in trouble]
    said = "\n".join(["# Review requests", "", *lines])
    create_markdown_artifact(key="reviews-run", markdown=said, description="Review requests")
    place = open_workplace()
    with place.reading() as connection:
        page = reviews_today(connection, place.settings, clock.now())
    create_markdown_artifact(
        key="reviews-today", markdown=page, description="Requests, answers and low scores"
    )
    return trouble


def _look_at_all(connection: Connection, place: Workplace, due: list[Asking], asked: Asked) -> None:
    being_asked: set[int] = set()
    for asking in due:
        customer = asking.customer.id
        one = asking.about_another() if customer in being_asked else asking
        if _look_at(connection, place, one, asked) and asking.ask.state != "asked":
            being_asked.add(customer)


def _look_at(connection: Connection, place: Workplace, asking: Asking, asked: Asked) -> bool:
    """Whether the customer is being asked now."""
    asked.looked_at += 1
    try:
        with connection.begin_nested():
            verdict = look(connection, place.settings, asking, clock.now())
    except (OperationalError, BadConfiguration):
        raise  # the store's trouble, or everybody's: not this ask's
    except Exception as error:  # noqa: BLE001 - an ask fails alone, with its reason
        _put_off(connection, asking, error, asked)
        return False
    if verdict is None:
        return False
    if verdict.may_go:
        asked.asked += 1
    else:
        asked.reasons[verdict.reason] += 1
    return verdict.may_go


def _put_off(connection: Connection, asking: Asking, error: Exception, asked: Asked) -> None:
    """By the kind of error alone: the text of a database error may hold personal data."""
    name = f"{asking.sale.order.shop}:{asking.sale.order.ref}"
    log.error("the ask about %s is put off: %s", name, type(error).__name__)
    put_off(connection, asking.ask.id, clock.now())
    asked.trouble.append(f"the ask about {name} could not be looked at: {type(error).__name__}")
