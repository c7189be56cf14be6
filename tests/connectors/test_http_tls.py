"""Doors over real TLS, with a private CA: what is trusted, and how WooCommerce is shown the key."""

import base64
import ipaddress
import json
import logging
import re
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_httpserver import HTTPServer
from werkzeug import Response

from postventa import settings
from postventa.connectors.http import Door, Patience, Refused
from postventa.connectors.shops import woocommerce

ORDERS = "/wp-json/wc/v3/orders"
ROW = {"id": 9, "date_modified_gmt": "2026-11-22T00:52:24"}


def a_name(said):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, said)])


def signed(subject, key, issuer, issuer_key, *, is_ca):
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(a_name(subject))
        .issuer_name(a_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
    )
    return built.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def ca_file(tmp_path_factory):
    """A private CA's file; the server's certificate and key lie beside it."""
    folder = tmp_path_factory.mktemp("ca")
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    (folder / "ca.pem").write_bytes(signed("CA de prueba", ca_key, "CA de prueba", ca_key, is_ca=True))
    as_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(signed("tienda", key, "CA de prueba", ca_key, is_ca=False) + as_pem)
    return folder / "ca.pem"


@pytest.fixture
def secure_server(ca_file):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca_file.with_name("server.pem"))
    with HTTPServer(host="127.0.0.1", ssl_context=context) as server:
        yield server


def serve(server, answer):
    seen = []

    def respond(request):
        seen.append(request)
        return answer(request)

    server.expect_request(re.compile(".*")).respond_with_handler(respond)
    return seen


def as_json(payload, status=200):
    return Response(json.dumps(payload), status, content_type="application/json")


def a_door(server, **more):
    url = server.url_for("").rstrip("/")
    return Door(
        "shops.tienda", url, requests_per_second=10_000, patience=Patience(tries=3, first_pause=0), **more
    )


def test_the_private_ca_is_honoured_whatever_the_environment_says(
    secure_server, ca_file, monkeypatch, tmp_path
):
    other = tmp_path / "other.pem"
    other.write_text("")
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(variable, str(other))
    serve(secure_server, lambda _: as_json({"well": True}))
    assert a_door(secure_server, ca_file=str(ca_file)).get_json("/x")[0] == {"well": True}


def test_the_environment_cannot_make_us_trust_a_ca(secure_server, ca_file, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca_file))
    serve(secure_server, lambda _: as_json({}))
    with pytest.raises(Refused, match=r"not trusted.*shops\.tienda\.ca_file") as raised:
        a_door(secure_server).get_json("/x")
    assert not raised.value.temporary
    assert raised.value.code == "certificate"


@pytest.fixture
def shop(secure_server, ca_file, monkeypatch):
    monkeypatch.setenv("TIENDA_KEY", "ck_1")
    monkeypatch.setenv("TIENDA_SECRET", "cs_1")
    return woocommerce.connect(
        "tienda",
        settings.Shop(
            platform="woocommerce",
            url=secure_server.url_for("").rstrip("/"),
            key_env="TIENDA_KEY",
            secret_env="TIENDA_SECRET",
            ca_file=str(ca_file),
            backfill_since=datetime(2026, 11, 1, tzinfo=UTC),
            requests_per_second=10_000,
        ),
    )


def kept_out(code="woocommerce_rest_cannot_view"):
    return as_json({"code": code, "message": "Lo siento."}, 401)


def test_over_https_the_key_is_shown_by_basic(secure_server, shop):
    seen = serve(secure_server, lambda _: as_json([ROW]))
    shop.check()
    assert base64.b64decode(seen[0].headers["Authorization"].split()[1]) == b"ck_1:cs_1"
    assert "consumer_key" not in seen[0].url


def test_a_host_that_strips_the_header_gets_the_key_in_the_query_and_no_log_does(secure_server, shop, caplog):
    caplog.set_level(logging.DEBUG)
    seen = serve(
        secure_server, lambda request: as_json([ROW]) if "consumer_secret" in request.args else kept_out()
    )
    shop.check()
    shop.check()
    assert [("consumer_secret" in request.args) for request in seen] == [False, True, True]
    assert seen[1].args["consumer_key"] == "ck_1"
    assert "Authorization" not in seen[1].headers
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("werkzeug")]
    assert any("strips the Authorization header" in said for said in ours)
    assert not any("cs_1" in said or "ck_1" in said for said in ours)


def test_a_key_that_is_wrong_both_ways_is_explained_once_for_each_cause(secure_server, shop):
    seen = serve(secure_server, lambda _: kept_out())
    for _ in range(3):
        with pytest.raises(Refused, match=r"correct TIENDA_KEY .*X-Forwarded-Proto") as raised:
            shop.check()
    assert len(seen) == 4
    assert "cs_1" not in str(raised.value)


def test_a_wrong_secret_is_told_from_a_wrong_key(secure_server, shop):
    seen = serve(secure_server, lambda _: kept_out("woocommerce_rest_authentication_error"))
    with pytest.raises(Refused, match=r"its secret is wrong: correct TIENDA_SECRET"):
        shop.check()
    assert len(seen) == 1
