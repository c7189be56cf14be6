"""The copy of an order: what the store keeps beside the columns, and how a message reads it back."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from postventa.news import Address, LineNews, OrderNews
from postventa.rules.amounts import Sums, reconcile
from postventa.rules.orders import PaymentState
from postventa.views import AmountView, LineView, OrderView
from postventa.wording import coin_of, country_in, percent_in

CENT = Decimal("0.01")
_PAID = {PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED, PaymentState.REFUNDED}


def details_of(news: OrderNews) -> dict[str, Any]:
    """What is kept as JSON: addresses, charges, taxes, coupons, payment method. Amounts are written as text."""
    return {
        "billing": asdict(news.billing),
        "shipping": asdict(news.shipping) if news.shipping else None,
        "charges": [
            {"kind": charge.kind, "title": charge.title, "net": str(charge.net), "tax": str(charge.tax)}
            for charge in news.charges
        ],
        "taxes": [
            {
                "label": tax.label,
                "percent": None if tax.percent is None else str(tax.percent),
                "amount": str(tax.amount),
            }
            for tax in news.taxes
        ],
        "coupons": list(news.coupons),
        "payment_method": news.payment_method,
        "lines_digest": lines_digest(news.lines),
    }


def lines_digest(lines: Sequence[LineNews]) -> str:
    """A short mark that changes when any line does, so that unchanged lines are not written again."""
    written = json.dumps([asdict(line) for line in lines], default=str, sort_keys=True)
    return hashlib.blake2b(written.encode(), digest_size=8).hexdigest()


def sums_of(order: Any, lines: Sequence[Any]) -> Sums:
    """The order's figures added up against its total. `order` and `lines` are rows of the store."""
    charges = [Decimal(charge["net"]) + Decimal(charge["tax"]) for charge in order.details["charges"]]
    return reconcile(
        [line.net_before + line.tax_before for line in lines],
        [line.net + line.tax for line in lines],
        charges,
        order.total,
        coin_of(order.currency),
    )


def order_view(order: Any, lines: Sequence[Any], sums: Sums, zone: ZoneInfo, language: str) -> OrderView:
    """The order as its customer reads it: gross amounts, times in the shop's zone, countries by their names."""
    details = order.details
    charges = details["charges"]
    return OrderView(
        number=order.number,
        placed_at=order.placed_at.astimezone(zone),
        currency=order.currency,
        lines=tuple(_line_view(line) for line in lines),
        discount=sums.discount,
        coupons=tuple(details["coupons"]),
        shipping=tuple(_charge_view(charge) for charge in charges if charge["kind"] == "shipping"),
        fees=tuple(_charge_view(charge) for charge in charges if charge["kind"] == "fee"),
        rounding=sums.rounding,
        total=order.total,
        taxes=tuple(
            AmountView(_tax_label(tax, language), Decimal(tax["amount"]))
            for tax in details["taxes"]
            if Decimal(tax["amount"])
        ),
        tax_total=order.tax_total,
        payment_method=details["payment_method"],
        is_paid=order.payment_state in _PAID,
        billing_address=_printed(details["billing"], language),
        shipping_address=_printed(details["shipping"], language) if order.needs_shipping else (),
    )


def _line_view(line: Any) -> LineView:
    total = line.net_before + line.tax_before
    unit = (total / line.quantity).quantize(CENT) if line.quantity else total
    return LineView(line.name, line.sku, line.quantity, unit, total)


def _charge_view(charge: dict[str, str]) -> AmountView:
    return AmountView(charge["title"], Decimal(charge["net"]) + Decimal(charge["tax"]))


def _tax_label(tax: dict[str, Any], language: str) -> str:
    if tax["percent"] is None or "%" in tax["label"]:  # some shops name the rate themselves
        return str(tax["label"])
    return f"{tax['label']} {percent_in(language)(Decimal(tax['percent']))}"


def _printed(written: dict[str, Any] | None, language: str) -> tuple[str, ...]:
    if not written:
        return ()
    address = Address(**{**written, "lines": tuple(written["lines"])})
    town = " ".join(part for part in (address.postcode, address.city) if part)
    is_said = not address.region or address.region.casefold() == address.city.casefold()
    place = town if is_said or not town else f"{town} ({address.region})"
    country = country_in(language)(address.country)
    return tuple(part for part in (address.name, address.company, *address.lines, place, country) if part)
