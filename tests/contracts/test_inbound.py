"""Rows from outside against their contracts: by name, one by one, and cheaply."""

import json
import time
from pathlib import Path

import pytest

from postventa.contract_terms import ContractError
from postventa.inbound_contracts import broken_rules, inbound

SAMPLES = Path(__file__).parent.parent / "connectors"


def an_order():
    (path,) = SAMPLES.rglob("woo_order_refunded.json")
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_good_order_keeps_its_contract_and_a_bad_one_is_told_by_its_rule():
    orders = inbound("woocommerce", "order")
    assert orders.broken(an_order()) is None
    assert orders.broken(an_order() | {"total": None}) == "total_required: total is missing"
    assert orders.broken(an_order() | {"currency": "eur"}).startswith(
        "currency_pattern: currency is written as ^[A-Z]{3}$"
    )


def test_the_rules_that_rows_break_are_told_once_each():
    events = [{"timestamp": "2026-11-04T10:00:00"}, {"timestamp": None}, {}, {"timestamp": "yesterday"}]
    told = broken_rules(inbound("dhl", "event"), events)
    assert [one.partition(":")[0] for one in told] == ["timestamp_required", "timestamp_pattern"]


def test_a_row_of_a_form_is_told_by_its_rule():
    rows = inbound("survey_answers", "row")
    assert rows.broken({"order": "1001", "answered_at": "", "key": ""}) is None
    assert rows.broken({"order": "x" * 65}) == "order_length: order has at most 64 characters."


def test_a_table_that_is_not_described_is_an_error():
    with pytest.raises(ContractError, match="there is no schema parcel"):
        inbound("dhl", "parcel")


def test_an_order_costs_less_than_twenty_microseconds():
    orders, order = inbound("woocommerce", "order"), an_order()
    began = time.process_time()
    for _ in range(2000):
        orders.broken(order)
    assert (time.process_time() - began) / 2000 < 20e-6
