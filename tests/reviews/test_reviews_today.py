"""The managers' page of asking: its figures are the store's, and it names orders, never customers."""

from collections import Counter
from datetime import timedelta

import pytest
from an_ask import an_ask
from an_order import fill, raw_order

from postventa.reviews_today import asked_lately, low_scores_today, reviews_today
from postventa.store.asks import AskRow
from postventa.surveys import record

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
def test_the_page_counts_what_the_store_holds_and_names_no_customer(place, monday):
    fill(place, [raw_order(number) for number in range(1, 10)], monday)
    nobody = {"asked_at": None, "next_at": None}
    ids = [an_ask(place, monday, order_id=number) for number in range(1, 5)]
    an_ask(place, monday, order_id=5, state="planned", asked_at=None)
    an_ask(place, monday, order_id=6, state="held", reason="complaint_open", asked_at=None)
    an_ask(place, monday, order_id=7, state="suppressed", reason="opted_out", **nobody)
    an_ask(place, monday, order_id=8, state="reminded", reminded_at=monday)
    an_ask(place, monday, order_id=9, state="closed", since_at=monday - 31 * DAY)  # over: not counted
    now = monday + DAY + 3 * HOUR
    for at, ask_id, said in (
        (monday + 2 * HOUR, ids[0], {"order_condition": "1"}),  # low, but yesterday's
        (monday + DAY, ids[1], {"overall_experience": "5", "nps": "10"}),
        (now, ids[2], {"overall_experience": "2", "nps": "3", "comment": "Llegó tarde, soy Núria."}),
    ):
        with place.store.begin() as connection:
            record(connection, place.settings, ask_id, said, at)

    with place.reading() as connection:
        lately = asked_lately(connection, now)
        low = low_scores_today(connection, place.settings, now)
        page = reviews_today(connection, place.settings, now)
        held = connection.execute(AskRow.__table__.select()).all()
    recent = [row for row in held if row.order_id != 9]
    assert lately.states == Counter((row.state, row.reason) for row in recent)
    assert lately.asked == {"delivery": sum(row.asked_at is not None for row in recent)} == {"delivery": 5}
    assert lately.answered == {"delivery": 3}
    assert lately.hours == {"delivery": 24.0}
    assert [(one.what, one.scores[0]) for one in low] == [("tienda:3", "overall_experience:2")]
    assert "| suppressed | opted_out | 1 |" in page
    assert "| delivery | 5 | 3 | 60% | 24.0 |" in page
    assert "| tienda:3 | overall_experience:2" in page
    assert not any(word in page for word in ("Llegó", "Núria", "@"))
