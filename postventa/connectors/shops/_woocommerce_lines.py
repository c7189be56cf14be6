"""The rows of a raw WooCommerce order: lines, charges, taxes and refunds."""

import re
from decimal import Decimal
from typing import Any

from postventa.connectors.shops._woocommerce_fields import (
    amount,
    amount_or_none,
    amount_or_zero,
    ident,
    meta_of,
    need,
    objects,
    text,
    wrong,
)
from postventa.news import ChargeNews, LineNews, Raw, RefundNews, TaxNews
from postventa.plain_text import plain_text

LONGEST_CHOICE = 200
"""Characters of one choice: an engraving is said whole, a file or a page that a plugin hangs on a line is not."""


def lines_of(raw: Raw) -> tuple[LineNews, ...]:
    found = need(raw, "line_items")
    if not isinstance(found, list):
        raise wrong("line_items", "a list", found)
    return tuple(_line(line, f"line_items[{at}]") for at, line in enumerate(found))


def _line(line: Any, where: str) -> LineNews:
    if not isinstance(line, dict):
        raise wrong(where, "an object", line)
    within = where + "."
    net, tax = amount(line.get("total"), within + "total"), amount_or_zero(line, "total_tax", within)
    before = amount_or_none(line, "subtotal", within)
    tax_before = amount_or_none(line, "subtotal_tax", within)
    product = text(line, "product_id")
    return LineNews(
        ref=text(line, "id"),
        product_ref=product if product != "0" else "",  # 0: the product is no longer in the catalogue
        sku=text(line, "sku"),
        name=_name_with_what_was_chosen(line),
        quantity=_number(line.get("quantity"), within + "quantity"),
        net_before=net if before is None else before,
        tax_before=tax if tax_before is None else tax_before,
        net=net,
        tax=tax,
    )


def _name_with_what_was_chosen(line: Raw) -> str:
    """`Camiseta (Color: azul)`: what the shop's own mails say of a line, where its name does not say it already.

    It is part of what was bought, and so of the copy that the customer gets (LGDCU 98.7).
    """
    name = text(line, "name")
    chosen = []
    for one in objects(line, "meta_data"):
        asked, answer = one.get("display_key"), one.get("display_value")
        if not (isinstance(asked, str) and isinstance(answer, str)) or str(one.get("key")).startswith("_"):
            continue  # hidden from customers, or a plugin's own
        said = " ".join(plain_text(answer, LONGEST_CHOICE).text.split())
        is_named = re.search(rf"(?<!\w){re.escape(said)}(?!\w)", name, re.IGNORECASE)
        if asked.strip() and said and not is_named:
            chosen.append(f"{asked.strip()}: {said}")
    return f"{name} ({', '.join(chosen)})" if chosen else name


def _number(found: Any, field: str) -> Decimal:
    """A quantity or a percentage: these may be floats, as in half a metre or 5.2 %."""
    return amount(repr(found) if isinstance(found, float) else found, field)


def charges_of(raw: Raw) -> tuple[ChargeNews, ...]:
    kinds = (("shipping", "shipping_lines", "method_title"), ("fee", "fee_lines", "name"))
    return tuple(
        ChargeNews(
            kind=kind,
            title=text(line, title),
            net=amount_or_zero(line, "total", f"{field}[{at}]."),
            tax=amount_or_zero(line, "total_tax", f"{field}[{at}]."),
        )
        for kind, field, title in kinds
        for at, line in enumerate(objects(raw, field))
    )


def taxes_of(raw: Raw) -> tuple[TaxNews, ...]:
    return tuple(
        TaxNews(
            label=text(line, "label"),
            percent=None
            if (percent := line.get("rate_percent")) in (None, "")
            else _number(percent, f"tax_lines[{at}].rate_percent"),
            amount=amount_or_zero(line, "tax_total", f"tax_lines[{at}].")
            + amount_or_zero(line, "shipping_tax_total", f"tax_lines[{at}]."),
        )
        for at, line in enumerate(objects(raw, "tax_lines"))
    )


def refunds_of(ref: str, raw: Raw) -> tuple[RefundNews, ...]:
    return tuple(
        RefundNews(
            ref=ident(refund, "id", f"refunds[{at}]."),
            order_ref=ref,
            amount=abs(amount(refund.get("total"), f"refunds[{at}].total")),
            reason=text(refund, "reason"),
            at=None,
        )
        for at, refund in enumerate(objects(raw, "refunds"))
    )


def refunded_lines_of(raw: Raw) -> tuple[str, ...]:
    refs = (text(meta_of(line), "_refunded_item_id") for line in objects(raw, "line_items"))
    return tuple(ref for ref in refs if ref)
