import smtplib
import socket
from datetime import timedelta
from email.message import EmailMessage

import pytest

from postventa.sandbox.door import Door
from postventa.sandbox.mailbox import Mailbox
from postventa.sandbox.settings import Faults
from postventa.sandbox.watch import Watch

NASTY = (
    "<html><head></head><body><script>top.location='https://evil.example'</script><p>Hola</p></body></html>"
)


def a_mail(number=1, message="shipped", html=NASTY):
    mail = EmailMessage()
    mail["From"] = "Tienda <pedidos@tienda.example>"
    mail["To"] = f"client{number}@correo.example"
    mail["Subject"] = f"La teva comanda està en camí <b>{number}</b>"
    mail["Message-ID"] = f"<{number}@tienda.example>"
    mail["X-Postventa-Message"] = message
    mail["X-Postventa-Order"] = str(10_000 + number)
    mail["X-Postventa-Shop"] = "tienda"
    mail.set_content("Bon dia,\n\nJa és en camí.\n")
    mail.add_alternative(html, subtype="html")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="factura ñ.pdf")
    mail["Content-Language"] = "ca"
    return mail


@pytest.fixture
def posted(fresh):
    with smtplib.SMTP("127.0.0.1", fresh.sandbox.smtp_port, timeout=10) as line:
        for number, message in ((1, "shipped"), (2, "shipped"), (3, "delivered")):
            line.send_message(a_mail(number, message))
    return fresh


def test_a_mail_that_is_sent_arrives_and_is_listed(posted):
    listed = posted.get("/mailbox/messages", order="10002").json()
    assert listed["total"] == 1
    (mail,) = listed["messages"]
    at = posted.sandbox.watch.now()
    assert mail == {
        "id": 2,
        "to": "client2@correo.example",
        "subject": "La teva comanda està en camí <b>2</b>",
        "message": "shipped",
        "order": "10002",
        "shop": "tienda",
        "language": "ca",
        "message_id": "<2@tienda.example>",
        "received_at": at.isoformat(),
    }
    whole = posted.get("/mailbox/messages/2").json()
    assert "Ja és en camí." in whole["text"]
    assert whole["attachments"] == [{"name": "factura ñ.pdf", "type": "application/pdf", "size": 8}]
    assert "Subject: La teva comanda" not in whole["html"]
    assert posted.get("/mailbox/messages/2/source").content.startswith(b"From: Tienda")


def test_mails_are_found_by_recipient_message_and_page(posted):
    def ids(**asked):
        return [mail["id"] for mail in posted.get("/mailbox/messages", **asked).json()["messages"]]

    assert ids() == [3, 2, 1]
    assert ids(recipient="CLIENT3@correo.example") == [3]
    assert ids(message="shipped") == [2, 1]
    assert ids(limit=1, offset=1) == [2]
    assert ids(order="99") == []
    assert posted.get("/sandbox/status").json()["mails"] == {
        "total": 3,
        "by_message": {"delivered": 1, "shipped": 2},
    }


def test_the_mailbox_can_be_emptied(posted):
    assert posted.session.delete(posted.sandbox.url + "/mailbox/messages", timeout=10).json() == {
        "deleted": 3
    }
    assert posted.get("/mailbox/messages").json() == {"total": 0, "messages": []}
    assert posted.get("/mailbox/view/2").status_code == 404


def test_html_in_a_mail_cannot_run_load_or_leave_its_frame(posted):
    page = posted.get("/mailbox/view/1")
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    assert "<script" not in page.text
    assert "&lt;b&gt;1&lt;/b&gt;" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "script-src" not in page.headers["Content-Security-Policy"]
    mail = posted.get("/mailbox/messages/1/html")
    rules = mail.headers["Content-Security-Policy"]
    assert rules.startswith("sandbox ")
    assert "allow-scripts" not in rules
    assert "allow-same-origin" not in rules
    assert "default-src 'none'" in rules


def test_attachments_come_as_downloads(posted):
    answer = posted.get("/mailbox/messages/1/attachments/0")
    assert answer.content == b"%PDF-1.7"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="factura__.pdf"'
    assert posted.get("/mailbox/messages/1/attachments/1").status_code == 404


def test_the_pages_list_search_and_show_every_tab(posted):
    listing = posted.get("/mailbox", search="CLIENT2").text
    assert "client2@correo.example" in listing
    assert "client3@correo.example" not in listing
    for tab, words in (
        ("text", "Ja és en camí."),
        ("source", "X-Postventa-Order: 10001"),
        ("html", "<iframe"),
    ):
        assert words in posted.get("/mailbox/view/1", show=tab).text
    assert posted.get("/").status_code == 200
    assert "max-width" in posted.get("/sandbox/style.css").text


def test_mails_after_the_clock_was_set_carry_its_time(small):
    at = small.sandbox.watch.now() - timedelta(days=20)
    small.at(at)
    with smtplib.SMTP("127.0.0.1", small.sandbox.smtp_port, timeout=10) as line:
        line.send_message(a_mail())
    assert small.get("/mailbox/messages").json()["messages"][0]["received_at"] == at.isoformat()


def test_pipelining_is_advertised_and_true(small):
    with socket.create_connection(("127.0.0.1", small.sandbox.smtp_port), 10) as line:
        answers = line.makefile("rb")
        assert answers.readline().startswith(b"220")
        line.sendall(b"EHLO test\r\n")
        offered = []
        while (said := answers.readline())[3:4] == b"-":
            offered.append(said)
        assert b"250-PIPELINING\r\n" in offered
        envelope = b"MAIL FROM:<a@tienda.example>\r\nRCPT TO:<%d@correo.example>\r\nDATA\r\n"
        body = b"Subject: %d\r\n\r\n..dot\r\n" + b"x" * 900 + b"\r\n.\r\n"
        whole = b"".join((envelope + body) % (number, number) for number in range(50))
        line.sendall(whole)  # 50 mails without waiting for one answer
        codes = [answers.readline()[:3] for _ in range(200)]
        assert codes == [b"250", b"250", b"354", b"250"] * 50
    mails = small.sandbox.mailbox.mails()
    assert [mail.header("Subject") for mail in reversed(mails)] == [str(number) for number in range(50)]
    assert b"\r\n.dot\r\n" in mails[0].raw


@pytest.mark.parametrize(("fault", "code"), [("smtp_451", 451), ("smtp_550", 550)])
def test_mails_are_refused_when_asked(small, fault, code):
    small.post("/sandbox/faults", {fault: 1.0})
    with smtplib.SMTP("127.0.0.1", small.sandbox.smtp_port, timeout=10) as line:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            line.send_message(a_mail())
        assert refused.value.smtp_code == code
        small.post("/sandbox/faults", {})
        line.send_message(a_mail())
    assert small.get("/mailbox/messages").json()["total"] == 1


def test_a_dropped_connection_leaves_the_mail_in_doubt(small):
    small.post("/sandbox/faults", {"smtp_drop": 1.0})
    for number in range(12):
        line = smtplib.SMTP("127.0.0.1", small.sandbox.smtp_port, timeout=10)
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
            line.send_message(a_mail(number))
        line.close()
    assert 0 < small.get("/mailbox/messages").json()["total"] < 12


def test_a_mailbox_that_is_down_refuses_and_comes_back_at_the_same_port(small):
    port = small.sandbox.smtp_port
    kept = smtplib.SMTP("127.0.0.1", port, timeout=10)
    small.post("/sandbox/faults", {"smtp_down": True})
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP("127.0.0.1", port, timeout=10)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        kept.docmd("NOOP")
    kept.close()
    small.post("/sandbox/faults", {})
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as line:
        line.send_message(a_mail())
    assert small.get("/mailbox/messages").json()["total"] == 1


def test_a_mailbox_for_great_numbers_keeps_headers_only():
    mailbox = Mailbox(Watch(), Faults, keep_bodies=False)
    mailbox.start()
    try:
        with smtplib.SMTP("127.0.0.1", mailbox.port, timeout=10) as line:
            line.send_message(a_mail())
    finally:
        mailbox.stop()
    (mail,) = mailbox.mails()
    assert mail.order == "10001"
    assert b"Bon dia" not in mail.raw


def test_a_taken_port_is_said_at_once():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            Door(lambda _mail: "250 OK", taken.getsockname()[1])
