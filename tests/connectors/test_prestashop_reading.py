"""What a whole PrestaShop order means: its one state on three axes, its money, who bought it."""

import copy
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from postventa.connectors.shops._prestashop_reading import Habits, read_order, read_refund
from postventa.news import NotUnderstood
from postventa.rules.orders import FulfilmentState

AWAITING, PAID, PREPARING, SHIPPED, DELIVERED, CANCELED, REFUND, ERROR, BACKORDER = map(str, range(1, 10))
WORKSHOP, PACKED, COURIER = "14", "15", "16"
FLAGS = {
    AWAITING: ("awaiting", 0, 0, 0),
    PAID: ("paid", 1, 0, 0),
    PREPARING: ("in_preparation", 1, 1, 0),
    SHIPPED: ("shipped", 1, 1, 1),
    DELIVERED: ("delivered", 1, 1, 1),
    CANCELED: ("cancelled", 0, 0, 0),
    REFUND: ("refunded", 0, 0, 0),
    ERROR: ("failed", 0, 0, 0),
    BACKORDER: ("backordered", 1, 0, 0),
    WORKSHOP: ("", 0, 0, 0),
    PACKED: ("", 1, 1, 0),
    COURIER: ("", 1, 1, 1),
}
NAMES = {WORKSHOP: [{"id": "1", "value": "En taller"}, {"id": "2", "value": "Al taller"}]}


def habits(**statuses):
    return Habits("tienda", {key: FulfilmentState(goods) for key, goods in statuses.items()}, ("newsletter",))


def an_order(*passed, **changes):
    """An order that went through these states, an hour each, and stands at the last."""
    history = [
        {"id": at + 1, "id_order_state": state, "date_add": f"2026-11-02 {9 + at:02d}:00:00"}
        for at, state in enumerate(passed)
    ]
    states = {
        ref: {
            "id": int(ref),
            "name": NAMES.get(ref, f"state {ref}"),
            "role": role,
            "paid": str(paid),
            "delivery": str(delivery),
            "shipped": str(shipped),
        }
        for ref, (role, paid, delivery, shipped) in FLAGS.items()
        if ref in passed
    }
    found = {
        "zone": "Europe/Madrid",
        "modified_at": "2026-11-02T12:00:00+00:00",
        "currency": "EUR",
        "language": "ca",
        "customer": {
            "id": 3,
            "email": "a@client.example",
            "firstname": "Aina",
            "lastname": "Roca",
            "is_guest": "0",
        },
        "invoice": {
            "firstname": "Aina",
            "lastname": "Roca",
            "address1": "Nou 1",
            "city": "Olot",
            "country": "ES",
        },
        "delivery": {"address1": "Nou 1", "city": "Olot", "country": "ES"},
        "carrier": {"id": 1, "name": "SEUR", "url": ""},
        "lines": [a_line(1, "20.000000", "24.200000", 2)],
        "parcels": [],
        "history": history,
        "states": states,
        "slips": [],
        "vouchers": [],
    }
    raw = {
        "id": 7,
        "reference": "ABCDEFGHI",
        "current_state": passed[-1],
        "date_add": "2026-11-02 09:00:00",
        "date_upd": "2026-11-02 13:00:00",
        "module": "ps_wirepayment",
        "payment": "Transferencia",
        "id_carrier": "1",
        "total_paid_tax_incl": "29.040000",
        "total_paid_tax_excl": "24.000000",
        "total_shipping_tax_incl": "4.840000",
        "total_shipping_tax_excl": "4.000000",
    }
    inside = {key: changes.pop(key) for key in list(changes) if key in found}
    return raw | changes | {"_postventa": found | inside}


def a_line(ref, net, gross, quantity=1):
    return {
        "id": ref,
        "product_id": "9",
        "product_name": f"Tassa {ref}",
        "product_reference": f"T-{ref}",
        "product_quantity": str(quantity),
        "total_price_tax_excl": net,
        "total_price_tax_incl": gross,
    }


def a_slip(gross, net="0.000000", **changes):
    return {
        "id": 1,
        "id_order": "7",
        "amount": net,
        "date_add": "2026-11-04 09:00:00",
        "total_products_tax_incl": gross,
        "total_products_tax_excl": net,
    } | changes


def states(*passed, **changes):
    own = changes.pop("own", {})
    news = read_order(an_order(*passed, **changes), habits(**own))
    return news.order_state.value, news.payment_state.value, news.fulfilment_state.value


@pytest.mark.parametrize(
    ("passed", "meant"),
    [
        ((AWAITING,), ("open", "pending", "unfulfilled")),
        ((PAID,), ("open", "paid", "unfulfilled")),
        ((AWAITING, PAID, PREPARING), ("open", "paid", "in_preparation")),
        ((PAID, SHIPPED), ("open", "paid", "shipped")),
        ((PAID, SHIPPED, DELIVERED), ("completed", "paid", "delivered")),
        ((AWAITING, CANCELED), ("cancelled", "cancelled", "cancelled")),
        ((PAID, CANCELED), ("cancelled", "paid", "cancelled")),
        ((PAID, REFUND), ("cancelled", "refunded", "cancelled")),
        ((PAID, SHIPPED, REFUND), ("completed", "refunded", "shipped")),
        ((ERROR,), ("open", "failed", "unfulfilled")),
        ((BACKORDER,), ("open", "paid", "backordered")),
        ((AWAITING, SHIPPED, DELIVERED, PAID), ("completed", "paid", "delivered")),
        ((PACKED,), ("open", "paid", "in_preparation")),
        ((COURIER,), ("open", "paid", "shipped")),
    ],
)
def test_a_state_is_read_by_the_shops_note_of_which_it_is_and_else_by_its_flags(passed, meant):
    """Delivered and shipped have the same flags, so have cancelled, failed and awaiting: the notes tell them apart."""
    assert states(*passed) == meant


@pytest.mark.parametrize(
    "own",
    [
        {"14": "in_preparation"},
        {"En taller": "in_preparation"},
        {" al TALLER ": "in_preparation"},
    ],
)
def test_the_shops_own_state_is_explained_by_its_number_or_by_its_name_in_any_language(own):
    assert states(PAID, WORKSHOP, own=own) == ("open", "paid", "in_preparation")


def test_the_shops_own_table_goes_before_everything_and_may_say_that_a_state_cancels():
    assert states(PREPARING, own={"3": "ready_to_ship"})[2] == "ready_to_ship"
    assert states(AWAITING, WORKSHOP, own={"14": "cancelled"}) == ("cancelled", "cancelled", "cancelled")


def test_a_state_that_nothing_explains_is_named_with_its_number_and_names_and_never_guessed():
    with pytest.raises(
        NotUnderstood, match=r"order 7: current_state is 14 \('En taller', 'Al taller'\).*statuses"
    ):
        states(PAID, WORKSHOP)
    with pytest.raises(NotUnderstood, match="no such state any more"):
        states(PAID, current_state="99")


def test_cash_on_delivery_is_not_paid_when_its_order_is_prepared_whatever_the_flags_say():
    cash = {"module": "ps_cashondelivery"}
    assert states(AWAITING, PREPARING, **cash) == ("open", "pending", "in_preparation")
    assert states(AWAITING, PREPARING, SHIPPED, **cash)[1] == "pending"
    assert states(AWAITING, SHIPPED, DELIVERED, **cash)[1] == "paid"
    news = read_order(an_order(AWAITING, SHIPPED, PAID, **cash), habits())
    assert news.paid_at == datetime(2026, 11, 2, 10, tzinfo=UTC)
    assert news.fulfilment_state.value == "shipped"


def test_times_are_the_shops_own_and_come_from_its_history():
    news = read_order(an_order(AWAITING, PAID, SHIPPED, DELIVERED), habits())
    assert news.placed_at == datetime(2026, 11, 2, 8, tzinfo=UTC)
    assert news.paid_at == datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert news.completed_at == datetime(2026, 11, 2, 10, tzinfo=UTC)
    assert read_order(an_order(AWAITING), habits()).paid_at is None


@pytest.mark.parametrize(
    ("slips", "money"),
    [
        ([a_slip("12.100000", "10.000000")], "partially_refunded"),
        ([a_slip("24.200000", "20.000000", total_shipping_tax_incl="4.840000")], "refunded"),
        (
            [a_slip("12.100000", "10.000000"), a_slip("12.100000", "10.000000", id=2, amount="16.940000")],
            "refunded",
        ),
    ],
)
def test_credit_slips_are_refunds_and_add_up(slips, money):
    news = read_order(an_order(PAID, SHIPPED, slips=slips), habits())
    assert news.payment_state.value == money
    assert [one.ref for one in news.refunds] == [str(one["id"]) for one in slips]
    assert news.refunds[0].at == datetime(2026, 11, 4, 8, tzinfo=UTC)


def test_a_discount_is_spread_over_the_lines_to_the_cent():
    lines = [a_line(at, "3.333333", "4.033333") for at in (1, 2, 3)]
    off = {"total_discounts_tax_incl": "1.210000", "total_discounts_tax_excl": "1.000000"}
    total = {"total_paid_tax_incl": "15.720000", "total_paid_tax_excl": "12.990000"}
    voucher = [{"id": 1, "name": "Bienvenida", "code": "", "free_shipping": "0"}]
    news = read_order(an_order(PAID, lines=lines, vouchers=voucher, **off, **total), habits())
    assert sum(one.net_before - one.net for one in news.lines) == Decimal("1.00")
    assert sum(one.tax_before - one.tax for one in news.lines) == Decimal("0.21")
    assert [one.net for one in news.lines] == [Decimal("3.00"), Decimal("2.99"), Decimal("3.00")]
    parts = [one.net + one.tax for one in (*news.lines, *news.charges)]
    assert sum(parts) == news.total
    assert news.coupons == ("Bienvenida",)  # the rule is gone: its name is what is left of it


def test_free_delivery_is_taken_off_the_delivery_and_not_off_the_goods():
    off = {"total_discounts_tax_incl": "4.840000", "total_discounts_tax_excl": "4.000000"}
    total = {"total_paid_tax_incl": "24.200000", "total_paid_tax_excl": "20.000000"}
    voucher = [{"id": 1, "name": "Portes gratis", "code": "PORTES", "free_shipping": "1"}]
    news = read_order(an_order(PAID, vouchers=voucher, **off, **total), habits())
    assert [(one.net, one.tax) for one in news.lines] == [(Decimal(20), Decimal("4.20"))]
    assert [(one.title, one.net) for one in news.charges] == [("SEUR", 0)]
    assert (news.discount, news.coupons) == (0, ("PORTES",))


def test_a_discount_of_more_than_the_goods_reaches_the_delivery_where_no_voucher_can_be_read():
    off = {"total_discounts_tax_incl": "29.040000", "total_discounts_tax_excl": "24.000000"}
    total = {"total_paid_tax_incl": "0.000000", "total_paid_tax_excl": "0.000000"}
    news = read_order(an_order(PAID, **off, **total), habits())
    assert sum(one.net + one.tax for one in (*news.lines, *news.charges)) == news.total == 0


def test_wrapping_is_a_fee_in_the_customers_language():
    wrapped = {"total_wrapping_tax_incl": "2.420000", "total_wrapping_tax_excl": "2.000000"}
    news = read_order(an_order(PAID, **wrapped), habits())
    assert [(one.kind, one.title, one.net) for one in news.charges][1:] == [("fee", "Embolcall de regal", 2)]


def test_a_carrier_called_nought_is_the_shop_itself():
    news = read_order(an_order(PAID, carrier={"id": 1, "name": "0", "url": ""}), habits())
    assert [one.title for one in news.charges] == [""]


def test_an_order_of_downloads_is_not_shipped():
    news = read_order(an_order(PAID, id_carrier="0", carrier=None), habits())
    assert (news.needs_shipping, news.shipping) == (False, None)


def test_a_guest_is_known_by_the_address_and_a_deleted_customer_by_nothing():
    guest = read_order(
        an_order(PAID, customer={"id": 3, "email": "a@client.example", "is_guest": "1"}), habits()
    )
    assert (guest.customer.ref, guest.customer.email, guest.customer.name) == (
        None,
        "a@client.example",
        "Aina Roca",
    )
    gone = read_order(an_order(PAID, customer=None, invoice=None), habits())
    assert (gone.customer.ref, gone.customer.email) == (None, "")


@pytest.mark.parametrize(("box", "said"), [("1", True), ("0", False), (None, None)])
def test_the_newsletters_box_is_heard_where_the_configuration_names_it(box, said):
    raw = an_order(PAID)
    if box is not None:
        raw["_postventa"]["customer"]["newsletter"] = box
    assert read_order(raw, habits()).customer.wants_advertising is said
    assert read_order(raw, Habits("tienda", {}, ())).customer.wants_advertising is None


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda raw: raw.update(total_paid_tax_incl="mucho"), "total_paid_tax_incl must be an amount"),
        (lambda raw: raw.update(date_add="0000-00-00 00:00:00"), "date_add must be a local time"),
        (lambda raw: raw["_postventa"].update(currency=""), "id_currency must be a currency"),
        (lambda raw: raw["_postventa"].update(zone="Marte"), "_postventa.zone must be a time zone"),
        (lambda raw: raw["_postventa"].update(modified_at=None), "_postventa.modified_at must be an instant"),
        (lambda raw: raw.update(_postventa=[]), "_postventa must be an object"),
        (
            lambda raw: raw["_postventa"]["lines"][0].update(product_quantity=""),
            r"lines\[0\].product_quantity",
        ),
    ],
)
def test_what_cannot_be_read_is_said_by_its_field_and_never_by_its_content(spoil, said):
    raw = an_order(PAID)
    spoil(raw)
    with pytest.raises(NotUnderstood, match=said) as told:
        read_order(raw, habits())
    assert "order 7" in str(told.value) or "_postventa must" in str(told.value)
    assert "mucho" not in str(told.value)


def test_a_credit_slip_that_cannot_be_read_is_said_by_its_field():
    with pytest.raises(NotUnderstood, match="credit slip 1: amount must be"):
        read_refund(a_slip("1.00", amount="x") | {"_postventa": {"zone": "Europe/Madrid"}})


def test_reading_changes_nothing_that_was_heard():
    raw = an_order(PAID, SHIPPED, slips=[a_slip("12.100000", "10.000000")])
    before = copy.deepcopy(raw)
    read_order(raw, habits())
    assert raw == before
