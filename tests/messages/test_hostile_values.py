"""Names, numbers and links come from outside: they are printed as they are and can do nothing."""

from dataclasses import replace
from html import unescape

import pytest
from some_cards import ABOUT_ORDERS

from postventa import messages

NASTY = "<script>alert(1)</script> & \"Sons\" 'n' {{ order.total }} {% raw %} %s %(x)s"
every_message = pytest.mark.parametrize("message", [card.message for card in ABOUT_ORDERS])


@pytest.fixture
def hostile(full):
    lines = tuple(replace(line, name=NASTY, sku=NASTY) for line in full.order.lines)
    fees = tuple(replace(fee, label=NASTY) for fee in full.order.fees)
    order = replace(
        full.order,
        lines=lines,
        fees=fees,
        shipping=fees,
        taxes=fees,
        coupons=(NASTY,),
        payment_method=NASTY,
        billing_address=(NASTY,),
        shipping_address=(NASTY,),
    )
    parcel = replace(full.parcel, carrier=NASTY, tracking_number=NASTY, pickup_point=NASTY)
    return replace(full, customer_name=NASTY, shop_name=NASTY, order=order, parcel=parcel)


@every_message
def test_html_in_a_name_is_escaped_once_in_html_and_left_alone_in_text(message, hostile):
    mail = messages.render(message, hostile)
    assert "<script" not in mail.html
    assert "&amp;lt;" not in mail.html
    assert NASTY in unescape(mail.html)
    assert NASTY in mail.text


@every_message
@pytest.mark.parametrize(
    "break_", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x00", "\x1b"]
)
def test_a_subject_is_one_line_whatever_the_order_is_called(message, break_, full):
    number = f"10{break_}Bcc: everyone@example.org"
    view = replace(full, order=replace(full.order, number=number))
    subject = messages.render(message, view).subject
    assert len(subject.splitlines()) == 1
    assert subject.isprintable()
    assert "Bcc: everyone@example.org" in subject


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "JAVASCRIPT:alert(1)",
        "//evil.example",
        "file:///etc/passwd",
    ],
)
def test_a_tracking_link_that_is_no_web_address_is_not_offered(link, full):
    mail = messages.render("shipped", replace(full, parcel=replace(full.parcel, tracking_url=link)))
    assert link not in mail.html
    assert link not in mail.text
    assert full.parcel.tracking_number in mail.text


def test_quotes_in_a_tracking_link_stay_inside_it(full):
    link = 'https://track.example/?n="><b>x'
    html = messages.render("shipped", replace(full, parcel=replace(full.parcel, tracking_url=link))).html
    assert '"><b>' not in html
    assert "n=&#34;&gt;&lt;b&gt;x" in html


def test_a_language_without_a_folder_is_said(full):
    with pytest.raises(messages.NoSuchMessage, match="'received' in 'gl': add templates/received/gl/"):
        messages.render("received", replace(full, language="gl"))


def test_a_template_that_speaks_of_what_a_view_does_not_have_names_its_line(full):
    with pytest.raises(
        messages.BadTemplate,
        match=r"^templates/received/es/body\.txt, line \d+: 'str' object has no attribute",
    ):
        messages.render("received", replace(full, company="nobody"))
