"""The flows in a real Prefect server: their colours, their names, and what managers see of them."""

import json
import pkgutil
import re
import time
from collections import Counter
from datetime import datetime, timedelta

import pytest
from an_order import fill, raw_order
from sqlalchemy import func, select, text
from werkzeug import Response

from postventa import clock
from postventa.connectors import http
from postventa.store.ledger import ledger
from postventa.store.messages import OutboxRow
from postventa.store.orders import orders_by_stage

pytestmark = pytest.mark.prefect
EVENING = datetime.fromisoformat("2026-11-02T20:00:00+00:00")


@pytest.fixture
def open_house(house, sandbox, in_prefect):
    """The house with the sandbox's shop, carrier and mailbox behind its doors, on Monday evening."""
    with clock.clock_set_to(EVENING):
        yield house(sandbox.url, f"{sandbox.url}/dhl", sandbox.smtp_port)


def run(flow, **parameters):
    return flow(**parameters, return_state=True)


def runs_of(server, state):
    found = server.ask(
        "/flow_runs/filter", flow_runs={"id": {"any_": [str(state.state_details.flow_run_id)]}}
    )
    return found[0]


def artifact(server, key):
    found = server.ask("/artifacts/latest/filter", artifacts={"key": {"any_": [key]}})
    return found[0]["data"] if found else ""


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
def test_a_round_of_flows_is_green_named_and_shown_to_managers(open_house, in_prefect, sandbox):
    from flows.messages import send_what_is_owed
    from flows.orders import follow_orders
    from flows.shipments import follow_shipments

    sandbox.mailbox.clear()
    states = [
        run(follow_orders, shop="tienda"),
        run(follow_shipments, carrier="dhl"),
        run(send_what_is_owed, channel="email"),
    ]

    assert [state.name for state in states] == ["Completed"] * 3
    names = [runs_of(in_prefect, state)["name"] for state in states]
    assert names == ["orders of tienda", "shipments with dhl", "messages by email"]
    with open_house.reading() as connection:
        book, stages = ledger(connection), orders_by_stage(connection)
    assert book.is_balanced
    assert book.sent == len(sandbox.mailbox.mails()) > 0
    page = artifact(in_prefect, "chain-today")
    for stage, count in stages.items():
        assert f"| {stage} | {count} |" in page
    assert f"{book.owed} owed" in page
    with open_house.reading() as connection:
        counted = "SELECT message, outcome, count(*) FROM outbox GROUP BY message, outcome"
        assert _by_step(page) == {(row[0], row[1]): row[2] for row in connection.execute(text(counted))}
    for link in ("/runs", "/deployments", "/artifacts/key/set-aside"):
        assert f"]({link})" in page
    assert artifact(in_prefect, "messages-email").startswith("# Messages by email")


def _by_step(page):
    """The figures of the table of messages, without its noughts."""
    table = page.partition("## Messages by step\n\n")[2].partition("\n\n")[0].splitlines()
    _, *outcomes = [cell.strip() for cell in table[0].strip("|").split("|")]
    found = {}
    for row in table[2:]:
        message, *counts = [cell.strip() for cell in row.strip("|").split("|")]
        found |= {(message, name): int(count) for name, count in zip(outcomes, counts, strict=True)}
    return {where: count for where, count in found.items() if count}


def test_a_run_makes_a_handful_of_task_runs_whatever_the_volume(open_house, in_prefect, monkeypatch):
    from flows.messages import send_what_is_owed
    from flows.orders import follow_orders
    from flows.shipments import follow_shipments

    for batch in ("tasks.orders.BATCH", "tasks.shipments.BATCH", "postventa.sending.BATCH"):
        monkeypatch.setattr(batch, 4)  # as if there were fifty times as many
    batches = []
    for claiming in ("tasks.orders.filing.orders_with_news", "tasks.shipments.due_parcels"):
        _counted(monkeypatch, claiming, batches)
    _counted(monkeypatch, "postventa.store.claims.claim", batches)
    fill(open_house, [raw_order(ref, "completed", parcels=[f"JD{ref}"]) for ref in range(1, 13)], EVENING)
    states = {
        "tienda": run(follow_orders, shop="tienda"),
        "dhl": run(follow_shipments, carrier="dhl"),
        "email": run(send_what_is_owed, channel="email"),
    }

    assert min(Counter(batches).values()) > 2
    works = {
        "tienda": ("poll-orders", "poll-refunds", "reread-orders", "move-orders", "report-orders"),
        "dhl": ("look-at-parcels", "look-at-parcels-back", "report-shipments"),
        "email": ("send-messages", "report-messages"),
    }
    expected = sorted(f"{what}-{name}" for name, whats in works.items() for what in whats)
    expected[expected.index("send-messages-email")] += "-1"
    ids = [str(state.state_details.flow_run_id) for state in states.values()]
    until = time.monotonic() + 20
    names: list[str] = []
    while time.monotonic() < until and names != expected:  # the server writes names down after the run
        time.sleep(0.2)
        found = in_prefect.ask("/task_runs/filter", flow_runs={"id": {"any_": ids}})
        names = sorted(one["name"] for one in found)
    assert names == expected


def _counted(monkeypatch, where, calls):
    real = pkgutil.resolve_name(where)

    def noted(*words, **named):
        calls.append(where)
        return real(*words, **named)

    monkeypatch.setattr(where, noted)


def test_an_order_that_cannot_be_moved_turns_the_run_red_and_the_others_go_on(open_house, in_prefect):
    from flows.orders import follow_orders
    from tasks.orders import poll_orders

    poll_orders.fn("tienda")
    with open_house.store.begin() as connection:
        refs = connection.execute(text("SELECT ref FROM inbox ORDER BY id LIMIT 2")).scalars().all()
        for ref, raw in zip(refs, ("[1]", "{}"), strict=True):
            connection.execute(text("UPDATE inbox SET raw = :raw WHERE ref = :ref"), {"ref": ref, "raw": raw})

    state = run(follow_orders, shop="tienda")

    assert state.is_failed()
    assert (
        state.message == f"1 order set aside: tienda:{refs[0]}; 1 payload not understood, of tienda:{refs[1]}"
    )
    with open_house.reading() as connection:
        assert sum(orders_by_stage(connection).values()) > 5
    assert all(ref in json.dumps(artifact(in_prefect, "set-aside")) for ref in refs)

    with open_house.store.begin() as connection:  # a person looked at it
        for table in ("quarantine", "parked"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text("DELETE FROM inbox WHERE read_at IS NULL"))
    run(follow_orders, shop="tienda")
    assert "nothing waits for a person" in json.dumps(artifact(in_prefect, "set-aside"))


def test_a_shop_out_of_reach_turns_the_run_red_with_one_sentence(house, in_prefect, monkeypatch):
    from flows.orders import follow_orders

    patience = http.Patience
    monkeypatch.setattr(http, "Patience", lambda: patience(first_pause=0.005, longest_pause=0.05))
    monkeypatch.setattr("tasks.orders.poll_orders.retries", 0)
    house(shop_url="http://127.0.0.1:9")

    state = run(follow_orders, shop="tienda")

    assert state.is_failed()
    assert "\n" not in state.message
    assert "shops.tienda" in state.message


@pytest.mark.parametrize(("status", "asked_at_most", "ends"), [(500, 12, "Completed"), (401, 2, "Failed")])
def test_a_shop_that_is_broken_is_asked_again_by_the_task_and_one_that_refuses_the_key_is_not(
    house, in_prefect, httpserver, monkeypatch, status, asked_at_most, ends
):
    from flows.orders import follow_orders

    patience = http.Patience
    monkeypatch.setattr(http, "Patience", lambda: patience(tries=3, first_pause=0.005, longest_pause=0.01))
    monkeypatch.setattr("tasks.orders.poll_orders.retry_delay_seconds", [0.01] * 3)
    asked = []

    def answer(request):
        asked.append(request.path)
        if len(asked) <= 4 or status == 401:  # longer than the patience of one try
            return Response(json.dumps({"code": "no"}), status, content_type="application/json")
        return Response("[]", headers={"X-WP-Total": "0"}, content_type="application/json")

    httpserver.expect_request(re.compile(".")).respond_with_handler(answer)
    house(shop_url=httpserver.url_for("").rstrip("/"))

    assert run(follow_orders, shop="tienda").name == ends
    assert len(asked) <= asked_at_most


def test_a_run_that_overlaps_another_of_its_shop_or_carrier_is_skipped_and_green(open_house, in_prefect):
    from flows.orders import follow_orders
    from flows.shipments import follow_shipments
    from tasks.turns import turn

    with turn("orders:tienda") as at_the_shop, turn("shipments:dhl") as at_the_carrier:
        assert at_the_shop
        assert at_the_carrier
        states = [run(follow_orders, shop="tienda"), run(follow_shipments, carrier="dhl")]

    assert all(state.is_completed() for state in states)
    assert [state.name for state in states] == ["Skipped"] * 2
    with open_house.reading() as connection:
        assert orders_by_stage(connection) == {}, "nothing is done twice, and nothing waits its turn"
    assert run(follow_orders, shop="tienda").name == "Completed"


def test_a_channel_that_is_down_turns_the_run_red_and_loses_nothing(house, sandbox, in_prefect):
    from flows.messages import send_what_is_owed
    from flows.orders import follow_orders

    with clock.clock_set_to(EVENING):
        place = house(sandbox.url, f"{sandbox.url}/dhl", 9)
        run(follow_orders, shop="tienda")
        state = run(send_what_is_owed, channel="email")

    assert state.is_failed()
    assert "the channel email does not take mail" in state.message
    with place.reading() as connection:
        book = ledger(connection)
    assert book.is_balanced
    assert book.sent == 0
    assert sum(book.deferred.values()) + book.waiting == book.owed - sum(book.suppressed.values())
    with place.reading() as connection:
        oldest = connection.execute(
            select(func.min(OutboxRow.due_at)).where(OutboxRow.outcome.in_(("waiting", "deferred")))
        ).scalar_one()
    minutes = (EVENING - oldest) // timedelta(minutes=1)
    waits = f"due {minutes} min ago" if minutes < 120 else f"due {minutes // 60} h ago"
    assert f"Oldest waiting message: **{waits}**" in artifact(in_prefect, "chain-today")


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_the_returns_run_green_and_show_managers_what_is_due(open_house, in_prefect):
    from a_sale import ARRIVED, ASale

    from flows.returns import follow_returns

    sale = ASale(open_house).sell({"JD1": ARRIVED})
    sale.declare(ARRIVED)
    with clock.clock_set_to(ARRIVED):
        state = run(follow_returns)
    assert (state.name, runs_of(in_prefect, state)["name"]) == ("Completed", "returns")
    page = artifact(in_prefect, "returns-today")
    assert "Refunds due: **16.94 EUR**" in page
    assert "| D-2026-000001 |  | 16.94 EUR | 2026-12-10 23:00 | low |" in page
    assert "1 sales looked at" in page
    assert "client.example" not in page
