"""The copy of an order: what is kept comes back as a customer reads it."""

import json
from dataclasses import asdict, replace
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from a_dossier import ADDRESS, MONDAY, a_line, an_order

from postventa.copies import details_of, lines_digest, order_view, sums_of
from postventa.news import (
    ChargeNews,
    CustomerNews,
    LineNews,
    OrderNews,
    TaxNews,
)
from postventa.rules.orders import FulfilmentState, OrderState, PaymentState

MADRID = ZoneInfo("Europe/Madrid")
LINE = LineNews(
    "1", "9", "TZ-1", "Taza", Decimal(2), Decimal("20.00"), Decimal("4.20"), Decimal("18.00"), Decimal("3.78")
)
NEWS = OrderNews(
    ref="7",
    number="N7",
    raw_status="processing",
    order_state=OrderState.OPEN,
    payment_state=PaymentState.PAID,
    fulfilment_state=FulfilmentState.UNFULFILLED,
    placed_at=MONDAY,
    modified_at=MONDAY,
    paid_at=MONDAY,
    completed_at=None,
    currency="EUR",
    language="es",
    customer=CustomerNews(None, "ana@correo.example", "Ana Puig", "", None),
    billing=ADDRESS,
    shipping=None,
    lines=(LINE,),
    charges=(ChargeNews("shipping", "Envío", Decimal("4.00"), Decimal("0.84")),),
    taxes=(TaxNews("IVA", Decimal("21.0000"), Decimal("4.62")), TaxNews("RE", None, Decimal("0.10"))),
    coupons=("OTOÑO",),
    discount=Decimal("2.00"),
    total=Decimal("26.62"),
    tax_total=Decimal("4.62"),
    prices_include_tax=True,
    payment_method="Tarjeta",
    needs_shipping=True,
    parcels=(),
    refunds=(),
    invoice_number=None,
)


def view(language="es", **order):
    row = an_order(**order)
    return order_view(row, [a_line()], sums_of(row, [a_line()]), MADRID, language)


def test_what_is_kept_is_json_with_exact_amounts():
    kept = json.loads(json.dumps(details_of(NEWS)))
    assert kept["charges"] == [{"kind": "shipping", "title": "Envío", "net": "4.00", "tax": "0.84"}]
    assert kept["taxes"][0] == {"label": "IVA", "percent": "21.0000", "amount": "4.62"}
    assert kept["taxes"][1]["percent"] is None
    assert kept["shipping"] is None
    assert kept["billing"]["city"] == "Barcelona"


def test_what_was_kept_is_what_the_customer_reads():
    read = view(details=json.loads(json.dumps(details_of(NEWS))))
    assert [charge.amount for charge in read.shipping] == [Decimal("4.84")]
    assert [tax.label for tax in read.taxes] == ["IVA 21 %", "RE"]
    assert read.billing_address == ("Ana Puig", "Carrer Nou 3", "08001 Barcelona", "España")
    assert read.shipping_address == ()


def test_the_figures_are_gross_and_add_up():
    read = view()
    (line,) = read.lines
    assert (line.unit_price, line.total) == (Decimal("12.10"), Decimal("24.20"))
    parts = sum(one.total for one in read.lines) - read.discount + sum(one.amount for one in read.shipping)
    assert parts + read.rounding == read.total == Decimal("26.62")


def test_a_fee_stands_beside_the_shipping():
    details = {
        **an_order().details,
        "charges": [
            {"kind": "fee", "title": "Regalo", "net": "4.00", "tax": "0.84"},
        ],
    }
    read = view(details=details)
    assert ([fee.label for fee in read.fees], read.shipping) == (["Regalo"], ())


def test_the_order_was_placed_by_the_shops_clock():
    assert view().placed_at.hour == 9


@pytest.mark.parametrize(
    ("language", "country", "percent"),
    [("es", "Alemania", "5,2 %"), ("ca", "Alemanya", "5,2 %"), ("en", "Germany", "5.2%")],
)
def test_countries_and_rates_are_told_in_the_readers_language(language, country, percent):
    abroad = asdict(replace(ADDRESS, country="DE", region="Bayern", city="München"))
    tax = {"label": "RE", "percent": "5.2000", "amount": "1.00"}
    read = view(language, details={**an_order().details, "shipping": abroad, "taxes": [tax]})
    assert read.shipping_address[-2:] == ("08001 München (Bayern)", country)
    assert read.taxes[0].label == f"RE {percent}"


def test_a_rate_that_the_shop_names_itself_is_told_once():
    tax = {"label": "IVA ES 21%", "percent": "21.0000", "amount": "1.00"}
    assert view(details={**an_order().details, "taxes": [tax]}).taxes[0].label == "IVA ES 21%"


def test_a_tax_of_nothing_is_not_listed():
    assert [tax.label for tax in view().taxes] == ["IVA 21 %"]


def test_an_order_that_needs_no_shipping_has_no_address_to_ship_to():
    assert view(needs_shipping=False).shipping_address == ()
    assert view().shipping_address


@pytest.mark.parametrize(
    ("payment", "is_paid"),
    [("paid", True), ("partially_refunded", True), ("refunded", True), ("pending", False), ("failed", False)],
)
def test_an_order_is_paid_when_money_came(payment, is_paid):
    assert view(payment_state=payment).is_paid is is_paid


def test_a_line_of_no_quantity_has_its_total_as_its_price():
    row = an_order()
    lines = [a_line(quantity=Decimal(0))]
    (line,) = order_view(row, lines, sums_of(row, lines), MADRID, "es").lines
    assert line.unit_price == line.total


def test_a_quantity_of_three_for_ten_has_a_price_in_cents():
    row = an_order()
    lines = [a_line(quantity=Decimal(3), net_before=Decimal(10), tax_before=Decimal(0))]
    assert order_view(row, lines, sums_of(row, lines), MADRID, "es").lines[0].unit_price == Decimal("3.33")


def test_the_mark_of_the_lines_changes_when_any_line_does():
    before = lines_digest([LINE])
    assert lines_digest([replace(LINE)]) == before
    assert lines_digest([replace(LINE, name="Jarra")]) != before
    assert lines_digest([replace(LINE, quantity=Decimal(3))]) != before
    assert lines_digest([LINE, LINE]) != before
    assert lines_digest([]) != before


def test_an_address_is_printed_without_its_empty_parts():
    bare = asdict(replace(ADDRESS, region="", postcode="", city="", lines=()))
    read = view(details={**an_order().details, "billing": bare})
    assert read.billing_address == ("Ana Puig", "España")
