"""Whatever somebody writes into a mail, it is read as far as it can be, and reading it ends."""

import contextlib
import time
from email.message import EmailMessage

import pytest
from some_mails import a_mail, a_report

from postventa.connectors.incoming import MOST_PARTS, NotAMail, Writer, read_mail

PNG = b"\x89PNG\r\n\x1a\n"
HEAD = b"From: Ana <Ana@Correo.example>\r\nMessage-ID: <1@c>\r\nSubject: queja\r\nMIME-Version: 1.0\r\n"


def raw(body: bytes, *headers: bytes) -> bytes:
    return HEAD + b"".join(header + b"\r\n" for header in headers) + b"\r\n" + body


def test_a_plain_mail_is_who_wrote_it_and_what_it_says():
    mail = read_mail(a_mail("Llegó rota.\r\n\r\nSaludos", References="<a@b> <c@d>", In_Reply_To="<c@d>"))
    assert (mail.sender, mail.sender_name) == ("nuria.7@client.example", "Núria Soler")
    assert (mail.subject, mail.text) == ("Una queja", "Llegó rota.\n\nSaludos")
    assert (mail.message_id, mail.references) == ("1@client.example", ("a@b", "c@d"))
    assert (mail.writer, mail.bounce, mail.files) == (Writer.PERSON, None, ())


TEXTS = {
    "latin-1 under its name": (
        raw("Llegó".encode("latin-1"), b"Content-Type: text/plain; charset=iso-8859-1"),
        "Llegó",
    ),
    "windows under no name": (raw("Llegó – €".encode("cp1252")), "Llegó – €"),
    "utf-8 called ascii": (raw("Llegó".encode(), b"Content-Type: text/plain; charset=us-ascii"), "Llegó"),
    "a charset that does not exist": (
        raw("Llegó".encode(), b"Content-Type: text/plain; charset=nada"),
        "Llegó",
    ),
    "a charset that takes for ever": (
        raw(b"xn--" + b"a" * 300_000, b"Content-Type: text/plain; charset=punycode"),
        "xn--" + "a" * 300_000,
    ),
    "base64 that breaks off": (
        raw(
            b"TGxlZ8OzIHJvdGE",
            b"Content-Transfer-Encoding: base64",
            b"Content-Type: text/plain; charset=utf-8",
        ),
        "Llegó rota",
    ),
    "a box that never ends": (
        raw(b"--x\r\n\r\nLlego rota", b"Content-Type: multipart/mixed; boundary=x"),
        "Llego rota",
    ),
    "a box without an edge": (raw(b"Llego rota", b"Content-Type: multipart/mixed"), "Llego rota"),
    "html alone": (
        a_mail(None, html="<style>p{}</style><p>Llegó&nbsp;<b>rota</b><br>ayer<script>x()</script>"),
        "Llegó rota\nayer",
    ),
    "plain before html": (a_mail("Llegó rota", html="<p>otra cosa"), "Llegó rota"),
    "html where the plain part is blank": (a_mail("  \n", html="<p>Llegó rota"), "Llegó rota"),
}


@pytest.mark.parametrize(("written", "text"), TEXTS.values(), ids=TEXTS)
def test_its_words_are_found_however_they_are_packed(written, text):
    assert read_mail(written).text.replace("\xa0", " ") == text


SUBJECTS = {
    b"=?utf-8?b?TGxlZ8OzIHJvdGE=?=": "Llegó rota",
    b"=?nada?q?Lleg=C3=B3?=": "Llegó",
    b"=?utf-8?b?TGxlZ8Oz=A?= rota": None,
    "Llegó rota".encode(): "Llegó rota",
    "Llegó rota".encode("latin-1"): "Llegó rota",
    b"Llego\r\n rota \x00\x1b[31m": "Llego rota [31m",
    b"a" * 5000: "a" * 300,
}


@pytest.mark.parametrize(("written", "subject"), SUBJECTS.items(), ids=range(len(SUBJECTS)))
def test_a_subject_is_one_line_of_what_can_be_seen(written, subject):
    found = read_mail(b"From: a@b.example\r\nSubject: " + written + b"\r\n\r\nhola").subject
    assert found == subject if subject is not None else "rota" in found


@pytest.mark.parametrize(
    "sender",
    [b"", b"nobody", b"<>", b"Ana <ana@@correo>", b'"@', b"undisclosed:;", b"=?utf-8?q?a=40b.example?="],
)
def test_an_address_that_nobody_could_write_to_is_none(sender):
    assert read_mail(b"From: " + sender + b"\r\n\r\nhola").sender == ""


def test_files_are_taken_with_their_names_and_pictures_inside_the_text_come_last():
    mail = EmailMessage()
    mail["From"] = "ana@correo.example"
    mail.set_content("hola")
    mail.add_attachment(
        PNG, maintype="image", subtype="png", cid="<logo>", disposition="inline", filename="logo.png"
    )
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="factura ñ.pdf")
    forwarded = EmailMessage()
    forwarded["Subject"] = "lo de antes"
    forwarded.set_content("antes")
    mail.add_attachment(forwarded, filename="antes.eml")
    mail.add_attachment(b"0", maintype="application", subtype="pkcs7-signature", filename="smime.p7s")
    read = read_mail(mail.as_bytes())
    assert [(part.name, part.declared_type) for part in read.files] == [
        ("factura ñ.pdf", "application/pdf"),
        ("antes.eml", "message/rfc822"),
        ("logo.png", "image/png"),
    ]
    assert b"lo de antes" in read.files[1].data
    assert read.text == "hola", "what is forwarded is a file and not said now"


def test_of_a_mail_that_is_not_whole_files_are_counted_and_not_taken():
    whole = a_mail(files={"foto.png": ("image/png", PNG * 1000)})
    mail = read_mail(whole[: len(whole) // 2], is_whole=False)
    assert (mail.text, mail.files, mail.files_left_out) == ("La taza llegó rota.", (), 1)


def test_more_files_than_anybody_sends_are_counted():
    mail = read_mail(a_mail(files={f"{n}.png": ("image/png", PNG) for n in range(MOST_PARTS + 5)}))
    assert (len(mail.files), mail.files_left_out) == (MOST_PARTS, 5)


@pytest.mark.parametrize(
    ("headers", "writer"),
    [
        ({"Auto_Submitted": "auto-generated; x=y"}, Writer.AUTO_REPLY),
        ({"Auto_Submitted": "no"}, Writer.PERSON),
        ({"Precedence": "list"}, Writer.LIST),
        ({"List_Unsubscribe": "<mailto:x@y>"}, Writer.LIST),
        ({"X_Autoreply": "yes"}, Writer.AUTO_REPLY),
        ({"From": "MAILER-DAEMON@correo.example"}, Writer.BOUNCE),
        ({"From": "postmaster@unapyme.example"}, Writer.PERSON),
    ],
)
def test_machines_are_known_by_what_they_say_of_themselves(headers, writer):
    assert read_mail(a_mail(**headers)).writer is writer


def test_a_delivery_report_says_whom_it_did_not_reach_and_by_which_letter():
    report = a_report(
        b"Message-ID: <o7@tienda>\r\nX-Postventa-Shop: tienda\r\nX-Postventa-Order: 7\r\n", "Ana@C.example"
    )
    bounce = read_mail(report).bounce
    assert bounce.failed == (("ana@c.example", "5.1.1"),)
    assert (bounce.message_id, bounce.shop, bounce.order) == ("o7@tienda", "tienda", "7")


def box_in_box(depth: int) -> bytes:
    inner = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
        for level in range(depth)
    )
    return HEAD + inner + b"\r\nhola\r\n"


HOSTILE = {
    "boxes in boxes": box_in_box(400),
    "a great many boxes": box_in_box(20_000),
    "nothing but lines": HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"\n" * 500_000,
    "a header of a megabyte": b"From: "
    + b"<a" * 500_000
    + b"\r\nSubject: "
    + b"=?" * 300_000
    + b"\r\n\r\nhola",
    "a hundred thousand headers": b"".join(b"X-%d: a\r\n" % n for n in range(50_000)) + b"\r\nhola",
    "html in html": a_mail(None, html="<div>" * 60_000 + "hola"),
    "no end of comments": a_mail(None, html="<!--" * 100_000 + "hola"),
    "bytes": bytes(range(256)) * 2000,
    "nothing": b"",
}


@pytest.mark.parametrize("written", HOSTILE.values(), ids=HOSTILE)
def test_reading_ends_soon_whatever_it_is(written):
    began = time.monotonic()
    with contextlib.suppress(NotAMail):
        read_mail(written)
    assert time.monotonic() - began < 15


def test_a_mail_that_would_take_hours_is_refused_with_the_reason():
    with pytest.raises(NotAMail, match="would take hours"):
        read_mail(box_in_box(20_000))


def test_a_mail_nested_deeper_than_any_is_refused_with_the_reason():
    with pytest.raises(NotAMail, match="nested deeper"):
        read_mail(box_in_box(1000))
