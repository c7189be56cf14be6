"""An order's figures against its total, to the cent."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from postventa.rules.amounts import reconcile


def money(*written: str) -> list[Decimal]:
    return [Decimal(one) for one in written]


def test_lines_shipping_and_a_discount_add_up():
    sums = reconcile(money("20.00", "10.00"), money("18.00", "9.00"), money("4.95"), Decimal("31.95"))
    assert (sums.goods, sums.discount, sums.charges, sums.rounding) == tuple(money("30", "3", "4.95", "0"))
    assert sums.is_reconciled


def test_a_cent_lost_by_rounding_each_figure_is_tolerated_and_shown():
    sums = reconcile(money("3.33"), money("3.33"), [], Decimal("3.34"))
    assert sums.is_reconciled
    assert sums.rounding == Decimal("0.01")


def test_a_cent_more_than_rounding_can_explain_is_a_mismatch():
    assert not reconcile(money("3.33"), money("3.33"), [], Decimal("3.35")).is_reconciled
    assert not reconcile(money("3.33"), money("3.33"), [], Decimal("3.31")).is_reconciled


def test_every_figure_may_be_half_a_cent_off_in_its_net_and_its_tax():
    figures = money("1", "1", "1")
    assert reconcile(figures, figures, money("1"), Decimal("4.04")).is_reconciled
    assert not reconcile(figures, figures, money("1"), Decimal("4.05")).is_reconciled


def test_what_has_no_cents_may_be_half_a_unit_off_unless_somebody_writes_cents():
    yen = Decimal(1)
    assert reconcile(money("105", "105"), money("105", "105"), [], Decimal(212), yen).is_reconciled
    assert not reconcile(money("105", "105"), money("105", "105"), [], Decimal(213), yen).is_reconciled
    assert not reconcile(money("105.50"), money("105.50"), [], Decimal("106.50"), yen).is_reconciled


def test_a_negative_fee_is_a_charge_like_any_other():
    assert reconcile(money("10"), money("10"), money("-2.50"), Decimal("7.50")).is_reconciled


def test_an_order_without_lines_owes_nothing():
    assert reconcile([], [], [], Decimal()).is_reconciled
    assert not reconcile([], [], [], Decimal("0.01")).is_reconciled


CENTS = st.decimals(min_value=-500, max_value=5000, places=2)


@given(st.lists(CENTS, max_size=6), st.lists(CENTS, max_size=3))
def test_the_parts_and_the_rounding_always_make_the_total(goods, charges):
    total = sum(goods, Decimal()) + sum(charges, Decimal())
    sums = reconcile(goods, goods, charges, total)
    assert sums.is_reconciled
    assert sums.goods - sums.discount + sums.charges + sums.rounding == sums.total
