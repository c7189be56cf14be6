"""The shop's invoice as a PDF: what it says; `templates/_invoice/invoice.typ` gives it its form."""

import re
import tomllib
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any

from postventa import wording
from postventa.messages import NoSuchMessage
from postventa.shipped import shipped
from postventa.typesetting import typeset
from postventa.views import AmountView, InvoiceView, MessageView, OrderView

FOLDER = shipped("templates") / "_invoice"
_UNKNOWN = "\N{EN DASH}"
_PERCENT = re.compile(r"(\d+(?:[.,]\d+)?)\s*%")


def invoice_pdf(view: MessageView, invoice: InvoiceView) -> bytes:
    """The invoice of the view's order, in the view's language. Raises NoSuchMessage if that is not spoken here."""
    issued_at = datetime.combine(invoice.issued_on, time(), UTC)
    return typeset(FOLDER / "invoice.typ", "invoice", _facts(view, invoice), issued_at)


@cache
def _words(language: str) -> dict[str, str]:
    path = FOLDER / f"{language}.toml"
    if not path.is_file():
        raise NoSuchMessage(f"there is no invoice in {language!r}: add templates/_invoice/{language}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _facts(view: MessageView, invoice: InvoiceView) -> dict[str, Any]:
    words, order, company = _words(view.language), view.the_order, view.company
    money = wording.money_in(order.currency, words["locale"])
    quantity = wording.quantity_in(words["locale"])
    long_date = wording.long_date_in(words["locale"])
    charges = (
        [(f"{words['discount']} {', '.join(order.coupons)}".strip(), -order.discount)]
        if order.discount
        else []
    )
    charges += [(f"{words['shipping']} {each.label}".strip(), each.amount) for each in order.shipping]
    charges += [(each.label, each.amount) for each in order.fees]
    charges += [(words["rounding"], order.rounding)] if order.rounding else []
    tax_id = [f"{words['tax_id']} {invoice.customer_tax_id}"] if invoice.customer_tax_id else []
    address = [line for line in order.billing_address if line != invoice.customer_name]
    return {
        "language": view.language,
        "words": words,
        "number": invoice.number,
        "issued_on": long_date(invoice.issued_on),
        "order_number": order.number,
        "placed_on": long_date(order.placed_at.date()),
        "shop_name": view.shop_name,
        "issuer": {
            "name": company.legal_name,
            "registry": company.registry,
            "lines": [
                company.legal_name,
                f"{words['tax_id']} {company.tax_id}",
                company.address,
                company.email,
                company.phone,
            ],
        },
        "customer": [invoice.customer_name, *tax_id, *address],
        "lines": [
            {
                "name": line.name,
                "sku": line.sku,
                "quantity": quantity(line.quantity),
                "unit_price": money(line.unit_price),
                "total": money(line.total),
            }
            for line in order.lines
        ],
        "charges": [{"label": label, "amount": money(amount)} for label, amount in charges],
        "taxes": _taxes(view, words),
        "net": money(order.total - order.tax_total),
        "tax": money(order.tax_total),
        "total": money(order.total),
        "payment_method": order.payment_method,
    }


def _taxes(view: MessageView, words: dict[str, str]) -> list[dict[str, str]]:
    """Net, tax and gross of every rate; where a rate's base is not known for certain, its tax alone."""
    order = view.the_order
    money = wording.money_in(order.currency, words["locale"])
    named = [(each.label, each.amount, _base(each, order)) for each in order.taxes]
    unnamed = (
        words["tax"] if order.tax_total else words["no_tax"],
        order.tax_total,
        order.total - order.tax_total,
    )
    return [
        {
            "label": label,
            "net": _UNKNOWN if net is None else money(net),
            "tax": money(tax),
            "gross": _UNKNOWN if net is None else money(net + tax),
        }
        for label, tax, net in named or [unnamed]
    ]


def _base(tax: AmountView, order: OrderView) -> Decimal | None:
    """What a rate was computed from: the whole order, if there is one rate and its percentage says the same."""
    net = order.total - order.tax_total
    percent = _PERCENT.search(tax.label)
    if len(order.taxes) != 1 or percent is None:
        return None
    expected = net * Decimal(percent[1].replace(",", ".")) / 100
    off_by_rounding = Decimal("0.01") * (len(order.lines) + len(order.shipping) + len(order.fees) + 1)
    return net if abs(expected - tax.amount) <= off_by_rounding else None
