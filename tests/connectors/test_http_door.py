"""The HTTP door, against real servers on loopback."""

import json
import logging
import threading
import time
from collections import deque

import pytest
from requests.auth import HTTPBasicAuth
from werkzeug import Response

from postventa.connectors.http import (
    AnswerTooLarge,
    ConnectorError,
    Door,
    NotJson,
    NotThere,
    NotXml,
    Patience,
    Refused,
    TooBusy,
    Unreachable,
)
from postventa.connectors.pacing import Pace, pace_of
from postventa.settings import BadConfiguration

ALMOST_A_SECOND = 0.96
"""A busy machine stamps some requests late: a twenty-fifth of the window is left to it."""
HASTY = Patience(tries=4, first_pause=0.01, longest_pause=0.02, longest_retry_after=1)


def a_door(server, **more):
    given = {"requests_per_second": 10_000, "patience": HASTY, "timeouts": (2, 2)} | more
    return Door("shops.prueba", server.url_for("").rstrip("/"), **given)


def answering(httpserver, *answers):
    """A server that gives these answers in turn, the last for ever; answers the list of requests seen."""
    seen, left = [], deque(answers)

    def answer(request):
        seen.append(request)
        given = left.popleft() if len(left) > 1 else left[0]
        return given() if callable(given) else given

    httpserver.expect_request("/api").respond_with_handler(answer)
    return seen


def as_json(payload, status=200, **headers):
    return lambda: Response(json.dumps(payload), status, content_type="application/json", headers=headers)


def test_json_comes_back_parsed_with_its_headers(httpserver):
    seen = answering(httpserver, as_json([1, {"a": "ñ"}], **{"X-WP-Total": "258"}))
    payload, headers = a_door(httpserver).get_json("/api", {"page": 2})
    assert payload == [1, {"a": "ñ"}]
    assert headers["x-wp-total"] == "258"
    assert seen[0].args["page"] == "2"
    assert seen[0].headers["User-Agent"].startswith("postventa/")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_server_that_recovers_is_asked_again(httpserver, status):
    seen = answering(httpserver, as_json({}, status), as_json({"well": True}))
    assert a_door(httpserver).get_json("/api")[0] == {"well": True}
    assert len(seen) == 2


@pytest.mark.parametrize(("status", "error"), [(429, TooBusy), (503, TooBusy), (500, Unreachable)])
def test_patience_is_bounded_and_the_error_is_temporary(httpserver, status, error):
    seen = answering(httpserver, as_json({"code": "busy_today"}, status))
    with pytest.raises(error, match="busy_today, after 4 tries") as raised:
        a_door(httpserver).get_json("/api")
    assert len(seen) == 4
    assert raised.value.temporary
    assert (raised.value.status, raised.value.code) == (status, "busy_today")


@pytest.mark.parametrize("status", [400, 401, 403, 409, 422])
def test_a_refusal_is_final_and_never_repeated(httpserver, status):
    seen = answering(
        httpserver, as_json({"code": "rest_invalid_param", "message": "ana@example.org"}, status)
    )
    with pytest.raises(Refused, match="rest_invalid_param") as raised:
        a_door(httpserver).get_json("/api")
    assert len(seen) == 1
    assert not raised.value.temporary
    assert "ana@" not in str(raised.value)


def test_a_missing_thing_is_not_there(httpserver):
    answering(httpserver, as_json({"code": "rest_no_route"}, 404))
    with pytest.raises(NotThere) as raised:
        a_door(httpserver).get_json("/api")
    assert raised.value.code == "rest_no_route"


def test_retry_after_is_waited_for_by_every_thread_of_the_account(httpserver):
    answering(httpserver, as_json({}, 429, **{"Retry-After": "1"}), as_json({}))
    door, began = a_door(httpserver), time.monotonic()
    door.get_json("/api")
    assert time.monotonic() - began >= 0.95


def test_an_absurd_retry_after_is_cut_and_a_garbled_one_ignored():
    patience = Patience()
    assert patience.pause(1, "86400") == 120
    assert patience.pause(1, "Wed, 21 Oct 2099 07:28:00 GMT") == 120
    assert patience.pause(1, "soon") <= 0.5
    assert patience.pause(1, "0") == 0


def test_pauses_grow_with_jitter_and_stay_bounded():
    patience = Patience()
    assert 1 <= patience.pause(3, None) <= 2
    assert patience.pause(50, None) <= 30
    assert len({patience.pause(4, None) for _ in range(20)}) > 1


def test_html_with_200_is_not_json(httpserver):
    answering(httpserver, lambda: Response("<html>checking your browser</html>", content_type="text/html"))
    with pytest.raises(NotJson, match="text/html instead of JSON"):
        a_door(httpserver).get_json("/api")


@pytest.mark.parametrize(
    "body", [b"Warning: foreach() in x.php {}", b"[1, 2", b"[" * 100_000, b"\xff\xfe\x00"]
)
def test_json_that_does_not_parse_is_not_json(httpserver, body):
    answering(httpserver, lambda: Response(body, content_type="application/json"))
    with pytest.raises(NotJson):
        a_door(httpserver).get_json("/api")


def test_an_empty_answer_is_not_json(httpserver):
    answering(httpserver, lambda: Response(b"", content_type="application/json"))
    with pytest.raises(NotJson, match="nothing at all"):
        a_door(httpserver).get_json("/api")


def test_a_byte_order_mark_before_the_json_does_no_harm(httpserver):
    answering(httpserver, lambda: Response(b'\xef\xbb\xbf{"a": 1}', content_type="application/json"))
    assert a_door(httpserver).get_json("/api")[0] == {"a": 1}


def test_an_answer_over_the_limit_is_not_read_to_its_end(httpserver):
    produced = []

    def endless():
        for _ in range(10_000):
            produced.append(1)
            yield b"x" * 10_000

    answering(httpserver, lambda: Response(endless(), content_type="application/json"))
    with pytest.raises(AnswerTooLarge, match="100,000 bytes"):
        a_door(httpserver, largest_answer=100_000).get_json("/api")
    assert len(produced) < 10_000


def test_nobody_listening_is_unreachable(unused_port):
    door = Door("shops.prueba", f"http://127.0.0.1:{unused_port}", requests_per_second=10_000, patience=HASTY)
    with pytest.raises(Unreachable, match=r"shops\.prueba: http://127\.0\.0\.1") as raised:
        door.get_json("/api", {"consumer_secret": "cs_hidden"})
    assert "cs_hidden" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_slow_answer_is_tried_again(httpserver):
    done = threading.Event()

    def slow():
        done.wait(0.3)
        return Response("{}", content_type="application/json")

    seen = answering(httpserver, slow, as_json({"well": True}))
    assert a_door(httpserver, timeouts=(1, 0.2)).get_json("/api")[0] == {"well": True}
    done.set()
    assert len(seen) == 2


def test_an_answer_that_drips_is_left_after_a_while_however_punctual_its_bytes(httpserver):
    def drips():
        for _ in range(200):
            time.sleep(0.02)
            yield b" "

    seen = answering(httpserver, Response(drips(), content_type="application/json"), as_json({"well": True}))
    began = time.monotonic()
    assert a_door(httpserver, timeouts=(1, 1), longest_answer=0.2).get_json("/api")[0] == {"well": True}
    assert time.monotonic() - began < 3
    assert len(seen) == 2


def test_an_answer_that_breaks_off_is_tried_again(httpserver):
    broken = Response(b'{"a":', content_type="application/json", headers={"Content-Length": "500"})
    seen = answering(httpserver, broken, as_json({"well": True}))
    assert a_door(httpserver).get_json("/api")[0] == {"well": True}
    assert len(seen) == 2


def test_a_post_is_sent_once_unless_twice_does_no_harm(httpserver):
    seen = answering(httpserver, as_json({}, 500))
    with pytest.raises(Unreachable):
        a_door(httpserver).post_json("/api", {"code": "X"})
    assert len(seen) == 1
    assert seen[0].json == {"code": "X"}
    with pytest.raises(Unreachable):
        a_door(httpserver).post_json("/api", {"code": "X"}, retry=True)
    assert len(seen) == 5


def test_a_redirect_is_not_followed_and_the_key_stays_here(httpserver):
    answering(
        httpserver, lambda: Response("", 301, headers={"Location": "https://u:p@www.tienda.example/x?k=1"})
    )
    with pytest.raises(Refused, match=r"redirects to https://www\.tienda\.example: put") as raised:
        a_door(httpserver, auth=HTTPBasicAuth("ck", "cs")).get_json("/api")
    assert "k=1" not in str(raised.value)


def test_the_environment_has_no_say(httpserver, monkeypatch, unused_port):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused_port}")
    monkeypatch.setenv("NO_PROXY", "")
    answering(httpserver, as_json({"well": True}))
    assert a_door(httpserver).get_json("/api")[0] == {"well": True}


def test_a_missing_ca_file_is_said_at_once():
    with pytest.raises(BadConfiguration, match=r"shops\.x\.ca_file"):
        Door("shops.x", "https://x.example", requests_per_second=1, ca_file="/nowhere/ca.pem")


def test_logs_hold_no_query(httpserver, caplog):
    caplog.set_level(logging.DEBUG)
    answering(httpserver, as_json({}, 500), as_json({}))
    a_door(httpserver).get_json("/api", {"consumer_key": "ck_hidden", "search": "ana@example.org"})
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("werkzeug")]
    assert any("/api" in said for said in ours if said.startswith("shops.prueba"))
    assert not any("ck_hidden" in said or "example.org" in said for said in ours)


def test_each_thread_has_its_session_and_sixteen_read_at_speed(httpserver):
    answering(httpserver, as_json([]))
    door, sessions = a_door(httpserver), set()

    def read():
        for _ in range(5):
            door.get_json("/api")
        sessions.add(id(door._session()))
        gate.wait()

    gate = threading.Barrier(16)
    threads = [threading.Thread(target=read) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sessions) == 16


def test_pacing_uses_nearly_all_of_the_limit_and_never_more():
    pace, at, number = Pace(100), [], iter(range(150))

    def work():
        for _ in number:
            pace.wait()
            at.append(time.monotonic())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    at.sort()
    most = max(sum(1 for other in at if one <= other < one + ALMOST_A_SECOND) for one in at)
    assert most <= 100
    assert 149 / (at[-1] - at[0]) > 90  # 99 on a quiet machine


def test_two_doors_of_one_account_share_its_pace(httpserver):
    assert pace_of("shops.a x", 5) is pace_of("shops.a x", 5)
    assert pace_of("shops.a x", 5) is not pace_of("shops.b x", 5)


def test_a_server_with_a_limit_sees_no_more_than_it_allows(httpserver):
    arrived, limit = [], 40

    def answer(request):
        now = time.monotonic()
        arrived.append(now)
        over = sum(1 for at in arrived if at > now - ALMOST_A_SECOND) > limit
        return Response("{}", 429 if over else 200, content_type="application/json")

    httpserver.expect_request("/api").respond_with_handler(answer)
    door = a_door(httpserver, requests_per_second=limit, patience=Patience(tries=1))
    for _ in range(60):
        door.get_json("/api")
    assert len(arrived) == 60


def test_every_error_says_whether_a_later_try_can_help():
    kinds = {
        kind.__name__: kind.temporary
        for kind in ConnectorError.__subclasses__()
        if ".shops." not in kind.__module__  # a platform may have failures of its own
    }
    assert kinds == {
        "Unreachable": True,
        "TooBusy": True,
        "NotJson": True,
        "NotXml": True,
        "Refused": False,
        "NotThere": False,
        "AnswerTooLarge": False,
    }


def as_xml(written, status=200):
    return lambda: Response(written, status, content_type="text/xml; charset=utf-8")


def test_what_is_asked_in_xml_is_asked_again_after_a_failure_and_comes_back_as_a_tree(httpserver):
    seen = answering(httpserver, as_xml("<fault/>", 500), as_xml("<a><b>ñ</b></a>"))
    tree = a_door(httpserver).ask_in_xml("/api", "<q>ñ</q>", {"SOAPAction": "x"})
    assert tree.findtext("b") == "ñ"
    assert [request.data.decode() for request in seen] == ["<q>ñ</q>", "<q>ñ</q>"]
    assert seen[1].headers["SOAPAction"] == "x"


def test_a_fault_of_soap_is_told_by_its_code(httpserver):
    said = "<s:Fault><faultcode>s:Client</faultcode><faultstring>clave-secreta</faultstring></s:Fault>"
    answering(httpserver, as_xml(said, 500))
    with pytest.raises(Unreachable, match=r"500 s:Client, after 4 tries") as failed:
        a_door(httpserver).ask_in_xml("/api", "<q/>", {})
    assert (failed.value.code, "clave-secreta" in str(failed.value)) == ("s:Client", False)


BOMB = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>'
A_FILE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>'


@pytest.mark.parametrize("written", [BOMB, A_FILE, "<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/a.dtd'><a/>"])
def test_xml_that_declares_entities_is_not_read(httpserver, written):
    answering(httpserver, as_xml(written))
    with pytest.raises(NotXml, match="declares"):
        a_door(httpserver).ask_in_xml("/api", "<q/>", {})


@pytest.mark.parametrize(
    "written", ["", "<html><br></html>", "{}", '<?xml version="1.0" encoding="x-y"?><a/>']
)
def test_a_page_instead_of_xml_says_what_may_stand_before_the_api(httpserver, written):
    answering(httpserver, as_xml(written))
    with pytest.raises(NotXml, match="else than XML"):
        a_door(httpserver).ask_in_xml("/api", "<q/>", {})


def test_a_form_goes_with_its_own_credentials(httpserver):
    seen = answering(httpserver, as_json({"access_token": "t"}))
    door = a_door(httpserver, headers={"X-Key": "k"})
    assert door.post_form("/api", {"grant_type": "x"}, auth=("id", "se:cret")) == {"access_token": "t"}
    assert (seen[0].form["grant_type"], seen[0].authorization.password) == ("x", "se:cret")


@pytest.fixture
def unused_port():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]  # bound but not listening: nobody answers, nobody else takes it
