"""Mail servers that are down, busy, offended or full of ceremony: nothing is lost, nobody is asked in vain."""

from collections import Counter
from datetime import timedelta

import pytest
from a_mailbox import KEPT
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from an_order import PLACED, fill, raw_order, two_parcels
from sqlalchemy import select

from postventa import clock
from postventa.sandbox.door import loopback_socket
from postventa.sandbox.mailbox import Mailbox
from postventa.sandbox.settings import Faults
from postventa.sandbox.watch import Watch
from postventa.store.messages import AttemptRow, OutboxRow
from postventa.store.orders import CustomerRow
from tasks.messages import send_messages

# What a mail server says asks no database.
pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def outbox(place):
    def rows():
        with place.reading() as connection:
            return connection.execute(OutboxRow.__table__.select().order_by(OutboxRow.id)).all()

    return rows


@pytest.fixture
def shaky():
    """A sandbox's mailbox whose door opens and closes."""
    box = Mailbox(Watch(), Faults)
    box.start()
    yield box
    box.stop()


def test_a_server_that_is_down_for_an_hour_and_back_loses_nothing_and_keeps_the_order(
    house, place, shaky, monday, outbox
):
    house(smtp_port=shaky.port)
    fill(place, map(two_parcels, range(1, 6)), monday)
    shaky.stop()
    for minutes in range(0, 60, 10):
        with clock.clock_set_to(monday + minutes * MINUTE):
            done = send_messages.fn("email")
        assert len(done.trouble) == 1
        assert done.trouble[0].startswith("the channel email does not take mail: ")
        assert done.outcomes == {"deferred": 1}
    shaky.start()
    with clock.clock_set_to(monday + HOUR + MINUTE):
        assert send_messages.fn("email").trouble == []
    came = [(mail.order, mail.message) for mail in reversed(shaky.mails())]
    for ref in range(1, 6):
        assert [message for order, message in came if order == str(ref)] == [
            "received",
            "paid",
            "shipped",
            "shipped",
        ]
    assert {row.outcome for row in outbox() if row.reason != "superseded"} == {"sent"}


def test_after_a_long_silence_only_what_the_law_wants_is_still_told(house, place, mailbox, monday, outbox):
    house(smtp_port=mailbox.port)
    fill(place, [raw_order(1, "preparing", date_paid_gmt="2026-11-02T07:00:00")], monday)
    with clock.clock_set_to(monday + timedelta(days=4)):
        assert send_messages.fn("email").outcomes == {"sent": 2, "suppressed": 1}
    assert mailbox.of(1) == ["received", "paid"]
    assert {(row.message, row.reason) for row in outbox()} >= {("in_preparation", "stale_event")}


def test_a_mail_for_somebody_that_the_server_defers_goes_later_and_the_others_go_now(
    house, place, mailbox, monday, outbox
):
    house(smtp_port=mailbox.port)
    fill(place, [raw_order(ref, "pending") for ref in range(1, 11)], monday)
    mailbox.answer = lambda letter: "451 4.7.1 Greylisted" if int(letter.order) % 2 else KEPT
    assert send_messages.fn("email").outcomes == {"sent": 5, "deferred": 5}
    assert {row.words for row in outbox() if row.outcome == "deferred"} == {"451 4.7.1 Greylisted"}
    mailbox.answer = lambda _letter: KEPT
    assert send_messages.fn("email").outcomes == {}
    with clock.clock_set_to(monday + 2 * MINUTE):
        assert send_messages.fn("email").outcomes == {"sent": 5}
    assert set(mailbox.told().values()) == {1}


def test_a_server_that_says_later_for_days_is_believed_in_the_end(house, place, mailbox, monday, outbox):
    house(smtp_port=mailbox.port)
    fill(place, [raw_order(1, "pending")], monday)
    mailbox.answer = lambda _letter: "452 4.2.2 Mailbox full"
    at = monday
    while outbox()[0].outcome in {"waiting", "deferred"}:
        with clock.clock_set_to(at):
            send_messages.fn("email")
        at += 6 * HOUR
        assert at < monday + timedelta(days=5)
    assert (outbox()[0].outcome, outbox()[0].reason) == ("failed", "deferred_too_long")
    assert outbox()[0].words == "452 4.2.2 Mailbox full"


def test_an_address_that_does_not_exist_is_written_to_once_and_never_again(
    house, place, mailbox, monday, outbox
):
    house(smtp_port=mailbox.port)
    fill(place, [two_parcels(1), two_parcels(2)], monday)
    mailbox.answer = lambda letter: "550 5.1.1 No such mailbox here" if letter.order == "1" else KEPT
    done = send_messages.fn("email")
    assert done.trouble == ["received of order tienda:1 was refused: 550 5.1.1 No such mailbox here"]
    assert Counter(letter.order for letter in mailbox.offered) == {"1": 1, "2": 4}
    refused = {row.message: (row.outcome, row.reason) for row in outbox() if ":1:" in row.key}
    assert refused["received"] == ("failed", "refused_by_server")
    assert refused["paid"] == refused["shipped"] == ("suppressed", "hard_bounce")
    with place.reading() as connection:
        bounced = select(CustomerRow.email).where(CustomerRow.hard_bounced_at.is_not(None))
        assert connection.execute(bounced).scalars().all() == ["nuria.1@client.example"]
        words = select(AttemptRow.words).where(AttemptRow.outcome == "failed")
        assert connection.execute(words).scalars().all() == ["550 5.1.1 No such mailbox here"]
    later = monday + HOUR
    billing = raw_order(1)["billing"]
    fill(place, [raw_order(3, "pending", billing=billing)], later)
    with clock.clock_set_to(later):
        assert send_messages.fn("email").outcomes == {"suppressed": 1}


def test_a_refusal_of_one_mail_for_its_content_is_no_hard_bounce(house, place, mailbox, monday, outbox):
    house(smtp_port=mailbox.port)
    fill(place, [raw_order(1)], monday)
    mailbox.answer = lambda letter: "554 5.7.1 Looks like spam" if letter.message == "received" else KEPT
    send_messages.fn("email")
    assert [(row.message, row.outcome) for row in outbox()] == [("received", "failed"), ("paid", "sent")]


@pytest.fixture
def guarded():
    """A mail server that wants a login and accepts none; it counts the attempts."""
    attempts = []

    def refuse(*_words):
        attempts.append(1)
        return AuthResult(success=False, handled=False)

    class Box:
        async def handle_DATA(self, _server, _session, _envelope):
            return KEPT

    probe = loopback_socket(0)
    port = probe.getsockname()[1]
    probe.close()
    controller = Controller(
        Box(),
        hostname="127.0.0.1",
        port=port,
        authenticator=refuse,
        auth_required=True,
        auth_require_tls=False,
    )
    controller.start()
    yield port, attempts
    controller.stop()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_wrong_mail_password_is_tried_once_a_run_and_said_in_one_sentence(
    configuration, house, place, monday, guarded, monkeypatch, outbox
):
    port, attempts = guarded
    monkeypatch.setenv("MAIL_USER", "pedidos")
    monkeypatch.setenv("MAIL_PASSWORD", "not-this-one")
    configuration["channels"]["email"] |= {"user_env": "MAIL_USER", "password_env": "MAIL_PASSWORD"}
    house(smtp_port=port)
    fill(place, [raw_order(ref) for ref in range(1, 20)], monday)
    for run in (1, 2):
        done = send_messages.fn("email")
        assert len(attempts) == run
        assert len(done.trouble) == 1
        assert "user_env" in done.trouble[0]
        assert "not-this-one" not in done.trouble[0]
    assert {row.outcome for row in outbox()} == {"waiting", "deferred"}


def test_a_letter_that_smuggles_headers_fails_alone(house, place, mailbox, monday, outbox):
    house(smtp_port=mailbox.port)
    smuggled = raw_order(1, "pending")
    smuggled["billing"]["last_name"] = "Soler\r\nBcc: everybody@client.example"
    numbered = raw_order(2, "pending", number="2\r\nBcc: everybody@client.example")
    fill(place, [smuggled, numbered, raw_order(3, "pending")], monday)
    done = send_messages.fn("email")
    assert len(done.trouble) == 1
    assert "tienda:1" in done.trouble[0]
    assert "line break" in done.trouble[0]
    assert "everybody" not in done.trouble[0]
    assert mailbox.of(3) == ["received"]
    assert all(b"\nBcc:" not in letter.raw.partition(b"\r\n\r\n")[0] for letter in mailbox.letters)
    assert {letter.recipient for letter in mailbox.letters} == {
        "nuria.2@client.example",
        "nuria.3@client.example",
    }
    row = outbox()[0]
    assert (row.outcome, row.reason) == ("failed", "cannot_be_written")


def test_html_in_names_is_text_to_whoever_reads_the_mail(house, place, shaky, monday):
    house(smtp_port=shaky.port)
    raw = raw_order(1, "pending", at=PLACED)
    raw["billing"]["first_name"] = "<script>alert(1)</script>"
    raw["line_items"][0]["name"] = "<img src=x onerror=alert(2)> & Co"
    fill(place, [raw], monday)
    send_messages.fn("email")
    mail = shaky.mails()[0].parsed()
    html = mail.get_body(("html",)).get_content()
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<img src=x onerror=alert(2)> & Co" in mail.get_body(("plain",)).get_content()
