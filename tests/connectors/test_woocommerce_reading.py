"""What a raw WooCommerce order means."""

import copy
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from postventa.connectors.shops._woocommerce_reading import Habits, read_order, read_refund
from postventa.connectors.shops._woocommerce_tracking import announced
from postventa.news import NotUnderstood
from postventa.rules.orders import FulfilmentState, OrderState, PaymentState
from postventa.shipped import shipped

SAMPLES = Path(__file__).parent / "samples"
HABITS = Habits(
    shop="tienda",
    statuses={"en-taller": FulfilmentState.IN_PREPARATION},
    tracking_meta_keys=("_aftership_tracking_items", "_tracking_number"),
    invoice_number_meta_keys=("_wcpdf_invoice_number",),
    einvoice_consent_meta_keys=("_einvoice_consent",),
)


def sample(name):
    return json.loads((SAMPLES / f"woo_{name}.json").read_text(encoding="utf-8"))


def an_order(**changes):
    return sample("order_refunded") | {"refunds": []} | changes


def with_meta(*pairs, **changes):
    return an_order(meta_data=[{"id": 1, "key": key, "value": value} for key, value in pairs], **changes)


def read(raw):
    return read_order(raw, HABITS)


def states(raw):
    news = read(raw)
    return news.order_state.value, news.payment_state.value, news.fulfilment_state.value


def test_a_captured_order_is_read_whole():
    news = read(sample("order_refunded"))
    assert (news.ref, news.number, news.raw_status, news.currency) == ("299", "299", "completed", "EUR")
    assert news.placed_at == datetime(2026, 11, 11, 10, 48, 51, tzinfo=UTC)
    assert news.modified_at == datetime(2026, 11, 15, 23, 5, 15, tzinfo=UTC)
    assert news.customer.ref == "21"
    assert news.customer.email == "cliente029@correo.example"
    assert news.customer.name == "Iñaki Muñoz"
    assert news.billing.lines == ("Hauptstraße 9", "Esc. B")
    assert news.shipping is not None
    assert news.language == "es"
    assert news.needs_shipping
    assert news.prices_include_tax
    assert news.payment_method == "Pago"
    assert [(c.kind, c.net, c.tax) for c in news.charges] == [("shipping", Decimal("4.09"), Decimal("0.86"))]
    assert [(t.label, t.percent, t.amount) for t in news.taxes] == [("IVA", Decimal(21), Decimal("69.86"))]


def test_lines_and_charges_add_up_to_the_total():
    for name in ("order_refunded", "order_tracking_meta_AST"):
        news = read(sample(name))
        parts = [line.net + line.tax for line in news.lines] + [one.net + one.tax for one in news.charges]
        assert sum(parts) == news.total


def test_a_partial_refund_is_partial_and_positive():
    news = read(sample("order_refunded"))
    assert news.payment_state is PaymentState.PARTIALLY_REFUNDED
    assert [(r.ref, r.order_ref, r.amount) for r in news.refunds] == [("300", "299", Decimal("139.80"))]


def test_refunds_that_sum_to_the_total_are_a_whole_refund():
    refunds = [{"id": 1, "total": "-402.00"}, {"id": 2, "total": "-0.55"}]
    assert read(an_order(refunds=refunds)).payment_state is PaymentState.REFUNDED


PAID, UNPAID = {"date_paid_gmt": "2026-11-11T10:50:21"}, {"date_paid_gmt": None}


@pytest.mark.parametrize(
    ("status", "changes", "expected"),
    [
        ("pending", UNPAID, ("open", "pending", "unfulfilled")),
        ("on-hold", UNPAID, ("open", "pending", "on_hold")),
        ("on-hold", PAID, ("open", "paid", "on_hold")),
        ("processing", PAID, ("open", "paid", "unfulfilled")),
        ("processing", UNPAID, ("open", "paid", "unfulfilled")),
        ("processing", UNPAID | {"payment_method": "cod"}, ("open", "pending", "unfulfilled")),
        ("processing", PAID | {"payment_method": "cod"}, ("open", "paid", "unfulfilled")),
        ("completed", PAID, ("completed", "paid", "shipped")),
        ("completed", PAID | {"shipping_lines": [], "shipping": []}, ("completed", "paid", "delivered")),
        ("cancelled", UNPAID, ("cancelled", "cancelled", "cancelled")),
        ("cancelled", PAID, ("cancelled", "paid", "cancelled")),
        ("refunded", {"date_completed_gmt": None}, ("cancelled", "refunded", "cancelled")),
        ("refunded", PAID, ("completed", "refunded", "shipped")),
        ("failed", UNPAID, ("open", "failed", "unfulfilled")),
        ("trash", UNPAID, ("cancelled", "cancelled", "cancelled")),
        ("checkout-draft", UNPAID, ("draft", "pending", "unfulfilled")),
        ("auto-draft", UNPAID, ("draft", "pending", "unfulfilled")),
        ("preparing", PAID, ("open", "paid", "in_preparation")),
        ("packed", UNPAID, ("open", "pending", "ready_to_ship")),
        ("awaiting-shipment", PAID, ("open", "paid", "ready_to_ship")),
        ("shipped", PAID, ("open", "paid", "shipped")),
        ("partial-shipped", PAID, ("open", "paid", "partially_shipped")),
        ("delivered", PAID, ("open", "paid", "delivered")),
        ("backordered", PAID, ("open", "paid", "backordered")),
        ("en-taller", PAID, ("open", "paid", "in_preparation")),
        ("wc-en-taller", PAID, ("open", "paid", "in_preparation")),
    ],
)
def test_each_status_stands_somewhere_on_three_axes(status, changes, expected):
    assert states(an_order(status=status, **changes)) == expected


def test_the_shops_own_table_goes_before_ours():
    habits = Habits("tienda", {"packed": FulfilmentState.SHIPPED}, (), (), ())
    assert read_order(an_order(status="packed"), habits).fulfilment_state is FulfilmentState.SHIPPED


def test_an_unknown_status_names_the_key_that_would_teach_it():
    with pytest.raises(NotUnderstood, match=r"order 299: status is 'rarísimo'.*shops\.tienda\.statuses"):
        read(an_order(status="rarísimo"))


def test_a_guest_has_no_ref_and_may_have_no_address_to_write_to():
    raw = an_order(customer_id=0)
    raw["billing"] = raw["billing"] | {"email": " Ana@Correo.example "}
    assert read(raw).customer.ref is None
    assert read(raw).customer.email == "Ana@Correo.example"
    raw["billing"]["email"] = ""
    assert read(raw).customer.email == ""


def test_the_number_may_differ_from_the_id():
    assert read(an_order(number="T-2026/77")).number == "T-2026/77"
    assert read(an_order(number=None)).number == "299"


def test_amounts_come_from_the_strings_and_never_from_the_price_float():
    raw = sample("order_refunded")
    raw["line_items"][0]["price"] = 0.1 + 0.2
    line = read(raw).lines[0]
    assert (line.net_before, line.net, line.tax) == (Decimal("115.54"), Decimal("115.54"), Decimal("24.26"))
    assert (line.quantity, line.product_ref, line.sku) == (Decimal(2), "26", "PAN-TRK-S")


def test_an_amount_keeps_the_shops_decimals_even_in_yen():
    assert str(read(an_order(total="24938.70", currency="JPY")).total) == "24938.70"


def test_fees_may_be_negative_and_coupons_keep_their_code():
    raw = an_order(
        fee_lines=[{"name": "Descuento socio", "total": "-5.00", "total_tax": "-1.05"}],
        coupon_lines=[{"code": "otoño10"}, {"code": ""}],
        discount_total="10.00",
    )
    news = read(raw)
    assert [(c.kind, c.title, c.net, c.tax) for c in news.charges][1:] == [
        ("fee", "Descuento socio", Decimal("-5.00"), Decimal("-1.05"))
    ]
    assert (news.coupons, news.discount) == (("otoño10",), Decimal("10.00"))


def test_a_rate_without_percent_and_one_with_half_points_are_both_kept():
    raw = an_order(tax_lines=[{"label": "IGIC", "tax_total": "1.00"}, {"label": "RE", "rate_percent": 5.2}])
    assert [(t.percent, t.amount) for t in read(raw).taxes] == [
        (None, Decimal("1.00")),
        (Decimal("5.2"), Decimal(0)),
    ]


def test_html_in_names_is_kept_for_whoever_prints_it():
    raw = sample("order_refunded")
    raw["line_items"][0] |= {"name": '<b onclick="x">Té</b> &amp; más', "meta_data": []}
    assert read(raw).lines[0].name == '<b onclick="x">Té</b> &amp; más'


def test_what_was_chosen_is_said_where_the_name_does_not_say_it():
    raw = sample("order_refunded")
    line = raw["line_items"][0]
    assert read(raw).lines[0].name == "Pantalón trekking - S"
    line["name"] = "Pantalón trekking"
    line["meta_data"] += [
        {"id": 1, "key": "grabado", "display_key": "Grabado", "display_value": "<p>Per a la\nNúria</p>"},
        {"id": 2, "key": "_reduced_stock", "display_key": "_reduced_stock", "display_value": "2"},
        {
            "id": 3,
            "key": "plugin",
            "value": {"any": "thing"},
            "display_key": "plugin",
            "display_value": {"any": 1},
        },
        {"id": 4, "key": "tipo", "display_key": "Tipo", "display_value": "Trekking"},
    ]
    assert read(raw).lines[0].name == "Pantalón trekking (Talla: S, Grabado: Per a la Núria)"


def test_needs_shipping_only_doubts_orders_without_shipping_lines():
    bare = {"shipping_lines": []}
    assert read(an_order(needs_processing=False)).needs_shipping
    assert read(an_order(needs_processing=True, **bare)).needs_shipping
    assert not read(an_order(needs_processing=False, **bare)).needs_shipping
    assert not read(an_order(needs_processing=True, shipping=[], **bare)).needs_shipping


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("wpml_language", "es", "es"),
        ("wpml_language", "pt-br", "pt"),
        ("pll_language", "ca_ES", "ca"),
        ("_pll_language", "EN", "en"),
        ("lang", "zh-hans", "zh"),
        ("lang", "", None),
        ("lang", "cat", None),
        ("lang", {"es": 1}, None),
        ("idioma", "es", None),
    ],
)
def test_the_language_is_two_letters_or_not_said(key, value, expected):
    assert read(with_meta((key, value))).language == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("yes", True),
        ("1", True),
        (1, True),
        ("TRUE", True),
        (True, True),
        ("no", False),
        (0, False),
        ("quizá", None),
        ("", None),
        ([], None),
    ],
)
def test_consent_to_electronic_invoices_is_yes_no_or_not_said(value, expected):
    assert read(with_meta(("_einvoice_consent", value))).customer.einvoice_consent is expected


def test_the_invoice_number_comes_from_the_configured_key():
    assert read(with_meta(("_wcpdf_invoice_number", "F-2026-0007"))).invoice_number == "F-2026-0007"
    assert read(with_meta(("_other", "F-1"))).invoice_number is None


# Tracking, from the four places.


def test_tracking_is_read_from_the_orders_own_meta():
    (parcel,) = read(sample("order_tracking_meta_AST")).parcels
    assert (parcel.tracking_number, parcel.carrier) == ("1Z124234705596", "UPS")
    assert parcel.shipped_at == datetime.fromtimestamp(1793845491, UTC)


def test_tracking_is_read_from_the_plugins_own_route():
    found = {"trackings": sample("shipment_trackings")}
    (parcel,) = read(an_order(_postventa_tracking=found)).parcels
    assert (parcel.tracking_number, parcel.carrier, parcel.shipped_at) == ("1Z124234705596", "", None)


def test_tracking_is_read_from_core_fulfilments():
    found = {"fulfillments": sample("order_fulfillments")}
    (parcel,) = read(an_order(_postventa_tracking=found)).parcels
    assert (parcel.tracking_number, parcel.carrier) == ("0048145035972", "mrw")
    assert parcel.tracking_url == "https://track.example/0048145035972"
    assert parcel.shipped_at == datetime(2026, 11, 21, 23, 48, 23, tzinfo=UTC)
    assert parcel.line_refs == ("1134", "1135", "1136", "1137")


@pytest.mark.parametrize("is_fulfilled", ["1", 1, True])
def test_a_fulfilment_counts_when_it_is_fulfilled_however_that_is_written(is_fulfilled):
    (one,) = sample("order_fulfillments")
    there = {"fulfillments": [one | {"is_fulfilled": is_fulfilled}]}
    assert len(read(an_order(_postventa_tracking=there)).parcels) == 1


@pytest.mark.parametrize(
    "change", [{"is_fulfilled": ""}, {"is_fulfilled": False}, {"date_deleted": "2026-11-22"}]
)
def test_a_draft_or_deleted_fulfilment_is_no_parcel(change):
    (one,) = sample("order_fulfillments")
    assert read(an_order(_postventa_tracking={"fulfillments": [one | change]})).parcels == ()


def test_tracking_announced_in_notes_is_found_oldest_first_and_nothing_else_is_kept():
    found = announced(sample("order_notes"))
    assert [one["tracking_number"] for one in found] == ["9343810787473", "0987654321", "0987654322"]
    assert {key for one in found for key in one} == {"tracking_provider", "tracking_number"}
    parcels = read(an_order(_postventa_tracking={"notes": found})).parcels
    assert len(parcels) == 3
    said = announced([{"note": "Order was shipped with Correos Express and tracking number is: PK1-2."}])
    assert said == [{"tracking_provider": "Correos Express", "tracking_number": "PK1-2"}]


def test_tracking_is_read_from_configured_meta_keys():
    aftership = [{"slug": "spain-correos-es", "tracking_number": "PK 1"}]
    news = read(with_meta(("_aftership_tracking_items", aftership), ("_tracking_number", "ZZ9")))
    assert [(p.tracking_number, p.carrier) for p in news.parcels] == [
        ("PK1", "spain-correos-es"),
        ("ZZ9", ""),
    ]
    as_text = read(with_meta(("_aftership_tracking_items", json.dumps(aftership))))
    assert [p.tracking_number for p in as_text.parcels] == ["PK1"]


def test_the_same_number_from_two_places_is_one_parcel_with_what_each_knows():
    item = {"tracking_provider": "", "custom_tracking_provider": "Transportes Pepe", "tracking_number": "A1"}
    later = {"tracking_number": "A1", "custom_tracking_link": "https://pepe.example/A1"}
    meta = ("_wc_shipment_tracking_items", [item])
    (parcel,) = read(with_meta(meta, ("_aftership_tracking_items", [later]))).parcels
    assert (parcel.carrier, parcel.tracking_url) == ("Transportes Pepe", "https://pepe.example/A1")


@pytest.mark.parametrize(
    "value", [None, "", [], {}, [{}], [None], 7.5, [{"tracking_number": " "}], "[broken", True]
)
def test_absurd_tracking_is_no_tracking(value):
    assert read(with_meta(("_wc_shipment_tracking_items", value))).parcels == ()


@pytest.mark.parametrize("stamp", ["", "ayer", None, "99999999999999", "-5", [], True, "0"])
def test_an_absurd_shipping_date_is_none(stamp):
    item = {"tracking_number": "A1", "date_shipped": stamp}
    assert read(with_meta(("_wc_shipment_tracking_items", [item]))).parcels[0].shipped_at is None


def test_a_link_that_is_no_web_address_is_dropped():
    item = {"tracking_number": "A1", "custom_tracking_link": "javascript:alert(1)"}
    assert read(with_meta(("_wc_shipment_tracking_items", [item]))).parcels[0].tracking_url == ""


# What is needed, and what is forgiven.


def contract():
    path = shipped("data_contracts") / "inbound" / "woocommerce.odcs.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def promised(required):
    (orders,) = [table for table in contract()["schema"] if table["name"] == "order"]
    return [p["name"] for p in orders["properties"] if bool(p.get("required")) is required]


def insists_on(field):
    raw = sample("order_refunded")
    del raw[field]
    try:
        read(raw)
    except NotUnderstood as reason:
        return f"{field} is missing" in str(reason)
    return False


def test_the_contract_requires_exactly_what_reading_insists_on():
    assert {field for field in sample("order_refunded") if insists_on(field)} == set(promised(required=True))


def test_the_contract_describes_only_fields_that_orders_have():
    assert set(promised(required=False)) <= set(sample("order_refunded"))


def test_a_bare_order_of_nothing_but_the_required_fields_is_read():
    whole = sample("order_refunded")
    news = read({field: whole[field] for field in promised(required=True)})
    assert news.order_state is OrderState.COMPLETED
    assert news.parcels == ()


@pytest.mark.parametrize("absurd", [None, [], {}, "", "x", 3.5, True, "NaN", "Infinity", "1e999999"])
@pytest.mark.parametrize(
    "field", ["id", "status", "currency", "total", "date_created_gmt", "date_modified_gmt"]
)
def test_absurd_values_in_needed_fields_name_the_field(field, absurd):
    if (field, absurd) == ("status", "x"):
        absurd = 9
    with pytest.raises(NotUnderstood) as reason:
        read(an_order(**{field: absurd}))
    assert field in str(reason.value) or f"shops.tienda.{field}" in str(reason.value)


@pytest.mark.parametrize("absurd", [None, {}, "x", 3, [None], [{}], [{"total": 1.5, "quantity": 1}]])
def test_absurd_lines_are_refused_by_name(absurd):
    with pytest.raises(NotUnderstood, match=r"order 299: line_items"):
        read(an_order(line_items=absurd))


@pytest.mark.parametrize("absurd", [None, "x", 3, [1]])
def test_an_absurd_billing_address_is_refused_by_name(absurd):
    with pytest.raises(NotUnderstood, match="order 299: billing must be an object"):
        read(an_order(billing=absurd))


@pytest.mark.parametrize("absurd", [None, [], {}, "", "x", 3, [None], [{}], True])
def test_every_other_field_may_be_absurd(absurd):
    needed = set(promised(required=True))
    for field in sample("order_refunded"):
        if field in needed or (field == "refunds" and absurd == [{}]):
            continue
        raw = an_order(**{field: absurd})
        if field in {"discount_total", "total_tax"} and absurd not in (None, "", 3):
            with pytest.raises(NotUnderstood, match=field):
                read(raw)
        else:
            read(raw)


def test_phps_empty_objects_are_lists():
    news = read(an_order(billing=[], shipping=[], meta_data={}))
    assert (news.customer.email, news.shipping) == ("", None)


def test_complaints_hold_no_personal_data():
    raw = an_order(total="Ana Pérez, ana@example.org")
    with pytest.raises(NotUnderstood) as reason:
        read(raw)
    assert "Ana" not in str(reason.value)


def test_reading_changes_nothing_and_repeats_itself():
    raw = sample("order_refunded")
    before = copy.deepcopy(raw)
    assert read(raw) == read(raw)
    assert raw == before


def test_a_webhooks_body_reads_like_any_order():
    news = read(json.loads(sample("webhook_order_updated")["body"]))
    assert (news.ref, news.customer.ref, news.currency, news.language) == ("317", None, "GBP", "en")


def test_a_refund_of_the_whole_shops_list_names_its_order_and_lines():
    news = read_refund(sample("order_refunds")[0] | {"parent_id": 299})
    assert (news.ref, news.order_ref, news.amount) == ("300", "299", Decimal("139.80"))
    assert news.at == datetime(2026, 11, 15, 23, 5, 15, tzinfo=UTC)
    assert news.line_refs == ("1122",)


def test_a_refund_that_names_no_order_is_refused():
    with pytest.raises(NotUnderstood, match="refund 300: parent_id is missing"):
        read_refund(sample("order_refunds")[0])
