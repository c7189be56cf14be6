"""The night's proof through Prefect: green where everything is there or could be repaired, red where it could not."""

import copy
import json
import re
from datetime import timedelta

import pytest
from an_order import raw_order
from werkzeug import Response

import flows.reconciliation
import tasks.shipments
from flows.orders import follow_orders
from flows.reconciliation import prove_completeness
from postventa import clock
from tasks.reconciliation import carriers_to_ask
from tasks.turns import turn

pytestmark = pytest.mark.prefect


def test_a_missed_order_is_repaired_in_green_and_one_that_cannot_be_understood_is_red(
    in_prefect, house, monday, shop_of_orders
):
    shop = shop_of_orders
    shop["orders"] = [raw_order(1, at=monday)]
    assert follow_orders("tienda", return_state=True).is_completed()
    old = monday - timedelta(hours=3)
    shop["orders"].append(raw_order(2, at=old))
    with clock.clock_set_to(monday + timedelta(hours=1)):
        done = prove_completeness("tienda", return_state=True)
        assert done.is_completed(), done.message
        page = _page(in_prefect)
        assert "| orders that were never heard of | 1 |" in page
        assert "| **repaired** | **1** |" in page
        shop["orders"].append(raw_order(3, at=old, currency=None))
        red = prove_completeness("tienda", return_state=True)
    assert red.is_failed()
    assert red.message == (
        "not repaired, tienda:3: the shop's payload is not understood: postventa quarantine"
    )


def test_carriers_are_asked_in_rounds_until_every_parcel_is_compared_or_the_time_is_over(
    in_prefect, house, monday, shop_of_orders, monkeypatch
):
    """A round is of two parcels here; who waits for the carrier's turn gets it between two rounds."""
    shop_of_orders["orders"] = [raw_order(n, "completed", at=monday, parcels=[f"JD{n}"]) for n in range(1, 6)]
    assert follow_orders("tienda", return_state=True).is_completed()
    monkeypatch.setattr(tasks.shipments, "BATCH", 2)
    monkeypatch.setattr(tasks.shipments, "RUN_SECONDS", 0)
    monkeypatch.setattr(flows.reconciliation, "BETWEEN_ROUNDS_SECONDS", 0)
    free = []

    def between(number):
        with turn("shipments:dhl") as is_ours:
            free.append(is_ours)
        return carriers_to_ask(number)

    monkeypatch.setattr(flows.reconciliation, "carriers_to_ask", between)
    with clock.clock_set_to(monday + timedelta(hours=1)):
        assert prove_completeness("tienda", return_state=True).is_completed()
    assert free == [True, True, True]
    page = _page(in_prefect)
    assert "| parcels whose carrier was asked once more | 5 |" in page
    assert "| parcels that could not be compared | 0 |" in page
    assert "Nothing was missed." in page

    monkeypatch.setattr(flows.reconciliation, "PARCELS_SECONDS", -1)
    with clock.clock_set_to(monday + timedelta(hours=3)):
        assert prove_completeness("tienda", return_state=True).is_completed()
    page = _page(in_prefect)
    assert "| parcels whose carrier was asked once more | 2 |" in page
    assert "| parcels that could not be compared | 3 |" in page
    assert "- Parcels left: dhl: 3 not answered in time." in page


def _page(server):
    wanted = {"artifacts": {"key": {"any_": ["completeness-tienda"]}}}
    return server.ask("/artifacts/latest/filter", **wanted)[0]["data"]


@pytest.fixture
def shop_of_orders(httpserver, house):
    """A shop that lists what a test puts into it, as WooCommerce does."""
    says = {"orders": []}

    def answer(request):
        after = request.args.get("modified_after", "")
        if request.path.endswith("/track/shipments"):
            return Response(json.dumps({"title": "No result found"}), 404, content_type="application/json")
        if not request.path.endswith("/orders") or request.args["status"] != "any":
            return _json([])
        return _json([copy.deepcopy(raw) for raw in says["orders"] if raw["date_modified_gmt"] > after])

    httpserver.expect_request(re.compile(".")).respond_with_handler(answer)
    url = httpserver.url_for("").rstrip("/")
    house(shop_url=url, carrier_url=f"{url}/dhl")
    return says


def _json(rows):
    return Response(json.dumps(rows), 200, {"X-WP-Total": str(len(rows))}, content_type="application/json")
