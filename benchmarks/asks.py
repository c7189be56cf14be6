"""Due asks: what asking a hundred customers costs among a thousand delivered orders and among a million."""

import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from due import measured, median_ms, numbers_to, write
from sqlalchemy import Connection, String, cast, literal, text, update
from stand import Stand, WrongResult

from postventa import clock
from postventa.review_facts import askings
from postventa.reviews_today import asked_lately, reviews_today
from postventa.settings import ENVIRONMENT_KEY, read_settings
from postventa.store.asking import due_asks_of
from postventa.store.asks import AskRow
from postventa.store.orders import CustomerRow, LineRow, OrderRow
from tasks.reviews import ask_for_reviews

NOW = datetime(2026, 11, 16, 11, tzinfo=UTC)
DUE = 100
COMING = 20
"""One in so many was delivered yesterday and is asked next week; the others' asks are long over."""
AGES = {"due": timedelta(days=8), "coming": timedelta(days=1), "over": timedelta(days=200)}
SURVEY = "delivery"


def look(stand: Stand, database: str, orders: int) -> dict[str, Any]:
    """Fills a store with delivered orders, a hundred of which are due to be asked about, and lets the flow's task look."""
    house = stand.house(database)
    written = house.config.read_text(encoding="utf-8")
    written = written.replace(
        'url = ""                                   # how', 'url = "https://b.example" #'
    )
    house.config.write_text(written, encoding="utf-8")
    os.environ |= {ENVIRONMENT_KEY: str(house.config), "POSTVENTA_WEB_SECRET": "b" * 40}
    settings, store = read_settings(house.config), house.place.store
    with store.begin() as connection:
        _fill(connection, orders)
    with store.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    with clock.clock_set_to(NOW):
        with store.begin() as connection:
            found = due_asks_of(connection, SURVEY, NOW, 2 * DUE)
            finding = median_ms(lambda: due_asks_of(connection, SURVEY, NOW, DUE))
            askings(connection, settings, [found[0].order_id], NOW)  # the law is read once in a process
        asked, asking = measured(ask_for_reviews.fn)
        with store.begin() as connection:
            connection.execute(update(AskRow).where(AskRow.id <= DUE).values(next_at=NOW))
        again, looking = measured(ask_for_reviews.fn)
        nothing = median_ms(ask_for_reviews.fn)
        with store.connect() as connection:
            page = median_ms(lambda: reviews_today(connection, settings, NOW))
            counted = asked_lately(connection, NOW).asked[SURVEY]
    done = (len(found), asked.looked_at, asked.asked, asked.trouble, again.looked_at, again.asked, counted)
    if done != (DUE, DUE, DUE, [], DUE, 0, DUE):
        raise WrongResult(f"of {DUE} due: found, looked at, asked, trouble and so again, on the page: {done}")
    return {
        "orders": orders,
        "due": DUE,
        "ms_to_find_the_due": finding,
        "cpu_ms_to_ask_the_due": asking,
        "cpu_ms_to_look_again": looking,
        "ms_when_nothing_is_due": nothing,
        "ms_for_the_managers_page": page,
    }


def _fill(connection: Connection, count: int) -> None:
    """As many delivered orders with a line and an ask; goods that were handed over, so that none has a parcel."""
    numbers = numbers_to(count)
    number, named = numbers.c.n, cast(numbers.c.n, String)
    over = NOW - AGES["over"]
    customer = {
        "id": number,
        "shop": "tienda",
        "identity": named + literal("@client.example"),
        "email": named + literal("@client.example"),
        "name": "Núria Soler",
        "phone": "",
    }
    order = {
        "id": number,
        "shop": "tienda",
        "ref": named,
        "number": named,
        "customer_id": number,
        "raw_status": "completed",
        "order_state": "completed",
        "payment_state": "paid",
        "fulfilment_state": "delivered",
        "stage": "delivered",
        "currency": "EUR",
        "language": "es",
        "is_held": False,
        "is_all_shipped": True,
        "needs_shipping": False,
        **dict.fromkeys(("placed_at", "modified_at", "paid_at", "delivered_at", "heard_at"), over),
        **dict.fromkeys(("total", "tax_total", "discount"), Decimal(0)),
        "details": {},
    }
    line = {
        "id": number,
        "order_id": number,
        "ref": named,
        "product_ref": named,
        "sku": "LAM-1",
        "name": "Lámpara",
        "quantity": Decimal(1),
        **dict.fromkeys(("net_before", "tax_before", "net", "tax"), Decimal(0)),
    }
    ask = {
        "id": number,
        "subject": literal("order:") + named,
        "order_id": number,
        "shop": "tienda",
        "survey": SURVEY,
        "contact": "",
        "state": "closed",
        "reason": "",
        "line_refs": "",
        "since_at": over,
        "expires_at": over + timedelta(days=30),
    }
    for table, values in ((CustomerRow, customer), (OrderRow, order), (LineRow, line), (AskRow, ask)):
        write(connection, table.__table__, values, numbers)
    for ids, age in (
        ((AskRow.id > DUE) & (AskRow.id <= DUE + count // COMING), AGES["coming"]),
        (AskRow.id <= DUE, AGES["due"]),
    ):
        since = NOW - age
        days = {"since_at": since, "expires_at": since + timedelta(days=30), "state": "planned"}
        connection.execute(update(AskRow).where(ids).values(next_at=since + timedelta(days=7), **days))
        same = OrderRow.id.in_(AskRow.__table__.select().with_only_columns(AskRow.order_id).where(ids))
        connection.execute(update(OrderRow).where(same).values(delivered_at=since))
