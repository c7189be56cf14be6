"""The same questions asked of every carrier's door, so that none of them can be forgotten with a new one."""

import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from some_carriers import KINDS, NUMBER, SECRET, Kind
from werkzeug import Request, Response

from postventa import settings
from postventa.connectors import carriers
from postventa.connectors.doors import adapters
from postventa.connectors.http import NotJson, NotXml, Refused
from postventa.news import NotUnderstood
from postventa.rules.shipments import ShipmentStatus as Is

NINE = "2026-11-19T09:00:00"
TEN = "2026-11-19T10:00:00"
ELEVEN = "2026-11-19T11:00:00"
BAD_DATES = ("32/12/2026", "", None, "mañana")
BEFORE_ALL_TIME = "0001-01-01T00:00:00+14:00"


@pytest.fixture(params=sorted(KINDS))
def kind(request) -> Kind:
    return KINDS[request.param]


def written(kind: Kind, url: str) -> dict[str, Any]:
    said = {"adapter": "x", "url": url, "key_env": "CARRIER_KEY", "requests_per_second": 10_000}
    return said | kind.more


@pytest.fixture
def door(kind, httpserver, monkeypatch):
    monkeypatch.setenv("CARRIER_KEY", SECRET)
    if kind.token_path:
        httpserver.expect_request(kind.token_path, method="POST").respond_with_json(
            {"access_token": f"token-for-{SECRET}", "expires_in": "30"}
        )
    carrier = settings.Carrier.model_validate(written(kind, httpserver.url_for("/")))
    return kind.adapter.connect("prueba", carrier)


@pytest.fixture
def answers(kind, httpserver) -> Callable[..., list[Request]]:
    """Sets the carrier's answer; the list fills with the requests it gets."""

    def set_answer(payload: str, status: int = 200, content_type: str = "") -> list[Request]:
        seen: list[Request] = []

        def answer(request: Request) -> Response:
            seen.append(request)
            return Response(payload, status, content_type=content_type or kind.content_type)

        httpserver.expect_request(kind.path, method=kind.method).respond_with_handler(answer)
        return seen

    return set_answer


def test_every_adapter_answers_the_same_questions():
    assert adapters(carriers) == sorted(KINDS)


def test_the_secret_goes_where_the_carrier_wants_it_and_is_in_no_address(kind, door, answers):
    seen = answers(kind.payload([kind.event(kind.moving, "moving")]))
    door.track(NUMBER)
    assert SECRET in kind.secret_in(seen[0])
    assert SECRET not in seen[0].url


def test_a_delivered_parcel_is_delivered_at_the_time_of_its_scan(kind, door, answers):
    answers(kind.payload([kind.event(kind.delivered, "Entregado")]))
    news = door.track(NUMBER)
    assert news.tracking_number == NUMBER
    assert news.status is Is.DELIVERED
    assert news.at == datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    assert news.mapped_by == kind.mapped_by
    assert news.refused == ()


def test_scans_come_oldest_first_and_the_newest_is_the_status(kind, door, answers):
    answers(
        kind.payload(
            [
                kind.event(kind.moving, "second", TEN),
                kind.event(kind.moving, "first", NINE),
                kind.event(kind.delivered, "third", ELEVEN),
            ]
        )
    )
    news = door.track(NUMBER)
    assert [scan.raw_text for scan in news.scans] == ["first", "second", "third"]
    assert news.status is Is.DELIVERED


def test_scans_of_one_moment_stay_in_the_carriers_order_and_one_told_twice_is_one(kind, door, answers):
    said = ("first", "second", "third", "third")
    answers(kind.payload([kind.event(kind.moving, words) for words in said]))
    assert [scan.raw_text for scan in door.track(NUMBER).scans] == ["first", "second", "third"]


def test_a_code_nobody_has_mapped_is_unknown_and_kept_as_it_came(kind, door, answers):
    answers(kind.payload([kind.event(kind.unheard_of, "Entregado, en reparto")]))
    news = door.track(NUMBER)
    assert (news.status, news.raw_code, news.raw_text) == (Is.UNKNOWN, kind.heard_as, "Entregado, en reparto")
    assert (news.scans[0].status, news.scans[0].reason) == (Is.UNKNOWN, None)


def test_a_partial_delivery_is_not_a_delivery(kind, door, answers):
    answers(kind.payload([kind.event(*kind.partial)]))
    news = door.track(NUMBER)
    assert news.status is Is.IN_TRANSIT
    assert news.scans[0].status is Is.IN_TRANSIT


def test_arriving_at_a_pickup_point_is_not_a_delivery(kind, door, answers):
    answers(kind.payload([kind.event(*kind.at_pickup)]))
    assert door.track(NUMBER).status is Is.READY_FOR_PICKUP


def test_a_time_without_a_zone_is_the_configured_zones_and_said_to_be(kind, door, answers):
    summer = [kind.event(kind.moving, "naive", "2026-07-01T12:00:00")]
    if not kind.says_no_zones:
        summer.insert(0, kind.event(kind.moving, "zoned", "2026-07-01T09:00:00.000Z"))
    answers(kind.payload(summer))
    *zoned, naive = door.track(NUMBER).scans
    assert (naive.at, naive.zone_known) == (datetime(2026, 7, 1, 10, tzinfo=UTC), False)
    assert [(one.at, one.zone_known) for one in zoned] == [(datetime(2026, 7, 1, 9, tzinfo=UTC), True)] * len(
        zoned
    )


def test_a_bad_date_leaves_out_its_event_only(kind, door, answers, caplog):
    dates = BAD_DATES if kind.says_no_zones else (*BAD_DATES, BEFORE_ALL_TIME)
    bad = [kind.event(kind.moving, "bad", date) for date in dates]
    good = (kind.event(kind.moving, "good", NINE), kind.event(kind.delivered, "good too", TEN))
    answers(kind.payload([good[0], *bad, good[1]]))
    with caplog.at_level(logging.WARNING):
        news = door.track(NUMBER)
    assert [scan.raw_text for scan in news.scans] == ["good", "good too"]
    assert news.status is Is.DELIVERED
    assert "carriers.prueba" in caplog.text
    assert NUMBER not in caplog.text


def test_nulls_everywhere_are_news_of_nothing(kind, door, answers, httpserver):
    for nulls in kind.nulls:
        httpserver.clear()
        if kind.token_path:
            httpserver.expect_request(kind.token_path).respond_with_json({"access_token": "t"})
        answers(nulls)
        news = door.track(NUMBER)
        assert news is None or (news.at, news.estimated_at, news.scans) == (None, None, ()), nulls
        assert news is None or news.status in {Is.UNKNOWN, Is.PENDING}, nulls


def test_a_parcel_that_is_not_there_is_none(kind, door, answers, httpserver):
    answers(kind.none_there)
    if kind.method == "GET":
        httpserver.expect_request(kind.path, method="POST").respond_with_json(
            {"meta": {"code": 201}, "data": {}}
        )
    assert door.track(NUMBER) is None


def test_a_wrong_key_is_refused_with_a_remedy_and_without_the_key(kind, door, answers):
    for status in (401, 403):
        answers(json.dumps({"meta": {"code": status}, "status": status}), status, "application/json")
        with pytest.raises(Refused, match="key_env names is wrong") as refused:
            door.track(NUMBER)
        assert SECRET not in str(refused.value)
        assert f"/{NUMBER}" in kind.path or NUMBER not in str(refused.value)


def test_check_answers_one_line_and_says_what_nobody_could_verify(kind, door, httpserver):
    def answer(request: Request) -> Response:
        if kind.token_path and request.path == kind.token_path:
            return Response('{"access_token": "t"}', content_type="application/json")
        told = kind.none_there.replace("GetTracking", "ValidateUser")
        return Response(told, content_type=kind.content_type)

    httpserver.clear()
    httpserver.expect_request(re.compile(".*")).respond_with_handler(answer)
    said = door.check()
    assert said.startswith("carriers.prueba: ")
    assert "\n" not in said
    built_unseen = {"correos", "ctt", "gls_spain", "mrw", "seur"}
    name = kind.adapter.__name__.rpartition(".")[2]
    assert ("unverified: needs a contract" in said) is (name in built_unseen)
    assert ("Unverified: needs a contract." in kind.adapter.__doc__) is (name in built_unseen)


def test_an_answer_of_another_shape_is_not_understood(kind, door, answers):
    answers(kind.other_shape)
    with pytest.raises(NotUnderstood, match=r"carriers\.prueba"):
        door.track(NUMBER)


def test_a_page_instead_of_an_answer_is_no_news(kind, door, answers):
    answers("<html>mantenimiento<br></html>", 200, "text/html")
    with pytest.raises(NotXml if kind.method == "POST" else NotJson):
        door.track(NUMBER)


def test_a_missing_key_or_word_of_the_contract_stops_the_start(kind, monkeypatch):
    said = written(kind, "http://127.0.0.1:9")
    monkeypatch.delenv("CARRIER_KEY", raising=False)
    with pytest.raises(settings.BadConfiguration, match="CARRIER_KEY"):
        kind.adapter.connect("prueba", settings.Carrier.model_validate(said))
    monkeypatch.setenv("CARRIER_KEY", SECRET)
    for missing in kind.more.get("account", {}):
        less = {key: value for key, value in said["account"].items() if key != missing}
        with pytest.raises(settings.BadConfiguration, match=f"account.{missing} is missing"):
            kind.adapter.connect("prueba", settings.Carrier.model_validate(said | {"account": less}))
