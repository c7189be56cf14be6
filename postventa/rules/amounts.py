"""Whether an order's own figures add up to the total that its shop states, to the cent."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Sums:
    """The parts of an order, gross of tax, in its currency. `discount` is positive.

    `rounding` is what is left to the stated total: nothing, or the cents that a shop loses which rounds each
    figure by itself. `is_reconciled` is False where it is more than rounding can explain.
    """

    goods: Decimal
    discount: Decimal
    charges: Decimal
    total: Decimal
    rounding: Decimal
    is_reconciled: bool


def reconcile(
    goods_before: Sequence[Decimal],
    goods_after: Sequence[Decimal],
    charges: Sequence[Decimal],
    total: Decimal,
    smallest: Decimal = CENT,
) -> Sums:
    """Adds up an order: lines before and after discount, shipping and fees, against the shop's total.

    A figure that was rounded by itself may be half a cent off, and no more: the tolerance is half a cent for
    each net and each tax that goes into the sum. `smallest` is the currency's smallest coin: where it is no cent,
    and nobody writes cents of it, half of that one takes its place.
    """
    figures = (*goods_before, *goods_after, *charges, total)
    step = smallest if all(figure % smallest == 0 for figure in figures) else CENT
    goods, after = sum(goods_before, Decimal()), sum(goods_after, Decimal())
    extra = sum(charges, Decimal())
    rounding = total - after - extra
    allowed = step * (len(goods_after) + len(charges))
    return Sums(goods, goods - after, extra, total, rounding, abs(rounding) <= allowed)
