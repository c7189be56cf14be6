"""What complainants read: every letter in every language, with what the law wants in it, and the receipt as a PDF."""

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

from postventa import messages
from postventa.receipts import receipt_of, receipt_pdf
from postventa.rules.commercial import out_of_place
from postventa.rules.complaints import Kind
from postventa.views import AdrView, CaseView

LANGUAGES = messages.languages("received")
LETTERS = tuple(card.message for card in messages.cards() if card.message.startswith("complaint_"))
TELL_OF_ADR = {"complaint_answered", "complaint_adr", "complaint_overdue"}
AT = datetime(2026, 11, 2, 22, 30, tzinfo=UTC).astimezone(ZoneInfo("Europe/Madrid"))
POINTS = (
    SimpleNamespace(text="La caja <b>llegó</b> rota.", reason="La foto enseña el golpe.\nMañana sale otra."),
    SimpleNamespace(text="Falta una taza.", reason="Al salir pesaba lo que pesan seis."),
)
every_letter = pytest.mark.parametrize("message", LETTERS)
every_language = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture
def view(full):
    case = CaseView(
        number="R-2026-000012",
        key="ABCD2345EFGH6789",
        family="complaint",
        kind="claim",
        topic="product",
        received_at=AT,
        text="1. La caja <b>llegó</b> rota.\n2. Falta una taza.",
        points=(),
        outcome="",
        answer_by=date(2026, 11, 17),
        status_url="https://tienda.example/case/x",
        person="Ana Pons",
        currency="EUR",
        lines=(),
        returns_address="Carrer Major 1, 08001 Barcelona",
        adr=AdrView("Junta Arbitral de Catalunya", "https://adr.example", is_member=False, takes_part=True),
    )
    facts = SimpleNamespace(
        is_whole=True,
        text="Hemos preguntado\nal transportista.",
        until_on=date(2026, 11, 20),
        starts_anew=False,
        is_reminder=False,
        outcome="partly_upheld",
        points=POINTS,
        remedy=None,
        tells_of_adr=True,
        reopened_at=AT,
    )
    return replace(full, case=case, facts=facts)


def read(message, view, language="es", **facts):
    changed = SimpleNamespace(**{**vars(view.facts), **facts})
    return messages.render(message, replace(view, language=language, facts=changed))


def words_of(html):
    bare = re.sub(r"<(style|title)>.*?</\1>|<div class=.preheader.*?</div>", " ", html, flags=re.DOTALL)
    inline = re.sub(r"</?(strong|a|span)\b[^>]*>", "", bare)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", inline)).split())


@every_letter
@every_language
def test_every_letter_says_in_text_what_it_says_in_html_and_how_to_reach_a_person(view, message, language):
    letter = read(message, view, language)
    page = words_of(letter.html)
    assert "R-2026-000012" in letter.subject
    for fact in (
        "R-2026-000012",
        "ABCD2345EFGH6789",
        "Ana Pons",
        view.order.number,
        view.company.email,
        view.company.phone,
        view.company.legal_name,
        view.company.registry,
    ):
        assert fact in letter.text
        assert fact in page
    for line in letter.text.splitlines():
        for part in line.removeprefix("> ").split(": "):
            is_link = part.startswith("https://tienda.example/case")
            assert is_link or set(part) == {"-"} or " ".join(part.rstrip(":").split()) in page, part
    assert "https://tienda.example/case/x" in letter.html
    assert "23:30" in letter.text
    assert "<b>" not in letter.html
    assert not re.search(r"\{\{|\{%|None|Undefined|%s|\n\n\n", letter.text)
    assert len(letter.html.encode()) < 20_000


@every_letter
@every_language
def test_a_letter_to_nobody_named_about_no_order_with_no_deadline_is_still_a_letter(view, message, language):
    case = replace(view.case, answer_by=None, status_url="", adr=AdrView("", "", False, False))
    letter = read(message, replace(view, case=case, order=None, customer_name=""), language)
    assert "None" not in letter.text + letter.html
    assert "https://" not in letter.text.replace(view.shop_url, "")


@every_letter
@every_language
def test_nothing_commercial_and_no_dead_platform_is_in_a_letter_about_a_case(view, message, language):
    letter = read(message, view, language)
    assert out_of_place(letter.text) == ""
    assert out_of_place(letter.html) == ""
    assert messages.card(message).message_class == "service"


@every_language
def test_the_receipt_has_the_content_as_filed_its_hour_and_the_day_of_the_answer(view, language):
    letter = read("complaint_received", view, language)
    assert "> 1. La caja <b>llegó</b> rota.\n> 2. Falta una taza." in letter.text
    assert "La caja &lt;b&gt;llegó&lt;/b&gt; rota.<br>" in letter.html
    assert letter.text.count("17") >= 2
    assert read("complaint_received", view, language, is_whole=False).text != letter.text


@every_language
def test_every_kind_is_called_by_its_own_word(view, language):
    subjects = {
        read("complaint_received", replace(view, case=replace(view.case, kind=kind)), language).subject
        for kind in Kind
    }
    assert len(subjects) == len(Kind)


@every_language
def test_an_answer_gives_each_point_its_reason_and_speaks_of_disputes_where_it_must(view, language):
    letter = read("complaint_answered", view, language)
    at = [
        letter.text.index(said) for said in (POINTS[0].text, "Mañana sale", POINTS[1].text, POINTS[1].reason)
    ]
    assert at == sorted(at)
    assert "Junta Arbitral de Catalunya" in letter.text
    upheld = read(
        "complaint_answered", view, language, outcome="upheld", tells_of_adr=False, points=POINTS[:1]
    )
    assert "Junta Arbitral" not in upheld.text
    assert "1. " not in upheld.text
    openings = {
        read("complaint_answered", view, language, outcome=outcome).text.split("\n\n")[2]
        for outcome in ("upheld", "partly_upheld", "rejected")
    }
    assert len(openings) == 3
    remedy = SimpleNamespace(text="Le devolvemos:", money_amount=view.order.lines[0].total, currency="EUR")
    assert re.search("39[.,]90", read("complaint_answered", view, language, remedy=remedy).text)


@every_language
def test_who_settles_disputes_is_named_with_what_the_shop_does(view, language):
    for message in TELL_OF_ADR:
        said = set()
        for is_member, takes_part in ((True, True), (False, True), (False, False)):
            adr = AdrView("Junta Arbitral", "https://adr.example", is_member, takes_part)
            text = read(message, replace(view, case=replace(view.case, adr=adr)), language).text
            assert "https://adr.example" in text
            said.add(text)
        assert len(said) == 3


@every_language
def test_who_is_asked_for_more_hears_until_when_and_what_follows(view, language):
    small = read("complaint_more_needed", view, language).text
    large = read("complaint_more_needed", view, language, starts_anew=True).text
    assert "20" in small
    assert "> Hemos preguntado\n> al transportista." in small
    assert "15" in large.replace("15:", "")
    assert small != large
    reminder = read("complaint_more_needed", view, language, is_reminder=True).text
    assert reminder != small
    assert "> Hemos preguntado\n> al transportista." in reminder


def printed(pdf):
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return re.sub(r"[\s\xa0]+", " ", text)


@every_language
def test_the_receipt_as_a_pdf_has_everything_and_is_the_same_each_time(view, language):
    view = replace(view, language=language)
    attached = receipt_of(view, view.case)
    text = printed(attached.content)
    for fact in (
        "R-2026-000012",
        "ABCD2345EFGH6789",
        "1. La caja <b>llegó</b> rota.",
        "23:30",
        "17",
        "Ana Pons",
        view.order.number,
        view.company.phone,
    ):
        assert fact in text, fact
    assert attached.filename == "R-2026-000012.pdf"
    assert receipt_pdf(view, view.case) == attached.content
    document = PdfReader(io.BytesIO(attached.content)).trailer["/Root"]
    assert document["/MarkInfo"]["/Marked"]
    assert document["/Lang"].startswith(language)


def test_a_text_of_20000_characters_and_foreign_letters_is_still_printed(view):
    case = replace(view.case, text=("palabra " * 10 + "\n") * 240 + "日本 \U0001f600 #eval(1)")
    text = printed(receipt_pdf(view, replace(case, answer_by=None)))
    assert "#eval(1)" in text


def test_a_receipt_in_a_foreign_language_is_said(view):
    with pytest.raises(messages.NoSuchMessage, match=r"add templates/_receipt/gl.toml"):
        receipt_pdf(replace(view, language="gl"), view.case)
