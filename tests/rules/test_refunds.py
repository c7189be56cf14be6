"""What a return is worth, to the cent, and by when it is due."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postventa.rules.refunds import (
    Charges,
    Claim,
    GivenBack,
    Piece,
    Risk,
    Share,
    amount_owed,
    double_sum_risk,
    goods_value,
    may_deduct,
    may_withhold,
    shares,
    still_owed,
    surplus,
    withheld_until,
)
from postventa.rules.returns import ReturnKind

MONDAY = datetime(2026, 11, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)
NOTHING_MORE = Charges()
WITHDRAWAL = ReturnKind.STATUTORY_WITHDRAWAL


def euros(written):
    return Decimal(written)


def piece(gross, bought, quantity, before=0):
    return Piece(euros(gross), Decimal(bought), Decimal(quantity), Decimal(before))


def owed(*pieces, is_everything=False, paid="100", given_back="0", charges=NOTHING_MORE, standard=None):
    return amount_owed(
        pieces,
        charges,
        is_everything=is_everything,
        paid=euros(paid),
        given_back=euros(given_back),
        standard_delivery=standard,
    )


@pytest.mark.parametrize(("before", "now", "whole"), [(0, 2, True), (1, 1, True), (0, 1, False)])
def test_a_line_is_back_when_its_last_piece_is(before, now, whole):
    assert piece("21.78", 2, now, before).completes is whole


def test_everything_back_owes_the_goods_and_the_delivery():
    charges = Charges(euros("4.84"), euros("1.50"), euros("0.01"))
    assert owed(piece("21.78", 2, 2), is_everything=True, charges=charges) == euros("28.13")
    assert owed(piece("21.78", 2, 1), charges=charges) == euros("10.89")


def test_the_surplus_of_a_dearer_delivery_is_not_owed():
    charges = Charges(shipping=euros("12.00"))
    assert owed(piece("20", 1, 1), is_everything=True, charges=charges, standard=euros("4.84")) == euros(
        "24.84"
    )
    assert owed(piece("20", 1, 1), is_everything=True, charges=charges, standard=euros("15")) == euros(
        "32.00"
    )


def test_never_more_is_owed_than_was_paid_and_not_given_back():
    assert owed(piece("60", 1, 1), paid="60", given_back="45.5") == euros("14.50")
    assert owed(piece("60", 1, 1), paid="0") == euros("0.00")
    assert owed(piece("60", 1, 1), paid="60", given_back="61") == euros("0.00")


def test_a_deduction_lowers_the_goods_to_nothing_and_never_the_delivery():
    charges, goods = Charges(shipping=euros("4.84")), piece("20", 1, 1)
    for deducted, left in (("5", "19.84"), ("20", "4.84"), ("500", "4.84")):
        both = {"is_everything": True, "paid": euros("100"), "given_back": Decimal(0)}
        assert amount_owed([goods], charges, **both, deducted=euros(deducted)) == euros(left)
    assert goods_value([goods, piece("20", 2, 1)]) == euros("30")


@pytest.mark.parametrize(
    ("kind", "changed", "why"),
    [
        (WITHDRAWAL, {}, ""),
        (ReturnKind.COMMERCIAL_RETURN, {"was_told": False}, ""),
        (ReturnKind.NON_CONFORMITY, {}, "a return that is non conformity"),
        (ReturnKind.UNDELIVERABLE, {}, "a return that is undeliverable"),
        (WITHDRAWAL, {"was_told": False}, "never answers for a diminished value"),
        (WITHDRAWAL, {"is_inspected": False}, "nobody has inspected the goods"),
        (WITHDRAWAL, {"reason": " "}, "say what was done to the goods"),
        (WITHDRAWAL, {"evidence": " "}, "needs its evidence"),
    ],
)
def test_a_diminished_value_is_deducted_from_inspected_goods_of_who_was_told_with_reason_and_evidence(
    kind, changed, why
):
    told = {
        "was_told": True,
        "is_inspected": True,
        "reason": "Worn outside.",
        "evidence": "Mud on the soles.",
    }
    answer = may_deduct(kind, **told | changed)
    assert answer.is_yes is not bool(why)
    assert why in answer.reason


def test_a_line_of_nothing_is_worth_nothing():
    assert piece("10", 0, 0).amount == 0


@given(
    gross=st.decimals(0, 9999, places=2),
    bought=st.integers(1, 12),
    cut=st.lists(st.integers(0, 12), max_size=4),
)
def test_the_parts_of_a_line_add_up_to_the_line(gross, bought, cut):
    marks = [0, *sorted(mark for mark in cut if mark <= bought), bought]
    pieces = [piece(gross, bought, b - a, a) for a, b in pairwise(marks)]
    assert sum(one.amount for one in pieces) == gross
    assert pieces[-1].completes


def claim(amount, since=MONDAY, before=()):
    return Claim(euros(amount), since, frozenset(before))


def refund(ref, amount, at=MONDAY + DAY):
    return GivenBack(ref, euros(amount), at)


def test_a_refund_partly_done_leaves_the_rest_open():
    assert shares([claim("20")], [refund("1", "15")]) == (Share(euros("15"), MONDAY + DAY, is_all=False),)


def test_refunds_add_up_and_the_last_one_says_when_all_was_back():
    done = shares(
        [claim("20")], [refund("1", "15"), refund("2", "5", MONDAY + 3 * DAY), refund("3", "9", None)]
    )
    assert done == (Share(euros("20"), MONDAY + 3 * DAY, is_all=True),)


def test_money_that_went_back_before_the_statement_paid_for_something_else():
    earlier = [refund("1", "20", MONDAY - DAY), refund("2", "20", None)]
    assert shares([claim("20", before={"2"})], earlier) == (Share(Decimal(0), None, is_all=False),)


def test_a_refund_from_before_that_is_heard_of_later_lowers_what_is_owed():
    earlier = [refund("1", "15", MONDAY - DAY), refund("2", "3")]
    assert still_owed(claim("20"), earlier, euros("20")) == euros("5")
    assert still_owed(claim("20"), earlier, euros("90")) == euros("20")
    assert still_owed(claim("20"), [refund("1", "30", MONDAY - DAY)], euros("20")) == 0


def test_one_refund_pays_the_oldest_return_first_and_no_cent_twice():
    first, second = shares([claim("20"), claim("10", MONDAY + DAY)], [refund("1", "25", MONDAY + 2 * DAY)])
    assert (first.given, first.is_all) == (euros("20"), True)
    assert (second.given, second.is_all) == (euros("5"), False)


def test_more_than_all_claims_is_a_surplus_and_money_from_before_them_is_not():
    both = [claim("20"), claim("10", MONDAY + DAY)]
    assert surplus(both, [refund("1", "31"), refund("2", "8", MONDAY - DAY)]) == euros("1")
    assert surplus(both, [refund("1", "30")]) == 0
    assert surplus(both, [refund("1", "12")]) == 0


def test_a_refund_without_a_moment_counts_and_leaves_the_moment_open():
    assert shares([claim("20")], [refund("1", "20", None)]) == (Share(euros("20"), None, is_all=True),)


@pytest.mark.parametrize(
    ("kind", "is_collected", "goods_at", "proof_at", "may"),
    [
        (WITHDRAWAL, False, None, None, True),
        (WITHDRAWAL, True, None, None, False),
        (WITHDRAWAL, False, MONDAY, None, False),
        (WITHDRAWAL, False, None, MONDAY, False),
        (ReturnKind.UNDELIVERABLE, False, None, None, False),
    ],
)
def test_a_refund_waits_only_for_goods_or_proof_and_never_where_the_shop_collects(
    kind, is_collected, goods_at, proof_at, may
):
    assert may_withhold(kind, is_collected=is_collected, goods_at=goods_at, proof_at=proof_at) is may


def test_a_withheld_refund_is_due_with_the_goods_or_the_proof_whichever_comes_first():
    due = MONDAY + 14 * DAY
    assert withheld_until(due, None, None) is None
    assert withheld_until(due, due + 3 * DAY, due + DAY) == due + DAY
    assert withheld_until(due, due - DAY, None) == due


def test_the_double_sum_is_a_flag_by_article_and_never_an_amount():
    assert double_sum_risk(WITHDRAWAL, is_overdue=False) is Risk.LOW
    assert double_sum_risk(WITHDRAWAL, is_overdue=True) is Risk.MEDIUM
    assert double_sum_risk(ReturnKind.UNDELIVERABLE, is_overdue=False) is Risk.HIGH
    assert double_sum_risk(ReturnKind.COMMERCIAL_RETURN, is_overdue=True) is Risk.NONE
