"""The same questions asked of every carrier's door, so that none of them can be forgotten with a new one."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest
from werkzeug import Request, Response

from postventa import settings
from postventa.connectors import carriers
from postventa.connectors.carriers import aftership, dhl
from postventa.connectors.doors import adapters
from postventa.connectors.http import NotJson, Refused
from postventa.news import NotUnderstood
from postventa.rules.shipments import ShipmentStatus as Is

NUMBER = "00340434161094000017"


def dhl_payload(*events: dict[str, Any]) -> dict[str, Any]:
    newest_first = list(events)[::-1]
    return {"shipments": [{"id": NUMBER, "status": newest_first[0], "events": newest_first}]}


def dhl_event(code: str | None, said: str, at: Any = "2026-11-20T09:30:00+01:00") -> dict[str, Any]:
    return {"timestamp": at, "statusCode": code, "status": said, "description": None, "location": None}


def aftership_payload(*events: dict[str, Any]) -> dict[str, Any]:
    newest = events[-1]
    tracking = {"tracking_number": NUMBER, "tag": newest["tag"], "subtag": newest["subtag"]}
    return {"meta": {"code": 200}, "data": {"trackings": [tracking | {"checkpoints": list(events)}]}}


def aftership_event(code: str | None, said: str, at: Any = "2026-11-20T09:30:00+01:00") -> dict[str, Any]:
    tag, _, subtag = (code or "").partition("_")
    return {
        "checkpoint_time": at,
        "tag": tag or None,
        "subtag": code if subtag else None,
        "message": said,
        "location": None,
    }


@dataclass(frozen=True)
class Kind:
    """How one carrier says the things that every carrier says."""

    adapter: ModuleType
    path: str
    key_header: str
    payload: Callable[..., dict[str, Any]]
    event: Callable[..., dict[str, Any]]
    none_there: dict[str, Any]
    nulls: list[Any]
    moving: str
    delivered: str
    partial: tuple[str, str]
    at_pickup: tuple[str, str]
    unheard_of: str


KINDS = {
    "dhl": Kind(
        adapter=dhl,
        path="/track/shipments",
        key_header="DHL-API-Key",
        payload=dhl_payload,
        event=dhl_event,
        none_there={"shipments": []},
        nulls=[
            {"shipments": [{"id": None, "status": None, "events": None}]},
            {"shipments": [{"id": NUMBER, "status": {}, "events": [None, {}, {"timestamp": None}]}]},
            {"shipments": [{"status": [], "events": "no", "serviceUrl": None, "estimatedTimeOfDelivery": 3}]},
        ],
        moving="transit",
        delivered="delivered",
        partial=("delivered", "Partially delivered: 1 of 2 pieces"),
        at_pickup=("delivered", "Delivered to a DHL ServicePoint"),
        unheard_of="customs-hold",
    ),
    "aftership": Kind(
        adapter=aftership,
        path="/tracking/2026-07/trackings",
        key_header="as-api-key",
        payload=aftership_payload,
        event=aftership_event,
        none_there={"meta": {"code": 200}, "data": {"trackings": []}},
        nulls=[
            {"data": {"trackings": [{"tracking_number": NUMBER, "tag": None, "checkpoints": None}]}},
            {"data": {"trackings": [{"tracking_number": NUMBER, "checkpoints": [None, {}, {"tag": None}]}]}},
            {"data": {"trackings": [{"tracking_number": NUMBER, "latest_estimated_delivery": "no"}]}},
        ],
        moving="InTransit_001",
        delivered="Delivered_001",
        partial=("Delivered_001", "Entrega parcial"),
        at_pickup=("Delivered_001", "Entregado en ServicePoint"),
        unheard_of="Teleported",
    ),
}


@pytest.fixture(params=sorted(KINDS))
def kind(request) -> Kind:
    return KINDS[request.param]


@pytest.fixture
def door(kind, httpserver, monkeypatch):
    monkeypatch.setenv("CARRIER_KEY", "clave-secreta")
    written = {
        "adapter": "x",
        "url": httpserver.url_for("/"),
        "key_env": "CARRIER_KEY",
        "requests_per_second": 10_000,
    }
    return kind.adapter.connect("prueba", settings.Carrier.model_validate(written))


@pytest.fixture
def answers(kind, httpserver) -> Callable[..., list[Request]]:
    """Sets the carrier's answer; the list fills with the requests it gets."""

    def set_answer(payload: Any, status: int = 200, content_type: str = "application/json") -> list[Request]:
        seen: list[Request] = []

        def answer(request: Request) -> Response:
            seen.append(request)
            body = payload if isinstance(payload, str) else json.dumps(payload)
            return Response(body, status, content_type=content_type)

        httpserver.expect_request(kind.path).respond_with_handler(answer)
        return seen

    return set_answer


def test_every_adapter_answers_the_same_questions():
    assert adapters(carriers) == sorted(KINDS)


def test_the_key_goes_in_its_header_and_nowhere_else(kind, door, answers):
    seen = answers(kind.payload(kind.event(kind.moving, "moving")))
    door.track(NUMBER)
    assert seen[0].headers[kind.key_header] == "clave-secreta"
    assert "clave-secreta" not in seen[0].url


def test_a_delivered_parcel_is_delivered_at_the_time_of_its_scan(kind, door, answers):
    answers(kind.payload(kind.event(kind.delivered, "Entregado")))
    news = door.track(NUMBER)
    assert news.tracking_number == NUMBER
    assert news.status is Is.DELIVERED
    assert news.at == datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    assert news.mapped_by == kind.adapter.MAPPED_BY


def test_scans_come_oldest_first_and_the_newest_is_the_status(kind, door, answers):
    answers(
        kind.payload(
            kind.event(kind.moving, "second", "2026-11-19T10:00:00+01:00"),
            kind.event(kind.moving, "first", "2026-11-19T09:30:00+01:00"),
            kind.event(kind.delivered, "third", "2026-11-19T12:00:00Z"),
        )
    )
    news = door.track(NUMBER)
    assert [scan.raw_text for scan in news.scans] == ["first", "second", "third"]
    assert news.status is Is.DELIVERED


def test_a_scan_told_twice_is_one_scan(kind, door, answers):
    scan = kind.event(kind.moving, "again")
    answers(kind.payload(scan, scan))
    assert len(door.track(NUMBER).scans) == 1


def test_scans_of_one_moment_stay_in_the_carriers_order(kind, door, answers):
    answers(kind.payload(*(kind.event(kind.moving, said) for said in ("first", "second", "third"))))
    assert [scan.raw_text for scan in door.track(NUMBER).scans] == ["first", "second", "third"]


def test_a_code_nobody_has_mapped_is_unknown_and_kept_as_it_came(kind, door, answers):
    answers(kind.payload(kind.event(kind.unheard_of, "Entregado, en reparto")))
    news = door.track(NUMBER)
    assert (news.status, news.raw_code, news.raw_text) == (
        Is.UNKNOWN,
        kind.unheard_of,
        "Entregado, en reparto",
    )
    assert news.scans[0].status is Is.UNKNOWN


def test_a_partial_delivery_is_not_a_delivery(kind, door, answers):
    answers(kind.payload(kind.event(*kind.partial)))
    news = door.track(NUMBER)
    assert news.status is Is.IN_TRANSIT
    assert news.scans[0].status is Is.IN_TRANSIT


def test_arriving_at_a_pickup_point_is_not_a_delivery(kind, door, answers):
    answers(kind.payload(kind.event(*kind.at_pickup)))
    assert door.track(NUMBER).status is Is.READY_FOR_PICKUP


def test_a_time_without_a_zone_is_the_configured_zones_and_said_to_be(kind, door, answers):
    answers(
        kind.payload(
            kind.event(kind.moving, "zoned", "2026-07-01T09:00:00.000Z"),
            kind.event(kind.moving, "naive", "2026-07-01T12:00:00"),
        )
    )
    zoned, naive = door.track(NUMBER).scans
    assert (zoned.at, zoned.zone_known) == (datetime(2026, 7, 1, 9, tzinfo=UTC), True)
    assert (naive.at, naive.zone_known) == (datetime(2026, 7, 1, 10, tzinfo=UTC), False)


@pytest.mark.parametrize("bad", ["31/12/2026", "", None, 1_700_000_000, "0001-01-01T00:00:00+14:00"])
def test_a_bad_date_leaves_out_its_event_only(kind, door, answers, caplog, bad):
    answers(
        kind.payload(
            kind.event(kind.moving, "good", "2026-11-19T09:00:00+01:00"),
            kind.event(kind.moving, "bad", bad),
            kind.event(kind.delivered, "good too", "2026-11-20T09:00:00+01:00"),
        )
    )
    with caplog.at_level(logging.WARNING):
        news = door.track(NUMBER)
    assert [scan.raw_text for scan in news.scans] == ["good", "good too"]
    assert news.status is Is.DELIVERED
    assert "carriers.prueba" in caplog.text
    assert NUMBER not in caplog.text


@pytest.mark.parametrize("number", [0, 1, 2])
def test_nulls_everywhere_are_news_of_nothing(kind, door, answers, number):
    answers(kind.nulls[number])
    news = door.track(NUMBER)
    assert (news.status, news.at, news.estimated_at, news.scans) == (Is.UNKNOWN, None, None, ())


def test_a_parcel_that_is_not_there_is_none(kind, door, answers, httpserver):
    httpserver.expect_request(kind.path, method="POST").respond_with_json({"meta": {"code": 201}, "data": {}})
    answers(kind.none_there)
    assert door.track(NUMBER) is None


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_is_refused_with_a_remedy_and_without_the_key(kind, door, answers, status):
    answers({"meta": {"code": status}, "status": status, "title": "Unauthorized"}, status)
    with pytest.raises(Refused, match="the key is wrong") as refused:
        door.track(NUMBER)
    assert "clave-secreta" not in str(refused.value)
    assert NUMBER not in str(refused.value)
    with pytest.raises(Refused, match="the key is wrong"):
        door.check()


def test_check_answers_one_line(kind, door, answers):
    answers(kind.none_there)
    assert door.check().startswith("carriers.prueba: ")
    assert "\n" not in door.check()


def test_an_answer_of_another_shape_is_not_understood(kind, door, answers):
    answers({"shipments": 7, "data": {"trackings": 7}})
    with pytest.raises(NotUnderstood, match=r"carriers\.prueba"):
        door.track(NUMBER)


def test_a_page_instead_of_json_is_no_news(kind, door, answers):
    answers("<html>mantenimiento</html>", 200, "text/html")
    with pytest.raises(NotJson):
        door.track(NUMBER)


def test_a_missing_key_stops_the_start(kind, monkeypatch):
    monkeypatch.delenv("CARRIER_KEY", raising=False)
    written = {"adapter": "x", "url": "http://127.0.0.1:9", "key_env": "CARRIER_KEY"}
    with pytest.raises(settings.BadConfiguration, match="CARRIER_KEY"):
        kind.adapter.connect("prueba", settings.Carrier.model_validate(written))
