"""Mails in a real mailbox become complaints: each once, none lost, and what machines write becomes none."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from an_imap_server import PASSWORD, USER, AnImapServer
from an_order import fill, raw_order
from some_mails import NURIA, a_mail, a_report
from sqlalchemy import update

from postventa import clock
from postventa.connectors import imap
from postventa.connectors.errors import Refused, Unreachable
from postventa.connectors.incoming import read_mail
from postventa.contacts import contact_of
from postventa.files import Cabinet, CabinetTrouble
from postventa.links import opt_out_token
from postventa.store import casebook, filing
from postventa.store.casebook import NewCase
from postventa.store.cases import AttachmentRow, CaseEntryRow, CaseRow
from postventa.store.clocks import ClockRow
from postventa.store.complaints import ComplaintRow
from postventa.store.consents import BounceRow, ConsentRow
from postventa.store.inbox import QuarantineRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import CustomerRow, OrderRow
from tasks.mailboxes import take_in_mails

CAME = datetime(2026, 11, 3, 9, tzinfo=UTC)
NOW = CAME + timedelta(minutes=4)
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02"


@pytest.fixture
def store_url(request, kept_stores) -> str:
    """SQLite, and PostgreSQL where a test asks for both."""
    return kept_stores.url(getattr(request, "param", "sqlite"))


@pytest.fixture(scope="module")
def served():
    with AnImapServer() as server:
        yield server


class Desk:
    """A shop's mailbox on a real server, and the task that reads it."""

    def __init__(self, server, place):
        self.server, self.place, self.said = server, place, 0

    def get(self, *mails: bytes, at: datetime = CAME) -> dict[str, int]:
        """These mails arrive and the mailbox is read."""
        for mail in mails:
            self.server.put(mail, at)
        return self.read()

    def read(self, now: datetime = NOW) -> dict[str, int]:
        with clock.clock_set_to(now):
            return dict(take_in_mails.fn("atencion").became)

    def rows(self, table):
        with self.place.reading() as connection:
            return list(connection.execute(table.__table__.select().order_by(table.__table__.c[0])))

    @property
    def cases(self):
        return self.rows(CaseRow)

    def send(self, message_id: str) -> None:
        """What is owed goes out, the last letter under this Message-ID."""
        last = max(row.id for row in self.rows(OutboxRow))
        sent = update(OutboxRow).where(OutboxRow.id == last)
        with self.place.store.begin() as connection:
            connection.execute(sent.values(outcome="sent", message_id=message_id, settled_at=NOW))

    def entries(self):
        return [(row.kind, row.author, row.text) for row in self.rows(CaseEntryRow)]


@pytest.fixture
def desk(served, house, configuration, tmp_path, monkeypatch):
    monkeypatch.setenv("BUZON", PASSWORD)
    configuration["mailboxes"] = {
        "atencion": {
            "shop": "tienda",
            "host": "127.0.0.1",
            "port": served.port,
            "security": "none",
            "user": USER,
            "password_env": "BUZON",
        }
    }
    configuration["files"] = {"path": str(tmp_path / "files"), "max_megabytes": 1}
    configuration["desk"] = {"people": {"ana": {"name": "Ana Pons", "email": "ana@tienda.example"}}}
    with served.visit() as client:
        client.select_folder("INBOX")
        client.delete_messages(client.search())
        client.expunge()
    return Desk(served, house())


def test_a_mail_is_a_complaint_at_the_time_at_which_the_server_had_it(desk):
    mail = a_mail(files={"foto.png": ("image/png", PNG)}, Date="Tue, 1 Jan 2030 00:00:00 +0000")
    assert desk.get(mail) == {"opened": 1}
    (case,), (complaint,), (entry,) = desk.cases, desk.rows(ComplaintRow), desk.rows(CaseEntryRow)
    assert (case.source, case.source_ref, case.email) == (
        "mail",
        "1@client.example",
        "nuria.7@client.example",
    )
    assert (case.name, case.language, case.order_id, case.opened_at) == ("Núria Soler", "es", None, CAME)
    assert (complaint.kind, complaint.text) == ("complaint", "Una queja\n\nLa taza llegó rota.")
    assert {row.message for row in desk.rows(OutboxRow)} == {"complaint_received"}
    assert desk.rows(ClockRow)
    files = {row.role: (row.name, row.media_type, row.entry_id) for row in desk.rows(AttachmentRow)}
    assert files == {
        "evidence": ("foto.png", "image/png", entry.id),
        "mail": ("mail.eml", "message/rfc822", entry.id),
    }
    assert desk.server.flags() == [{"\\seen", "postventa"}]


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
def test_the_same_mail_twice_is_one_case_and_other_words_under_its_message_id_are_another(desk):
    assert desk.get(a_mail(), a_mail()) == {"opened": 1, "known": 1}
    assert desk.get(a_mail("Otra cosa."), a_mail("Otra cosa.")) == {"opened": 1, "known": 1}
    assert desk.get(a_mail(Message_ID=""), a_mail(Message_ID="")) == {"opened": 1, "known": 1}
    assert [row.number for row in desk.cases] == ["R-2026-000001", "R-2026-000002", "R-2026-000003"]


def test_a_mail_that_was_saved_and_not_marked_is_known_when_it_is_read_again(desk, monkeypatch):
    def broken(*_):
        raise Unreachable("mailboxes.atencion broke off")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("postventa.connectors.imap.Imap.file", broken)
        with pytest.raises(Unreachable):
            desk.get(a_mail())
    assert desk.read() == {"known": 1}
    assert len(desk.cases) == 1


ANSWERS = {
    "by its letter": lambda _case: a_mail(
        "Otra foto.", References="<x@y> <r1@tienda.example>", Message_ID="<2@c>"
    ),
    "by the mail that opened it": lambda _case: a_mail(
        "Otra foto.", In_Reply_To="<1@client.example>", Message_ID="<2@c>"
    ),
    "by its number": lambda case: a_mail("Otra foto.", subject=f"Re: [{case.number}]", Message_ID="<2@c>"),
    "by its key from another address": lambda case: a_mail(
        f"Otra foto. Mi clave: {case.key[:4]}-{case.key[4:8]}-{case.key[8:12]}-{case.key[12:]}",
        From="otra@client.example",
        Message_ID="<2@c>",
    ),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_added_to_its_case_once(desk, answer):
    desk.get(a_mail())
    desk.send("<r1@tienda.example>")
    mail = answer(desk.cases[0])
    assert desk.get(mail, mail) == {"added": 1, "known": 1}
    assert len(desk.cases) == 1
    (kind, author, text), *notes = desk.entries()[1:]
    assert (kind, author, text.startswith("Otra foto.")) == ("addition", "customer", True)
    assert ["otra@client.example" in note for _, _, note in notes] == [True] * (b"otra@" in mail)


def test_a_number_that_a_stranger_guesses_opens_a_case_of_its_own(desk):
    desk.get(a_mail())
    assert desk.get(
        a_mail("Retiro la queja.", subject="R-2026-000001", From="mallory@evil.example", Message_ID="<m@e>")
    ) == {"opened": 1}
    assert len(desk.cases) == 2


def test_the_letter_quoted_under_an_answer_is_not_said_again(desk):
    desk.get(a_mail())
    desk.send("<r1@tienda.example>")
    for number, quoted in enumerate(
        (
            "Gracias.\n\nEl mar, 3 nov 2026 a las 10:04, Tienda Ejemplo (<pedidos@tienda.example>)\nescribió:\n> Hola",
            "Gracias.\n\nEl 3 nov 2026, Tienda Ejemplo escribió:\n\n> Hola\n> Hemos recibido",
            "Gracias.\n\n-----Mensaje original-----\nDe: Tienda\nHemos recibido",
            "Gracias.\n\nDe: Tienda Ejemplo\nEnviado el: martes\nPara: Ana\n\nHemos recibido",
        )
    ):
        desk.get(a_mail(quoted, In_Reply_To="<r1@tienda.example>", Message_ID=f"<g{number}@c>"))
    said = [text for kind, _, text in desk.entries() if kind == "addition"]
    assert len(said) == 4
    assert all("recibido" not in text and "> Hola" not in text for text in said)


MACHINES = {
    "an automatic answer": (a_mail(Auto_Submitted="auto-replied"), "auto_reply"),
    "a bulk mail": (a_mail(Precedence="bulk"), "auto_reply"),
    "a mailing list": (a_mail(List_Id="<ofertas.example>"), "list"),
    "a null sender": (a_mail(Return_Path="<>"), "bounce"),
    "a bounce of nothing of ours": (
        a_report(b"Message-ID: <no@ours>\r\n", "nuria.7@client.example"),
        "bounce",
    ),
    "ourselves": (a_mail(From="Tienda <pedidos@tienda.example>"), "ours"),
    "our own letter come back": (a_mail(X_Postventa_Message="complaint_received"), "ours"),
    "our company's address": (a_mail(From="hola@tienda.example", Reply_To="hola@tienda.example"), "ours"),
}


@pytest.mark.parametrize(("mail", "became"), MACHINES.values(), ids=MACHINES)
def test_what_no_customer_wrote_opens_no_case_is_counted_and_stays_unread(desk, mail, became):
    assert desk.get(mail) == {became: 1}
    assert desk.cases == []
    assert desk.rows(OutboxRow) == []
    assert desk.server.flags() == [{"postventa"}]
    assert desk.read() == {}


def test_a_form_of_the_shop_that_writes_for_a_customer_is_that_customers_mail(desk):
    assert desk.get(a_mail(From="Web <pedidos@tienda.example>", Reply_To=NURIA)) == {"opened": 1}
    assert (desk.cases[0].email, desk.cases[0].name) == ("nuria.7@client.example", "")


def test_two_machines_that_answer_each_other_are_stopped(desk):
    mails = [a_mail("Fuera de la oficina", Message_ID=f"<{number}@c>") for number in range(13)]
    assert desk.get(*mails) == {"opened": 10, "set_aside": 3}
    assert "opened 10 cases within a day" in desk.rows(QuarantineRow)[0].reason


@pytest.mark.parametrize(
    ("subject", "sender", "is_linked"),
    [
        ("Mi pedido 0007 llegó roto", NURIA, True),
        ("Mi pedido 0007 llegó roto", "mallory@evil.example", False),
        ("Tengo 7 tazas rotas", NURIA, False),
        ("pedido nº 7", NURIA, True),
        ("10007", NURIA, False),
    ],
)
def test_an_order_is_linked_only_where_its_own_customer_names_it(desk, subject, sender, is_linked):
    fill(desk.place, [raw_order(7, number="7", language="ca")], CAME)
    with desk.place.store.begin() as connection:
        connection.execute(
            update(OrderRow).values(number="0007" if "0007" in subject else "7", language="ca")
        )
    desk.get(a_mail(subject=subject, From=sender))
    (case,) = desk.cases
    assert (case.order_id is not None, case.language) == (is_linked, "ca" if is_linked else "es")


def test_an_answer_to_a_letter_about_an_order_is_about_that_order(desk):
    fill(desk.place, [raw_order(7), raw_order(8)], CAME)
    (order,) = [row for row in desk.rows(OrderRow) if row.ref == "7"]
    its_letter = update(OutboxRow).where(OutboxRow.order_id == order.id, OutboxRow.message == "received")
    with desk.place.store.begin() as connection:
        connection.execute(its_letter.values(message_id="<o7@tienda>"))
    desk.get(a_mail("Sigue sin llegar.", subject="Re:", In_Reply_To="<o7@tienda>"))
    (case,) = desk.cases
    assert case.order_id == order.id


def test_an_answer_to_a_letter_about_a_return_is_said_in_the_return(desk):
    new = NewCase(
        shop="tienda",
        family="return",
        name="Núria",
        email="nuria.7@client.example",
        language="es",
        source="web",
        source_ref="f1",
        state="received",
        opened_at=CAME,
    )
    with desk.place.store.begin() as connection:
        opened = casebook.open_case(connection, new, CAME, ZoneInfo("Europe/Madrid"))
    mail = a_mail("Lo envié ayer.", subject=f"Re: {opened.number}")
    assert desk.get(mail, mail) == {"added": 1, "known": 1}
    assert desk.entries() == [("addition", "customer", "Lo envié ayer.")]


def test_words_without_end_are_all_kept_beside_their_case(desk):
    text = "\n".join(f"{number} y otra cosa" for number in range(3000))
    assert desk.get(a_mail(text)) == {"opened": 1}
    assert len(desk.rows(ComplaintRow)[0].text) <= 20_000
    cabinet = Cabinet(desk.place.settings.files)
    (part,) = [cabinet.read(row.digest) for row in desk.rows(AttachmentRow) if row.role == "statement"]
    assert text in read_mail(part).text


def test_of_a_mail_of_thirty_megabytes_the_words_are_filed_and_the_files_named(desk, monkeypatch):
    monkeypatch.setattr(imap, "LARGEST", 100_000)
    monkeypatch.setattr(imap, "FIRST_PART", 5000)
    assert desk.get(a_mail(files={"video.mp4": ("video/mp4", bytes(200_000))})) == {"opened": 1}
    assert [row.text for row in desk.rows(ComplaintRow)] == ["Una queja\n\nLa taza llegó rota."]
    assert desk.entries()[-1] == (
        "note",
        "clock",
        "Files of this mail that were not kept:\n1 more, of a mail of 0.3 MB",
    )
    assert desk.rows(AttachmentRow) == []


def test_a_report_that_an_address_does_not_exist_is_believed_only_for_a_letter_that_went_there(desk):
    fill(desk.place, [raw_order(7)], CAME)
    desk.send("<o7@tienda.example>")
    letter = b"Message-ID: <o7@tienda.example>\r\nX-Postventa-Shop: tienda\r\nX-Postventa-Order: 7\r\n"
    forged = letter.replace(b"o7@", b"o8@")
    for mail in (
        a_report(letter, "otra@client.example"),
        a_report(forged, "nuria.7@client.example"),
        a_report(letter, "nuria.7@client.example", "5.2.2"),
    ):
        desk.get(mail)
        assert [row.hard_bounced_at for row in desk.rows(CustomerRow)] == [None]
    assert desk.get(a_report(letter, "nuria.7@client.example")) == {"bounce": 1}
    assert [row.hard_bounced_at for row in desk.rows(CustomerRow)] == [NOW]


def test_a_forged_report_that_names_a_letter_by_what_anybody_can_work_out_is_not_believed(desk):
    fill(desk.place, [raw_order(7)], CAME)
    key = desk.rows(OutboxRow)[-1].key
    worked_out = f"<{hashlib.blake2b(key.encode(), digest_size=16).hexdigest()}@tienda.example>"
    headers = f"Message-ID: {worked_out}\r\nX-Postventa-Shop: tienda\r\nX-Postventa-Order: 7\r\n"
    forged = a_report(headers.encode(), "nuria.7@client.example")
    for name in ("<0123456789abcdef@tienda.example>", worked_out):  # as it goes today, and as it went before
        desk.send(name)
        assert desk.get(forged, at=CAME) == {"bounce": 1}
        assert [row.hard_bounced_at for row in desk.rows(CustomerRow)] == [None]
        assert desk.rows(BounceRow) == []


def test_mails_that_came_back_are_counted_by_the_hash_of_their_address(desk, monkeypatch):
    monkeypatch.setenv("POSTVENTA_WEB_SECRET", "a-secret-that-only-these-tests-sign-with")
    fill(desk.place, [raw_order(7)], CAME)
    desk.send("<o7@tienda.example>")
    letter = b"Message-ID: <o7@tienda.example>\r\nX-Postventa-Shop: tienda\r\nX-Postventa-Order: 7\r\n"
    full, gone = (a_report(letter, "nuria.7@client.example", status) for status in ("5.2.2", "5.1.1"))
    desk.get(full, full, gone)
    contact = contact_of(desk.place.settings, "tienda", "nuria.7@client.example")
    assert [(row.contact, row.code, row.is_hard) for row in desk.rows(BounceRow)] == [
        (contact, "5.2.2", False),
        (contact, "5.1.1", True),
    ]


def test_a_mail_with_the_signed_word_objects_and_one_with_a_forged_word_is_read_by_a_person(
    desk, monkeypatch
):
    monkeypatch.setenv("POSTVENTA_WEB_SECRET", "a-secret-that-only-these-tests-sign-with")
    fill(desk.place, [raw_order(7)], CAME)
    with clock.clock_set_to(CAME):
        token = opt_out_token(desk.place.settings, "tienda", desk.rows(CustomerRow)[0].id)
    mail = a_mail("", subject=f"unsubscribe {token}", Auto_Submitted="auto-generated")
    assert desk.get(mail, mail) == {"objected": 2}
    assert [(row.said, row.source) for row in desk.rows(ConsentRow)] == [("objected", "mail")]
    assert desk.rows(CaseRow) == []
    assert desk.get(a_mail(subject=f"unsubscribe {token[:-1]}")) == {"opened": 1}


def test_a_receipt_that_reaches_nobody_is_said_in_its_case(desk):
    desk.get(a_mail())
    desk.send("<r1@tienda.example>")
    report = a_report(b"Message-ID: <r1@tienda.example>\r\nX-Postventa-Case: x\r\n", "nuria.7@client.example")
    assert desk.get(report, report) == {"bounce": 2}
    notes = [text for kind, author, text in desk.entries() if (kind, author) == ("note", "clock")]
    assert notes == [
        "The letter complaint_received did not reach its recipient: the mail server reports 5.1.1."
    ]


BAD = {
    "without a sender": (a_mail(From="nobody"), "nobody could be answered"),
    "from the desk": (a_mail(From="Ana <Ana@tienda.example>"), "postventa complaint open"),
    "that says nothing": (a_mail("", subject=""), "says nothing"),
    "of a thousand boxes": (
        b"From: m@evil.example\r\n" + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * 2600,
        "would take hours",
    ),
}


@pytest.mark.parametrize(("mail", "reason"), BAD.values(), ids=BAD)
def test_a_mail_that_needs_a_person_is_set_aside_alone_and_once(desk, mail, reason):
    assert desk.get(mail, a_mail()) == {"opened": 1, "set_aside": 1}
    (row,) = desk.rows(QuarantineRow)
    assert (row.source, row.kind, reason in row.reason) == ("mailbox:atencion", "mail", True)
    assert re.fullmatch(r"\d+/\d+", row.ref)
    assert set() in desk.server.flags()
    assert desk.read() == {}, "it waits for a person, and no run says it again"


def test_a_mistake_of_ours_with_one_mail_is_set_aside_and_a_retry_reads_it_again(desk, monkeypatch):
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("postventa.mail_intake.order_named", lambda *_: 1 / 0)
        assert desk.get(a_mail()) == {"set_aside": 1}
    assert desk.cases == []
    with desk.place.store.begin() as connection:
        assert filing.read_again(connection, [row.id for row in desk.rows(QuarantineRow)]) == 1
    assert desk.read() == {"opened": 1}


def test_files_that_are_not_kept_are_named_in_the_case(desk):
    files = {
        "macro.docm": ("application/octet-stream", b"PK\x03\x04" + bytes(40)),
        "grande.txt": ("text/plain", b"x" * 1_100_000),
        "foto.png": ("image/png", PNG),
    }
    assert desk.get(a_mail(files=files)) == {"opened": 1}
    (_, (kind, author, note)) = desk.entries()
    assert (kind, author) == ("note", "clock")
    assert "macro.docm: only photos" in note
    assert "grande.txt: the file has 1.0 MB" in note
    assert [row.name for row in desk.rows(AttachmentRow)] == ["foto.png"], "nor the mail, which is as large"


def test_where_files_cannot_be_kept_the_mail_waits_unmarked(desk, monkeypatch):
    def full(*_):
        raise CabinetTrouble("files.path: the disk is full: make room")

    monkeypatch.setattr(Cabinet, "keep", full)
    with pytest.raises(CabinetTrouble):
        desk.get(a_mail())
    assert desk.cases == []
    assert desk.server.flags() == [set()]


def test_a_wrong_password_ends_the_run_before_anything_is_read(desk, monkeypatch):
    monkeypatch.setenv("BUZON", "otra")
    with pytest.raises(Refused):
        desk.get(a_mail())
    assert desk.cases == []
