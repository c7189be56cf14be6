"""The money of a PrestaShop order: lines, charges and slips; its discounts are taken off the lines that they were for.

PrestaShop keeps a discount beside the lines. Whoever gives a line back wants to know what it cost in the end, so the
discount is spread over the lines; what a voucher gave free delivery for is taken off the delivery.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from postventa.connectors.fields import NOTHING, amount, amount_or_zero, ident, need, objects, text
from postventa.news import ChargeNews, LineNews, Raw

CENT = Decimal("0.01")
WRAPPING = {"es": "Envoltorio de regalo", "ca": "Embolcall de regal", "en": "Gift wrapping"}


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount with its tax apart."""

    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax

    def less(self, other: "Sum") -> "Sum":
        return Sum(self.net - other.net, self.tax - other.tax)


ZERO = Sum(NOTHING, NOTHING)


@dataclass(frozen=True, slots=True)
class Discount:
    """What was taken off, and of that what was taken off the delivery."""

    whole: Sum
    delivery: Sum

    @property
    def goods(self) -> Sum:
        return self.whole.less(self.delivery)


def sum_of(raw: Raw, field: str, where: str = "") -> Sum:
    """The two fields `..._tax_excl` and `..._tax_incl`, to the cent."""
    gross = _cents(amount_or_zero(raw, f"{field}_tax_incl", where))
    net = _cents(amount_or_zero(raw, f"{field}_tax_excl", where))
    return Sum(net, gross - net)


def total_of(raw: Raw) -> Sum:
    """What the customer pays; it has to be there."""
    amount(need(raw, "total_paid_tax_incl"), "total_paid_tax_incl")
    return sum_of(raw, "total_paid")


def discount_of(raw: Raw, vouchers: Sequence[Raw], goods: Sum) -> Discount:
    """Free delivery is part of the discount; so is what is more than all goods together."""
    whole, delivery = sum_of(raw, "total_discounts"), sum_of(raw, "total_shipping")
    if any(text(one, "free_shipping") == "1" for one in vouchers):
        return Discount(whole, delivery if whole.gross >= delivery.gross else whole)
    return Discount(whole, whole.less(goods) if whole.gross > goods.gross else ZERO)


def lines_of(rows: Sequence[Raw]) -> list[tuple[Raw, Sum]]:
    """Each line with what it costs before discounts."""
    return [(row, sum_of(row, "total_price", f"lines[{at}].")) for at, row in enumerate(rows)]


def lines_less(lines: Sequence[tuple[Raw, Sum]], off: Sum) -> tuple[LineNews, ...]:
    """The lines with the discount spread over them, by what each costs; to the cent, and nothing is lost."""
    all_net, all_tax = sum((s.net for _, s in lines), NOTHING), sum((s.tax for _, s in lines), NOTHING)
    net, tax = _Spread(off.net, all_net), _Spread(off.tax, all_tax)
    return tuple(
        LineNews(
            ref=text(row, "id"),
            product_ref=text(row, "product_id"),
            sku=text(row, "product_reference"),
            name=text(row, "product_name"),
            quantity=amount(row.get("product_quantity"), f"lines[{at}].product_quantity"),
            net_before=before.net,
            tax_before=before.tax,
            net=before.net - net.share(before.net),
            tax=before.tax - tax.share(before.tax),
        )
        for at, (row, before) in enumerate(lines)
    )


def charges_of(
    raw: Raw, discount: Discount, carrier: Mapping[str, Any], language: str
) -> tuple[ChargeNews, ...]:
    delivery, wrapping = sum_of(raw, "total_shipping"), sum_of(raw, "total_wrapping")
    found = [("shipping", carrier_name(carrier), delivery.less(discount.delivery))] if carrier else []
    if not carrier and delivery.gross:
        found = [("shipping", "", delivery.less(discount.delivery))]
    if wrapping.gross:
        found.append(("fee", WRAPPING.get(language, WRAPPING["es"]), wrapping))
    return tuple(ChargeNews(kind, title, costs.net, costs.tax) for kind, title, costs in found)


def carrier_name(carrier: Mapping[str, Any]) -> str:
    """As customers know it; `0` is PrestaShop's way to say that the shop delivers itself."""
    name = text(carrier, "name")
    return "" if name == "0" else name


def slip_amount(raw: Raw) -> Decimal:
    """What a credit slip gives back. One whose amount was typed by hand says so by agreeing with neither sum."""
    products = sum_of(raw, "total_products")
    delivery = _cents(amount_or_zero(raw, "total_shipping_tax_incl"))
    typed = _cents(amount(need(raw, "amount"), "amount"))
    is_typed = typed > 0 and typed not in {products.net, products.gross}
    return (typed if is_typed else products.gross) + delivery


def slip_lines(raw: Raw) -> tuple[str, ...]:
    """The lines that a slip is for."""
    found = raw.get("associations")
    rows = objects(found, "order_slip_details") if isinstance(found, dict) else []
    return tuple(ident(row, "id_order_detail", "order_slip_details.") for row in rows)


def _cents(found: Decimal) -> Decimal:
    return found.quantize(CENT, ROUND_HALF_UP)


class _Spread:
    """Hands out an amount in proportion, rounding each running total and not each share."""

    def __init__(self, what: Decimal, over: Decimal) -> None:
        self._what, self._over = what, over
        self._seen = self._given = NOTHING

    def share(self, of: Decimal) -> Decimal:
        self._seen += of
        due = _cents(self._what * self._seen / self._over) if self._over else NOTHING
        part, self._given = due - self._given, due
        return part
