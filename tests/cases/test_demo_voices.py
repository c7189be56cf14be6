"""The demo's customers who are asked: they answer as customers do, and one objects before the request."""

from datetime import UTC, datetime, timedelta
from statistics import mean

import pytest
from a_review_shop import WEB
from a_shop_floor import AShopFloor
from an_ask import an_ask
from an_order import fill, raw_order
from sqlalchemy import select, update

from postventa import clock
from postventa.demo.stage import Stage
from postventa.demo.voices import VOICES, sheet
from postventa.reviews_today import asked_lately
from postventa.store.asks import AnswerRow
from postventa.store.cases import CaseRow
from postventa.store.consents import SuppressionRow
from postventa.store.messages import OutboxRow
from tasks.reactions import react_to_voices

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
ORDERS = 30


@pytest.fixture
def configuration(configuration, monkeypatch):
    monkeypatch.setenv("POSTVENTA_WEB_SECRET", "k" * 40)
    configuration["web"] = dict(WEB)
    ana = {"name": "Ana", "email": "ana@tienda.example"}
    configuration["desk"] = {"people": {"ana": ana}, "owner": "ana", "team_lead": "ana", "manager": "ana"}
    return configuration


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_those_whose_request_arrived_answer_once_and_one_objects(house):
    place = house()
    fill(place, [raw_order(number) for number in range(1, ORDERS + 1)], START)
    for number in range(1, ORDERS):
        an_ask(place, START, order_id=number)
    an_ask(place, START, order_id=ORDERS, state="planned", asked_at=None)
    with place.store.begin() as connection:
        first = connection.execute(
            select(OutboxRow.id).where(OutboxRow.order_id < ORDERS).group_by(OutboxRow.order_id)
        )
        arrived = {"message": "review_requested", "outcome": "sent", "settled_at": START}
        ids = list(first.scalars())
        connection.execute(update(OutboxRow).where(OutboxRow.id.in_(ids)).values(arrived))
    shop = AShopFloor()
    stage = Stage(START, VOICES, shop, place)
    for day in range(13):
        stage.play(START + timedelta(days=day, hours=8))
    with place.reading() as connection:
        answered = asked_lately(connection, stage.now).answered["delivery"]
        best = select(AnswerRow.number).where(AnswerRow.question == "overall_experience")
        scores = connection.execute(best).scalars().all()
        objected = connection.execute(select(SuppressionRow.reason).distinct()).scalars().all()
    assert 3 <= answered == len(scores) < ORDERS
    assert min(scores) == 1
    assert objected == ["objected"]
    assert 0 < len(shop.reviews) <= answered
    assert {review["product_id"] for review in shop.reviews} <= {
        goods["product_id"] for goods in raw_order(1)["line_items"]
    }
    with clock.clock_set_to(stage.now + timedelta(hours=1)):
        opened = react_to_voices.fn().opened
    stage.play(START + timedelta(days=15))
    with place.reading() as connection:
        states = connection.execute(select(CaseRow.state)).scalars().all()
    assert len(states) == opened >= 1
    assert set(states) <= {"in_progress", "resolved"}
    assert stage.surprises == []


def test_what_came_in_time_is_liked_and_what_came_late_is_not():
    def average(**how):
        return mean(int(sheet(number, "es", **how)["overall_experience"]) for number in range(2000))

    assert average() == pytest.approx(4.2, abs=0.1)
    assert average(is_late=True) == pytest.approx(2.55, abs=0.15)
