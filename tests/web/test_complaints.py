"""The complaint form: everything typed comes back when something is wrong, and what was sent twice is one complaint."""

from datetime import timedelta
from html import unescape

import pytest
from a_visitor import rows, ticket_in
from sqlalchemy import text

from postventa import clock, links
from postventa.files import Cabinet
from postventa.store.casebook import say
from postventa.store.cases import AttachmentRow, CaseEntryRow, CaseRow
from postventa.store.complaints import ComplaintRow
from postventa.store.messages import OutboxRow

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
SAID = {
    "kind": "claim",
    "topic": "product",
    "text": "La taza <b>llegó</b> rota.\nQuiero otra.",
    "name": "Núria Soler",
    "email": "nuria@correo.example",
    "phone": "",
    "order": "",
}


def send(visitor, path="/complaint", files=(), **changes):
    """Opens the form and sends it with `changes`."""
    ticket = changes.pop("ticket", None) or ticket_in(visitor.get(path))
    sent = [("files", file) for file in files] or {"files": ("", b"")}
    return visitor.post(path, data=SAID | {"ticket": ticket} | changes, files=sent)


def test_a_complaint_gets_its_number_its_key_and_its_deadline_at_once(visitor, place):
    page = send(visitor)

    (case,) = rows(place, CaseRow)
    (complaint,) = rows(place, ComplaintRow)
    assert page.status_code == 200
    assert page.history[0].status_code == 303
    assert case.number in page.text
    assert case.key in page.text
    assert "25 de noviembre de 2026" in page.text  # 15 days of a complaint of the 10th
    assert (complaint.kind, complaint.topic) == ("claim", "product")
    assert case.source == "web"
    assert [row.message for row in rows(place, OutboxRow, case_id=case.id)] == ["complaint_received"]
    assert "soler" not in page.url.lower()


def test_a_link_of_the_order_vouches_for_it_and_its_address_serves_where_none_is_given(visitor, place):
    link = visitor.order_link(7001, "complaint")
    form = visitor.get(link)
    assert "n•••@client.example" in form.text
    assert "nuria.7001@client.example" not in form.text

    send(visitor, link, email="")
    (case,) = rows(place, CaseRow)
    assert (case.order_id, case.email) == (1, "nuria.7001@client.example")


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(visitor, place):
    page = send(visitor, email="nuria at correo", kind="", files=[("taza.png", PNG, "image/png")])
    text = unescape(page.text)

    assert page.status_code == 422
    assert '<a href="#email">Este correo electrónico no es válido' in text
    assert '<a href="#kind">' in text
    assert "<title>Error: " in text
    assert "La taza <b>llegó</b> rota.\nQuiero otra.</textarea>" in text
    assert 'value="Núria Soler"' in text
    assert '<option value="product" selected>' in text
    assert "vuelve a elegirlos" in text
    assert rows(place, CaseRow) == []


def test_the_same_form_sent_twice_is_one_complaint_and_says_so(visitor, place):
    ticket = ticket_in(visitor.get("/complaint"))

    first, second = send(visitor, ticket=ticket), send(visitor, ticket=ticket)
    (case,) = rows(place, CaseRow)
    assert case.number in first.text
    assert case.number in second.text
    assert "Ya teníamos este envío" in second.text


def test_files_are_kept_with_what_was_said(visitor, place):
    page = send(
        visitor, files=[("taza.png", PNG, "image/png"), ("../../nota.txt", b"Llego rota", "text/plain")]
    )

    kept = rows(place, AttachmentRow)
    assert page.status_code == 200
    assert {row.name for row in kept} == {"taza.png", "nota.txt"}
    assert Cabinet(place.settings.files).read(kept[0].digest) == PNG


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([("grande.png", PNG + b"\0" * 2**20, "image/png")], "«grande.png» es demasiado grande"),
        (
            [("malo.html", b"<html><script>1</script>", "text/html")],
            "No podemos guardar el archivo «malo.html»",
        ),
        ([("vacio.txt", b"", "text/plain")], "«vacio.txt» está vacío"),
        ([(f"{n}.png", PNG, "image/png") for n in range(6)], "demasiados archivos"),
    ],
)
def test_a_file_that_cannot_be_kept_is_named_and_the_text_stays(visitor, place, files, said):
    page = send(visitor, files=files)

    assert page.status_code == 422
    assert said in unescape(page.text)
    assert "Quiero otra.</textarea>" in page.text
    assert rows(place, CaseRow) == []


def test_a_form_from_another_site_or_another_browser_records_nothing_and_is_handed_back(visitor, place):
    ticket = ticket_in(visitor.get("/complaint"))
    visitor.cookies.clear()
    stolen = send(visitor, ticket=ticket)
    forged = send(visitor, ticket="forged")

    assert (stolen.status_code, forged.status_code) == (403, 403)
    assert "Quiero otra.</textarea>" in stolen.text
    assert rows(place, CaseRow) == []
    assert send(visitor, ticket=ticket_in(forged)).status_code == 200


def test_what_a_program_fills_in_is_told_and_never_silently_dropped(visitor, place):
    page = send(visitor, website="https://spam.example")

    assert page.status_code == 422
    assert 'href="#website"' in page.text
    assert rows(place, CaseRow) == []


def test_with_the_store_down_everything_typed_stays_and_goes_through_later(visitor, place):
    form = visitor.get("/complaint")
    with place.store.begin() as connection:
        connection.execute(text("ALTER TABLE cases RENAME TO away"))
    page = send(visitor, ticket=ticket_in(form))

    assert page.status_code == 503
    assert "Ahora mismo no podemos guardar nada" in page.text
    assert "Quiero otra.</textarea>" in page.text
    with place.store.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO cases"))
    assert send(visitor, ticket=ticket_in(page)).status_code == 200
    assert len(rows(place, CaseRow)) == 1


def test_a_case_is_found_by_number_and_key_together_and_takes_further_words_once(visitor, place):
    send(visitor)
    (case,) = rows(place, CaseRow)
    ticket = ticket_in(visitor.get("/case"))
    wrong = visitor.post("/case", data={"number": case.number, "key": "A" * len(case.key), "ticket": ticket})
    assert wrong.status_code == 422
    assert "ningún caso con ese número y esa clave" in wrong.text

    spelled = "-".join(case.key[place : place + 4] for place in range(0, len(case.key), 4)).lower()
    page = visitor.post("/case", data={"number": case.number.lower(), "key": spelled, "ticket": ticket})
    assert "La taza" in page.text
    assert case.key not in page.url
    more = {"text": "Era la azul.", "ticket": ticket_in(page)}
    for _ in range(2):
        page = visitor.post(page.url, data=more, files={"files": ("foto.png", PNG, "image/png")})
    assert page.text.count("Era la azul.") == 1
    assert "foto.png" in page.text
    assert [row.kind for row in rows(place, CaseEntryRow)] == ["statement", "addition"]


def test_what_the_desk_notes_for_itself_is_never_shown(visitor, place):
    send(visitor)
    (case,) = rows(place, CaseRow)
    with place.store.begin() as connection:
        for kind, said in (("note", "un cliente difícil"), ("holding", "Lo estamos mirando.")):
            say(
                connection,
                case.id,
                kind=kind,
                author="ana",
                text=said,
                at=case.opened_at,
                now=case.opened_at,
                occasion=kind,
            )
    page = visitor.get(links.case_link(place.settings, case.key))
    assert "Lo estamos mirando." in page.text
    assert "Te contestaremos a más tardar el" in page.text
    with clock.clock_set_to(case.opened_at + timedelta(days=40)):
        assert "Teníamos que haberte contestado a más tardar el" in visitor.get(page.url).text
    assert "difícil" not in page.text
