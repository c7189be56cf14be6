"""The WooCommerce door over real HTTP: what it asks, how it gets in, and what it says when it is kept out."""

import base64
import hashlib
import hmac
import json
import logging
import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from oauthlib.oauth1.rfc5849 import signature
from werkzeug import Request, Response

from postventa import clock, settings
from postventa.connectors import doors
from postventa.connectors.http import NotJson, NotThere, Refused
from postventa.connectors.shops import woocommerce

SAMPLES = Path(__file__).parent / "samples"
SINCE = datetime(2026, 11, 11, tzinfo=UTC)
API = "/wp-json/wc/v3"


@pytest.fixture(autouse=True)
def _keys(monkeypatch):
    monkeypatch.setenv("TIENDA_KEY", "ck_1")
    monkeypatch.setenv("TIENDA_SECRET", "cs_1")
    with clock.clock_set_to(datetime(2026, 11, 22, 12, tzinfo=UTC)):
        yield


def sample(name):
    return json.loads((SAMPLES / f"woo_{name}.json").read_text(encoding="utf-8"))


def a_shop(server, **more):
    given = {
        "platform": "woocommerce",
        "url": server.url_for("").rstrip("/"),
        "key_env": "TIENDA_KEY",
        "secret_env": "TIENDA_SECRET",
        "backfill_since": SINCE,
        "requests_per_second": 10_000,
    }
    return woocommerce.connect("tienda", settings.Shop(**(given | more)))


def as_json(payload, status=200, **headers):
    return Response(json.dumps(payload), status, content_type="application/json", headers=headers)


def refusal(code, status=401):
    return as_json({"code": code, "message": "Lo siento.", "data": {"status": status}}, status)


def serve(server, answers):
    """A shop that answers each path with a value or by a function of the request; 404 no route elsewhere."""
    seen = []

    def answer(request: Request):
        seen.append(request)
        given = answers.get(request.path)
        if given is None:
            return refusal("rest_no_route", 404)
        given = given if isinstance(given, Response) or not callable(given) else given(request)
        return given if isinstance(given, Response) else as_json(given)

    server.expect_request(re.compile(".*")).respond_with_handler(answer)
    return seen


def stamped(ref, minute, **more):
    moment = SINCE + timedelta(minutes=minute)
    return {"id": ref, "date_modified_gmt": moment.strftime("%Y-%m-%dT%H:%M:%S")} | more


def a_list(*orders, trash=()):
    """The list of a shop in which nothing changes."""
    return a_live_list(orders, trash)


def a_live_list(orders, trash=()):
    """An order list that filters by status and modification like the real one."""

    def answer(request):
        args = request.args
        assert args["dates_are_gmt"] == "true"
        assert (args["orderby"], args["order"]) == ("modified", "asc")
        after = args["modified_after"]
        rows = trash if args["status"] == "trash" else orders
        there = sorted((o for o in rows if (o["date_modified_gmt"] or "9") > after), key=lambda o: o["id"])
        page, width = int(args["page"]), int(args["per_page"])
        return as_json(there[(page - 1) * width : page * width], **{"X-WP-Total": str(len(there))})

    return answer


def refs(pages):
    return [one.ref for page in pages for one in page.heard]


# What is asked.


def test_the_filter_is_naive_gmt_with_the_flag_and_never_with_a_z(httpserver):
    seen = serve(httpserver, {f"{API}/orders": a_list(stamped(1, 5))})
    (page,) = a_shop(httpserver).changed_orders(SINCE)
    assert refs([page]) == ["1"]
    assert page.cursor == SINCE + timedelta(minutes=5)
    for request in seen:
        assert request.args["modified_after"] == "2026-11-10T23:49:59"  # ten minutes of overlap and a second


def test_a_cursor_in_another_zone_is_asked_in_gmt(httpserver):
    seen = serve(httpserver, {f"{API}/orders": a_list()})
    madrid = datetime.fromisoformat("2026-11-11T01:00:00+01:00")
    assert list(a_shop(httpserver, overlap_minutes=0).changed_orders(madrid)) == []
    assert seen[0].args["modified_after"] == "2026-11-10T23:59:59"


def test_trashed_orders_are_asked_for_by_themselves_and_mean_cancelled(httpserver):
    trashed = sample("order_refunded") | {"status": "trash", "refunds": []}
    seen = serve(httpserver, {f"{API}/orders": a_list(stamped(1, 5), trash=[trashed])})
    shop = a_shop(httpserver)
    pages = list(shop.changed_orders(SINCE))
    assert sorted(refs(pages)) == ["1", "299"]
    assert {request.args["status"] for request in seen} == {"any", "trash"}
    (raw,) = [one.raw for page in pages for one in page.heard if one.ref == "299"]
    assert shop.read_order(raw).order_state == "cancelled"


def test_trashed_orders_do_not_move_the_cursor(httpserver):
    serve(httpserver, {f"{API}/orders": a_list(stamped(1, 5), trash=[stamped(2, 500)])})
    assert max(page.cursor for page in a_shop(httpserver).changed_orders(SINCE)) == SINCE + timedelta(
        minutes=5
    )


def test_the_cursor_never_passes_what_the_last_look_into_the_bin_covers(httpserver):
    many = [stamped(number, number) for number in range(1, 251)]
    trashed = []

    def answer(request):
        answered = a_list(*many, trash=trashed)(request)
        if request.args["status"] == "trash" and not trashed:
            trashed.append(stamped(999, 150))  # put into the bin just after the walk has looked into it
        return answered

    serve(httpserver, {f"{API}/orders": answer})
    heard, cursors = [], []
    for page in a_shop(httpserver).changed_orders(SINCE):
        heard += refs([page])
        if "999" not in heard:
            cursors.append(page.cursor)
    assert "999" in heard
    assert max(cursors) <= SINCE + timedelta(minutes=150)


def test_a_last_answer_without_news_still_moves_the_cursor_on(httpserver):
    many = a_list(*[stamped(number, number) for number in range(1, 200)])
    serve(httpserver, {f"{API}/orders": lambda request: as_json(many(request).json)})  # without totals
    pages = list(a_shop(httpserver).changed_orders(SINCE))
    assert [len(page.heard) for page in pages] == [100, 99, 0]
    assert pages[-1].cursor == SINCE + timedelta(minutes=199)


def test_the_cursor_never_goes_back_into_the_overlap(httpserver):
    serve(httpserver, {f"{API}/orders": a_list(stamped(1, -5))})
    (page,) = a_shop(httpserver).changed_orders(SINCE)
    assert (refs([page]), page.cursor) == (["1"], SINCE)


@pytest.mark.parametrize("skew", [-90, 90])
def test_a_shop_whose_clock_is_wrong_loses_nothing(httpserver, skew):
    ours, orders, heard = clock.now(), [], set()
    serve(httpserver, {f"{API}/orders": a_live_list(orders)})
    shop, cursor = a_shop(httpserver, overlap_minutes=0), ours - timedelta(hours=1)
    for poll in range(6):
        saved = ours + timedelta(seconds=60 * poll + skew)
        orders.append({"id": poll + 1, "date_modified_gmt": saved.strftime("%Y-%m-%dT%H:%M:%S")})
        for page in shop.changed_orders(cursor):
            heard.update(refs([page]))
            cursor = page.cursor
    assert heard == {"1", "2", "3", "4", "5", "6"}
    assert cursor == saved


def test_an_order_stamped_in_the_far_future_is_heard_and_hides_nothing_after_it(httpserver):
    orders = [stamped(1, 5), {"id": 2, "date_modified_gmt": "2062-01-01T00:00:00"}]
    serve(httpserver, {f"{API}/orders": a_live_list(orders)})
    shop = a_shop(httpserver)
    pages = list(shop.changed_orders(SINCE))
    assert sorted(refs(pages)) == ["1", "2"]
    assert pages[-1].cursor == SINCE + timedelta(minutes=5)
    orders.append(stamped(3, 9))
    assert "3" in refs(shop.changed_orders(pages[-1].cursor))


def test_a_row_that_cannot_be_filed_is_refused_and_holds_nobody_up(httpserver):
    serve(httpserver, {f"{API}/orders": a_list({"id": 5, "date_modified_gmt": None}, stamped(6, 1))})
    (page,) = a_shop(httpserver).changed_orders(SINCE)
    assert refs([page]) == ["6"]
    ((raw, reason),) = page.refused
    assert raw["id"] == 5
    assert "date_modified_gmt" in reason


def test_the_next_page_is_fetched_while_this_one_is_stored(httpserver):
    many = [stamped(number, number) for number in range(1, 151)]
    second = threading.Event()

    def answer(request):
        if request.args["page"] == "2":
            second.set()
        return a_list(*many)(request)

    serve(httpserver, {f"{API}/orders": answer})
    pages = a_shop(httpserver).changed_orders(SINCE)
    assert len(next(pages).heard) == 100
    assert second.wait(5)
    assert len(refs(pages)) == 50


def test_stopping_early_leaves_no_thread_behind(httpserver):
    many = [stamped(number, number) for number in range(1, 351)]
    serve(httpserver, {f"{API}/orders": a_list(*many)})
    pages = a_shop(httpserver).changed_orders(SINCE)
    next(pages)
    pages.close()
    assert not [thread for thread in threading.enumerate() if "ahead" in thread.name]


def test_a_failure_in_the_background_reaches_the_caller(httpserver):
    def answer(request):
        if request.args["page"] == "2" or request.args["modified_after"] > "2026-11-11T00:30:00":
            return refusal("woocommerce_rest_authentication_error")
        return a_list(*[stamped(number, number) for number in range(1, 151)])(request)

    serve(httpserver, {f"{API}/orders": answer})
    pages = a_shop(httpserver).changed_orders(SINCE)
    assert len(next(pages).heard) == 100
    with pytest.raises(Refused):
        list(pages)


def test_a_shop_that_cannot_answer_several_questions_at_once_is_asked_one_by_one(httpserver, monkeypatch):
    monkeypatch.setattr("postventa.connectors.http.Patience.pause", lambda *_: 0)
    many = [stamped(number, number) for number in range(1, 351)]

    def answer(request):
        return Response(status=503) if request.args["page"] != "1" else a_list(*many)(request)

    serve(httpserver, {f"{API}/orders": answer})
    assert len(refs(a_shop(httpserver).changed_orders(SINCE))) == 350


def test_a_list_that_is_no_list_is_not_json_to_us(httpserver):
    serve(httpserver, {f"{API}/orders": {"hello": "world"}})
    with pytest.raises(NotJson, match="no list"):
        list(a_shop(httpserver).changed_orders(SINCE))


# Refunds.


def refund_list(refunds):
    def answer(request):
        args = request.args
        assert (args["dates_are_gmt"], args["modified_after"]) == ("true", "2026-11-10T23:49:59")
        page = int(args["page"])
        return as_json(refunds[(page - 1) * 100 : page * 100], **{"X-WP-Total": str(len(refunds))})

    return answer


def a_refund(ref):
    return sample("order_refunds")[0] | {"id": ref, "parent_id": 299}


def test_refunds_of_all_orders_are_heard_with_their_order(httpserver):
    serve(httpserver, {f"{API}/refunds": refund_list([a_refund(300)])})
    (page,) = a_shop(httpserver).changed_refunds(SINCE)
    (one,) = page.heard
    assert (one.kind, one.ref, one.order_ref) == ("refund", "300", "299")
    assert one.modified_at == page.cursor == datetime(2026, 11, 15, 23, 5, 15, tzinfo=UTC)


def test_a_refund_deleted_while_pages_are_turned_hides_no_other(httpserver):
    refunds = [a_refund(number) for number in range(1, 152)]

    def answer(request):
        given = refund_list(list(refunds))(request)
        if request.args["page"] == "1" and len(refunds) == 151:
            del refunds[0]
        return given

    serve(httpserver, {f"{API}/refunds": answer})
    assert {str(number) for number in range(2, 152)} <= set(refs(a_shop(httpserver).changed_refunds(SINCE)))


def test_a_refund_list_that_repeats_itself_does_not_hold_us_for_ever(httpserver):
    same = [a_refund(number) for number in range(1, 101)]
    serve(httpserver, {f"{API}/refunds": lambda request: as_json(same, **{"X-WP-Total": "9000"})})
    assert len(refs(a_shop(httpserver).changed_refunds(SINCE))) == 100


def test_a_shop_before_nine_has_no_list_of_refunds_and_says_so_once(httpserver, caplog):
    serve(httpserver, {})
    shop = a_shop(httpserver)
    with caplog.at_level(logging.WARNING, "postventa"):
        assert list(shop.changed_refunds(SINCE)) == []
        assert list(shop.changed_refunds(SINCE)) == []
    assert caplog.text.count("before 9.0") == 1


# One order, and the places around it.


def test_an_order_that_is_gone_is_none_and_a_missing_api_is_not(httpserver):
    serve(httpserver, {f"{API}/orders/5": refusal("woocommerce_rest_shop_order_invalid_id", 404)})
    shop = a_shop(httpserver)
    assert shop.order("5") is None
    with pytest.raises(NotThere):
        shop.order("6")


def test_a_site_without_the_api_says_what_to_look_at(httpserver):
    serve(httpserver, {f"{API}/orders": Response("<html>404</html>", 404, content_type="text/html")})
    with pytest.raises(NotThere, match=r"shops\.tienda\.url.*permalinks"):
        a_shop(httpserver).check()


def test_an_order_with_tracking_needs_no_second_question(httpserver):
    seen = serve(httpserver, {f"{API}/orders/282": sample("order_tracking_meta_AST")})
    one = a_shop(httpserver).order("282")
    assert one is not None
    assert (one.kind, one.ref, len(seen)) == ("order", "282", 1)


def untracked(**meta):
    raw = sample("order_tracking_meta_AST")
    raw["meta_data"] = [{"key": key, "value": value} for key, value in meta.items()]
    return raw


def parcels(shop, ref="282"):
    return [parcel.tracking_number for parcel in shop.read_order(shop.order(ref).raw).parcels]


TRACKINGS = "/wp-json/wc-shipment-tracking/v3/orders/282/shipment-trackings"


def test_the_plugins_own_route_is_asked_and_what_it_says_is_stored_with_the_order(httpserver):
    serve(httpserver, {f"{API}/orders/282": untracked(), TRACKINGS: sample("shipment_trackings")})
    shop = a_shop(httpserver)
    raw = json.loads(json.dumps(shop.order("282").raw))
    assert [p.tracking_number for p in shop.read_order(raw).parcels] == ["1Z124234705596"]
    assert "_links" not in raw["_postventa_tracking"]["trackings"][0]


def test_core_fulfilments_are_asked_only_when_the_order_speaks_of_them(httpserver):
    path = f"{API}/orders/282/fulfillments"
    answers = {
        f"{API}/orders/282": untracked(_fulfillment_status="fulfilled"),
        path: sample("order_fulfillments"),
    }
    seen = serve(httpserver, answers)
    shop = a_shop(httpserver)
    assert parcels(shop) == ["0048145035972"]
    for meta in ({}, {"_fulfillment_status": "no_fulfillments"}):
        answers[f"{API}/orders/282"] = untracked(**meta)
        seen.clear()
        assert parcels(shop) == []
        assert path not in {request.path for request in seen}


def test_notes_are_the_last_place(httpserver):
    notes = f"{API}/orders/282/notes"
    serve(httpserver, {f"{API}/orders/282": untracked(), TRACKINGS: [], notes: sample("order_notes")})
    assert parcels(a_shop(httpserver)) == ["9343810787473", "0987654321", "0987654322"]


def test_a_plugin_that_is_not_there_is_asked_once(httpserver):
    seen = serve(httpserver, {f"{API}/orders/282": untracked(_fulfillment_status="fulfilled")})
    shop = a_shop(httpserver)
    assert parcels(shop) == []
    assert parcels(shop) == []
    assert len(seen) == 5  # the order twice, and each of the three places once


def test_a_place_that_we_may_not_read_does_not_cost_us_the_order(httpserver):
    answers = {f"{API}/orders/282": untracked(), TRACKINGS: refusal("rest_forbidden", 403)}
    serve(httpserver, answers)
    assert parcels(a_shop(httpserver)) == []


def test_an_order_that_ships_nothing_is_not_searched_for_parcels(httpserver):
    seen = serve(httpserver, {f"{API}/orders/282": untracked() | {"shipping_lines": []}})
    assert parcels(a_shop(httpserver)) == []
    assert len(seen) == 1


# Getting in.


def test_over_http_requests_carry_a_valid_oauth_signature_and_no_secret(httpserver):
    seen = serve(httpserver, {f"{API}/orders": a_list(stamped(1, 5))})
    list(a_shop(httpserver).changed_orders(SINCE))
    for request in seen:
        assert verified(request)
        assert "cs_1" not in str(request.headers) + request.url


def verified(request, secret="cs_1"):
    header = request.headers["Authorization"]
    assert header.startswith("OAuth ")
    said = signature.collect_parameters(headers={"Authorization": header}, exclude_oauth_signature=False)
    given = dict(said)["oauth_signature"]
    assert dict(said)["oauth_signature_method"] == "HMAC-SHA256"
    assert dict(said)["oauth_consumer_key"] == "ck_1"
    params = [pair for pair in said if pair[0] != "oauth_signature"]
    params += parse_qsl(request.query_string.decode(), keep_blank_values=True)
    base = signature.signature_base_string(
        "GET", signature.base_string_uri(request.base_url), signature.normalize_parameters(params)
    )
    mac = hmac.new(f"{secret}&".encode(), base.encode(), hashlib.sha256).digest()
    return base64.b64encode(mac).decode() == given


def test_every_try_is_signed_anew_because_a_nonce_counts_once(httpserver):
    headers = []

    def answer(request):
        headers.append(request.headers["Authorization"])
        return as_json({}, 503, **{"Retry-After": "0"}) if len(headers) == 1 else as_json([])

    serve(httpserver, {f"{API}/orders": answer})
    a_shop(httpserver).check()
    assert len(set(headers)) == 2


def test_check_counts_orders_and_says_the_newest_change(httpserver):
    row = {"id": 9, "date_modified_gmt": "2026-11-22T00:52:24"}
    seen = serve(httpserver, {f"{API}/orders": lambda _: as_json([row], **{"X-WP-Total": "258"})})
    said = a_shop(httpserver).check()
    assert said == "WooCommerce answers; 258 orders, newest change 2026-11-22T00:52Z"
    assert len(seen) == 1


def test_check_of_an_empty_shop(httpserver):
    serve(httpserver, {f"{API}/orders": []})
    assert a_shop(httpserver).check() == "WooCommerce answers; no orders yet"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("woocommerce_rest_authentication_error", "correct TIENDA_SECRET"),
        ("woocommerce_rest_cannot_view", r"correct TIENDA_KEY .*url should begin with https"),
        ("", "firewall"),
    ],
)
def test_a_refused_key_is_explained_with_its_remedy(httpserver, code, said):
    serve(httpserver, {f"{API}/orders": refusal(code)})
    with pytest.raises(Refused, match=said) as raised:
        a_shop(httpserver).check()
    assert "ck_1" not in str(raised.value)
    assert "cs_1" not in str(raised.value)


def test_a_refused_key_makes_no_storm_of_requests(httpserver):
    seen = serve(httpserver, {f"{API}/orders": refusal("woocommerce_rest_cannot_view")})
    shop = a_shop(httpserver)
    for _ in range(5):
        with pytest.raises(Refused):
            shop.check()
    assert len(seen) == 6  # once each, and one try of the other way to show the key


def test_a_host_that_strips_the_header_is_shown_the_signature_in_the_query(httpserver):
    def answer(request):
        if "oauth_signature" not in request.args:
            return refusal("woocommerce_rest_cannot_view")
        return as_json([])

    seen = serve(httpserver, {f"{API}/orders": answer})
    shop = a_shop(httpserver)
    shop.check()
    shop.check()
    assert len(seen) == 3


@pytest.mark.parametrize("missing", ["TIENDA_KEY", "TIENDA_SECRET"])
def test_a_secret_that_is_not_set_is_named(httpserver, monkeypatch, missing):
    monkeypatch.delenv(missing)
    with pytest.raises(
        settings.BadConfiguration, match=rf"shops\.tienda needs the environment variable {missing}"
    ):
        a_shop(httpserver)


def test_a_configuration_without_secret_env_is_refused(httpserver):
    with pytest.raises(settings.BadConfiguration, match=r"shops\.tienda\.secret_env is missing"):
        a_shop(httpserver, secret_env="")


def test_doors_finds_the_adapter_by_its_file_name(httpserver):
    given = settings.Shop(
        platform="woocommerce",
        url="https://tienda.example",
        key_env="TIENDA_KEY",
        secret_env="TIENDA_SECRET",
        backfill_since=SINCE,
    )
    assert isinstance(doors.open_shop("tienda", given), woocommerce.WooCommerce)
    with pytest.raises(settings.BadConfiguration, match=r"shops\.tienda\.platform is 'magento'.*woocommerce"):
        doors.open_shop("tienda", given.model_copy(update={"platform": "magento"}))
    with pytest.raises(settings.BadConfiguration, match="no such adapter"):
        doors.open_shop("tienda", given.model_copy(update={"platform": "_woocommerce_walk"}))
    carrier = settings.Carrier(adapter="pigeon", url="https://pigeon.example", key_env="K")
    with pytest.raises(settings.BadConfiguration, match=r"carriers\.aves\.adapter is 'pigeon'"):
        doors.open_carrier("aves", carrier)
