"""UPS: a token that ends, times in two clocks, several parcels in one answer, and a pickup point that is no delivery."""

from datetime import UTC, datetime

import pytest
from a_carrier import a_carrier
from some_carriers import NUMBER, ups_event
from werkzeug import Response

from postventa.connectors.http import Refused
from postventa.rules.incidents import IncidentReason
from postventa.rules.shipments import ShipmentStatus as Is

TOKEN = "/security/v1/oauth/token"
DETAILS = f"/api/track/v1/details/{NUMBER}"


@pytest.fixture
def door(httpserver, monkeypatch):
    return a_carrier("ups", httpserver, monkeypatch)


def logging_in(httpserver, *tokens: str) -> list:
    left, seen = list(tokens), []

    def answer(request) -> Response:
        seen.append(request)
        token = left.pop(0) if len(left) > 1 else left[0]
        return Response(
            f'{{"access_token": "{token}", "expires_in": "14399"}}', content_type="application/json"
        )

    httpserver.expect_request(TOKEN, method="POST").respond_with_handler(answer)
    return seen


def told(httpserver, *activities, **package) -> None:
    package = {"trackingNumber": NUMBER, "activity": list(activities)} | package
    other = {"trackingNumber": "1Z999", "activity": [ups_event("011", "Delivered")]}
    answer = {"trackResponse": {"shipment": [{"package": [other, package]}]}}
    httpserver.expect_request(DETAILS).respond_with_json(answer)


def test_one_login_serves_every_question_and_says_who_asks(door, httpserver):
    logins = logging_in(httpserver, "t1")
    told(httpserver, ups_event("005", "In transit"))
    door.track(NUMBER)
    door.track(NUMBER)
    assert len(logins) == 1
    assert logins[0].form["grant_type"] == "client_credentials"
    assert (logins[0].authorization.username, logins[0].authorization.password) == (
        "cliente",
        "clave-secreta",
    )
    asked = [request for request, _ in httpserver.log if request.path == DETAILS]
    assert [request.headers["Authorization"] for request in asked] == ["Bearer t1", "Bearer t1"]
    assert asked[0].headers["transactionSrc"] == "postventa"
    assert asked[0].headers["transId"] != asked[1].headers["transId"]


def test_a_token_that_is_refused_is_asked_for_anew_once(door, httpserver):
    logins = logging_in(httpserver, "old", "new")

    def answer(request) -> Response:
        is_new = request.headers["Authorization"] == "Bearer new"
        return Response("{}", 404 if is_new else 401, content_type="application/json")

    httpserver.expect_request(DETAILS).respond_with_handler(answer)
    assert door.track(NUMBER) is None
    assert len(logins) == 2


def test_a_login_without_a_token_is_refused(door, httpserver):
    httpserver.expect_request(TOKEN).respond_with_json({"error": "?"})
    with pytest.raises(Refused, match="no access token"):
        door.track(NUMBER)


def test_of_several_parcels_ours_alone_is_told(door, httpserver):
    logging_in(httpserver, "t")
    told(httpserver, ups_event("021", "Out for delivery today"))
    assert door.track(NUMBER).status is Is.OUT_FOR_DELIVERY


def test_a_parcel_alone_is_ours_whatever_ups_calls_it(door, httpserver):
    logging_in(httpserver, "t")
    package = {"trackingNumber": "92419900000033499522966220", "activity": [ups_event("005", "In transit")]}
    answer = {"trackResponse": {"shipment": [{"package": [package]}]}}
    httpserver.expect_request(DETAILS).respond_with_json(answer)
    assert door.track(NUMBER).status is Is.IN_TRANSIT


def test_check_is_well_where_ups_refuses_the_number_and_not_where_it_refuses_us(door, httpserver):
    logging_in(httpserver, "t")
    asked = "/api/track/v1/details/0000000000"
    httpserver.expect_oneshot_request(asked).respond_with_json({}, status=400)
    httpserver.expect_oneshot_request(asked).respond_with_json({}, status=403)
    assert door.check().endswith("accepts the client's secret")
    with pytest.raises(Refused, match="403"):
        door.check()


def test_what_waits_at_an_access_point_is_not_delivered_although_its_type_says_so(door, httpserver):
    logging_in(httpserver, "t")
    waits = ups_event("040", "Delivered to UPS Access Point")
    told(httpserver, waits | {"location": {"address": {"city": "GIRONA"}}})
    news = door.track(NUMBER)
    assert (news.status, news.pickup_point) == (Is.READY_FOR_PICKUP, "GIRONA")


def test_universal_time_counts_before_the_clock_on_the_wall(door, httpserver):
    logging_in(httpserver, "t")
    activity = ups_event("005", "In transit") | {"gmtDate": "20261120", "gmtTime": "74700"}
    offset = ups_event("003", "Order processed", "2026-11-19T23:30:00") | {"gmtOffset": "-05:00"}
    told(httpserver, activity, offset)
    news = door.track(NUMBER)
    assert [(scan.at, scan.zone_known) for scan in news.scans] == [
        (datetime(2026, 11, 20, 4, 30, tzinfo=UTC), True),
        (datetime(2026, 11, 20, 7, 47, tzinfo=UTC), True),
    ]


def test_a_new_date_counts_before_the_one_that_was_planned_and_the_past_does_not_count(door, httpserver):
    logging_in(httpserver, "t")
    dates = [{"type": "SDD", "date": "20261121"}, {"type": "RDD", "date": "20261123"}]
    told(
        httpserver,
        ups_event("055", "Rescheduled"),
        deliveryDate=[*dates, {"type": "DEL", "date": "20261101"}],
    )
    assert door.track(NUMBER).estimated_at == datetime(2026, 11, 23, 22, 59, 59, tzinfo=UTC)


def test_without_a_state_the_type_speaks_and_a_refusal_has_its_reason(door, httpserver):
    logging_in(httpserver, "t")
    plain = ups_event("", "Pickup scan", "2026-11-18T10:00:00") | {
        "status": {"type": "P", "statusCode": None}
    }
    told(httpserver, ups_event("064", "The receiver refused the delivery"), plain)
    picked_up, refused = door.track(NUMBER).scans
    assert (picked_up.status, picked_up.raw_code, picked_up.raw_text) == (Is.PICKED_UP, "P", "Pickup")
    assert (refused.status, refused.reason) == (Is.DELIVERY_FAILED, IncidentReason.CONSIGNEE_REFUSED)
