"""What is proposed for what went wrong: money first, its reason beside it, and nothing that would be advertising."""

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postventa.rules import compensation
from postventa.rules.compensation import (
    BadTable,
    Fault,
    NotOnTheTable,
    Remedy,
    Stakes,
    fault_of,
    propose,
    read_table,
    why_a_manager,
)

SHIPPED = Path(compensation.__file__).with_suffix(".toml")
TABLE = read_table(tomllib.loads(SHIPPED.read_text("utf-8")), SHIPPED.name)
PAID = Stakes(shipping=Decimal("4.84"), goods=Decimal("40.00"), charged=Decimal("3.10"))
INCIDENTS = ["wrong_item", "missing_item", "damaged_item", "late_delivery", "lost_parcel", "billing_error"]
INCIDENTS += ["bad_service", "carrier_damaged_parcel", "carrier_parcel_lost", "carrier_sorting_error"]
INCIDENTS += [
    "retailer_not_ready",
    "retailer_incorrect_parcel",
    "consignee_refused",
    "customs_delay",
    "weather_delay",
]
INCIDENTS += ["force_majeure", "unknown", "something_new"]


@pytest.mark.parametrize(
    ("incident", "fault", "remedy", "amount"),
    [
        ("lost_parcel", Fault.CARRIER, Remedy.FULL_REFUND, "44.84"),
        ("late_delivery", Fault.CARRIER, Remedy.REFUND_OF_SHIPPING, "4.84"),
        ("late_delivery", Fault.NOBODY, Remedy.APOLOGY, "0"),
        ("late_delivery", Fault.CUSTOMER, Remedy.APOLOGY, "0"),
        ("damaged_item", Fault.SHOP, Remedy.PARTIAL_REFUND, "12.00"),
        ("damaged_item", Fault.CUSTOMER, Remedy.APOLOGY, "0"),
        ("missing_item", Fault.SHOP, Remedy.PARTIAL_REFUND, "40.00"),
        ("wrong_item", Fault.SHOP, Remedy.FREE_RETURN, "4.84"),
        ("wrong_item", Fault.CUSTOMER, Remedy.RETURN_AT_OWN_COST, "0"),
        ("billing_error", Fault.SHOP, Remedy.CORRECTION, "3.10"),
        ("bad_service", Fault.SHOP, Remedy.APOLOGY, "0"),
        ("carrier_sorting_error", Fault.CARRIER, Remedy.REFUND_OF_SHIPPING, "4.84"),
        ("retailer_cancelled", Fault.SHOP, Remedy.FULL_REFUND, "44.84"),
        ("consignee_refused", Fault.CUSTOMER, Remedy.APOLOGY, "0"),
        ("customs_documentation", Fault.SHOP, Remedy.REFUND_OF_SHIPPING, "4.84"),
        ("unheard_of", Fault.SHOP, Remedy.APOLOGY, "0"),
    ],
)
def test_the_table_answers(incident, fault, remedy, amount):
    proposal = propose(TABLE, incident, fault, PAID)
    assert (proposal.remedy, proposal.amount) == (remedy, Decimal(amount))
    assert proposal.why


def test_a_full_refund_of_a_part_of_the_order_leaves_its_shipping():
    part = Stakes(shipping=Decimal("4.84"), goods=Decimal(10), is_whole=False)
    assert propose(TABLE, "lost_parcel", Fault.CARRIER, part).amount == 10


def test_shipping_that_cost_nothing_is_still_made_good():
    proposal = propose(TABLE, "late_delivery", Fault.CARRIER, Stakes(goods=Decimal(40)))
    assert proposal.amount == 2
    assert propose(TABLE, "late_delivery", Fault.CARRIER, Stakes(goods=Decimal("1.50"))).amount == Decimal(
        "1.50"
    )


def test_a_cap_holds():
    dear = Stakes(goods=Decimal(900))
    assert propose(TABLE, "bad_service", Fault.SHOP, dear, chosen=Remedy.PARTIAL_REFUND).amount == 10


@given(
    st.sampled_from(INCIDENTS),
    st.sampled_from(list(Fault)),
    st.decimals(0, 3000, places=2),
    st.decimals(0, 30, places=2),
)
def test_nobody_is_first_offered_a_credit_nor_more_than_was_paid(incident, fault, goods, shipping):
    stakes = Stakes(shipping=shipping, goods=goods, charged=Decimal(1))
    proposal = propose(TABLE, incident, fault, stakes)
    assert proposal.remedy is not Remedy.CREDIT
    for _, amount in [(proposal.remedy, proposal.amount), *proposal.alternatives]:
        assert 0 <= amount <= max(goods + shipping, stakes.charged)


def test_a_credit_that_is_chosen_leaves_money_of_the_same_amount_on_offer():
    proposal = propose(TABLE, "late_delivery", Fault.CARRIER, PAID, chosen=Remedy.CREDIT)
    assert proposal.amount == Decimal("4.84")
    assert proposal.alternatives == ((Remedy.REFUND_OF_SHIPPING, Decimal("4.84")),)


def test_what_the_table_does_not_offer_cannot_be_chosen():
    with pytest.raises(NotOnTheTable, match="credit is not offered for lost_parcel"):
        propose(TABLE, "lost_parcel", Fault.CARRIER, PAID, chosen=Remedy.CREDIT)


@pytest.mark.parametrize(
    ("incident", "fault"),
    [
        ("carrier_parcel_lost", Fault.CARRIER),
        ("late_delivery", Fault.CARRIER),
        ("retailer_not_ready", Fault.SHOP),
        ("billing_error", Fault.SHOP),
        ("consignee_not_home", Fault.CUSTOMER),
        ("weather_delay", Fault.NOBODY),
        ("unknown", Fault.SHOP),
    ],
)
def test_the_incident_tells_whose_fault_it_was(incident, fault):
    assert fault_of(incident) is fault


def test_a_manager_is_needed_above_the_limit_and_beyond_the_budget():
    month = {"limit": Decimal(20), "budget": Decimal(500)}
    assert not why_a_manager(Decimal(20), spent=Decimal(480), **month)
    assert "20.01 is above the 20.00" in why_a_manager(Decimal("20.01"), spent=Decimal(0), **month)
    assert "overspent: 481.00" in why_a_manager(Decimal(20), spent=Decimal(481), **month)


GOOD = {"incident": "a", "fault": "*", "remedy": "partial_refund", "why": "so", "percent": 10}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ({"remedy": "credit"}, "money comes first"),
        ({"remedy": "apology", "alternatives": ["credit"]}, "only stand beside money"),
        ({"percent": 0, "alternatives": ["credit"]}, "only stand beside money"),
        ({"remedy": "kiss"}, "'kiss' is not a valid Remedy"),
        ({"why": ""}, "why must be there"),
        ({"fault": "moon"}, "fault must be"),
        ({"of": "life"}, "of must be one of shipping"),
        ({"percent": 101}, "between 0 and 100"),
        ({"percent": "10"}, "percent must be a number"),
        ({"cap": -1}, "cap must be a number"),
        ({"alternatives": "credit"}, "alternatives must be a list"),
        ({"if_review": "positive"}, "if_review is not a key"),
    ],
)
def test_a_line_that_must_not_be_is_refused(line, sentence):
    with pytest.raises(BadTable, match=f"own.toml: line 2: .*{sentence}"):
        read_table({"line": [GOOD, GOOD | line]}, "own.toml")


def test_a_table_of_something_else_is_refused():
    for written in ({"line": 3}, {"lines": []}):
        with pytest.raises(BadTable, match="nothing else"):
            read_table(written, "own.toml")


def test_a_table_without_an_answer_says_so():
    with pytest.raises(BadTable, match="end the table"):
        propose(read_table({"line": [GOOD]}, "own.toml"), "b", Fault.SHOP, PAID)
