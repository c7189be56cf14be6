"""News about what is long past touches the days that it changes: those of an order, and those of what was said before."""

import random
from datetime import date, timedelta

import pytest
from a_month import NOW, a_month, month_settings
from a_months_voices import reviewed, sheet

from postventa.contracts import conform, contract
from postventa.datasets import _days as days
from postventa.datasets import builder
from postventa.datasets._night import Span
from postventa.store.asks import AnswerRow
from postventa.store.database import create_tables, open_store
from postventa.store.orders import OrderRow
from postventa.store.reviews import ReviewRow

EVER = Span(date(2026, 4, 1), NOW.date())


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setattr(days, "OVERLAP", 0)
    engine = open_store(f"sqlite:///{tmp_path / 'late.db'}")
    create_tables(engine)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("name", ["survey_responses", "review_facts", "order_timeline"])
def test_what_changes_by_late_news_is_built_again(store, a_night, name):

    month = a_month(store)
    with store.connect() as connection:
        heard = days.heard_so_far(connection)
        before = conform(builder(name).build(a_night(connection), EVER), contract(name)).to_pylist()
    counts = {table: len(month.rows[table]) for table in (AnswerRow, ReviewRow)}
    answer = next(row for row in month.rows[AnswerRow] if row["ask_id"])
    review = next(row for row in month.rows[ReviewRow] if row["status"] == "approved")
    sheet(
        month,
        random.Random(1),
        month.rows[OrderRow][answer["order_id"] - 1],
        NOW - timedelta(hours=30),
        ref="again",
    )
    reviewed(month, random.Random(1), month.rows[OrderRow][review["order_id"] - 1], NOW - timedelta(hours=30))
    known = {row["order_id"] for row in month.rows[ReviewRow]}
    unheard = next(row for row in month.rows[OrderRow] if row["delivered_at"] and row["id"] not in known)
    reviewed(month, random.Random(1), unheard, NOW - timedelta(hours=30))
    with store.begin() as connection:
        for table, count in counts.items():
            connection.execute(table.__table__.insert(), month.rows[table][count:])
    with store.connect() as connection:
        touched = days.touched_since(connection, month_settings(), heard)
        after = conform(builder(name).build(a_night(connection), EVER), contract(name)).to_pylist()
    changed = {row["day"] for row in [*before, *after] if (row in before) != (row in after)}

    assert changed
    assert changed <= touched
