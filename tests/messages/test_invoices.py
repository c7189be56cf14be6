import io
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from pypdf import PdfReader

from postventa.invoices import invoice_pdf
from postventa.messages import NoSuchMessage
from postventa.views import AmountView, InvoiceView

NASTY = '#eval("1+1") #panic() *b* _i_ $x^2$ <b>"q"</b> [x] @ref // c /* \\ \' `'


@pytest.fixture
def invoice():
    return InvoiceView("F-2026/0017", date(2026, 11, 16), "Marta Soler i Puig", "12345678Z")


def printed(pdf):
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return re.sub(r"[\s\xa0]+", " ", text)


@pytest.mark.parametrize(
    ("language", "title", "total"),
    [("es", "Factura", "1.241,34 €"), ("ca", "Factura", "1.241,34 €"), ("en", "Invoice", "€1,241.34")],
)
def test_an_invoice_names_both_parties_and_every_amount(language, title, total, full, invoice):
    text = printed(invoice_pdf(replace(full, language=language), invoice))
    company = full.company
    wanted = [
        company.legal_name,
        company.tax_id,
        company.address,
        company.email,
        company.phone,
        company.registry,
    ]
    lines = [line.name for line in full.order.lines] + list(full.order.billing_address)
    for fact in (
        *wanted,
        *lines,
        title,
        "F-2026/0017",
        "12345678Z",
        full.order.number,
        total,
        "IVA 21 %",
        "2026",
    ):
        assert fact in text, fact


def test_one_rate_is_printed_with_its_net_tax_and_gross(full, invoice):
    order = replace(
        full.order,
        total=Decimal("121.00"),
        tax_total=Decimal("21.00"),
        taxes=(AmountView("IVA 21 %", Decimal("21.00")),),
    )
    assert "IVA 21 % 100,00 € 21,00 € 121,00 €" in printed(invoice_pdf(replace(full, order=order), invoice))


def test_a_base_that_is_not_certain_is_not_invented(full, invoice):
    order = replace(
        full.order,
        total=Decimal("121.00"),
        tax_total=Decimal("10.00"),
        taxes=(AmountView("IVA 21 %", Decimal("10.00")),),
    )
    assert "IVA 21 % – 10,00 € –" in printed(invoice_pdf(replace(full, order=order), invoice))


def test_an_order_without_taxes_says_so(sparse, invoice):
    assert "Sin impuestos 6,00 € 0,00 € 6,00 €" in printed(invoice_pdf(sparse, invoice))


def test_the_same_invoice_gives_the_same_bytes(full, invoice):
    assert invoice_pdf(full, invoice) == invoice_pdf(full, invoice)
    assert invoice_pdf(full, invoice) != invoice_pdf(full, replace(invoice, number="F-2026/0018"))


def test_markup_in_a_name_is_printed_literally(full, invoice):
    lines = (replace(full.order.lines[0], name=NASTY, sku=NASTY),)
    view = replace(full, shop_name=NASTY, order=replace(full.order, lines=lines, billing_address=(NASTY,)))
    assert printed(invoice_pdf(view, replace(invoice, customer_name=NASTY))).count(NASTY) >= 4


def test_a_character_that_no_font_has_does_not_cost_the_customer_the_invoice(full, invoice):
    assert "F-2026/0017" in printed(invoice_pdf(full, replace(invoice, customer_name="王芳 🎉")))


def test_an_invoice_is_tagged_for_readers_and_made_for_keeping(full, invoice):
    pdf = PdfReader(io.BytesIO(invoice_pdf(full, invoice)))
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert pdf.trailer["/Root"]["/Lang"] == "es"
    metadata = pdf.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert "<pdfaid:part>2</pdfaid:part>" in metadata


def test_several_senders_may_print_at_once(full, invoice):
    def is_right(number):
        return number in printed(invoice_pdf(full, replace(invoice, number=number)))

    with ThreadPoolExecutor(4) as senders:
        assert all(senders.map(is_right, [f"F-{number:04}" for number in range(16)]))


def test_a_language_without_words_for_invoices_is_said(full, invoice):
    with pytest.raises(NoSuchMessage, match="'gl'"):
        invoice_pdf(replace(full, language="gl"), invoice)
