"""The demo's cases, played without the shop: they reach the states they are there to show, and every log is whole."""

from datetime import UTC, datetime, timedelta

import pytest
from an_order import fill, raw_order
from sqlalchemy import select, update

from postventa.demo.cases import SCRIPTS
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
        for n in range(1, 14)
    ]
    fill(place, many, START)
    with place.store.begin() as connection:
        arrived = {"stage": "delivered", "shipped_at": START, "delivered_at": START + timedelta(days=3)}
        connection.execute(update(OrderRow).values(arrived))
        connection.execute(
            update(OrderRow).where(OrderRow.ref.in_(("1", "2"))).values(stage="in_preparation")
        )
        connection.execute(update(OrderRow).where(OrderRow.ref == "3").values(stage="shipped"))
        cream = select(OrderRow.id).where(OrderRow.ref == "4").scalar_subquery()
        connection.execute(update(LineRow).where(LineRow.order_id == cream).values(sku="CRE-50"))
    paid_back = []
    stage = Stage(START, SCRIPTS, paid_back.append, place)
    assert len(stage.opening_hours()) == 2
    for hour in range(0, 9 * 24, 6):
        stage.play(START + timedelta(hours=hour))
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
    returns = {"acknowledged", "awaiting_goods", "in_transit", "goods_received", "refund_due", "declined"}
    returns |= {"cancelled", "closed", "exchanged"}
    assert {("complaint", state) for state in complaints} | {("return", state) for state in returns} <= states
    assert (len(paid_back), stage.surprises) == (1, [])
