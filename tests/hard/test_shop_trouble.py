"""Shops and carriers that refuse, break, wait or shift under the reader: a clear sentence, no storm, nothing lost."""

import json
import re
import time
from collections import Counter
from datetime import timedelta

import pytest
from an_order import PLACED, fill, raw_order, stamp
from werkzeug import Response

from postventa import clock
from postventa.connectors.errors import NotJson, Refused, TooBusy, Unreachable
from postventa.store.inbox import InboxRow, ParkedRow
from postventa.store.orders import OrderRow
from postventa.store.shipments import ShipmentRow
from tasks.orders import move_orders, poll_orders, reread_orders
from tasks.promise import is_temporary
from tasks.shipments import look_at_parcels

API = "/wp-json/wc/v3"
# What a shop says asks no database.
pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@pytest.fixture
def answering(httpserver, house, monday, impatient):
    """Lets `answer(request)` speak for shop and carrier; answers what was asked, by path."""

    def speak(answer):
        asked: Counter[str] = Counter()

        def handle(request):
            asked[request.path] += 1
            return answer(request)

        httpserver.expect_request(re.compile(".")).respond_with_handler(handle)
        url = httpserver.url_for("").rstrip("/")
        house(shop_url=url, carrier_url=f"{url}/dhl")
        return asked

    return speak


def said(body, status=200, **headers):
    return Response(json.dumps(body), status, headers, content_type="application/json")


def rows(place, table):
    with place.reading() as connection:
        return connection.execute(table.__table__.select().order_by(table.__table__.c.id)).all()


def test_a_wrong_shop_key_is_one_clear_sentence_and_no_storm(answering, place):
    asked = answering(
        lambda _request: said({"code": "woocommerce_rest_authentication_error", "message": "no"}, 401)
    )
    with pytest.raises(Refused) as refused:
        poll_orders.fn("tienda")
    assert not is_temporary(refused.value)
    assert "TIENDA_SECRET" in str(refused.value)
    assert "cs_sandbox" not in str(refused.value)
    assert "\n" not in str(refused.value)
    assert asked.total() <= 2


def test_a_wrong_carrier_key_is_tried_with_a_few_parcels_and_not_with_all(answering, place, monday):
    asked = answering(lambda _request: said({"title": "Unauthorized"}, 401))
    fill(place, [raw_order(ref, "completed", parcels=[f"JD{ref}"]) for ref in range(1, 60)], monday)
    with pytest.raises(Refused) as refused:
        look_at_parcels.fn("dhl")
    assert not is_temporary(refused.value)
    assert asked.total() <= place.settings.carrier("dhl").connections
    assert all(row.look_at == monday for row in rows(place, ShipmentRow))


def test_a_carrier_out_of_reach_is_not_asked_about_every_parcel(answering, place, monday):
    asked = answering(lambda _request: said({"title": "broken"}, 500))
    fill(place, [raw_order(ref, "completed", parcels=[f"JD{ref}"]) for ref in range(1, 60)], monday)
    with pytest.raises(Unreachable) as down:
        look_at_parcels.fn("dhl")
    assert is_temporary(down.value)
    assert asked.total() <= 5 * place.settings.carrier("dhl").connections


def test_one_number_that_its_carrier_does_not_take_does_not_stop_the_others(answering, place, monday):
    """mc-woocommerce#1278: one stuck job blocks all."""

    def answer(request):
        if request.args["trackingNumber"] == "JD2":
            return said({"title": "Bad Request", "detail": "no such form"}, 400)
        return said({"shipments": []})

    answering(answer)
    fill(place, [raw_order(ref, "completed", parcels=[f"JD{ref}"]) for ref in range(1, 6)], monday)
    looked = look_at_parcels.fn("dhl")
    assert (looked.asked, looked.set_aside) == (5, ["tienda:2"])
    assert look_at_parcels.fn("dhl").asked == 0
    assert [row.order_ref for row in rows(place, ParkedRow)] == ["2"]


def test_one_order_that_its_shop_cannot_show_does_not_keep_the_others_from_being_read_again(
    answering, place, monday
):
    def answer(request):
        ref = int(request.path.rpartition("/")[2]) if request.path.startswith(f"{API}/orders/") else 0
        if ref == 2:
            return said({"code": "internal_server_error"}, 500)
        if ref:
            return said(raw_order(ref, "completed", parcels=[f"JD{ref}"], at=monday))
        return said([])

    asked = answering(answer)
    fill(place, [raw_order(ref, "completed") for ref in range(1, 6)], monday)
    with clock.clock_set_to(monday + timedelta(days=1)):
        with pytest.raises(Unreachable) as broken:
            reread_orders.fn("tienda")
        assert is_temporary(broken.value)
        assert sorted(row.ref for row in rows(place, InboxRow)) == ["1", "3", "4", "5"]
        assert asked[f"{API}/orders/1"] == 1
        with pytest.raises(Unreachable):
            reread_orders.fn("tienda")
    assert asked[f"{API}/orders/1"] == 1, "what was read is not asked for again"


def test_an_order_read_again_that_is_not_understood_is_named_once(answering, place, monday):
    answering(lambda request: said({"id": 2} if request.path == f"{API}/orders/2" else []))
    fill(place, [raw_order(2, "completed")], monday)
    for days, names in ((1, ("tienda:2",)), (2, ())):
        with clock.clock_set_to(monday + timedelta(days=days)):
            assert reread_orders.fn("tienda").set_aside == names


def test_rereading_stops_at_once_when_the_shop_refuses_us(answering, place, monday):
    asked = answering(
        lambda _request: said({"code": "woocommerce_rest_authentication_error", "message": "no"}, 401)
    )
    fill(place, [raw_order(ref, "completed") for ref in range(1, 40)], monday)
    with clock.clock_set_to(monday + timedelta(days=1)), pytest.raises(Refused):
        reread_orders.fn("tienda")
    assert asked.total() <= 8


def test_a_shop_that_answers_a_page_for_people_is_temporary_and_moves_no_cursor(answering, place):
    asked = answering(lambda _request: Response("<html>One moment</html>", content_type="text/html"))
    with pytest.raises(NotJson, match="firewall or a maintenance page") as page:
        poll_orders.fn("tienda")
    assert is_temporary(page.value)
    assert asked.total() == 1
    assert rows(place, InboxRow) == []


@pytest.mark.parametrize("status", [500, 502, 429])
def test_a_shop_that_recovers_within_our_patience_is_read_to_its_end(answering, place, status):
    calls = []

    def answer(request):
        calls.append(request.path)
        if len(calls) % 3:
            return said({"code": "busy"}, status)
        first = request.args.get("status") == "any" and request.args["page"] == "1"
        return said([raw_order(1)] if first else [])

    answering(answer)
    assert poll_orders.fn("tienda").news == 1


def test_a_shop_that_stays_broken_is_temporary_trouble_and_goes_on_where_it_stopped(answering, place):
    shop_rows = [raw_order(ref, at=PLACED + timedelta(seconds=ref)) for ref in range(1, 251)]
    is_broken = [True]

    def answer(request):
        found = [row for row in shop_rows if row["date_modified_gmt"] > request.args["modified_after"]]
        if is_broken[0] and found and found[0]["id"] > 100:
            return said({"code": "down"}, 500)
        if request.args["status"] != "any":
            found = []
        start = 100 * (int(request.args["page"]) - 1)
        return said(found[start : start + 100], **{"X-WP-Total": str(len(found))})

    answering(answer)
    with pytest.raises(Unreachable) as down:
        poll_orders.fn("tienda")
    assert is_temporary(down.value)
    is_broken[0] = False
    poll_orders.fn("tienda")
    move_orders.fn("tienda")
    assert len(rows(place, OrderRow)) == 250
    assert len(rows(place, InboxRow)) == 250


def test_a_shop_that_asks_us_to_wait_is_waited_for_as_long_as_it_says(answering):
    times = []

    def answer(_request):
        times.append(time.monotonic())
        return said({"code": "slow"}, 429, **{"Retry-After": "1"}) if len(times) == 1 else said([])

    answering(answer)
    poll_orders.fn("tienda")
    assert times[1] - times[0] >= 0.95


def test_a_shop_that_always_asks_us_to_wait_is_left_alone_in_the_end(answering):
    asked = answering(lambda _request: said({"code": "slow"}, 429))
    with pytest.raises(TooBusy, match="requests_per_second") as busy:
        poll_orders.fn("tienda")
    assert is_temporary(busy.value)
    assert asked.total() <= 5


def test_pages_that_shift_under_the_poll_hide_no_order_and_show_none_twice(answering, place):
    """Between any two answers an order that was listed already is edited and jumps to the end of the list."""
    shop_rows = [raw_order(ref, at=PLACED + timedelta(seconds=ref)) for ref in range(1, 321)]
    edits = iter(range(1, 40))

    def answer(request):
        if request.args["status"] != "any":
            return said([])
        shop_rows.sort(key=lambda row: (row["date_modified_gmt"], row["id"]))
        found = [row for row in shop_rows if row["date_modified_gmt"] > request.args["modified_after"]]
        start = 100 * (int(request.args["page"]) - 1)
        answer = said(found[start : start + 100], **{"X-WP-Total": str(len(found))})
        edited = next(edits)
        if edited < 8:
            row = next(row for row in shop_rows if row["id"] == edited)
            row["date_modified_gmt"] = stamp(PLACED + timedelta(seconds=400 + edited))
            row["status"] = "preparing"
        return answer

    answering(answer)
    poll_orders.fn("tienda")
    move_orders.fn("tienda")
    assert {row.ref for row in rows(place, OrderRow)} == {str(ref) for ref in range(1, 321)}
    heard = Counter((row.ref, row.modified_at) for row in rows(place, InboxRow))
    assert set(heard.values()) == {1}
    assert all(row.raw_status == "preparing" for row in rows(place, OrderRow) if int(row.ref) < 4)
