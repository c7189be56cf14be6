"""Commands that ask: what is owed, what would go, an order's life, and what was set aside."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, update

from postventa.store import filing
from postventa.store.database import open_store
from postventa.store.inbox import ParkedRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow
from postventa.store.shipments import ShipmentRow


@pytest.fixture
def store(story):
    return open_store(f"sqlite:///{story.config.parent / 'postventa.db'}")


def everything_owed(store):
    with store.connect() as connection:
        return connection.execute(OutboxRow.__table__.select().order_by(OutboxRow.id)).all()


def test_the_ledger_adds_up_and_equals_the_store(ask, store):
    answer = ask("ledger", "--json")
    counted = answer.json
    parts = sum(sum(counted[one].values()) for one in ("suppressed", "deferred", "failed"))
    assert answer.code == 0
    assert answer.err == ""
    assert counted["balanced"] is True
    assert counted["owed"] == counted["sent"] + parts + counted["uncertain"] + counted["waiting"]
    assert counted["owed"] == len(everything_owed(store)) > 100


def test_the_ledger_is_readable_without_json(ask):
    said = ask("ledger").out
    assert "The ledger adds up." in said
    assert "# The chain today" in said


def test_one_orders_ledger_counts_one_order(ask, store):
    ref = _a_told_order(store)
    counted = ask("ledger", "--order", f"tienda:{ref}", "--json").json
    assert 0 < counted["owed"] < 20
    assert "chain today" not in ask("ledger", "--order", ref).out.lower()


def test_a_ledger_that_does_not_add_up_is_an_error(ask, store):
    sent = select(func.min(OutboxRow.id)).where(OutboxRow.outcome == "sent").scalar_subquery()
    with store.begin() as connection:
        row = connection.execute(select(OutboxRow.id, OutboxRow.message_id).where(OutboxRow.id == sent)).one()
        connection.execute(update(OutboxRow).where(OutboxRow.id == row.id).values(message_id=None))
    answer = ask("ledger")
    counted = ask("ledger", "--json").json
    with store.begin() as connection:
        connection.execute(update(OutboxRow).where(OutboxRow.id == row.id).values(message_id=row.message_id))
    assert answer.code == 1
    assert "DOES NOT ADD UP" in answer.out
    assert counted["balanced"] is False


def test_the_plan_lists_what_would_go_and_what_would_not_and_changes_nothing(ask, store):
    before = everything_owed(store)
    answer = ask("plan", "--json")
    assert everything_owed(store) == before
    open_ones = [row.key for row in before if row.outcome in {"waiting", "deferred"}]
    assert sorted(one["key"] for one in answer.json) == sorted(open_ones)
    assert {one["outcome"] for one in answer.json} <= {"would_send", "suppressed", "deferred"}
    assert any(one["outcome"] == "would_send" for one in answer.json)
    assert all(one["reason"] for one in answer.json if one["outcome"] != "would_send")


def test_the_plan_ends_where_it_is_told_to(ask, story):
    everything = ask("plan", "--json").json
    long_ago = (story.now - timedelta(days=30)).isoformat()
    assert everything
    assert ask("plan", "--until", long_ago, "--json").json == []
    assert ask("plan", "--until", long_ago).out == "Nothing is owed.\n"


def test_the_plan_is_a_line_a_message(ask):
    lines = ask("plan").out.splitlines()
    assert len(lines) == len(ask("plan", "--json").json)
    assert all("tienda:" in line for line in lines)


def test_an_until_without_a_zone_is_wrong_usage(ask):
    answer = ask("plan", "--until", "2026-11-02T08:00:00")
    assert answer.code == 2
    assert "no zone" in answer.err


def test_an_order_tells_its_life_from_placing_to_messages(ask, store):
    ref = _a_told_order(store)
    answer = ask("order", ref, "--json")
    told = answer.json
    kinds = {line["kind"] for line in told["timeline"]}
    assert answer.code == 0
    assert (told["shop"], told["ref"]) == ("tienda", ref)
    assert {"news", "stage", "scan", "message"} <= kinds
    assert [line["at"] for line in told["timeline"]] == sorted(line["at"] for line in told["timeline"])
    assert Decimal(told["total"]) > 0


def test_an_order_is_found_by_its_number_and_by_its_shop_and_ref(ask, store):
    ref = _a_told_order(store)
    number = ask("order", ref, "--json").json["number"]
    assert ask("order", number, "--json").json["ref"] == ref
    assert f"Order tienda:{ref}" in ask("order", f"tienda:{ref}").out


def test_an_orders_life_names_nobody(ask, store):
    from postventa.store.orders import CustomerRow

    ref = _a_told_order(store)
    wanted = select(CustomerRow.email, CustomerRow.name).join(OrderRow).where(OrderRow.ref == ref)
    with store.connect() as connection:
        email, name = connection.execute(wanted).one()
    said = ask("order", ref).out
    assert email not in said
    assert name not in said


def test_an_order_that_is_not_there_is_one_line_and_an_error(ask):
    answer = ask("order", "tienda:999999999")
    assert (answer.code, answer.out) == (1, "")
    assert len(answer.err.splitlines()) == 1
    assert "999999999" in answer.err


def test_a_reference_that_may_be_several_orders_asks_which(ask, store):
    with store.begin() as connection:
        one, two = connection.execute(select(OrderRow.id, OrderRow.number).limit(2)).all()
        connection.execute(update(OrderRow).where(OrderRow.id == two.id).values(number="S-1"))
        connection.execute(update(OrderRow).where(OrderRow.id == one.id).values(number="S-1"))
    answer = ask("order", "S-1")
    with store.begin() as connection:
        for row in (one, two):
            connection.execute(update(OrderRow).where(OrderRow.id == row.id).values(number=row.number))
    assert answer.code == 1
    assert answer.err.count("tienda:") == 2


def test_where_nothing_is_parked_that_is_said(ask):
    assert ask("parked").out == "No order is parked.\n"
    assert ask("parked", "--json").json == []


def test_a_parked_order_is_listed_and_tried_again(ask, store, story):
    ref = _a_told_order(store)
    with store.begin() as connection:
        filing.park(connection, "tienda", ref, "ValueError: odd", story.now)
        order = connection.execute(select(OrderRow.id).where(OrderRow.ref == ref)).scalar_one()
        shipment = update(ShipmentRow).where(ShipmentRow.order_id == order)
        connection.execute(shipment.values(look_at=None, delivered_at=None))
    (parked,) = ask("parked", "--json").json
    assert (parked["shop"], parked["order_ref"], parked["reason"]) == ("tienda", ref, "ValueError: odd")
    assert f"tienda:{ref}" in ask("parked").out
    answer = ask("parked", "retry", str(parked["id"]))
    assert answer.code == 0
    assert "next run" in answer.out
    assert ask("parked", "--json").json == []
    with store.connect() as connection:
        resolved = connection.execute(select(ParkedRow.resolved_at)).scalar_one()
        looks = connection.execute(select(ShipmentRow.look_at).where(ShipmentRow.order_id == order)).scalars()
    assert resolved == story.now
    assert set(looks) == {story.now}
    again = ask("parked", "retry", str(parked["id"]))
    assert again.code == 1
    assert "postventa parked" in again.err


def test_quarantine_lists_without_payloads_and_shows_one_with_it(ask, store, story):
    raw = {"id": 7, "billing": {"email": "secreta@correo.example"}}
    with store.begin() as connection:
        facts = {"source": "tienda", "kind": "order", "ref": "7", "reason": "total is 'x', not an amount"}
        filing.quarantine(connection, **facts, raw=raw, now=story.now)
    listed = ask("quarantine", "--json").json[-1]
    assert (listed["ref"], listed["times"]) == ("7", 1)
    assert "raw" not in listed
    assert "secreta" not in ask("quarantine").out
    shown = ask("quarantine", "show", str(listed["id"]))
    assert shown.code == 0
    assert "secreta@correo.example" in shown.out
    assert ask("quarantine", "show", str(listed["id"]), "--json").json["reason"] == facts["reason"]


def test_what_is_not_in_quarantine_cannot_be_shown(ask):
    answer = ask("quarantine", "show", "99999")
    assert answer.code == 1
    assert "postventa quarantine" in answer.err


def _a_told_order(store) -> str:
    """An order whose parcel has been told to have arrived."""
    told = select(OutboxRow.order_id).where(OutboxRow.message == "delivered", OutboxRow.outcome == "sent")
    found = select(func.min(OrderRow.ref)).where(OrderRow.id.in_(told))
    with store.connect() as connection:
        ref = connection.execute(found).scalar_one()
    assert ref is not None
    return str(ref)
