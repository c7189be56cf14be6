"""A mailbox on a real server: what waits in it, what is marked, and what is said when it does not open."""

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from an_authority import an_authority
from an_imap_server import MONDAY, PASSWORD, USER, AnImapServer

from postventa.connectors import imap
from postventa.connectors.errors import Refused, Unreachable
from postventa.settings import Mailbox

LONG_AGO = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def mail(subject: str = "hola", text: str = "Llegó roto.", **headers: str) -> bytes:
    head = {"From": "Ana <ana@correo.example>", "Subject": subject, **headers}
    return (
        "".join(f"{name}: {value}\r\n" for name, value in head.items()).encode() + f"\r\n{text}\r\n".encode()
    )


@pytest.fixture(scope="module")
def served() -> Iterator[AnImapServer]:
    with AnImapServer() as server:
        yield server


@pytest.fixture
def server(served) -> AnImapServer:
    """The same server with its folders emptied."""
    with served.visit() as client:
        for _, _, folder in client.list_folders():
            client.select_folder(folder)
            client.delete_messages(client.search())
            client.expunge()
    return served


@pytest.fixture
def box(monkeypatch):
    monkeypatch.setenv("BUZON", PASSWORD)

    def open_it(port: int, **more) -> imap.Imap:
        written = {"shop": "tienda", "host": "127.0.0.1", "port": port, "security": "none", "user": USER}
        return imap.connect("atencion", Mailbox.model_validate({**written, "password_env": "BUZON", **more}))

    return open_it


def test_mails_come_in_the_sequence_in_which_the_server_received_them(server, box):
    server.put(mail("segundo"), MONDAY + HOUR)
    server.put(mail("primero", Date="Fri, 1 Jan 2100 00:00:00 +0000"), MONDAY)
    with box(server.port) as mailbox:
        found = [mailbox.read(one) for one in mailbox.waiting(LONG_AGO, LONG_AGO)]
    assert [b"primero" in post.raw for post in found] == [True, False]
    assert [post.received_at for post in found] == [MONDAY, MONDAY + HOUR]
    assert {post.uid_validity for post in found} != {0}
    assert server.flags() == [set(), set()], "reading marks nothing"


def test_what_is_filed_is_read_and_marked_and_what_is_left_stays_unread(server, box):
    for subject in ("una queja", "un rebote", "otra queja"):
        server.put(mail(subject))
    with box(server.port) as mailbox:
        first, second, _ = mailbox.waiting(LONG_AGO, LONG_AGO)
        mailbox.file(first.uid)
        mailbox.leave(second.uid)
    assert server.flags() == [{"\\seen", "postventa"}, {"postventa"}, set()]
    with box(server.port) as mailbox:
        assert len(mailbox.waiting(LONG_AGO, LONG_AGO)) == 1


def test_what_somebody_read_first_is_not_lost_and_what_was_there_before_us_is_left_alone(server, box):
    connected = MONDAY + HOUR
    for subject, at, flags in (
        ("read before we came", MONDAY, [b"\\Seen"]),
        ("unread before we came", MONDAY, []),
        ("unread and ancient", MONDAY - 24 * HOUR, []),
        ("read after we came", connected, [b"\\Seen"]),
        ("deleted", connected, [b"\\Deleted"]),
    ):
        server.put(mail(subject), at, flags)
    with box(server.port) as mailbox:
        found = [mailbox.read(one).raw for one in mailbox.waiting(connected, MONDAY - HOUR)]
    assert [b"unread before" in raw or b"read after" in raw for raw in found] == [True, True]


def test_what_is_filed_moves_to_the_done_folder_which_is_made_when_it_is_not_there(server, box):
    server.put(mail())
    with box(server.port, done_folder="Tramitados ñ") as mailbox:
        (one,) = mailbox.waiting(LONG_AGO, LONG_AGO)
        mailbox.file(one.uid)
    assert server.flags() == []
    assert server.flags("Tramitados ñ") == [{"\\seen", "postventa"}]


def test_a_server_that_cannot_move_copies_and_takes_away_that_mail_alone(box):
    with AnImapServer(moves=False) as server:
        server.put(mail("deleted by somebody"), flags=[b"\\Deleted"])
        server.put(mail())
        with box(server.port, done_folder="Hecho") as mailbox:
            (one,) = mailbox.waiting(LONG_AGO, LONG_AGO)
            mailbox.file(one.uid)
        assert server.flags() == [{"\\deleted"}]
        assert server.flags("Hecho") == [{"\\seen", "postventa"}]


def test_a_mail_that_is_too_large_is_read_in_its_first_part(server, box, monkeypatch):
    monkeypatch.setattr(imap, "LARGEST", 10_000)
    monkeypatch.setattr(imap, "FIRST_PART", 1000)
    server.put(mail(text="Llegó roto. " + "x" * 20_000))
    with box(server.port) as mailbox:
        post = mailbox.read(mailbox.waiting(LONG_AGO, LONG_AGO)[0])
    assert (post.is_whole, len(post.raw), post.size > 20_000) == (False, 1000, True)
    assert "Llegó roto".encode() in post.raw


def test_a_mail_that_somebody_took_away_meanwhile_is_none(server, box):
    with box(server.port) as mailbox:
        assert mailbox.read(imap.Waiting(uid=4711, received_at=MONDAY, size=1, is_seen=False)) is None


def test_a_server_that_keeps_no_keywords_has_its_mails_marked_as_read(box):
    with AnImapServer(keeps_marks=False) as server:
        for subject in ("una queja", "un rebote"):
            server.put(mail(subject))
        with box(server.port) as mailbox:
            first, second = mailbox.waiting(LONG_AGO, LONG_AGO)
            mailbox.file(first.uid)
            mailbox.leave(second.uid)
            assert mailbox.waiting(LONG_AGO, LONG_AGO) == []
        assert server.flags() == [{"\\seen"}, {"\\seen"}]
        assert "keeps no keywords" in box(server.port).check()


def test_the_check_opens_the_folder_and_counts(server, box):
    server.put(mail())
    said = box(server.port).check()
    assert said == f"mailboxes.atencion: 127.0.0.1:{server.port} opens INBOX (not encrypted, 1 unread)"


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_only_a_certificate_of_the_configured_authority_is_trusted(box, security, tmp_path):
    authority = an_authority(tmp_path)
    with AnImapServer(**{security: authority.server}) as server:
        trusting = box(server.port, security=security, ca_file=authority.ca_file)
        assert f"({security}, 0 unread)" in trusting.check()
        with pytest.raises(Refused, match=r"not trusted .* name the CA's file in ca_file"):
            box(server.port, security=security).check()


def test_a_wrong_password_is_a_sentence_without_it_and_is_tried_once(server, box, monkeypatch):
    monkeypatch.setenv("BUZON", "equivocada")
    tried = []
    login = imap.IMAPClient.plain_login
    monkeypatch.setattr(imap.IMAPClient, "plain_login", lambda *a: tried.append(1) or login(*a))
    with pytest.raises(Refused, match="is BUZON the password of `user`") as refused:
        box(server.port).check()
    assert not refused.value.temporary
    assert "equivocada" not in str(refused.value)
    assert USER not in str(refused.value)
    assert tried == [1]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [({"folder": "Nada"}, "does not do what it is asked"), ({"security": "starttls"}, "does not offer")],
)
def test_what_a_person_must_mend_is_not_tried_again(server, box, more, sentence):
    with pytest.raises(Refused, match=sentence):
        box(server.port, **more).check()


def test_a_server_that_is_not_there_may_be_there_later(box):
    with AnImapServer() as server:
        gone = server.port
    with pytest.raises(Unreachable, match="cannot be reached"):
        box(gone).check()


def test_a_server_that_keeps_silent_is_not_waited_for_without_end(box, a_silent_server, monkeypatch):
    monkeypatch.setattr(imap, "TIMEOUT_SECONDS", 0.2)
    with pytest.raises(Unreachable):
        box(a_silent_server).check()


def test_a_server_that_breaks_off_at_the_login_has_not_refused_it(box):
    def greet_and_go(listening: socket.socket) -> None:
        with listening.accept()[0] as visitor:
            visitor.sendall(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hola\r\n")
            visitor.recv(1000)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=greet_and_go, args=[listening])
        server.start()
        with pytest.raises(Unreachable):
            box(listening.getsockname()[1]).check()
        server.join()


@pytest.fixture
def a_silent_server() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield silent.getsockname()[1]
