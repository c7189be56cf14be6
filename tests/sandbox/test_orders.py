from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from postventa.sandbox.lives import Did

START = datetime(2026, 11, 2, 8, tzinfo=UTC)


def test_an_order_has_the_keys_and_types_of_the_captured_one(grown, sample):
    captured = [sample("woo_order_refunded"), sample("woo_order_tracking_meta_AST")]
    keys = {*captured[0], *captured[1]}
    rows = ("line_items", "tax_lines", "shipping_lines", "refunds", "meta_data")
    seen = set()
    for order in grown.every_order():
        assert set(order) == keys
        for part in ("billing", "shipping"):
            assert set(order[part]) == set(captured[0][part])
        for name in rows:
            for row in order[name]:
                assert set(row) == set(captured[0][name][0]), name
                seen.add(name)
        assert set(order["_links"]) - {"customer"} == set(captured[0]["_links"]) - {"customer"}
        for key in keys:
            kinds = {type(one[key]) for one in captured if key in one}
            assert type(order[key]) in kinds | {
                type(None) if key.startswith("date_") else type(order[key])
            }, key
    assert seen == set(rows)


def test_the_lists_beside_an_order_have_the_keys_of_the_captured_ones(grown, sample):
    shop = grown.sandbox.shop
    fulfilled = next(order for order in shop.orders.values() if order.happened.fulfilled)
    listed = next(order for order in shop.orders.values() if order.happened.listed)
    for name, path, order in (
        ("woo_order_fulfillments", "wc/v3/orders/{}/fulfillments", fulfilled),
        ("woo_order_notes", "wc/v3/orders/{}/notes", fulfilled),
        ("woo_shipment_trackings", "wc-shipment-tracking/v3/orders/{}/shipment-trackings", listed),
    ):
        answer = grown.shop(path.format(order.id)).json()
        captured = sample(name)[0]
        assert set(answer[0]) == set(captured)
        assert {key: type(value) for key, value in answer[0].items()} == {
            key: type(value) for key, value in captured.items()
        }
    keys = {
        meta["key"] for meta in grown.shop(f"wc/v3/orders/{fulfilled.id}/fulfillments").json()[0]["meta_data"]
    }
    assert keys == {meta["key"] for meta in sample("woo_order_fulfillments")[0]["meta_data"]}


def test_every_order_adds_up_to_the_cent(grown):
    orders = [*grown.every_order(), *grown.every_order(status="trash")]
    assert len(orders) == 500
    for order in orders:

        def of(rows, key):
            return sum((Decimal(row[key]) for row in rows), Decimal(0))

        lines, charges = order["line_items"], [*order["shipping_lines"], *order["fee_lines"]]
        assert of(lines, "total") + of(charges, "total") + Decimal(order["total_tax"]) == Decimal(
            order["total"]
        )
        assert of(lines, "total_tax") + of(charges, "total_tax") == Decimal(order["total_tax"])
        assert of(order["tax_lines"], "tax_total") == Decimal(order["cart_tax"])
        assert of(order["tax_lines"], "shipping_tax_total") == Decimal(order["shipping_tax"])
        assert of(lines, "subtotal") - of(lines, "total") == Decimal(order["discount_total"])
        assert of(lines, "subtotal_tax") - of(lines, "total_tax") == Decimal(order["discount_tax"])
        assert of(order["coupon_lines"], "discount") == Decimal(order["discount_total"])
        for line in lines:
            assert of(line["taxes"], "total") == Decimal(line["total_tax"])
        if order["status"] == "refunded":
            assert of(order["refunds"], "total") == -Decimal(order["total"])


def test_a_line_tax_is_the_tax_inside_the_gross(grown):
    for order in grown.orders(per_page=100):
        rates = {row["rate_id"]: row["rate_percent"] for row in order["tax_lines"]}
        for line in order["line_items"]:
            gross = Decimal(line["total"]) + Decimal(line["total_tax"])
            for tax in line["taxes"]:
                exact = gross * rates[tax["id"]] / (100 + rates[tax["id"]])
                assert abs(exact - Decimal(tax["total"])) <= Decimal("0.005")


def test_a_life_unfolds_with_the_clock_and_back(small):
    shop = small.sandbox.shop
    order = next(
        order
        for order in shop.orders.values()
        if [change.value for change in order.changes if change.did is Did.STATUS]
        == ["preparing", "ready-to-ship", "completed"]
        and any(change.did is Did.TRACKED for change in order.changes)
    )
    seen = []
    for change in order.changes:
        small.at(change.at - timedelta(seconds=1))
        before = small.shop(f"wc/v3/orders/{order.id}")
        small.at(change.at)
        after = small.shop(f"wc/v3/orders/{order.id}").json()
        if change.did is Did.PLACED:
            assert before.status_code == 404
        else:
            assert before.json()["date_modified_gmt"] < after["date_modified_gmt"]
        assert after["date_modified_gmt"] == change.at.replace(tzinfo=None).isoformat()
        seen.append(after["status"])
    assert seen[0] == "processing"
    assert seen[-1] == "completed"
    assert "ready-to-ship" in seen
    small.at(order.placed_at)
    assert small.shop(f"wc/v3/orders/{order.id}").json()["status"] == "processing"


def test_what_only_the_plugin_knows_does_not_move_the_order(grown):
    orders = [order for order in grown.sandbox.shop.orders.values() if order.happened.listed]
    order = next(order for order in orders if len(order.parcels) == 1 and not order.happened.refunds)
    listed = next(change for change in order.changes if change.did is Did.LISTED)
    assert order.modified_at < listed.at
    payload = grown.shop(f"wc/v3/orders/{order.id}").json()
    assert "_wc_shipment_tracking_items" not in {meta["key"] for meta in payload["meta_data"]}


def test_cash_on_delivery_is_paid_when_the_order_is_completed(grown):
    orders = grown.every_order(status="completed")
    cash = [order for order in orders if order["payment_method"] == "cod"]
    assert cash
    assert all(order["date_paid"] == order["date_completed"] for order in cash)
    cards = [order for order in orders if order["payment_method"] == "stripe"]
    assert all(order["date_paid"] == order["date_created"] for order in cards)


@pytest.mark.parametrize("touch", [True, False])
def test_an_order_changed_by_hand_moves_only_if_it_is_touched(fresh, touch):
    fresh.at(START + timedelta(hours=1))
    at = START + timedelta(hours=1, minutes=5)
    fresh.at(at)
    answer = fresh.post(f"/sandbox/orders/10001?touch={str(touch).lower()}", {"customer_note": "Merci"})
    assert answer.status_code == 200
    order = fresh.shop("wc/v3/orders/10001").json()
    assert order["customer_note"] == "Merci"
    assert (order["date_modified_gmt"] == at.replace(tzinfo=None).isoformat()) is touch


def test_an_order_cancelled_by_hand_stays_cancelled_and_its_parcel_is_called_off(fresh):
    order = next(
        order
        for order in fresh.sandbox.shop.orders.values()
        if order.parcels and order.parcels[0].label_at > order.placed_at + timedelta(hours=2)
    )
    number = order.parcels[0].number
    assert fresh.parcel(number).status_code == 200
    fresh.at(order.placed_at + timedelta(hours=1))
    fresh.post(f"/sandbox/orders/{order.id}", {"status": "cancelled"})
    fresh.at(START + timedelta(days=30))
    assert fresh.shop(f"wc/v3/orders/{order.id}").json()["status"] == "cancelled"
    assert fresh.parcel(number).status_code == 404


def test_money_given_back_by_hand_is_a_refund_like_any_other(fresh):
    whole, part = [
        order for order in fresh.every_order() if order["status"] == "completed" and not order["refunds"]
    ][:2]
    assert fresh.post(f"/sandbox/orders/{whole['id']}/refunds", {}).json()["status"] == "refunded"
    changed = fresh.post(f"/sandbox/orders/{part['id']}/refunds", {"line": 0}).json()
    assert (changed["status"], len(changed["refunds"])) == ("completed", 1)
    assert changed["date_modified_gmt"] > part["date_modified_gmt"]
    given = {refund["parent_id"]: refund["amount"] for refund in fresh.shop("wc/v3/refunds").json()}
    assert given[whole["id"]] == whole["total"]
    assert given[part["id"]] == changed["refunds"][0]["total"].lstrip("-")
    assert fresh.post(f"/sandbox/orders/{part['id']}/refunds", {"line": 99}).status_code == 400
    assert fresh.post("/sandbox/orders/1/refunds", {}).status_code == 404


def test_a_review_that_a_customer_writes_is_on_the_shop_s_page(fresh):
    written = {"product_id": 101, "reviewer_email": "rosa@correo.example", "rating": 4, "review": "Bien."}
    assert fresh.post("/sandbox/reviews", written).status_code == 201
    shown = fresh.shop("wc/v3/products/reviews").json()
    assert [(one["product_id"], one["rating"], one["status"]) for one in shown] == [(101, 4, "approved")]
    lacking = fresh.post("/sandbox/reviews", {"product_id": 101})
    assert (lacking.status_code, "reviewer_email, rating" in lacking.text) == (400, True)


def test_some_customers_say_yes_to_advertising_some_no_and_most_nothing(grown):
    said = Counter(
        next((meta["value"] for meta in order["meta_data"] if meta["key"] == "_marketing_consent"), "")
        for order in grown.every_order()
    )
    assert said[""] > said["yes"] > said["no"] > 0
