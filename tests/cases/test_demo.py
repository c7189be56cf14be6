"""The demo's cases, played without the shop: they reach the states they are there to show, and every log is whole."""

from datetime import UTC, datetime, timedelta

import pytest
from a_shop_floor import AShopFloor
from an_order import fill, raw_order
from sqlalchemy import select, update

from postventa.demo.complaints import COMPLAINTS
from postventa.demo.returns import RETURNED
from postventa.demo.rhythm import DAYS, stops
from postventa.demo.stage import Stage
from postventa.store.cases import CaseRow
from postventa.store.orders import LineRow, OrderRow
from postventa.verification import verify_log

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


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_the_demo_s_cases_reach_their_states_and_leave_whole_logs(place):
    goods = raw_order(1)["line_items"][0]
    many = [
        raw_order(
            n, "completed", parcels=(f"JD{n}",), line_items=[goods | {"id": n * 10 + i} for i in (1, 2)]
        )
        for n in range(1, 16)
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
    shop = AShopFloor()
    stage = Stage(START, (*COMPLAINTS, *RETURNED), shop, place)
    for stop in stops(DAYS):
        stage.play(START + timedelta(hours=stop.hour))
    stage.play(START + timedelta(days=DAYS, hours=9))
    with place.reading() as connection:
        states = set(connection.execute(select(CaseRow.family, CaseRow.state)).tuples())
        numbers = connection.execute(select(CaseRow.id)).scalars().all()
        assert [problem for one in numbers for problem in verify_log(connection, one)] == []
    complaints = {
        "received",
        "in_progress",
        "waiting_customer",
        "resolved",
        "closed",
        "reopened",
        "adr_referred",
    }
    complaints |= {"withdrawn_by_customer"}
    returns = {"acknowledged", "awaiting_goods", "in_transit", "goods_received", "inspected", "refund_due"}
    returns |= {"declined", "cancelled", "closed", "exchanged"}
    assert {("complaint", state) for state in complaints} | {("return", state) for state in returns} <= states
    assert (len(shop.paid_back), stage.surprises) == (2, [])
