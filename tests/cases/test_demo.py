"""The demo's cases, played without the shop: at the end some stand in every state, and every log is whole."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from a_shop_floor import AShopFloor
from an_order import fill, raw_order
from sqlalchemy import select, update

from postventa import clock
from postventa.demo.complaints import COMPLAINTS
from postventa.demo.returns import RETURNED
from postventa.demo.rhythm import DAYS, stops
from postventa.demo.stage import Stage
from postventa.desk import When, due_list
from postventa.returns_today import returns_today
from postventa.rules.complaints import State
from postventa.rules.returns import ReturnState
from postventa.store.cases import CaseRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import LineRow, OrderRow, RefundRow
from postventa.verification import verify_log
from tasks.complaints import ring_clocks
from tasks.returns import Looked, keep_sales, watch_refunds

START = datetime(2026, 11, 2, 8, tzinfo=UTC)


@pytest.fixture
def configuration(configuration, tmp_path):
    people = ("ana", "joan", "marta")
    configuration["desk"] = {
        "people": {who: {"name": who.title(), "email": f"{who}@tienda.example"} for who in people},
        "owner": "ana",
        "team_lead": "joan",
        "manager": "marta",
    }
    configuration["adr"] = {"entity": "Junta Arbitral"}
    configuration["policy"] = {"exemptions": {"e": ["CRE-50*"]}}
    configuration["files"] = {"path": str(tmp_path / "files")}
    return configuration


class Till(AShopFloor):
    """A shop whose refunds are heard at once."""

    def __init__(self, place):
        super().__init__()
        self.place = place

    def give_back(self, order_ref):
        super().give_back(order_ref)
        with self.place.store.begin() as connection:
            order = connection.execute(
                select(OrderRow.id, OrderRow.total).where(OrderRow.ref == order_ref)
            ).one()
            paid = {"order_id": order.id, "ref": order_ref, "amount": order.total, "reason": ""}
            paid |= {"refunded_at": clock.now(), "withdrawn_at": None}
            connection.execute(RefundRow.__table__.insert(), paid)
            connection.execute(
                update(OrderRow).where(OrderRow.id == order.id).values(sale_look_at=clock.now())
            )


def look_after(place, now):
    """What the desk's flows do at a stop, and the mail after them."""
    with clock.clock_set_to(now):
        assert keep_sales.fn().trouble == []
        watch_refunds.fn(Looked())
        assert ring_clocks.fn().trouble == []
        with place.store.begin() as connection:
            waits = update(OutboxRow).where(OutboxRow.settled_at.is_(None))
            connection.execute(waits.values(outcome="sent", settled_at=now))


@pytest.fixture
def place(house):
    place = house()
    goods = raw_order(1)["line_items"][0]
    many = [
        raw_order(
            n, "completed", parcels=(f"JD{n}",), line_items=[goods | {"id": n * 10 + i} for i in (1, 2)]
        )
        for n in range(1, 20)
    ]
    fill(place, many, START)
    with place.store.begin() as connection:
        arrived = {"stage": "delivered", "shipped_at": START, "delivered_at": START + timedelta(days=3)}
        connection.execute(update(OrderRow).values(arrived))
        connection.execute(
            update(OrderRow).where(OrderRow.ref.in_(("1", "2"))).values(stage="in_preparation")
        )
        connection.execute(update(OrderRow).where(OrderRow.ref == "3").values(stage="shipped"))
        creams = select(OrderRow.id).where(OrderRow.ref.in_(("4", "5")))
        connection.execute(update(LineRow).where(LineRow.order_id.in_(creams)).values(sku="CRE-50"))
    return place


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_the_demo_ends_with_cases_in_every_state_some_nearing_their_day_and_one_past_it(place):
    shop = Till(place)
    stage = Stage(START, (*COMPLAINTS, *RETURNED), shop, place)
    for stop in stops(DAYS):
        now = START + timedelta(hours=stop.hour)
        stage.play(now)
        if stop.has_desk:
            look_after(place, now)
    with place.reading() as connection:
        page = returns_today(connection, stage.now)
    stage.play(now + timedelta(minutes=15))
    with place.reading() as connection:
        states = set(connection.execute(select(CaseRow.family, CaseRow.state)).tuples())
        numbers = connection.execute(select(CaseRow.id)).scalars().all()
        assert [problem for one in numbers for problem in verify_log(connection, one)] == []
        due = [one for one in due_list(connection, ZoneInfo("Europe/Madrid"), stage.now) if one.case]
    wanted = {("complaint", str(state)) for state in State} | {
        ("return", str(state)) for state in ReturnState
    }
    assert wanted - states == set()
    assert [state for state in ReturnState if f"| {state} |" not in page] == []
    nearing = [one.case for one in due if one.when in {When.TODAY, When.THIS_WEEK}]
    assert (len({one.case for one in due if one.when is When.OVERDUE}), len(nearing) > 2) == (1, True)
    assert any(one.case.startswith("R-") for one in due if one.when is When.OVERDUE)
    assert (len(shop.paid_back), stage.surprises) == (2, [])
