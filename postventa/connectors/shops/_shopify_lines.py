"""The money of a Shopify order: lines, deliveries and taxes, with the tax inside the prices or beside them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from postventa.connectors.fields import NOTHING, amount, inside, need, objects, text, wrong
from postventa.news import ChargeNews, LineNews, NotUnderstood, Raw, TaxNews

CENT = Decimal("0.01")


def known_by(raw: Raw) -> str:
    """The number at the end of `gid://shopify/Order/450789469`."""
    found = need(raw, "id")
    ref = found.rpartition("/")[2] if isinstance(found, str) else ""
    if not (ref.isascii() and ref.isdigit()):
        raise wrong("id", "an id such as gid://shopify/Order/1", found)
    return ref


def lines_of(raw: Raw) -> list[Mapping[str, Any]]:
    """All of them, or none: an order of which lines are missing is not read."""
    found = need(raw, "lineItems")
    if not isinstance(found, dict) or not isinstance(found.get("nodes"), list):
        raise wrong("lineItems", "a connection with nodes", found)
    if inside(found, "pageInfo").get("hasNextPage") is True:
        raise NotUnderstood("lineItems are not complete")
    return objects(found, "nodes")


def money(bag: Any, field: str) -> Decimal:
    said = inside(bag, "presentmentMoney") if isinstance(bag, dict) else {}
    return amount(said.get("amount"), field)


def _taxed(
    row: Mapping[str, Any], gross_or_net: Decimal, where: str, *, has_tax: bool
) -> tuple[Decimal, Decimal]:
    """Net and tax of what is left after discounts: with tax in the price, the tax comes out of it."""
    taxes = objects(row, "taxLines")
    tax = sum((money(one.get("priceSet"), f"{where}taxLines") for one in taxes), NOTHING)
    return (gross_or_net - tax if has_tax else gross_or_net), tax


def _before(net: Decimal, tax: Decimal, after: Decimal, before: Decimal) -> tuple[Decimal, Decimal]:
    """Net and tax before discounts, which Shopify does not say: in the same proportion."""
    if after == before:
        return net, tax
    if not after:
        return before, NOTHING
    tax_before = (tax * before / after).quantize(CENT)
    return ((net + tax) * before / after).quantize(CENT) - tax_before, tax_before


def line_of(line: Mapping[str, Any], where: str, *, has_tax: bool) -> LineNews:
    before = money(line.get("originalTotalSet"), where + "originalTotalSet")
    given = sum(
        (
            money(one.get("allocatedAmountSet"), where + "discountAllocations")
            for one in objects(line, "discountAllocations")
        ),
        NOTHING,
    )
    net, tax = _taxed(line, before - given, where, has_tax=has_tax)
    net_before, tax_before = _before(net, tax, before - given, before)
    return LineNews(
        ref=known_by(line),
        product_ref="",
        sku=text(line, "sku"),
        name=text(line, "name"),
        quantity=amount(line.get("quantity"), where + "quantity"),
        net_before=net_before,
        tax_before=tax_before,
        net=net,
        tax=tax,
    )


def charge_of(one: Mapping[str, Any], where: str, *, has_tax: bool) -> ChargeNews:
    price = money(one.get("discountedPriceSet"), where + "discountedPriceSet")
    net, tax = _taxed(one, price, where, has_tax=has_tax)
    return ChargeNews("shipping", text(one, "title"), net, tax)


def tax_of(one: Mapping[str, Any], where: str) -> TaxNews:
    percent = one.get("ratePercentage")
    known = isinstance(percent, int | float) and not isinstance(percent, bool)
    return TaxNews(
        text(one, "title"),
        Decimal(repr(percent)) if known else None,
        money(one.get("priceSet"), where + "priceSet"),
    )
