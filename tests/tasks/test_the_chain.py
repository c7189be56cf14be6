"""The chain from a shop's words to a customer's mailbox, told as what happens to one order or two."""

import email
import json
import re
from datetime import timedelta
from email import policy

import pytest
from an_order import PLACED, raw_order, stamp
from one_database import BOTH, store_url  # noqa: F401 - a fixture

from postventa.store.inbox import QuarantineRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import EventRow, OrderRow
from postventa.store.shipments import ScanRow, ShipmentRow

DELIVERED = ("delivered", "Delivered")
TRANSIT = ("transit", "Processed")
PAID_AT = {"date_paid_gmt": stamp(PLACED)}


def shipped(village, ref=1, *numbers, status="completed", **fields):
    numbers = numbers or (f"JD{ref}",)
    village.put(raw_order(ref, status, at=village.now, parcels=numbers, **fields))


@BOTH
def test_every_task_run_twice_changes_nothing(village):
    shipped(village, 1)
    village.put(raw_order(2, "preparing", **PAID_AT), raw_order(3, "cancelled"))
    village.scan("JD1", *TRANSIT)

    def stood():
        tables = (OrderRow, EventRow, OutboxRow, ShipmentRow, ScanRow)
        return {table.__tablename__: village.rows(table) for table in tables}

    assert village.poll() == 3
    assert village.poll() == 0
    assert village.move().applied == 3
    first = stood()
    assert village.move().applied == 0
    assert stood() == first
    assert village.look().asked == 1
    looked = stood()
    assert village.look().asked == 0
    assert stood() == looked
    assert sum(village.send().outcomes.values()) > 0
    told = stood()
    assert village.send().outcomes == {}
    assert stood() == told
    assert set(village.mailbox.told().values()) == {1}


@BOTH
def test_an_order_walks_the_whole_chain_and_is_told_each_step_once(village):
    steps = [
        ("pending", {}),
        ("processing", PAID_AT),
        ("preparing", PAID_AT),
        ("ready-to-ship", PAID_AT),
    ]
    for status, fields in steps:
        village.put(raw_order(1, status, at=village.now, **{"date_paid_gmt": None, **fields}))
        village.hear()
        village.send()
        village.later(hours=1)
    shipped(village)
    village.hear()
    village.send()
    village.later(hours=3)
    village.scan("JD1", *TRANSIT)
    village.look()
    village.later(days=1)
    village.scan("JD1", "transit", "Out for delivery")
    village.look()
    village.send()
    village.later(hours=2)
    village.scan("JD1", *DELIVERED)
    village.look()
    village.send()
    assert village.mailbox.of(1) == [
        "received",
        "paid",
        "in_preparation",
        "ready_to_ship",
        "shipped",
        "out_for_delivery",
        "delivered",
    ]
    assert village.rows(OrderRow)[0].stage == "delivered"


def test_an_order_that_jumps_from_paid_to_completed_is_not_told_four_stale_things(village):
    village.put(raw_order(1))
    village.hear()
    village.later(hours=30)
    shipped(village)
    village.hear()
    village.send()
    assert village.mailbox.of(1) == ["received", "paid", "shipped"]
    assert village.owed()["1:-:in_preparation:once"] == "suppressed superseded"
    assert village.owed()["1:-:ready_to_ship:once"] == "suppressed superseded"


def test_one_parcel_is_one_shipped_mail_and_one_delivered_mail(village):
    shipped(village)
    village.hear()
    village.send()
    village.later(days=1)
    village.scan("JD1", *DELIVERED)
    village.look()
    village.send()
    assert village.mailbox.of(1) == ["received", "paid", "shipped", "delivered"]


@BOTH
def test_two_parcels_are_two_shipped_mails_one_for_the_first_arrival_and_one_for_the_whole(village):
    """paypal-woocommerce#2131: no mail for the later shipments of an order."""
    shipped(village, 1, "JD1A", status="partial-shipped")
    village.hear()
    village.send()
    village.later(days=1)
    shipped(village, 1, "JD1A", "JD1B")
    village.hear()
    village.send()
    village.scan("JD1A", *DELIVERED)
    village.look()
    village.send()
    assert village.rows(OrderRow)[0].stage == "shipped"
    village.later(days=1)
    village.scan("JD1B", *DELIVERED)
    village.look()
    village.send()
    assert village.mailbox.of(1) == ["received", "paid", "shipped", "shipped", "delivered", "delivered"]
    parcels = {row.id: row.tracking_number for row in village.rows(ShipmentRow)}
    told = [parcels.get(row.shipment_id) for row in village.rows(OutboxRow) if row.message == "delivered"]
    assert told == ["JD1A", None]


def test_two_parcels_that_arrive_at_once_are_told_as_the_whole_order(village):
    shipped(village, 1, "JD1A", "JD1B")
    village.hear()
    village.later(days=1)
    village.scan("JD1A", *DELIVERED)
    village.scan("JD1B", *DELIVERED)
    village.look()
    village.send()
    assert village.mailbox.of(1).count("delivered") == 1
    assert village.rows(OrderRow)[0].stage == "delivered"


def test_a_partial_delivery_is_not_a_delivery(village):
    shipped(village)
    village.hear()
    village.later(days=1)
    village.scan("JD1", "delivered", "Partial delivery: 1 of 2 pieces delivered")
    village.look()
    village.send()
    assert "delivered" not in village.mailbox.of(1)
    assert village.rows(ShipmentRow)[0].status == "in_transit"


def test_a_parcel_that_waits_at_a_pickup_point_is_announced_and_not_delivered(village):
    shipped(village)
    village.hear()
    village.later(days=1)
    village.scan("JD1", "transit", "The shipment is ready for pick-up at the DHL ServicePoint")
    village.look()
    village.send()
    assert village.mailbox.of(1)[-1] == "ready_for_pickup"
    assert village.rows(OrderRow)[0].stage == "shipped"
    village.later(days=1)
    village.scan("JD1", "delivered", "The recipient has collected the shipment")
    village.look()
    village.send()
    assert village.mailbox.of(1)[-1] == "delivered"


@BOTH
def test_an_unknown_carrier_code_is_quarantined_and_alerted_once_and_never_guessed(village):
    """karrio#478: what was not picked up was shown in transit."""
    shipped(village, 1)
    shipped(village, 2)
    village.hear()
    village.later(hours=3)
    for number in ("JD1", "JD2"):
        village.scan(number, "customs-hold", "Status HX-17")
    assert village.look().unknown_codes == ["customs-hold"]
    assert [row.status for row in village.rows(ShipmentRow)] == ["pending", "pending"]
    assert [row.status for row in village.rows(ScanRow)] == ["unknown", "unknown"]
    assert [(row.ref, row.times) for row in village.rows(QuarantineRow)] == [("customs-hold", 2)]
    village.later(hours=3)
    assert village.look().unknown_codes == []


def test_a_scan_that_is_not_understood_is_named_by_its_order_once_and_the_others_count(village, httpserver):
    def without_the_last_time(request):
        said = village.answer(request)
        if request.path.endswith("/track/shipments"):
            told = json.loads(said.get_data())
            del told["shipments"][0]["events"][-1]["timestamp"]
            said.set_data(json.dumps(told))
        return said

    httpserver.clear()
    httpserver.expect_request(re.compile(".")).respond_with_handler(without_the_last_time)
    shipped(village, 1)
    village.hear()
    village.later(hours=3)
    village.scan("JD1", "pre-transit", "Label made")
    village.scan("JD1", "transit", "Picked up", after=timedelta(minutes=1))
    assert village.look().not_understood == ["tienda:1"]
    assert [row.raw_text for row in village.rows(ScanRow)] == ["Label made"]
    village.later(hours=3)
    assert village.look().not_understood == []


def test_goods_paid_on_delivery_are_told_as_paid_when_the_money_came(village):
    village.put(raw_order(1, payment_method="cod"))
    village.hear()
    village.send()
    assert village.mailbox.of(1) == ["received"]
    assert village.rows(OrderRow)[0].payment_state == "pending"
    village.later(days=1)
    shipped(village, payment_method="cod", date_paid_gmt=stamp(village.now))
    village.hear()
    village.send()
    assert sorted(village.mailbox.of(1)) == ["paid", "received", "shipped"]


def test_amounts_that_do_not_add_up_block_the_receipt_and_the_run_is_told(village):
    village.put(raw_order(1, total="99.00"), raw_order(2))
    village.hear()
    sent = village.send()
    assert village.mailbox.of(1) == []
    assert village.mailbox.of(2) == ["received", "paid"]
    assert village.owed()["1:-:received:once"] == "suppressed amount_mismatch"
    assert len(sent.trouble) == 2
    assert all("tienda:1" in one and "amount_mismatch" in one for one in sent.trouble)

    village.put(raw_order(1, at=PLACED + timedelta(minutes=5)))  # the shop corrects its order
    village.hear()
    village.send()
    assert village.mailbox.of(1) == ["received", "paid"]


@pytest.mark.parametrize(
    ("meta", "language"),
    [("ca", "ca"), ("en_GB", "en"), ("es", "es"), ("de", "es"), (None, "es")],
)
def test_each_customer_reads_the_language_of_the_order_and_nobody_the_machines(village, meta, language):
    """PrestaShop#24499 and four more: from cron, mails went out in the language of the context."""
    named = [{"id": 1, "key": "wpml_language", "value": meta}] if meta else []
    village.put(raw_order(1, "pending", meta_data=named))
    village.put(raw_order(2, "pending", meta_data=[{"id": 1, "key": "wpml_language", "value": "en"}]))
    village.hear()
    village.send()
    written = {
        letter.order: email.message_from_bytes(letter.raw)["Content-Language"]
        for letter in village.mailbox.letters
    }
    assert written == {"1": language, "2": "en"}


def test_an_order_in_another_currency_names_it_and_only_it(village):
    village.put(
        raw_order(
            1,
            "pending",
            currency="GBP",
            meta_data=[{"id": 1, "key": "wpml_language", "value": "en"}],
        )
    )
    village.hear()
    village.send()
    mail = email.message_from_bytes(village.mailbox.letters[0].raw, policy=policy.default)
    text = mail.get_body(("plain",)).get_content()
    assert "£16.94" in text
    assert "€" not in text


def test_a_guest_is_a_customer_and_is_told_like_any_other(village):
    """gumroad#6652: guests were more than half of the purchases."""
    village.put(raw_order(1, customer_id=0), raw_order(2, customer_id=77))
    village.hear()
    village.send()
    assert village.mailbox.of(1) == village.mailbox.of(2) == ["received", "paid"]


def test_an_order_without_an_address_is_kept_and_nobody_is_written_to(village):
    nobody = raw_order(1)
    nobody["billing"]["email"] = ""
    village.put(nobody)
    village.hear()
    assert village.send().outcomes == {"suppressed": 2}
    assert set(village.owed().values()) == {"suppressed missing_contact"}


def test_tracking_that_comes_days_after_shipping_announces_the_parcel_and_not_the_order_twice(village):
    village.put(raw_order(1, "completed", at=village.now))
    village.hear()
    assert village.send().outcomes == {"sent": 2}
    village.later(hours=2)
    silent = raw_order(1, "completed", parcels=["JD1"])
    silent["date_modified_gmt"] = village.orders[1]["date_modified_gmt"]  # as plugins write it
    village.put(silent)
    village.hear()
    village.later(hours=3)
    village.hear()
    village.send()
    village.later(hours=3)
    village.send()
    assert village.mailbox.of(1) == ["received", "paid", "shipped"]
    assert village.rows(ShipmentRow)[0].tracking_number == "JD1"


def test_an_order_on_hold_waits_and_goes_on_where_it_was(village):
    village.put(raw_order(1))
    village.hear()
    village.send()
    village.later(hours=1)
    village.put(raw_order(1, "preparing", at=village.now, **PAID_AT))
    village.hear()
    village.later(minutes=1)
    village.put(raw_order(1, "on-hold", at=village.now, **PAID_AT))
    village.hear()
    assert village.send().outcomes == {"deferred": 1}
    village.later(hours=1)
    village.put(raw_order(1, "preparing", at=village.now, **PAID_AT))
    village.hear()
    village.send()
    assert village.mailbox.of(1) == ["received", "paid", "in_preparation"]


def test_a_status_that_goes_back_and_forth_tells_nothing_twice(village):
    """WooCommerce#27791: a wrong mail, repeated after a detour of the status."""
    for status in ("processing", "on-hold", "processing", "failed", "processing", "pending", "processing"):
        village.put(raw_order(1, status, at=village.later(minutes=5), **PAID_AT))
        village.hear()
        village.send()
    assert village.mailbox.of(1) == ["received", "paid"]


def test_a_payment_reported_twice_a_minute_apart_is_confirmed_once(village):
    """WooCommerce#13963 and shopify-api-js#916: payment_complete called twice, two to thirteen mails."""
    for _ in range(3):
        village.put(raw_order(1, at=village.later(minutes=1), transaction_id=str(village.now)))
        village.hear()
        village.send()
    assert village.mailbox.of(1) == ["received", "paid"]


def test_news_that_comes_in_the_wrong_sequence_ends_where_the_shop_is(village):
    """Shopify/shopify-app-js#603: updated before created."""
    newer = raw_order(1, "preparing", at=PLACED + timedelta(minutes=10), **PAID_AT)
    village.put(newer)
    village.hear()
    village.put(raw_order(1, at=PLACED + timedelta(minutes=1)))
    village.hear()
    village.put(newer)
    village.hear()
    village.send()
    assert village.rows(OrderRow)[0].stage == "in_preparation"
    assert village.mailbox.of(1) == ["received", "paid", "in_preparation"]
