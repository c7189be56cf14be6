"""Real servers on loopback: aiosmtpd where a well-behaved one will do, a scripted one where it must misbehave."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from an_authority import Authority, an_authority

from postventa import settings
from postventa.connectors.channels import console, smtp
from postventa.connectors.post import (
    Accepted,
    Channel,
    ChannelDown,
    ChannelRefused,
    Doubtful,
    NotAccepted,
    Refused,
    TryLater,
)

SENDER = "Tienda Ejemplo, S.L. <pedidos@tienda.example>"
ANA = "ana@correo.example"
LETTER = b"Subject: hola\r\n\r\n.punto\r\n..\r\nadi\xc3\xb3s\r\n"


def channel(port: int, **more) -> settings.Channel:
    written = {"adapter": "smtp", "host": "127.0.0.1", "port": port, "from": SENDER, "timeout_seconds": 5}
    return settings.Channel.model_validate(written | more)


@dataclass
class Mailbox:
    """An aiosmtpd handler that keeps what it takes; `answers` replaces a command's reply, by command and turn."""

    letters: list[tuple[str, str, bytes]] = field(default_factory=list)
    connections: int = 0
    commands: list[str] = field(default_factory=list)
    on: dict[str, Callable[[SMTP, str], str]] = field(default_factory=dict)
    offers: tuple[str, ...] = ()

    def _answer(self, command: str, server, argument: str, otherwise: str) -> str:
        self.commands.append(command)
        return self.on[command](server, argument) if command in self.on else otherwise

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return [*responses[:-1], *(f"250-{offer}" for offer in self.offers), responses[-1]]

    async def handle_MAIL(self, server, session, envelope, address, options):
        reply = self._answer("MAIL", server, address, "250 OK")
        if reply.startswith("250"):
            envelope.mail_from = address
        return reply

    async def handle_RCPT(self, server, session, envelope, address, options):
        reply = self._answer("RCPT", server, address, "250 OK")
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_RSET(self, server, session, envelope):
        self.commands.append("RSET")
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        reply = self._answer("DATA", server, "", "250 2.0.0 OK: queued as 4711")
        if reply.startswith("250"):
            self.letters.append((envelope.mail_from, envelope.rcpt_tos[0], envelope.content))
        return reply


@contextlib.contextmanager
def served(handler: Mailbox, **how) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port, **how)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@pytest.fixture(params=[(), ("PIPELINING",)], ids=["step by step", "pipelined"])
def offers(request) -> tuple[str, ...]:
    return request.param


@pytest.fixture
def mailbox(offers) -> Mailbox:
    return Mailbox(offers=offers)


@pytest.fixture
def post(mailbox) -> Iterator[smtp.Smtp]:
    with served(mailbox) as port, smtp.connect("email", channel(port)) as opened:
        yield opened


def turns(*replies: str) -> Callable[[SMTP, str], str]:
    """Answers with each in turn, and for ever with the last."""
    left = list(replies)
    return lambda _server, _argument: left.pop(0) if len(left) > 1 else left[0]


def hang_up(server: SMTP, _argument: str) -> str:
    server.transport.close()
    return "250 never heard"


def test_a_letter_arrives_as_it_was_written_with_the_servers_receipt(post, mailbox):
    assert post.send(SENDER, ANA, LETTER) == Accepted("250 2.0.0 OK: queued as 4711")
    assert mailbox.letters == [("pedidos@tienda.example", ANA, LETTER)]


def test_a_letter_may_begin_with_a_dot_and_end_without_a_line_end(post, mailbox):
    post.send(SENDER, ANA, b".x\r\ny")
    assert mailbox.letters[0][2] == b".x\r\ny\r\n"


def test_nothing_is_opened_before_the_first_letter(mailbox):
    with served(mailbox) as port, smtp.connect("email", channel(port)):
        assert mailbox.connections == 0


def test_five_hundred_letters_go_through_one_connection(post, mailbox):
    for number in range(500):
        post.send(SENDER, f"c{number}@correo.example", LETTER)
    assert [to for _, to, _ in mailbox.letters] == [f"c{number}@correo.example" for number in range(500)]
    assert mailbox.connections == 1


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_451_means_later_and_the_next_letter_goes_through_the_same_connection(post, mailbox, command):
    mailbox.on[command] = turns("451 4.7.1 Greylisted, come back", f"250 {command} OK")
    with pytest.raises(TryLater) as refused:
        post.send(SENDER, ANA, LETTER)
    assert refused.value.words == "451 4.7.1 Greylisted, come back"
    assert mailbox.letters == []
    post.send(SENDER, ANA, LETTER)
    assert len(mailbox.letters) == 1
    assert mailbox.connections == 1


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
def test_a_550_is_final_for_this_letter_only_and_keeps_the_servers_words(post, mailbox, command):
    mailbox.on[command] = turns("550 5.1.1 No such user here", "250 OK")
    with pytest.raises(Refused) as refused:
        post.send(SENDER, ANA, LETTER)
    assert refused.value.words == "550 5.1.1 No such user here"
    post.send(SENDER, "berta@correo.example", LETTER)
    assert [to for _, to, _ in mailbox.letters] == ["berta@correo.example"]
    assert mailbox.connections == 1


def test_the_recipients_address_is_left_out_of_the_words(post, mailbox):
    mailbox.on["RCPT"] = turns(f"550 5.1.1 <{ANA}>: unknown " + "x" * 400)
    with pytest.raises(Refused) as refused:
        post.send(SENDER, ANA, LETTER)
    assert refused.value.words.startswith("550 5.1.1 <(recipient)>: unknown xxx")
    assert len(refused.value.words) == 300


def test_a_refused_sender_is_a_matter_of_configuration(post, mailbox):
    mailbox.on["MAIL"] = turns("553 5.7.1 Sender address rejected: not owned by user")
    with pytest.raises(ChannelRefused, match=r"`from`.*not owned by user"):
        post.send(SENDER, ANA, LETTER)


@pytest.mark.parametrize("words", ["530 5.7.0 Authentication required", "554 5.7.1 Relay access denied"])
def test_a_server_that_wants_to_know_us_first_is_a_matter_of_configuration(post, mailbox, words):
    mailbox.on["RCPT"] = turns(words)
    with pytest.raises(ChannelRefused, match="user_env"):
        post.send(SENDER, ANA, LETTER)


def test_a_letter_too_large_for_the_server_is_refused_alone(post, mailbox):
    mailbox.on["MAIL"] = turns("552 5.3.4 Message size exceeds limit", "250 OK")
    with pytest.raises(Refused, match="552"):
        post.send(SENDER, ANA, LETTER)
    post.send(SENDER, ANA, LETTER)


def test_a_letter_over_the_announced_size_is_not_even_begun(mailbox):
    with served(mailbox, data_size_limit=100) as port, smtp.connect("email", channel(port)) as post:
        with pytest.raises(Refused, match="takes 100 bytes"):
            post.send(SENDER, ANA, b"x" * 101)
        assert mailbox.commands == []


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
def test_a_connection_dropped_before_the_letter_is_down_and_nothing_was_sent(post, mailbox, command):
    mailbox.on[command] = hang_up
    with pytest.raises(ChannelDown, match="before the letter went"):
        post.send(SENDER, ANA, LETTER)
    assert mailbox.letters == []


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
def test_a_kept_connection_dropped_before_the_letter_is_opened_again_and_the_letter_goes_once(
    post, mailbox, command
):
    post.send(SENDER, ANA, LETTER)
    hang_ups = iter([hang_up])

    def hang_up_once(server: SMTP, argument: str) -> str:
        return next(hang_ups, turns("250 OK"))(server, argument)

    mailbox.on[command] = hang_up_once
    post.send(SENDER, "berta@correo.example", LETTER)
    assert [to for _, to, _ in mailbox.letters] == [ANA, "berta@correo.example"]
    assert mailbox.connections == 2


def test_a_kept_connection_that_is_dropped_again_is_down(post, mailbox):
    post.send(SENDER, ANA, LETTER)
    mailbox.on["MAIL"] = hang_up
    with pytest.raises(ChannelDown, match="before the letter went"):
        post.send(SENDER, ANA, LETTER)
    assert mailbox.connections == 2


def test_a_connection_dropped_after_the_letter_is_a_doubt(post, mailbox):
    mailbox.on["DATA"] = hang_up
    with pytest.raises(Doubtful, match="no answer came"):
        post.send(SENDER, ANA, LETTER)


def test_a_421_between_letters_loses_none(post, mailbox):
    asked = iter(range(1, 100))

    def every_third_time(server: SMTP, _argument: str) -> str:
        if next(asked) % 3 == 0:
            server.loop.call_soon(server.transport.close)
            return "421 4.7.0 Too many letters in one session"
        return "250 OK"

    mailbox.on["MAIL"] = every_third_time
    for number in range(10):
        post.send(SENDER, f"c{number}@correo.example", LETTER)
    assert [to for _, to, _ in mailbox.letters] == [f"c{number}@correo.example" for number in range(10)]
    assert mailbox.connections == 5


def test_a_421_on_a_fresh_connection_is_down_with_the_servers_words(post, mailbox):
    mailbox.on["MAIL"] = turns("421 4.3.2 Closing for the night")
    with pytest.raises(ChannelDown, match="Closing for the night"):
        post.send(SENDER, ANA, LETTER)


def test_a_421_as_the_answer_to_the_letter_means_later(post, mailbox):
    mailbox.on["DATA"] = turns("421 4.3.2 Disk full", "250 OK")
    with pytest.raises(TryLater, match="Disk full"):
        post.send(SENDER, ANA, LETTER)
    post.send(SENDER, ANA, LETTER)
    assert mailbox.connections == 2


def test_an_international_domain_goes_in_its_ascii_form(post, mailbox):
    post.send(SENDER, "ana@müller.example", LETTER)
    assert mailbox.letters[0][1] == "ana@xn--mller-kva.example"


@pytest.mark.parametrize("recipient", ["ana", "ana@correo.example\r\nRCPT TO:<x@y.example>", "a b@c.example"])
def test_an_address_that_is_none_never_reaches_the_server(post, mailbox, recipient):
    with pytest.raises(Refused, match="cannot be written to"):
        post.send(SENDER, recipient, LETTER)
    assert mailbox.commands == []


def test_a_sender_that_is_no_address_is_a_matter_of_configuration(post):
    with pytest.raises(ChannelRefused, match="correct `from`"):
        post.send("Tienda", ANA, LETTER)


def test_an_address_beyond_ascii_goes_where_the_server_offers_it(mailbox):
    with (
        served(mailbox, enable_SMTPUTF8=True) as port,
        smtp.connect("email", channel(port)) as post,
    ):
        post.send(SENDER, "josé@correo.example", LETTER)
    assert mailbox.letters[0][1] == "josé@correo.example"


def test_an_address_beyond_ascii_is_refused_where_the_server_cannot(mailbox):
    with (
        served(mailbox, enable_SMTPUTF8=False) as port,
        smtp.connect("email", channel(port)) as post,
        pytest.raises(Refused, match="no SMTPUTF8"),
    ):
        post.send(SENDER, "josé@correo.example", LETTER)


def test_check_says_what_the_server_offers(post, offers):
    line = post.check()
    assert "takes mail (not encrypted" in line
    assert ("pipelining" in line) == bool(offers)


def test_closing_twice_is_fine(post, mailbox):
    post.send(SENDER, ANA, LETTER)
    post.close()
    post.close()


def test_a_server_that_is_not_there_is_down():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with smtp.connect("email", channel(port)) as post, pytest.raises(ChannelDown, match="cannot be reached"):
        post.check()


# A server that misbehaves, line by line.


@contextlib.contextmanager
def scripted(*scripts: str, tls: ssl.SSLContext | None = None) -> Iterator[SimpleNamespace]:
    """Plays one script a connection. A line `> 250 OK` is said, `< MAIL` is awaited, `< .` is a letter,
    `stall` keeps silent, and the end of a script hangs up."""
    heard: list[str] = []
    done = threading.Event()

    def play(script: str, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            for step in filter(None, map(str.strip, script.splitlines())):
                if step == "stall":
                    done.wait(10)
                elif step.startswith("> "):
                    connection.sendall(step[2:].encode() + b"\r\n")
                else:
                    line = ""
                    while line != "." if step == "< ." else not line.upper().startswith(step[2:]):
                        received = lines.readline()
                        if not received:
                            return
                        line = received.decode().strip()
                        heard.append(line)

    def serve() -> None:
        for script in scripts:
            with contextlib.suppress(OSError):
                play(script, listener.accept()[0])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield SimpleNamespace(port=listener.getsockname()[1], heard=heard)
        finally:
            done.set()
            thread.join(10)
    assert not thread.is_alive()


GREETING = "> 220 hola\n< EHLO\n> 250-yo\n> 250 PIPELINING\n< DATA\n"


def test_no_letter_goes_after_a_refused_recipient_even_if_the_server_waits_for_it():
    script = GREETING + "> 250 OK\n> 550 no\n> 354 go on\n< .\n> 554 no valid recipients\n< RSET\n> 250 OK\n"
    second = "< DATA\n> 250 OK\n> 250 OK\n> 354 go on\n< .\n> 250 taken\n< QUIT\n> 221 bye\n"
    with scripted(script + second) as server, smtp.connect("email", channel(server.port)) as post:
        with pytest.raises(Refused, match="550 no"):
            post.send(SENDER, ANA, LETTER)
        assert "Subject: hola" not in server.heard
        assert post.send(SENDER, ANA, LETTER) == Accepted("250 taken")
    assert "Subject: hola" in server.heard


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ("> 550 no sender\n> 503 no\n> 503 no\n< RSET\n> 250 OK", ChannelRefused),
        ("> 450 not now\n> 503 no\n> 503 no\n< RSET\n> 250 OK", TryLater),
        ("> 250 OK\n> 250 OK\n> 451 not now\n< RSET\n> 250 OK", TryLater),
        ("> 250 OK\n> 250 OK\n> 250 what\n< RSET\n> 250 OK", ChannelDown),
        ("> 250 OK\n> huh\n> 354 go on\n< .\n> 554 no\n< RSET\n> 250 OK", ChannelDown),
        ("> 250 OK\n> 250 OK\n> 421 bye", ChannelDown),
        ("> 250 OK", ChannelDown),
        ("> 250 OK\n> 250 OK\n> 354 go on\n< .", Doubtful),
        ("> 250 OK\n> 250 OK\n> 354 go on\n< .\n> 354 more", Doubtful),
        ("> 250 OK\n> 250 OK\n> 354 go on\n< .\n> huh", Doubtful),
        ("> 250 OK\n> 250 OK\n> 354 go on\n< .\n> 554 spam\n< RSET\n> 250 OK", Refused),
        ("> 250 OK\n> 250 OK\n> 354 go on\n< .\n> 554 spam\n< RSET\n> 500 huh", Refused),
        ("> 250 OK\n> 250 OK\n> 354 go on\n< .\n> 554 spam\n< RSET", Refused),
    ],
)
def test_whatever_is_answered_the_outcome_is_one_of_five(replies, expected):
    with scripted(GREETING + replies) as server, smtp.connect("email", channel(server.port)) as post:
        with pytest.raises(NotAccepted) as told:
            post.send(SENDER, ANA, LETTER)
        assert type(told.value) is expected


def test_a_letter_whose_end_never_left_us_was_certainly_not_sent():
    script = GREETING + "> 250 OK\n> 250 OK\n> 354 go on\n< SUBJECT"
    large = LETTER + b"x" * 70 * 500_000 + b"\r\n"
    with (
        scripted(script) as server,
        smtp.connect("email", channel(server.port)) as post,
        pytest.raises(ChannelDown, match="before the letter went"),
    ):
        post.send(SENDER, ANA, large)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("> 220 hola\n< EHLO\nstall", ChannelDown),
        (GREETING + "> 250 OK\nstall", ChannelDown),
        (GREETING + "> 250 OK\n> 250 OK\n> 354 go on\n< .\nstall", Doubtful),
    ],
)
def test_a_server_that_stalls_is_left_after_the_timeout(script, expected):
    with (
        scripted(script) as server,
        smtp.connect("email", channel(server.port, timeout_seconds=0.2)) as post,
        pytest.raises(expected, match="timed out"),
    ):
        post.send(SENDER, ANA, LETTER)


def test_a_kept_connection_that_stalls_is_not_waited_for_twice():
    first = GREETING + "> 250 OK\n> 250 OK\n> 354 go on\n< .\n> 250 taken\n< DATA\nstall"
    with (
        scripted(first) as server,
        smtp.connect("email", channel(server.port, timeout_seconds=0.3)) as post,
    ):
        post.send(SENDER, ANA, LETTER)
        with pytest.raises(ChannelDown, match="timed out"):
            post.send(SENDER, ANA, LETTER)


# A server that takes a letter as one chunk, in one write with its envelope.

CHUNKS = "> 220 hola\n< EHLO\n> 250-yo\n> 250-PIPELINING\n> 250 CHUNKING\n"
TAKEN = "< BDAT\n> 250 OK\n> 250 OK\n> 250 taken\n"


def test_a_letter_goes_as_one_chunk_where_the_server_takes_chunks_dots_and_all():
    with (
        scripted(CHUNKS + TAKEN + TAKEN + "< QUIT\n> 221 bye") as server,
        smtp.connect("email", channel(server.port)) as post,
    ):
        assert post.send(SENDER, ANA, LETTER) == Accepted("250 taken")
        assert post.send(SENDER, ANA, LETTER.removesuffix(b"\r\n")) == Accepted("250 taken")
    letter = LETTER.decode().split("\r\n")[:-1]
    assert [line for line in server.heard if line in letter] == letter * 2
    assert server.heard.count(f"BDAT {len(LETTER)} LAST") == 2
    assert "DATA" not in server.heard


def test_a_large_letter_is_announced_before_it_goes():
    script = CHUNKS + "< DATA\n> 250 OK\n> 250 OK\n> 354 go on\n< .\n> 250 taken\n< QUIT\n> 221 bye"
    large = LETTER + b"x" * 70 * 4096 + b"\r\n"
    with scripted(script) as server, smtp.connect("email", channel(server.port)) as post:
        assert post.send(SENDER, ANA, large) == Accepted("250 taken")


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ("> 550 no sender\n> 503 no\n> 503 no\n< RSET\n> 250 OK", ChannelRefused),
        ("> 250 OK\n> 550 nobody\n> 554 no valid recipients\n< RSET\n> 250 OK", Refused),
        ("> 250 OK\n> 450 later\n> 554 no valid recipients\n< RSET\n> 250 OK", TryLater),
        ("> 250 OK\n> 250 OK\n> 451 not now\n< RSET\n> 250 OK", TryLater),
        ("> 250 OK\n> 250 OK\n> 554 spam\n< RSET\n> 250 OK", Refused),
        ("> 250 OK\n> 250 OK\n> 421 bye", TryLater),
        ("> 250 OK\n> 421 bye", ChannelDown),
        ("> 421 bye", ChannelDown),
        ("> 250 OK\n> 550 nobody", Refused),
        ("> 250 OK\n> huh\n> 554 no\n< RSET\n> 250 OK", ChannelDown),
        ("", Doubtful),
        ("> 250 OK\n> 250 OK", Doubtful),
        ("> 250 OK\n> 250 OK\n> 354 more", Doubtful),
    ],
)
def test_whatever_is_answered_to_a_chunk_the_outcome_is_one_of_five(replies, expected):
    with (
        scripted(CHUNKS + "< ADI\n" + replies) as server,
        smtp.connect("email", channel(server.port)) as post,
        pytest.raises(NotAccepted) as told,
    ):
        post.send(SENDER, ANA, LETTER)
    assert type(told.value) is expected


def test_a_server_that_offers_chunks_and_knows_none_gets_its_letters_in_the_old_way_from_then_on():
    first = CHUNKS + "< ADI\n> 250 OK\n> 250 OK\n> 502 unknown command"
    old = "< DATA\n> 250 OK\n> 250 OK\n> 354 go on\n< .\n> 250 taken\n"
    with (
        scripted(first, CHUNKS + old + old + "< QUIT\n> 221 bye") as server,
        smtp.connect("email", channel(server.port)) as post,
    ):
        assert post.send(SENDER, ANA, LETTER) == Accepted("250 taken")
        assert post.send(SENDER, ANA, LETTER) == Accepted("250 taken")


def test_a_kept_connection_that_was_closed_meanwhile_is_opened_again_and_its_chunk_goes_once():
    with (
        scripted(CHUNKS + TAKEN, CHUNKS + TAKEN + "< QUIT\n> 221 bye") as server,
        smtp.connect("email", channel(server.port)) as post,
    ):
        post.send(SENDER, ANA, LETTER)
        until = time.monotonic() + 5
        while not _has_hung_up(post) and time.monotonic() < until:
            time.sleep(0.001)
        assert post.send(SENDER, ANA, LETTER) == Accepted("250 taken")
    assert server.heard.count(f"BDAT {len(LETTER)} LAST") == 2


def _has_hung_up(post: smtp.Smtp) -> bool:
    return not post._kept.sock.recv(1, socket.MSG_PEEK)


@pytest.mark.parametrize(
    ("greeting", "expected"),
    [
        ("> 421 busy", ChannelDown),
        ("> 450 busy", ChannelDown),
        ("> 554 go away", ChannelRefused),
        ("", ChannelDown),
    ],
)
def test_a_server_that_does_not_greet_us_is_down_or_refuses(greeting, expected):
    with scripted(greeting) as server, smtp.connect("email", channel(server.port)) as post:
        with pytest.raises(NotAccepted) as told:
            post.check()
        assert type(told.value) is expected


# Encryption and login.


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


def test_the_console_notes_a_letter_without_saying_to_whom(capsys):
    post: Channel
    with console.connect("email", channel(25, adapter="console")) as post:
        assert "not sent" in post.send(SENDER, ANA, LETTER).words
        assert "sends none" in post.check()
    heard = capsys.readouterr()
    assert heard.out == ""
    assert heard.err == f"channels.email: letter 1, {len(LETTER)} bytes, noted and not sent\n"


def test_smtp_is_a_channel(mailbox):
    post: Channel = smtp.connect("email", channel(25))
    post.close()
