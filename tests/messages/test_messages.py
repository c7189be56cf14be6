"""What every message says, whatever its language."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
from some_cards import ABOUT_ORDERS

from postventa import messages

ALL = [(card.message, language) for card in ABOUT_ORDERS for language in messages.languages(card.message)]
REASONS = ("delivery_failed", "on_hold", "exception", "return_to_sender", "delayed")
every_message = pytest.mark.parametrize(("message", "language"), ALL)
every_language = pytest.mark.parametrize("language", messages.languages("received"))


class Page(HTMLParser):
    """What a mail program finds in a mail: its elements in order, its words, its links."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, html):
        super().__init__()
        self.elements, self.links, self.words, self._open = [], [], [], []
        self.feed(html)
        self.close()
        assert not self._open, f"not closed: {self._open}"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag == "a":
            self.links.append(dict(attrs)["href"])
        if tag not in self.VOID:
            self._open.append((tag, dict(attrs).get("class")))
        elif tag == "br":
            self.words.append(" ")

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag
        if tag not in ("strong", "a", "span"):
            self.words.append(" ")

    def handle_data(self, data):
        if not any(tag in ("style", "title") or look == "preheader" for tag, look in self._open):
            self.words.append(data)

    def attributes(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self):
        return plain("".join(self.words))


def plain(text):
    return " ".join(text.replace(":", " ").split()).casefold()


_rendered = {}


def render(message, view, language):
    """A message is put into words once for all the tests that look at it."""
    wanted = message, language, repr(view)
    if wanted not in _rendered:
        _rendered[wanted] = messages.render(message, replace(view, language=language))
    return _rendered[wanted]


@pytest.fixture(params=["full", "sparse", "untracked", "last"])
def view(request, full, sparse, parcel):
    """An order in four states: in two parcels, a download, a parcel nobody knows anything of, and all done."""
    if request.param == "untracked":
        nameless = replace(
            parcel,
            carrier="",
            tracking_number="",
            tracking_url="",
            expected_on=None,
            pickup_point="",
            count=1,
        )
        return replace(full, parcel=nameless, all_shipped=True, incident="lost in the sea")
    if request.param == "last":
        order = replace(full.order, is_paid=True, payment_method="")
        return replace(
            full, order=order, all_shipped=True, all_delivered=True, invoice_attached=True, incident="delayed"
        )
    return {"full": full, "sparse": sparse}[request.param]


@every_message
def test_a_message_identifies_its_sender_and_says_why_it_came(message, language, view):
    mail = render(message, view, language)
    company = view.company
    wanted = [
        company.legal_name,
        company.tax_id,
        company.address,
        company.email,
        company.phone,
        company.registry,
    ]
    for fact in (*wanted, view.shop_name, view.shop_url, view.order.number):
        assert fact in mail.text
        assert fact in unescape(mail.html)
    assert view.order.number in mail.subject
    assert f'<html lang="{language}">' in mail.html


@every_message
def test_text_and_html_tell_the_same(message, language, view):
    mail = render(message, view, language)
    page = Page(mail.html)
    for line in mail.text.splitlines():
        parts = [plain(part) for part in line.removeprefix("* ").split(": ")]
        if set(line) == {"-"} or line in page.links:
            continue
        assert plain(line.removeprefix("* ")) in page.text or all(part in page.text for part in parts), line
    only_in_html = set(re.findall(r"\w+", page.text)) - set(re.findall(r"\w+", mail.text.casefold()))
    assert only_in_html <= {"artículo", "article", "item"}, only_in_html


@every_message
def test_nothing_unfinished_and_nothing_foreign_is_sent(message, language, view):
    mail = render(message, view, language)
    for part in (mail.subject, mail.text, mail.html):
        assert not re.search(r"\{\{|\{%|\bNone\b|Undefined|Decimal\(|\bTrue\b|\bFalse\b|%s|%d|\(\)", part)
    assert not re.search(
        r"<(img|script|link|iframe|object|form|video|svg)\b|url\(|@import|\bon\w+=", mail.html
    )
    allowed = {view.shop_url, view.parcel.tracking_url if view.parcel else view.shop_url}
    for link in re.findall(r"https?://[^\s\"'<>]+", mail.text + unescape(mail.html)):
        assert link in allowed
    assert "ec.europa.eu" not in mail.html
    assert "\n\n\n" not in mail.text


@every_message
def test_a_mail_is_accessible_and_small(message, language, view):
    mail = render(message, view, language)
    page = Page(mail.html)
    assert len(page.attributes("h1")) == 1
    assert len(page.attributes("title")) == 1
    assert all(cell.get("scope") in ("row", "col") for cell in page.attributes("th"))
    assert all(link.startswith(("https://", "mailto:", "tel:")) for link in page.links)
    assert "preheader" in [box.get("class") for box in page.attributes("div")]
    assert "prefers-color-scheme:dark" in mail.html
    assert "max-width:520px" in mail.html
    assert len(mail.html.encode()) < 20_000


@every_message
def test_a_table_that_only_lays_out_says_so(message, language, full):
    html = render(message, full, language).html
    for table in re.findall(r"<table[^>]*>(?:(?!<table).)*?</table>", html, flags=re.DOTALL):
        is_data = "<th" in table or 'class="table"' in table
        assert is_data != ('role="presentation"' in table)


@every_language
def test_the_receipt_is_a_whole_copy_of_the_order(language, full):
    mail = render("received", full, language)
    comma = {"en": "."}.get(language, ",")
    for part in (mail.text, unescape(mail.html)):
        for line in full.order.lines:
            assert line.name in part
            assert line.sku in part
        for amount in ("39.90", "34.50", "30.00", "19.95", "20.00", "4.95", "3.00", "0.01", "210.24", "2.73"):
            assert amount.replace(".", comma) in part
        assert ("€1,241.34" if language == "en" else "1.241,34\xa0€") in part
        for fact in (
            *full.order.coupons,
            "Mensajería 24 h",
            "Envoltorio de regalo",
            "IVA 21 %",
            "Transferencia bancaria",
        ):
            assert fact in part
        for line in (*full.order.billing_address, *full.order.shipping_address):
            assert line in part
        assert "14" in part


def test_shipping_that_the_shop_calls_shipping_is_said_once(full):
    order = replace(full.order, shipping=(replace(full.order.shipping[0], label="envío"),))
    mail = render("received", replace(full, order=order), "es")
    assert "envío (" not in mail.text.casefold() + mail.html.casefold()


@every_language
def test_a_line_that_the_order_does_not_have_is_not_printed(language, sparse):
    text = render("received", sparse, language).text
    words = messages._words(language)
    for label in (
        words.discount,
        words.rounding,
        words.shipping,
        words.payment_method,
        words.billing_address,
    ):
        assert label not in text


@every_language
def test_tax_without_a_breakdown_is_still_told(language, full):
    order = replace(full.order, taxes=())
    text = render("received", replace(full, order=order), language).text
    assert re.search(r"212[.,]97", text)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", "El pago está pendiente"),
        ("ca", "El pagament està pendent"),
        ("en", "Your payment is still pending"),
    ],
)
def test_only_an_unpaid_order_is_said_to_wait_for_its_payment(language, words, full):
    paid = replace(full, order=replace(full.order, is_paid=True))
    assert words in render("received", full, language).text
    assert words not in render("received", paid, language).text


@pytest.mark.parametrize(
    ("language", "attached", "on_request"),
    [
        ("es", "Te adjuntamos la factura", "no es una factura"),
        ("ca", "T’adjuntem la factura", "no és una factura"),
        ("en", "Your invoice is attached", "is not an invoice"),
    ],
)
def test_the_payment_brings_the_invoice_or_says_how_to_get_it(language, attached, on_request, full):
    with_invoice = render("paid", replace(full, invoice_attached=True), language).text
    without = render("paid", full, language).text
    assert attached in with_invoice
    assert on_request not in with_invoice
    assert attached not in without
    assert on_request in without


@every_language
def test_the_shipped_notice_names_carrier_number_date_and_parcel(language, full):
    mail = render("shipped", full, language)
    for part in (mail.text, unescape(mail.html)):
        for fact in (
            full.parcel.carrier,
            full.parcel.tracking_number,
            full.parcel.tracking_url,
            "18",
            "2026",
            "1 de 2" if language != "en" else "1 of 2",
        ):
            assert fact in part
    assert full.parcel.tracking_url in Page(mail.html).links


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", "no tiene número de seguimiento"),
        ("ca", "no té número de seguiment"),
        ("en", "has no tracking number"),
    ],
)
def test_a_parcel_without_tracking_is_said_to_be_one(language, words, full):
    assert words in render("shipped", replace(full, parcel=None), language).text
    assert words not in render("shipped", full, language).text


@pytest.mark.parametrize(
    ("language", "words"),
    [("es", "todavía no ha salido"), ("ca", "encara no ha sortit"), ("en", "has not left yet")],
)
def test_what_has_not_left_yet_is_told(language, words, full):
    alone = replace(full, parcel=replace(full.parcel, count=1))
    assert words in render("shipped", alone, language).text
    assert words not in render("shipped", replace(alone, all_shipped=True), language).text


@every_language
def test_one_parcel_of_two_is_not_the_whole_order(language, full):
    part = render("delivered", full, language)
    whole = render("delivered", replace(full, all_delivered=True), language)
    words = {"es": "uno de los paquetes", "ca": "un dels paquets", "en": "one of the parcels"}[language]
    assert words in part.text
    assert words not in whole.text
    assert part.subject != whole.subject


@every_language
@pytest.mark.parametrize("message", ["shipped", "out_for_delivery", "ready_for_pickup"])
def test_the_subject_of_one_parcel_of_two_does_not_speak_of_the_whole_order(message, language, full):
    alone = replace(full, parcel=replace(full.parcel, count=1))
    assert render(message, full, language).subject != render(message, alone, language).subject


@every_language
def test_every_incident_has_its_own_words(language, full):
    mails = [render("incident", replace(full, incident=reason), language) for reason in REASONS]
    assert len({mail.subject for mail in mails}) == len(REASONS)
    assert len({mail.text for mail in mails}) == len(REASONS)
    assert render("incident", replace(full, incident="sunk"), language) == mails[REASONS.index("exception")]


@every_language
def test_only_a_delay_announces_a_new_date(language, full):
    dated = {
        reason
        for reason in REASONS
        if "2026" in render("incident", replace(full, incident=reason), language).text
    }
    assert dated == {"delayed"}


@every_language
def test_the_pickup_notice_says_where_and_what_to_bring(language, full):
    mail = render("ready_for_pickup", full, language)
    assert full.parcel.pickup_point in mail.text
    assert {"es": "documento de identidad", "ca": "document d’identitat", "en": "identity document"}[
        language
    ] in mail.text


def test_the_row_of_steps_never_goes_backwards(full):
    late = replace(full, all_shipped=True, all_delivered=True)
    assert "Paso 1 de 6" in messages.render("received", full).text
    assert "Paso" not in messages.render("paid", late).text
    assert "Paso 6 de 6" in messages.render("delivered", late).text
    assert "Paso" not in messages.render("delivered", full).text
