import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import requests

from postventa.cli import run as command
from postventa.sandbox.server import Sandbox
from postventa.sandbox.settings import Faults, NotAFault, SandboxSettings

START = datetime(2026, 11, 2, 8, tzinfo=UTC)


def test_a_sandbox_stops_and_its_ports_are_free_again(small):
    with Sandbox(SandboxSettings(orders=3, start=START)) as sandbox:
        assert requests.get(sandbox.url, timeout=10).status_code == 200
        settings = SandboxSettings(
            orders=3, start=START, port=int(sandbox.url.rpartition(":")[2]), smtp_port=sandbox.smtp_port
        )
    with pytest.raises(requests.ConnectionError):
        requests.get(sandbox.url, timeout=10)
    with Sandbox(settings) as again:
        assert again.url == sandbox.url
        assert again.smtp_port == sandbox.smtp_port


def test_the_clock_can_be_let_go_again(small):
    assert small.get("/sandbox/status").json()["clock_is_set"]
    small.post("/sandbox/clock", {"now": None})
    status = small.get("/sandbox/status").json()
    assert not status["clock_is_set"]
    assert abs(datetime.fromisoformat(status["now"]) - datetime.now(UTC)) < timedelta(seconds=30)


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/sandbox/clock", {"now": "2026-11-02T08:00:00"}, "zone"),
        ("/sandbox/clock", [], "object"),
        ("/sandbox/faults", {"http_418": 1}, "http_418"),
        ("/sandbox/faults", {"http_500": 7}, "between 0 and 1"),
        ("/sandbox/faults", {"smtp_down": 1}, "true or false"),
    ],
)
def test_a_lever_pulled_wrongly_says_so(small, path, body, said):
    answer = small.post(path, body)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_the_truth_counts_what_the_shop_shows(grown):
    truth = grown.get("/sandbox/status").json()
    orders = grown.every_order(status="any") + grown.every_order(status="trash")
    assert truth["orders"]["placed"] == len(orders) == sum(truth["orders"]["by_status"].values())
    assert truth["orders"]["next_change_at"] is None
    known = sum(grown.parcel(number).status_code == 200 for number in grown.sandbox.shop.parcel_table())
    assert truth["parcels"]["total"] == known == sum(truth["parcels"]["by_status"].values())


def test_an_order_s_whole_life_can_be_read(grown):
    told = grown.get("/sandbox/orders/10001").json()
    assert told["happened"] == len(told["life"])
    assert told["life"][0]["did"] == "placed"
    assert grown.get("/sandbox/orders/1").status_code == 404


@pytest.mark.parametrize(("fault", "status"), [("http_429", 429), ("http_500", 500), ("html_200", 200)])
def test_answers_go_wrong_when_asked_at_shop_and_carrier_but_never_at_the_levers(small, fault, status):
    small.post("/sandbox/faults", {fault: 1.0})
    for answer in (small.shop("wc/v3/orders"), small.parcel("JD1")):
        assert answer.status_code == status
        assert ("text/html" in answer.headers["Content-Type"]) is (fault == "html_200")
        assert ("Retry-After" in answer.headers) is (fault == "http_429")
    assert small.post("/sandbox/faults", {}).status_code == 200
    assert small.shop("wc/v3/orders").status_code == 200


def test_an_answer_that_never_comes_does_not_hold_up_the_end():
    sandbox = Sandbox(SandboxSettings(orders=1, start=START, faults=Faults(timeouts=1.0))).start()
    answers = []

    def wait():
        try:
            answers.append(requests.get(sandbox.url + "/dhl/track/shipments", timeout=30).status_code)
        except requests.ConnectionError:
            answers.append(0)

    with pytest.raises(requests.ReadTimeout):
        requests.get(sandbox.url + "/wp-json/wc/v3/orders", timeout=0.2)
    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.2)
    assert not answers
    began = time.monotonic()
    sandbox.stop()
    waiting.join(5)
    assert time.monotonic() - began < 4
    assert answers[0] in {0, 500}


def test_rows_come_twice_or_out_of_order_when_asked(small):
    small.post("/sandbox/faults", {"duplicates": 1.0})
    doubled = [order["id"] for order in small.orders(per_page=10)]
    assert doubled[::2] == doubled[1::2]
    small.post("/sandbox/faults", {"reordered_pages": True})
    asked = {"per_page": 30, "orderby": "id", "order": "asc"}
    shuffled = [order["id"] for order in small.orders(**asked)]
    small.post("/sandbox/faults", {})
    straight = [order["id"] for order in small.orders(**asked)]
    assert shuffled != straight
    assert sorted(shuffled) == straight


def test_too_many_requests_a_second_are_turned_away_each_door_by_itself():
    settings = SandboxSettings(orders=1, start=START, rate_limit=3)
    with Sandbox(settings) as sandbox, requests.Session() as visitor:
        carrier, shop = sandbox.url + "/dhl/track/shipments", sandbox.url + "/wp-json/wc/v3/orders"
        answers = [visitor.get(carrier, timeout=10).status_code for _ in range(12)]
        assert answers[:3] == [401, 401, 401]
        assert 429 in answers
        assert visitor.get(shop, timeout=10).status_code == 401


def test_latency_is_waited_for():
    with Sandbox(SandboxSettings(orders=1, start=START, latency_ms=150)) as sandbox:
        began = time.monotonic()
        requests.get(sandbox.url + "/wp-json/", timeout=10)
        assert time.monotonic() - began >= 0.15


def test_ten_thousand_orders_are_drawn_in_a_few_seconds_of_work():
    began = time.thread_time()
    sandbox = Sandbox(SandboxSettings(orders=10_000, start=START))
    assert time.thread_time() - began < 8
    assert len(sandbox.shop.orders) == 10_000


def test_a_fault_is_read_or_refused():
    assert Faults.read({"http_429": 0.5, "smtp_down": True}) == Faults(http_429=0.5, smtp_down=True)
    with pytest.raises(NotAFault, match="smtp_down is true or false"):
        Faults.read({"smtp_down": 0.3})
    with pytest.raises(ValueError, match="zone"):
        SandboxSettings(start=datetime(2026, 11, 2))


def test_the_command_opens_a_sandbox_that_is_as_slow_and_as_faulty_as_asked(monkeypatch, capsys):
    opened = []
    monkeypatch.setattr("postventa.sandbox.server.run", opened.append)
    slow = ["sandbox", "--latency-ms", "100", "--rate-limit", "20"]
    assert command([*slow, "--faults", '{"http_429": 0.1, "reordered_pages": true}']) == 0
    (asked,) = opened
    assert (asked.latency_ms, asked.rate_limit) == (100, 20)
    assert asked.faults == Faults(http_429=0.1, reordered_pages=True)
    for mistaken in ("http_429", "[]", '{"http_418": 1}'):
        assert command(["sandbox", "--faults", mistaken]) == 2
        assert "--faults is a JSON object" in capsys.readouterr().err
