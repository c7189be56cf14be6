"""The money of a Medusa order as its customer agreed to it: lines, delivery, taxes, credits and the total.

Medusa takes what was sent back, and what was given back, off its lines and off `total`. Here both stay what they were
at the sale, and refunds are told as refunds.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from postventa.connectors.fields import NOTHING, need, objects, text, wrong
from postventa.connectors.shops._medusa_fields import exact, exact_or_zero, payable
from postventa.news import ChargeNews, LineNews, Raw, TaxNews

OF_A_REFUND = "payment_collection"
"""The credit line that Medusa writes beside a refund, so that its own books add up."""
_PERCENT = Decimal(100)

_Rate = tuple[str, Decimal]


@dataclass(frozen=True, slots=True)
class _Figures:
    """One line or delivery, exact: before and after discounts, and its tax by rate."""

    net: Decimal
    tax: Decimal
    net_before: Decimal
    tax_before: Decimal
    by_rate: Mapping[_Rate, Decimal]


@dataclass(frozen=True, slots=True)
class Money:
    """What the order comes to, rounded to what can be paid; `discount` is net of tax."""

    lines: tuple[LineNews, ...]
    charges: tuple[ChargeNews, ...]
    taxes: tuple[TaxNews, ...]
    total: Decimal
    tax_total: Decimal
    discount: Decimal


def money_of(raw: Raw, currency: str) -> Money:
    """Raises NotUnderstood with the field that is missing or is no amount."""
    items = _rows(raw, "items")
    sold = [(item, _sold(item, f"items[{at}].")) for at, item in enumerate(items)]
    sent = [
        (method, _as_shown(method, f"shipping_methods[{at}]."))
        for at, method in enumerate(objects(raw, "shipping_methods"))
    ]
    sent_back = [
        (figures, _as_shown(item, f"items[{at}]."))
        for at, (item, figures) in enumerate(sold)
        if _gone(item, f"items[{at}].")
    ]
    refunded, credits_ = _credits(raw)
    total = exact(need(raw, "total"), "total") + refunded
    total += sum((full.net + full.tax - shown.net - shown.tax for full, shown in sent_back), NOTHING)
    charges = [_charge(method, figures, currency) for method, figures in sent]
    charges += [
        ChargeNews("fee", title, -payable(worth, currency), NOTHING)
        for title, worth in credits_.items()
        if worth
    ]
    figures = [one for _, one in (*sold, *sent)]
    return Money(
        lines=tuple(_line(item, one, currency) for item, one in sold),
        charges=tuple(charges),
        taxes=_taxes(figures, currency),
        total=payable(total, currency),
        tax_total=payable(sum((one.tax for one in figures), NOTHING), currency),
        discount=payable(sum((one.net_before - one.net for one in figures), NOTHING), currency),
    )


def _rows(raw: Raw, field: str) -> list[Mapping[str, Any]]:
    found = need(raw, field)
    if not isinstance(found, list):
        raise wrong(field, "a list", found)
    return objects(raw, field)


def _sold(item: Mapping[str, Any], where: str) -> _Figures:
    gone, quantity = _gone(item, where), exact(item.get("quantity"), where + "quantity")
    return _worked_out(item, quantity, where) if gone else _as_shown(item, where)


def _gone(item: Mapping[str, Any], where: str) -> Decimal:
    """How many were sent back: Medusa's figures of the line are about the others."""
    detail = item.get("detail")
    if not isinstance(detail, dict):
        return NOTHING
    return sum(
        (
            exact_or_zero(detail, field, f"{where}detail.")
            for field in ("return_received_quantity", "return_dismissed_quantity")
        ),
        NOTHING,
    )


def _as_shown(row: Mapping[str, Any], where: str) -> _Figures:
    gross, tax = exact(row.get("total"), where + "total"), exact_or_zero(row, "tax_total", where)
    tax_before = exact_or_zero(row, "original_tax_total", where)
    before = row.get("original_total")
    gross_before = gross if before is None else exact(before, where + "original_total")
    by_rate: dict[_Rate, Decimal] = defaultdict(Decimal)
    for rate, one in _rates(row, where):
        by_rate[rate] += exact_or_zero(one, "total", f"{where}tax_lines.")
    return _Figures(
        gross - tax, tax, gross_before - tax_before, tax_before if before is not None else tax, by_rate
    )


def _worked_out(item: Mapping[str, Any], quantity: Decimal, where: str) -> _Figures:
    """As Medusa reckons a line of which nothing has come back."""
    rates = [rate for rate, _ in _rates(item, where)]
    percent = sum((rate for _, rate in rates), NOTHING)
    net_before = exact(item.get("unit_price"), where + "unit_price") * quantity
    if item.get("is_tax_inclusive") is True:
        net_before /= 1 + percent / _PERCENT
    net = net_before - sum(
        (exact_or_zero(one, "subtotal", f"{where}adjustments.") for one in objects(item, "adjustments")),
        NOTHING,
    )
    by_rate: dict[_Rate, Decimal] = defaultdict(Decimal)
    for rate in rates:
        by_rate[rate] += net * rate[1] / _PERCENT
    return _Figures(net, sum(by_rate.values(), NOTHING), net_before, net_before * percent / _PERCENT, by_rate)


def _rates(row: Mapping[str, Any], where: str) -> list[tuple[_Rate, Mapping[str, Any]]]:
    return [
        (
            (text(one, "description") or text(one, "code"), exact_or_zero(one, "rate", f"{where}tax_lines.")),
            one,
        )
        for one in objects(row, "tax_lines")
    ]


def _line(item: Mapping[str, Any], figures: _Figures, currency: str) -> LineNews:
    net, tax = _rounded(figures.net, figures.tax, currency)
    net_before, tax_before = _rounded(figures.net_before, figures.tax_before, currency)
    return LineNews(
        ref=text(item, "id"),
        product_ref=text(item, "product_id"),
        sku=text(item, "variant_sku"),
        name=text(item, "title"),
        quantity=exact(item.get("quantity"), "items.quantity"),
        net_before=net_before,
        tax_before=tax_before,
        net=net,
        tax=tax,
    )


def _charge(method: Mapping[str, Any], figures: _Figures, currency: str) -> ChargeNews:
    net, tax = _rounded(figures.net, figures.tax, currency)
    return ChargeNews("shipping", text(method, "name"), net, tax)


def _rounded(net: Decimal, tax: Decimal, currency: str) -> tuple[Decimal, Decimal]:
    """Net and tax that add up to the rounded gross amount, which is what customers see."""
    rounded = payable(tax, currency)
    return payable(net + tax, currency) - rounded, rounded


def _taxes(figures: list[_Figures], currency: str) -> tuple[TaxNews, ...]:
    sums: dict[_Rate, Decimal] = defaultdict(Decimal)
    for one in figures:
        for rate, tax in one.by_rate.items():
            sums[rate] += tax
    return tuple(TaxNews(label, percent, payable(tax, currency)) for (label, percent), tax in sums.items())


def _credits(raw: Raw) -> tuple[Decimal, dict[str, Decimal]]:
    """What refunds took off the total, and what was paid by credit, under its name."""
    refunded, paid_by = NOTHING, defaultdict[str, Decimal](Decimal)
    for at, one in enumerate(objects(raw, "credit_lines")):
        worth = exact(one.get("amount"), f"credit_lines[{at}].amount")
        if text(one, "reference") == OF_A_REFUND:
            refunded += worth
        else:
            paid_by[text(one, "reference")] += worth
    return refunded, paid_by
