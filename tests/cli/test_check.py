"""`postventa check` reaches everything, a line each, and says what to mend."""

import os
import socket
import tomllib

import pytest
from a_toml import as_toml
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import AuthResult
from an_imap_server import PASSWORD, USER, AnImapServer
from sqlalchemy import event

from postventa.settings import ENVIRONMENT_KEY
from postventa.store import migrate
from postventa.store.database import open_store


@pytest.fixture
def check(ask, story, monkeypatch, tmp_path):
    """`check(shops={...})` checks the story's configuration with changes."""

    def look(*words, store_url="", **changes):
        written = tomllib.loads(story.config.read_text(encoding="utf-8"))
        written["store"]["url"] = store_url or written["store"]["url"]
        for section, tables in changes.items():
            there = written.setdefault(section, {})
            for name, said in tables.items():
                there[name] = {**there.get(name, {}), **said} if isinstance(said, dict) else said
        path = tmp_path / "changed.toml"
        path.write_text(as_toml(written), encoding="utf-8")
        monkeypatch.setenv(ENVIRONMENT_KEY, str(path))
        for name in ("POSTVENTA_WEB_SECRET", "POSTVENTA_DATASETS_KEY"):
            monkeypatch.setenv(name, os.environ.get(name, "s" * 32))
        return ask("check", *words)

    return look


@pytest.fixture
def a_silent_port():
    """A port on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _bad(answer):
    return [line for line in answer.out.splitlines() if line.startswith("BAD")]


def test_where_all_is_well_every_line_says_ok(check):
    answer = check(adr={"entity": "Junta Arbitral", "url": "https://adr.example"})
    lines = answer.out.splitlines()
    named = [line.split()[1].rstrip(":") for line in lines]
    assert (answer.code, answer.err) == (0, "")
    assert all(line.startswith("ok ") for line in lines)
    doors = ["channels.email", "shops.tienda", "carriers.dhl"]
    house = ["configuration", "store", "prefect", "law", "files", "consents", "adr", "datasets"]
    assert named == [*house, *doors]
    assert not [line for line in lines if line.count("channels.email") > 1]


def test_what_the_orders_and_the_night_need_is_asked_for_on_the_first_day(check, monkeypatch):
    for name in ("POSTVENTA_WEB_SECRET", "POSTVENTA_DATASETS_KEY"):
        monkeypatch.setenv(name, "")
    answer = check()
    (bad,) = _bad(answer)
    assert bad.startswith("BAD consents: ")
    assert "POSTVENTA_WEB_SECRET" in bad
    adr, datasets = [line for line in answer.out.splitlines() if line.startswith("off ")]
    assert "until entity and url in [adr]" in adr
    assert "POSTVENTA_DATASETS_KEY" in datasets


def test_a_folder_that_cannot_be_one_is_named_with_its_key(check, tmp_path):
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    answer = check(files={"path": str(tmp_path / "taken" / "files")})
    (bad,) = _bad(answer)
    assert bad.startswith("BAD files: files.path ")
    assert bad.endswith("is a file: name a folder")


def test_a_sender_without_an_address_is_named_before_a_mail_fails(check):
    (bad,) = _bad(check(channels={"email": {"from": "orders"}}))
    assert "channels.email.from 'orders' is no sender" in bad


def test_a_prefect_address_without_its_api_is_named(check, monkeypatch, a_silent_port):
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{a_silent_port}")
    (bad,) = _bad(check())
    assert "Prefect answers at .../api" in bad


def test_a_promise_that_cannot_be_kept_is_named_with_its_key(check, tmp_path):
    (tmp_path / "ours.toml").write_text('[[rule]]\nrule_id = "P-1"\n', encoding="utf-8")
    answer = check(policy={"rules": str(tmp_path / "ours.toml")})
    (line,) = _bad(answer)
    assert line.startswith("BAD law: ")
    assert line.endswith("ours.toml: P-1: title: Field required")


def test_a_desk_in_a_region_without_a_calendar_is_named(check):
    (line,) = _bad(check(desk={"region": "ES-XX"}))
    assert "BAD law: there is no calendar for the region ES-XX" in line


def test_pages_that_mails_lead_to_need_a_secret_that_can_sign(check, monkeypatch):
    web = {"web": {"url": "https://posventa.tienda.example"}}
    monkeypatch.setenv("POSTVENTA_WEB_SECRET", "short")
    (bad,) = _bad(check(**web))
    assert bad.startswith("BAD web: the secret in POSTVENTA_WEB_SECRET is too short")

    monkeypatch.setenv("POSTVENTA_WEB_SECRET", "x" * 32)
    assert "ok  web: links are signed and lead to https://posventa.tienda.example" in check(**web).out


def test_the_answer_in_json_holds_the_same(check):
    answer = check("--json")
    assert answer.json["well"] is True
    assert {one["what"] for one in answer.json["checks"]} >= {"store", "shops.tienda"}
    assert all(one["is_well"] for one in answer.json["checks"])


def test_a_mail_server_that_is_not_there_is_one_clear_line(check, a_silent_port):
    answer = check(channels={"email": {"port": a_silent_port}})
    (bad,) = _bad(answer)
    assert answer.code == 1
    assert str(a_silent_port) in bad
    assert "channels.email" in answer.err


@pytest.fixture
def a_strict_mail_server(a_silent_port):
    """A mail server that knows one password."""

    def knows(_server, _session, _envelope, _mechanism, login):
        return AuthResult(success=login.password == b"the right one", handled=False)

    server = Controller(Sink(), "127.0.0.1", a_silent_port, authenticator=knows, auth_require_tls=False)
    server.start()
    yield a_silent_port
    server.stop()


@pytest.mark.parametrize("password", ["the right one", "pass-w0rd-in-the-dark"])
def test_a_wrong_mail_password_is_one_clear_line(check, monkeypatch, a_strict_mail_server, password):
    monkeypatch.setenv("MAIL_USER", "tienda")
    monkeypatch.setenv("MAIL_PASSWORD", password)
    login = {"user_env": "MAIL_USER", "password_env": "MAIL_PASSWORD", "port": a_strict_mail_server}
    answer = check(channels={"email": login})
    if password == "the right one":
        assert answer.code == 0
        return
    (bad,) = _bad(answer)
    assert answer.code == 1
    assert "535" in bad
    assert password not in answer.out + answer.err


def test_a_secret_that_is_not_set_is_named(check, monkeypatch):
    monkeypatch.delenv("TIENDA_SECRET")
    (bad,) = _bad(check())
    assert "TIENDA_SECRET" in bad


def test_a_key_that_the_shop_does_not_know_is_one_clear_line(check, monkeypatch):
    monkeypatch.setenv("TIENDA_KEY", "ck_wrong_and_private")
    answer = check()
    (bad,) = _bad(answer)
    assert answer.code == 1
    assert "shops.tienda" in bad
    assert "ck_wrong" not in answer.out + answer.err


def test_a_key_that_the_carrier_does_not_know_is_one_clear_line(check, monkeypatch):
    monkeypatch.setenv("DHL_KEY", "dhl_wrong_and_private")
    answer = check()
    (bad,) = _bad(answer)
    assert "carriers.dhl" in bad
    assert "dhl_wrong" not in answer.out + answer.err


def test_a_platform_without_an_adapter_names_those_there_are(check):
    (bad,) = _bad(check(shops={"tienda": {"platform": "shopware"}}))
    assert "woocommerce" in bad


def test_a_store_without_tables_is_one_clear_line(check, tmp_path):
    answer = check(store_url=f"sqlite:///{tmp_path / 'empty.db'}")
    (bad,) = _bad(answer)
    assert answer.code == 1
    assert "postventa db upgrade" in bad


def test_a_store_that_may_only_be_read_is_named_with_its_file(check, tmp_path):
    url = f"sqlite:///{tmp_path / 'read.db'}"
    store = open_store(url)
    migrate.upgrade(store)
    store.dispose()
    event.listen(store, "connect", lambda connection, _: connection.execute("PRAGMA query_only=ON"))
    (bad,) = _bad(check(store_url=url))
    store.dispose()
    assert bad.startswith("BAD store: ")
    assert "read.db: this user may not write there" in bad


def test_a_prefect_server_that_does_not_answer_is_one_clear_line(check, monkeypatch, a_silent_port):
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{a_silent_port}/api")
    (bad,) = _bad(check())
    assert "prefect server start" in bad


def test_several_things_wrong_are_several_lines_and_one_sentence(check, monkeypatch, a_silent_port):
    monkeypatch.setenv("DHL_KEY", "wrong")
    answer = check(channels={"email": {"port": a_silent_port}})
    assert len(_bad(answer)) == 2
    assert len(answer.err.splitlines()) == 1


@pytest.mark.parametrize("password", [PASSWORD, "pass-w0rd-in-the-dark"])
def test_a_mailbox_is_reached_as_a_run_would(check, monkeypatch, password):
    monkeypatch.setenv("BUZON", password)
    box = {"shop": "tienda", "host": "127.0.0.1", "security": "none", "user": USER, "password_env": "BUZON"}
    with AnImapServer() as server:
        answer = check(mailboxes={"atencion": box | {"port": server.port}})
    (line,) = [line for line in answer.out.splitlines() if "mailboxes.atencion" in line]
    is_right = password == PASSWORD
    assert ("opens INBOX (not encrypted, 0 unread)" in line, "refuses the login" in line) == (
        is_right,
        not is_right,
    )
    assert answer.code == (0 if is_right else 1)
    assert password not in answer.out + answer.err
