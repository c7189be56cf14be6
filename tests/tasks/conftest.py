"""What the tests of tasks share: a shop and a carrier that say what a test puts into them, and a mailbox."""

import json
import logging
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from a_mailbox import AMailbox
from an_order import stamp
from werkzeug import Response

from postventa import clock
from postventa.connectors import http
from postventa.moving import Moved
from postventa.store.messages import OutboxRow
from postventa.store.reconciliation import FindingRow
from postventa.workplace import Workplace
from tasks.messages import Sent, send_messages
from tasks.orders import move_orders, poll_orders, poll_refunds, reread_orders
from tasks.reconciliation import close_reconciliation, compare_orders, plan_parcel_looks
from tasks.shipments import Looked, look_at_parcels

ONE_ORDER = re.compile(r"^/wp-json/wc/v3/orders/(\d+)$")


@dataclass
class Village:
    """A shop, a carrier and a mailbox, and our tasks between them, on a clock that a test moves."""

    place: Workplace
    mailbox: AMailbox
    now: datetime
    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    refunds: list[dict[str, Any]] = field(default_factory=list)
    scans: dict[str, list[tuple[datetime, str, str]]] = field(default_factory=dict)
    """Tracking number -> (when, code, words), oldest first."""
    asked: list[str] = field(default_factory=list)

    def put(self, *orders: dict[str, Any]) -> None:
        for raw in orders:
            self.orders[raw["id"]] = raw

    def scan(self, number: str, code: str, words: str, *, after: timedelta = timedelta()) -> None:
        self.scans.setdefault(number, []).append((self.now + after, code, words))

    def later(self, **time: float) -> datetime:
        self.now += timedelta(**time)
        return self.now

    def poll(self) -> int:
        with clock.clock_set_to(self.now):
            return poll_orders.fn("tienda").news + poll_refunds.fn("tienda").news

    def reread(self) -> int:
        with clock.clock_set_to(self.now):
            return reread_orders.fn("tienda").news

    def move(self) -> Moved:
        with clock.clock_set_to(self.now):
            return move_orders.fn("tienda")

    def reconcile(self) -> list[str]:
        """What the night's run does with orders and parcels; answers what could not be repaired."""
        with clock.clock_set_to(self.now):
            number = compare_orders.fn("tienda")
        self.move()
        with clock.clock_set_to(self.now):
            carriers = plan_parcel_looks.fn(number)
        if carriers:
            self.look()
        with clock.clock_set_to(self.now):
            return close_reconciliation.fn(number)

    def found(self) -> list[tuple[str, str, str]]:
        """What such runs have found, and what became of it."""
        return [(row.kind, row.ref, row.outcome) for row in self.rows(FindingRow)]

    def hear(self) -> Moved:
        """What a run of the orders' flow does."""
        self.poll()
        self.reread()
        return self.move()

    def look(self) -> Looked:
        with clock.clock_set_to(self.now):
            return look_at_parcels.fn("dhl")

    def send(self) -> Sent:
        with clock.clock_set_to(self.now):
            return send_messages.fn("email")

    def rows(self, table: Any) -> list[Any]:
        with self.place.reading() as connection:
            return connection.execute(table.__table__.select().order_by(table.__table__.c[0])).all()

    def owed(self) -> dict[str, str]:
        """Each message's key, without shop, and its outcome with the reason."""
        return {
            row.key.removeprefix("tienda:"): f"{row.outcome} {row.reason}".strip()
            for row in self.rows(OutboxRow)
        }

    def answer(self, request: Any) -> Response:
        self.asked.append(request.path)
        if one := ONE_ORDER.match(request.path):
            raw = self.orders.get(int(one[1]))
            return _json(raw) if raw else _json({"code": "woocommerce_rest_shop_order_invalid_id"}, 404)
        after = request.args.get("modified_after", "")
        if request.path.endswith("/v3/orders"):
            in_bin = request.args["status"] == "trash"
            found = sorted(
                (
                    raw
                    for raw in self.orders.values()
                    if str(raw["date_modified_gmt"]) > after and (raw["status"] == "trash") is in_bin
                ),
                key=lambda raw: (raw["date_modified_gmt"], raw["id"]),
            )
            return _page(found, request)
        if request.path.endswith("/v3/refunds"):
            return _page([raw for raw in self.refunds if raw["date_created_gmt"] > after], request)
        if request.path.endswith("/track/shipments"):
            return self._parcel(request.args["trackingNumber"])
        return _json({"code": "rest_no_route"}, 404)

    def _parcel(self, number: str) -> Response:
        told = [scan for scan in self.scans.get(number, ()) if scan[0] <= self.now]
        if not told:
            return _json({"title": "No result found", "status": 404}, 404)
        events = [
            {"timestamp": f"{stamp(at)}Z", "statusCode": code, "status": words, "description": words}
            for at, code, words in reversed(told)
        ]
        return _json({"shipments": [{"id": number, "status": events[0], "events": events}]})


def _json(body: Any, status: int = 200, **headers: str) -> Response:
    return Response(json.dumps(body), status, headers, content_type="application/json")


def _page(found: list[Any], request: Any) -> Response:
    start = 100 * (int(request.args["page"]) - 1)
    return _json(found[start : start + 100], **{"X-WP-Total": str(len(found))})


@pytest.fixture
def village(httpserver, house, monday, monkeypatch):
    patience = http.Patience
    monkeypatch.setattr(http, "Patience", lambda: patience(tries=2, first_pause=0.005))
    with AMailbox() as mailbox:
        url = httpserver.url_for("").rstrip("/")
        place = house(shop_url=url, carrier_url=f"{url}/dhl", smtp_port=mailbox.port)
        a_village = Village(place, mailbox, monday)
        httpserver.expect_request(re.compile(".")).respond_with_handler(a_village.answer)
        yield a_village


@pytest.fixture(autouse=True, scope="session")
def _quiet_servers() -> None:
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
