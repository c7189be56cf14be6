"""What Medusa's orders mean, by payloads recorded from running servers (2.21.2)."""

import copy
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from postventa.connectors.shops import _medusa_reading as reading
from postventa.connectors.shops._medusa_fields import FIELDS, said_once
from postventa.inbound_contracts import inbound
from postventa.news import NotUnderstood
from postventa.rules.orders import FulfilmentState, OrderState, PaymentState

SAMPLES = Path(__file__).parent / "samples"
NAMES = ("shipped", "refunded", "returned", "refunded_with_credit", "cancelled_in_yen")
HABITS = reading.Habits(
    invoice_number_meta_keys=("factura",),
    consent_meta_keys=("marketing_opt_in",),
    einvoice_consent_meta_keys=("fe",),
)


def sample(name, **fields):
    raw = json.loads((SAMPLES / f"medusa_order_{name}.json").read_text(encoding="utf-8"))
    return copy.deepcopy(raw) | fields


def read(name, **fields):
    return reading.read_order(sample(name, **fields), HABITS)


def states(news):
    return news.order_state, news.payment_state, news.fulfilment_state


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_order_keeps_its_contract_and_its_parts_come_to_its_total(name):
    raw = sample(name)
    if name == "refunded":  # recorded without its credit line, which is asked for now
        raw["credit_lines"] = [{"amount": 41.17, "reference": "payment_collection"}]
    assert inbound("medusa", "order").broken(raw) is None
    news = reading.read_order(raw, HABITS)
    parts = [line.net + line.tax for line in news.lines] + [one.net + one.tax for one in news.charges]
    rounding = Decimal("0.02") if news.currency == "EUR" else Decimal(1)
    assert abs(sum(parts) - news.total) <= rounding
    assert abs(sum(tax.amount for tax in news.taxes) - news.tax_total) <= rounding


def test_a_shipped_order_is_read_whole():
    news = read("shipped")
    assert (news.ref, news.number) == ("order_01M808V0R8ESZD6EF6BTN6F03E", "2")
    assert news.placed_at == datetime(2026, 7, 27, 9, 34, 57, 35000, tzinfo=UTC)
    assert (news.currency, news.language, news.payment_method) == ("EUR", "es", "")
    assert (news.customer.ref, news.customer.email) == (
        None,
        "cliente056@correo.example",
    )  # a guest has an id too
    assert (news.customer.name, news.customer.phone) == ("Lucía García Peña", "+34612345678")
    assert news.customer.wants_advertising is True
    assert news.shipping is not None
    assert (news.shipping.lines, news.shipping.postcode) == (("Calle Mayor 1",), "28013")
    assert (news.shipping.city, news.shipping.country) == ("Madrid", "ES")
    assert [(line.sku, line.quantity) for line in news.lines] == [("CAL-M", 2), ("CAL-M", 3), ("LIN-S", 2)]
    assert [(one.title, one.net, one.tax) for one in news.charges] == [
        ("Envío", Decimal("4.95"), Decimal("1.04"))
    ]
    assert [(tax.label, tax.percent) for tax in news.taxes] == [("IVA", 21)]


def test_status_is_pending_for_life_and_the_computed_states_count():
    assert sample("shipped")["status"] == "pending"
    news = read("shipped")
    assert states(news) == (OrderState.OPEN, PaymentState.PAID, FulfilmentState.DELIVERED)
    assert news.raw_status == "pending/captured/delivered"


def test_amounts_with_three_decimals_are_rounded_to_what_can_be_paid():
    assert sample("shipped")["total"] == 189.607
    assert read("shipped").total == Decimal("189.61")
    assert next(line.net + line.tax for line in read("shipped").lines) == Decimal("40.54")


def test_yen_have_no_decimals_and_a_float_is_read_as_it_was_written():
    news = read("cancelled_in_yen")
    assert (news.currency, news.total, news.tax_total) == ("JPY", 27, 5)
    assert reading.exact(0.1, "amount") == Decimal("0.1")
    with pytest.raises(NotUnderstood, match="total must be an amount such as"):
        read("shipped", total=float("nan"))


def test_tracking_is_in_the_labels_of_fulfilments_with_the_lines_that_are_in_the_parcel():
    (parcel,) = read("shipped").parcels
    assert (parcel.tracking_number, parcel.carrier) == ("61338188919", "Envío")
    assert parcel.tracking_url == "https://track.example/61338188919"
    assert parcel.shipped_at == datetime(2026, 11, 22, 0, 0, 5, 431000, tzinfo=UTC)
    assert len(parcel.line_refs) == 3


@pytest.mark.parametrize(
    ("fields", "carrier"),
    [
        ({"metadata": {"carrier": "SEUR"}, "provider_id": "dhl_dhl"}, "SEUR"),
        ({"provider_id": "dhl_dhl"}, "dhl"),
        ({}, "Envío"),
    ],
)
def test_a_parcels_carrier_is_what_staff_wrote_else_the_service_else_the_choice_of_delivery(fields, carrier):
    raw = sample("shipped")
    raw["fulfillments"][0] |= fields
    assert reading.read_order(raw, HABITS).parcels[0].carrier == carrier


def test_a_fulfilment_that_was_called_off_sends_no_parcel_and_cancels_no_order():
    raw = sample("shipped", fulfillment_status="canceled")
    raw["fulfillments"][0]["canceled_at"] = "2026-11-22T00:00:06.000Z"
    news = reading.read_order(raw, HABITS)
    assert news.parcels == ()
    assert states(news) == (OrderState.OPEN, PaymentState.PAID, FulfilmentState.UNFULFILLED)


def test_a_label_without_a_number_or_with_a_dangerous_link_is_no_parcel_and_no_link():
    raw = sample("shipped")
    raw["fulfillments"][0]["labels"] = [
        {"tracking_number": "", "tracking_url": "https://x.example"},
        {"tracking_number": "61 33", "tracking_url": "javascript:alert(1)"},
        {"tracking_number": "6133", "tracking_url": "https://x.example"},
    ]
    (parcel,) = reading.read_order(raw, HABITS).parcels
    assert (parcel.tracking_number, parcel.tracking_url) == ("6133", "")


def test_a_refund_takes_nothing_off_the_total_although_medusa_lowers_it_by_a_credit_line():
    assert sample("refunded_with_credit")["total"] == 14.52
    news = read("refunded_with_credit")
    assert (news.total, news.tax_total, news.discount) == (Decimal("26.62"), Decimal("4.62"), Decimal(2))
    assert [(one.amount, one.reason) for one in news.refunds] == [(Decimal("12.10"), "rota")]
    assert news.payment_state is PaymentState.PARTIALLY_REFUNDED
    assert news.coupons == ("HOLA10",)


def test_a_return_takes_nothing_off_the_sale_although_medusa_halves_the_line():
    raw = sample("returned")
    assert (raw["total"], raw["items"][0]["total"], raw["items"][0]["quantity"]) == (15.73, 10.89, 2)
    news = read("returned")
    (line,) = news.lines
    assert (line.quantity, line.net, line.tax) == (2, Decimal(18), Decimal("3.78"))
    assert (line.net_before, line.tax_before) == (Decimal(20), Decimal("4.20"))
    assert (news.total, news.tax_total, news.discount) == (Decimal("26.62"), Decimal("4.62"), Decimal(2))
    assert [(tax.label, tax.amount) for tax in news.taxes] == [("IVA", Decimal("4.62"))]


def test_an_order_of_which_all_came_back_is_still_the_sale_that_it_was():
    raw = sample("returned", total=4.84, tax_total=0.84)
    raw["items"][0] |= {"total": 0, "tax_total": 0, "original_total": 0, "original_tax_total": 0}
    raw["items"][0]["detail"] |= {"return_received_quantity": 1, "return_dismissed_quantity": 1}
    news = reading.read_order(raw, HABITS)
    assert (news.total, news.lines[0].net, news.lines[0].tax) == (Decimal("26.62"), 18, Decimal("3.78"))
    raw["items"][0] |= {"is_tax_inclusive": True, "unit_price": 12.1}
    assert reading.read_order(raw, HABITS).lines[0].net == 18


def test_a_cancelled_order_is_worth_what_it_was_although_medusa_says_nothing():
    assert sample("cancelled_in_yen")["total"] == 0
    news = read("cancelled_in_yen")
    assert states(news) == (OrderState.CANCELLED, PaymentState.REFUNDED, FulfilmentState.CANCELLED)
    assert news.total == 27


def test_what_was_paid_by_credit_is_a_charge_below_nothing():
    raw = sample("refunded_with_credit", total=9.52)
    raw["credit_lines"].append({"amount": 5, "reference": "store-credit"})
    news = reading.read_order(raw, HABITS)
    assert news.total == Decimal("21.62")
    assert [(one.kind, one.title, one.net) for one in news.charges][-1] == ("fee", "store-credit", -5)


def test_less_than_a_cent_cannot_be_given_back_so_the_order_is_refunded_whole():
    """189.607 were captured, and staff gave back 189.60: Medusa calls that partial for ever."""
    raw = sample("shipped", payment_status="partially_refunded")
    pay = raw["payment_collections"][0]["payments"][0]
    pay["refunds"] = [{"id": "ref_1", "amount": 189.6, "created_at": "2026-11-22T00:00:09.000Z"}]
    assert reading.read_order(raw, HABITS).payment_state is PaymentState.REFUNDED
    pay["refunds"][0]["amount"] = 189.59
    assert reading.read_order(raw, HABITS).payment_state is PaymentState.PARTIALLY_REFUNDED


@pytest.mark.parametrize("stamp", [None, "2026-11-22T00:00:09.000Z"])
def test_an_archived_order_was_cancelled_if_it_says_when(stamp):
    news = read("shipped", status="archived", canceled_at=stamp)
    assert news.order_state is (OrderState.CANCELLED if stamp else OrderState.COMPLETED)


@pytest.mark.parametrize("field", ["status", "payment_status", "fulfillment_status"])
def test_a_state_that_nobody_has_explained_is_named_and_never_guessed(field):
    with pytest.raises(NotUnderstood, match=f"{field} is 'teleported', which nobody has explained"):
        read("shipped", **{field: "teleported"})


@pytest.mark.parametrize(
    ("fields", "language"),
    [
        ({"locale": "ca-ES"}, "ca"),
        ({"locale": None}, "es"),
        ({"locale": None, "metadata": {"lang": "EU"}}, "eu"),
        ({"locale": None, "metadata": None}, None),
    ],
)
def test_the_language_is_the_orders_own_else_what_its_metadata_says(fields, language):
    assert read("shipped", **fields).language == language


def test_what_medusa_has_no_field_for_is_read_from_the_keys_that_the_shop_names():
    news = read("shipped", metadata={"factura": "F-12", "fe": "no", "marketing_opt_in": False})
    assert (news.invoice_number, news.customer.einvoice_consent) == ("F-12", False)
    assert news.customer.wants_advertising is False


def test_an_order_without_a_billing_address_is_billed_where_it_goes():
    news = read("shipped", billing_address=None, customer={"has_account": True})
    assert news.billing == news.shipping
    assert news.customer.ref == "cus_01M808V0MWFCRPCNVXAS0F6Q6F"


def test_every_number_is_kept_once():
    raw = {"total": 1.5, "raw_total": {"value": "1.5"}, "items": [{"raw_total": 1, "quantity": 2}]}
    assert said_once(raw) == {"total": 1.5, "items": [{"quantity": 2}]}


def test_a_stamp_without_its_zone_is_refused():
    with pytest.raises(NotUnderstood, match="created_at must be an instant with its zone"):
        read("shipped", created_at="2026-07-27T09:34:57")


def test_the_fields_that_are_asked_for_are_those_that_are_read():
    asked = set(FIELDS.split(","))
    assert {"credit_lines", "items", "shipping_methods"} == {
        one[1:] for one in asked if one.startswith("*") and "." not in one
    }
