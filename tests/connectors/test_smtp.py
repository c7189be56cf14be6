"""Letters to a mail server that knows its manners: what it takes, refuses, puts off and drops."""

import socket
from collections.abc import Iterator

import pytest
from a_mail_server import ANA, LETTER, SENDER, Mailbox, channel, hang_up, served, turns
from aiosmtpd.smtp import SMTP

from postventa.connectors.channels import console, smtp
from postventa.connectors.post import (
    Accepted,
    Channel,
    ChannelDown,
    ChannelRefused,
    Doubtful,
    Refused,
    TryLater,
)


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
