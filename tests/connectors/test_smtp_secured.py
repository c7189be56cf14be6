"""Encryption and login: a letter goes to whom we trust, and to nobody else."""

from collections.abc import Iterator

import pytest
from a_mail_server import ANA, LETTER, SENDER, Mailbox, channel, scripted, served
from aiosmtpd.smtp import AuthResult
from an_authority import Authority, an_authority

from postventa import settings
from postventa.connectors.channels import smtp
from postventa.connectors.post import ChannelDown, ChannelRefused


@pytest.fixture(params=[(), ("PIPELINING",)], ids=["step by step", "pipelined"])
def mailbox(request) -> Mailbox:
    return Mailbox(offers=request.param)


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return an_authority(tmp_path_factory.mktemp("ca"))


def ways(security: str, authority: Authority) -> dict:
    return {"tls": {"ssl_context": authority.server}, "starttls": {"tls_context": authority.server}}[security]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_letter_goes_encrypted_to_a_server_of_our_own_ca(mailbox, authority, security):
    with served(mailbox, **ways(security, authority)) as port:
        own = channel(port, security=security, ca_file=authority.ca_file)
        with smtp.connect("email", own) as post:
            assert f"({security}" in post.check()
            post.send(SENDER, ANA, LETTER)
    assert len(mailbox.letters) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_of_an_unknown_ca_is_refused_with_a_remedy(authority, security):
    mailbox = Mailbox()
    with (
        served(mailbox, **ways(security, authority)) as port,
        smtp.connect("email", channel(port, security=security)) as post,
        pytest.raises(ChannelRefused, match="name the CA's file in ca_file"),
    ):
        post.send(SENDER, ANA, LETTER)
    assert mailbox.letters == []


def test_a_server_without_starttls_gets_no_letter(mailbox):
    with (
        served(mailbox) as port,
        smtp.connect("email", channel(port, security="starttls")) as post,
        pytest.raises(ChannelRefused, match="STARTTLS"),
    ):
        post.send(SENDER, ANA, LETTER)


def test_tls_on_a_port_that_speaks_plain_smtp_is_refused_with_a_remedy(mailbox):
    with (
        served(mailbox) as port,
        smtp.connect("email", channel(port, security="tls")) as post,
        pytest.raises(ChannelRefused, match="is security = 'tls' right"),
    ):
        post.check()


def test_a_ca_file_that_is_not_there_or_no_certificate_stops_the_start(tmp_path):
    with pytest.raises(settings.BadConfiguration, match="no such file"):
        smtp.connect("email", channel(25, security="tls", ca_file=str(tmp_path / "none.pem")))
    (tmp_path / "some.pem").write_text("hola")
    with pytest.raises(settings.BadConfiguration, match="not a certificate"):
        smtp.connect("email", channel(25, security="tls", ca_file=str(tmp_path / "some.pem")))


def knows(_server, _session, _envelope, mechanism, data) -> AuthResult:
    known = (data.login, data.password) == (b"tienda", b"secreto")
    return AuthResult(success=known, handled=False)


@pytest.fixture
def guarded(mailbox, authority) -> Iterator[settings.Channel]:
    how = {"tls_context": authority.server, "authenticator": knows, "auth_required": True}
    with served(mailbox, require_starttls=True, **how) as port:
        names = {"user_env": "POST_USER", "password_env": "POST_PASSWORD"}
        yield channel(port, security="starttls", ca_file=authority.ca_file, **names)


def test_the_right_login_lets_letters_through(mailbox, guarded, monkeypatch):
    monkeypatch.setenv("POST_USER", "tienda")
    monkeypatch.setenv("POST_PASSWORD", "secreto")
    with smtp.connect("email", guarded) as post:
        assert "logged in" in post.check()
        post.send(SENDER, ANA, LETTER)
    assert len(mailbox.letters) == 1


@pytest.mark.parametrize("password", ["falso", "contraseña"])
def test_a_wrong_login_is_refused_with_a_remedy_and_without_the_secret(guarded, monkeypatch, password):
    monkeypatch.setenv("POST_USER", "tienda")
    monkeypatch.setenv("POST_PASSWORD", password)
    with smtp.connect("email", guarded) as post, pytest.raises(ChannelRefused) as refused:
        post.send(SENDER, ANA, LETTER)
    assert "password" in refused.value.words
    assert password not in refused.value.words


def test_a_missing_login_is_a_matter_of_configuration(guarded):
    without = guarded.model_copy(update={"user_env": "", "password_env": ""})
    with smtp.connect("email", without) as post, pytest.raises(ChannelRefused, match="user_env"):
        post.send(SENDER, ANA, LETTER)


def test_a_login_where_the_server_knows_none_is_refused(mailbox, monkeypatch):
    monkeypatch.setenv("POST_USER", "tienda")
    monkeypatch.setenv("POST_PASSWORD", "secreto")
    with (
        served(mailbox) as port,
        smtp.connect("email", channel(port, user_env="POST_USER", password_env="POST_PASSWORD")) as post,
        pytest.raises(ChannelRefused, match="AUTH"),
    ):
        post.check()


def test_a_login_that_cannot_be_checked_now_is_down(mailbox, monkeypatch):
    monkeypatch.setenv("POST_USER", "tienda")
    monkeypatch.setenv("POST_PASSWORD", "secreto")
    script = "> 220 hola\n< EHLO\n> 250-yo\n> 250 AUTH PLAIN\n< AUTH\n> 454 4.7.0 Directory asleep"
    with (
        scripted(script) as server,
        smtp.connect(
            "email", channel(server.port, user_env="POST_USER", password_env="POST_PASSWORD")
        ) as post,
        pytest.raises(ChannelDown, match="Directory asleep"),
    ):
        post.check()


def test_half_a_login_or_an_unset_secret_stops_the_start(monkeypatch):
    monkeypatch.delenv("POST_USER", raising=False)
    with pytest.raises(settings.BadConfiguration, match="both user_env and password_env"):
        smtp.connect("email", channel(25, user_env="POST_USER"))
    with pytest.raises(settings.BadConfiguration, match="POST_USER"):
        smtp.connect("email", channel(25, user_env="POST_USER", password_env="POST_PASSWORD"))
