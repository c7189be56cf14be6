"""Text messages over a real HTTP server on loopback: what each answer lets the sender do, and that no number is told."""

import socket

import pytest
from werkzeug import Response

from postventa import settings
from postventa.connectors.channels import sms
from postventa.connectors.post import ChannelDown, ChannelRefused, Doubtful, Refused, TryLater

ANA = "+34 600 000 001"


@pytest.fixture
def channel(httpserver, monkeypatch):
    monkeypatch.setenv("SMS_ACCOUNT", "AC1")
    monkeypatch.setenv("SMS_TOKEN", "token")

    def configured(**more):
        written = {
            "adapter": "sms",
            "url": httpserver.url_for(""),
            "from": "+34930000000",
            "user_env": "SMS_ACCOUNT",
            "password_env": "SMS_TOKEN",
            "timeout_seconds": 1,
        }
        return settings.Channel.model_validate(written | more)

    return configured


def answers(httpserver, status, body):
    heard = []

    def answer(request):
        heard.append((request.form.to_dict(), request.authorization, request.headers.get("Idempotency-Key")))
        return Response(body, status, content_type="application/json")

    httpserver.expect_request("/2010-04-01/Accounts/AC1/Messages.json").respond_with_handler(answer)
    return heard


def test_a_message_is_posted_as_a_form_and_its_id_is_the_receipt(httpserver, channel):
    heard = answers(httpserver, 201, '{"sid": "SM1", "status": "queued"}')
    with sms.connect("sms", channel()) as post:
        receipts = [post.send("", ANA, "Tu paquete llega hoy · Tienda".encode()).words for _ in range(2)]

    assert receipts == ["201 SM1"] * 2
    (form, login, key), again = heard
    assert form == {"To": "+34600000001", "From": "+34930000000", "Body": "Tu paquete llega hoy · Tienda"}
    assert (login.username, login.password) == ("AC1", "token")
    assert key
    assert again[2] == key


@pytest.mark.parametrize(
    ("status", "body", "raised"),
    [
        (400, '{"code": 21211, "message": "The number +34600000001 is not valid"}', Refused),
        (429, "{}", TryLater),
        (503, "busy", TryLater),
        (401, "[]", ChannelRefused),
        (302, "", ChannelRefused),
        (500, "{}", Doubtful),
    ],
)
def test_each_refusal_says_what_may_be_done_and_never_the_number(httpserver, channel, status, body, raised):
    answers(httpserver, status, body)
    with sms.connect("sms", channel()) as post, pytest.raises(raised) as refused:
        post.send("", ANA, b"hola")
    assert "600000001" not in str(refused.value)


def test_nobody_there_is_no_doubt_and_silence_after_the_hand_over_is(channel):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        with sms.connect("sms", channel(url=url, timeout_seconds=0.3)) as post, pytest.raises(Doubtful):
            post.send("", ANA, b"hola")
        with sms.connect("sms", channel(url=url, timeout_seconds=0.3)) as post, pytest.raises(ChannelDown):
            post.check()
    with sms.connect("sms", channel(url=url)) as post, pytest.raises(ChannelDown):
        post.send("", ANA, b"hola")


def test_a_name_as_sender_goes_only_with_its_entry_in_the_register(httpserver, channel):
    with pytest.raises(settings.BadConfiguration, match="alias_registry_id"):
        sms.connect("sms", channel(**{"from": "TIENDA"}))
    httpserver.expect_request("/2010-04-01/Accounts/AC1.json").respond_with_data("{}")
    with sms.connect("sms", channel(**{"from": "TIENDA", "alias_registry_id": "ES-1"})) as post:
        assert "takes text messages from TIENDA" in post.check()


@pytest.mark.parametrize("wrong", ["600000001", "", "+34", "ana@correo.example"])
def test_a_number_without_its_country_is_refused(channel, wrong):
    with sms.connect("sms", channel()) as post, pytest.raises(Refused):
        post.send("", wrong, b"hola")
    with sms.connect("sms", channel()) as post, pytest.raises(Refused, match="longer"):
        post.send("", "0034600000001", b"x" * 1601)
