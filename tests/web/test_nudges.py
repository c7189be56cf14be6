"""Webhooks: the shop's own signature brings a poll forward, the first call is answered, everybody else is refused."""

import json
import time
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hmac import digest

import pytest
from prefect.server.schemas.actions import DeploymentFlowRunCreate
from pytest_httpserver import HTTPServer
from werkzeug import Response

from postventa import clock, nudges
from postventa.cli.web import web_usable
from postventa.nudges import Bell, CannotAsk, ask_for_poll, check_secrets
from postventa.settings import BadConfiguration
from postventa.store.inbox import InboxRow
from postventa.web.reception import Reception

SECRET = "agreed on with the shop"
BODY = json.dumps({"id": 7001, "billing": {"email": "nuria@client.example"}}).encode()
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
AT = datetime(2026, 11, 10, 9, 0, 20, tzinfo=UTC)


def signed(body, secret=SECRET):
    mark = b64encode(digest(secret.encode(), body, "sha256")).decode()
    return {
        "X-WC-Webhook-Signature": mark,
        "X-WC-Webhook-Topic": "order.updated",
        "Content-Type": "application/json",
    }


@pytest.fixture
def prefect(httpserver: HTTPServer, monkeypatch):
    """Prefect's API, as far as a nudge asks it."""
    monkeypatch.setenv("PREFECT_API_URL", httpserver.url_for("/api"))
    wanted = {"deployments": {"tags": {"all_": ["orders", "shop:tienda"]}}, "limit": 1}
    httpserver.expect_request("/api/deployments/filter", method="POST", json=wanted).respond_with_json(
        [{"id": "d-1", "name": "tienda"}]
    )
    httpserver.expect_request("/api/deployments/d-1/create_flow_run", method="POST").respond_with_json(
        {"id": "run-1"}, status=201
    )
    return httpserver


def asked(prefect):
    return [request.json for request, _ in prefect.log if request.path.endswith("create_flow_run")]


def rung(prefect, times):
    """What was asked, once it was asked so often: the shop has its answer before."""
    until = time.monotonic() + 10
    while len(asked(prefect)) < times and time.monotonic() < until:
        time.sleep(0.01)
    return asked(prefect)


def test_a_signed_webhook_asks_for_one_poll_however_often_it_comes_and_nothing_of_it_is_kept(
    visitor, prefect, place, monkeypatch
):
    monkeypatch.setattr(clock, "wall", lambda: AT - timedelta(seconds=7))
    with place.reading() as connection:
        before = connection.execute(InboxRow.__table__.select()).all()
    answers = [visitor.post("/api/hooks/tienda", data=BODY, headers=signed(BODY)) for _ in range(40)]
    assert {answer.status_code for answer in answers} == {200}
    (run,) = rung(prefect, 1)
    read = DeploymentFlowRunCreate.model_validate(run)
    assert read.state.state_details.scheduled_time == AT
    assert "client.example" not in json.dumps(run)
    monkeypatch.setattr(clock, "wall", lambda: AT)
    visitor.post("/api/hooks/tienda", data=BODY, headers=signed(BODY))
    assert len({one["idempotency_key"] for one in rung(prefect, 2)}) == 2
    with place.reading() as connection:
        assert connection.execute(InboxRow.__table__.select()).all() == before


def test_the_first_call_of_a_webhook_is_answered_and_brings_nothing(visitor, prefect):
    answer = visitor.post("/api/hooks/tienda", data=b"webhook_id=1", headers=FORM)
    assert (answer.status_code, answer.text) == (200, "ok")
    assert asked(prefect) == []


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (BODY, {}, 401),
        (BODY, signed(BODY, "another secret"), 401),
        (BODY + b" ", signed(BODY), 401),
        (BODY, {"X-WC-Webhook-Signature": "\xf1"}, 401),
        (b"webhook_id=1&more=2", FORM, 401),
        (b"webhook_id=1", {"Content-Type": "application/json"}, 401),
        (b"x" * 1_100_000, signed(BODY), 413),
    ],
    ids=["unsigned", "wrong secret", "changed", "no text", "more than a ping", "json ping", "too large"],
)
def test_whoever_is_not_the_shop_is_refused(visitor, prefect, body, headers, status):
    assert visitor.post("/api/hooks/tienda", data=body, headers=headers).status_code == status
    assert asked(prefect) == []


def test_strangers_are_counted_and_shops_without_webhooks_are_not_there(visitor, monkeypatch):
    assert visitor.post("/api/hooks/nobody", data=BODY, headers=signed(BODY)).status_code == 404
    assert visitor.get("/api/hooks/tienda").status_code == 405
    monkeypatch.setattr(Reception, "may_write", lambda *_: False)
    assert visitor.post("/api/hooks/tienda", data=BODY).status_code == 429
    assert visitor.post("/api/hooks/tienda", data=BODY, headers=signed(BODY)).status_code == 200


def test_without_prefect_a_webhook_is_answered_and_the_log_says_that_the_poll_comes_by_itself(
    prefect, monkeypatch, caplog
):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    Bell().ring("tienda")
    monkeypatch.setenv("PREFECT_API_URL", prefect.url_for("/api"))
    Bell().ring("botiga")
    monkeypatch.delenv("PREFECT_API_URL")
    Bell().ring("tienda")
    assert [
        record.getMessage().partition(": ")[2] for record in caplog.records if record.name == nudges.__name__
    ] == [
        "Prefect's server does not answer as it should (ConnectionError)",
        "Prefect's server does not answer as it should (HTTPError)",
        "PREFECT_API_URL is not set where `postventa web` runs",
    ]


def test_a_server_with_a_password_is_shown_it_and_one_without_the_deployment_is_named(
    httpserver: HTTPServer, monkeypatch
):
    monkeypatch.setenv("PREFECT_API_URL", httpserver.url_for("/api"))
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "admin:pass")
    httpserver.expect_request("/api/deployments/filter").respond_with_handler(
        lambda request: Response("[]" if request.authorization.password == "pass" else "", mimetype="a/json")
    )
    with pytest.raises(CannotAsk, match="no deployment has the tags orders and shop:tienda"):
        ask_for_poll("tienda", AT)
    assert timedelta(0) < nudges._end_of_window(AT) - AT <= nudges.WINDOW


def test_a_secret_that_is_named_and_not_set_stops_the_start(settings):
    assert web_usable(settings).endswith("; webhooks are taken of tienda")
    shop = settings.shops["tienda"].model_copy(update={"webhook_secret_env": "NO_SUCH_SECRET"})
    with pytest.raises(BadConfiguration, match=r"shops\.tienda\.webhook_secret_env .* NO_SUCH_SECRET"):
        check_secrets(settings.model_copy(update={"shops": {"tienda": shop}}))
