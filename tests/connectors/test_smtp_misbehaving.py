"""A mail server that misbehaves, line by line: whatever it answers, a letter ends in one of five ways."""

import socket
import time

import pytest
from a_mail_server import ANA, GREETING, LETTER, SENDER, channel, scripted

from postventa.connectors.channels import smtp
from postventa.connectors.post import (
    Accepted,
    ChannelDown,
    ChannelRefused,
    Doubtful,
    NotAccepted,
    Refused,
    TryLater,
)


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
