"""A customer who is asked: the row that a survey's link means."""

from datetime import datetime, timedelta

from postventa.store.asks import AskRow
from postventa.workplace import Workplace


def an_ask(place: Workplace, now: datetime, *, survey: str = "delivery", order_id: int = 1, **columns) -> int:
    """An ask about an order, by its id."""
    row = {
        "subject": f"order:{order_id}",
        "order_id": order_id,
        "case_id": None,
        "shop": "tienda",
        "survey": survey,
        "contact": "",
        "state": "asked",
        "reason": "",
        "since_at": now - timedelta(days=7),
        "next_at": now + timedelta(days=7),
        "expires_at": now + timedelta(days=23),
        "asked_at": now,
        "reminded_at": None,
        "first_answer_at": None,
        "line_refs": "",
    } | columns
    table = AskRow.__table__
    with place.store.begin() as connection:
        return connection.execute(table.insert().returning(table.c.id), row).scalar_one()
