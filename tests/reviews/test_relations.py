"""Advertising that rests on a sale alone: the exclusion lists are asked, and asked about nothing else."""

from datetime import timedelta

import pytest
from a_review_shop import EMAIL, WEB, AReviewShop
from a_sale import ARRIVED, DAY
from an_order import fill, raw_order
from sqlalchemy import update

from postventa.consents import Yes, object_to, record
from postventa.erasure import erase
from postventa.rules.consents import Said
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow
from postventa.store.upsert import insert_new

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
NOW = ARRIVED + DAY
FACTS = {"code": "GRACIAS-ABC", "percent": 10, "until_at": (NOW + 60 * DAY).isoformat()}


@pytest.fixture
def shop(house, mailbox, configuration, monkeypatch, tmp_path):
    monkeypatch.setenv("POSTVENTA_WEB_SECRET", "k" * 40)
    configuration["web"] = dict(WEB)
    listed = tmp_path / "listed.txt"
    listed.write_text("somebody@else.example\n", encoding="utf-8")
    configuration["policy"] = {"exclusion_file": str(listed)}
    shop = AReviewShop(house(smtp_port=mailbox.port), mailbox).arrived()
    shop.listed = listed
    return shop


def says(shop, said, message_class="commercial"):
    yes = Yes("tienda", EMAIL, message_class, "order", f"{said}", ARRIVED, said)
    with shop.place.store.begin() as connection:
        record(connection, shop.place.settings, yes, ARRIVED)


def advertise(shop, at=NOW):
    """A coupon is owed: advertising of the shop's own similar goods."""
    row = {
        "key": f"tienda:7:-:review_coupon:{at}",
        "order_id": shop.order_id,
        "case_id": None,
        "facts": FACTS,
        "message": "review_coupon",
        "occasion": f"{at:%d}",
        "outcome": "waiting",
        "reason": "",
        "words": "",
        "attempts": 0,
        **dict.fromkeys(("happened_at", "owed_at", "due_at"), at),
    }
    with shop.place.store.begin() as connection:
        insert_new(connection, OutboxRow, [row], ("key",))
    shop.send(at)
    (made,) = [one for one in shop.rows(OutboxRow) if one.key == row["key"]]
    return made.outcome, made.reason


def test_who_bought_and_is_on_no_list_is_sent_advertising_of_similar_goods(shop):
    assert advertise(shop) == ("suppressed", "no_consent")
    says(shop, Said.SOFT_OPT_IN)
    assert advertise(shop, NOW + DAY) == ("sent", "")


def test_who_is_on_the_list_is_not_and_who_said_yes_is_sent_it_without_the_list_being_asked(shop):
    shop.listed.write_text(f"{EMAIL}\n", encoding="utf-8")
    says(shop, Said.SOFT_OPT_IN)
    assert advertise(shop) == ("suppressed", "opted_out")
    shop.listed.unlink()  # nobody may ask it now
    says(shop, Said.CONSENTED)
    assert advertise(shop, NOW + DAY) == ("sent", "")


def test_a_list_that_does_not_answer_holds_the_advertising_for_an_hour_and_nothing_else(shop):
    says(shop, Said.SOFT_OPT_IN)
    shop.listed.unlink()
    assert advertise(shop) == ("deferred", "exclusion_list_silent")
    (row,) = [one for one in shop.rows(OutboxRow) if one.message == "review_coupon"]
    assert row.due_at == NOW + timedelta(hours=1)
    shop.ask(ARRIVED + 7 * DAY)
    with shop.place.store.begin() as connection:
        later = update(OutboxRow).where(OutboxRow.id == row.id)
        connection.execute(later.values(due_at=ARRIVED + 20 * DAY))
    shop.send(ARRIVED + 7 * DAY)
    assert ("review_requested", "sent", "") in shop.owed_requests


def test_with_no_list_to_ask_a_sale_alone_is_not_enough(shop, house, configuration, mailbox):
    configuration["policy"] = {}
    house(smtp_port=mailbox.port)
    says(shop, Said.SOFT_OPT_IN)
    assert advertise(shop) == ("suppressed", "no_consent")


def test_a_no_to_advertising_leaves_the_request_for_a_review(shop):
    says(shop, Said.CONSENTED)
    no = {"shop": "tienda", "email": EMAIL, "source": "page", "source_ref": "1", "now": NOW}
    with shop.place.store.begin() as connection:
        object_to(connection, shop.place.settings, scope="commercial", **no)
    assert advertise(shop) == ("suppressed", "opted_out")
    shop.run(ARRIVED + 7 * DAY)
    assert ("review_requested", "sent", "") in shop.owed_requests


def test_erasure_between_the_planning_and_the_asking_ends_it(shop):
    with shop.place.store.begin() as connection:
        connection.execute(update(OrderRow).values(stage="delivered"))
        erased = erase(connection, shop.place.settings, shop="tienda", email=EMAIL, now=NOW)
    assert erased.is_done
    shop.run(ARRIVED + 7 * DAY)
    assert shop.stands == [("closed", "erased")]
    assert shop.owed_requests == []


def test_the_plan_of_fifty_orders_names_each_review_of_the_days_ahead_once(shop):
    orders = range(100, 150)
    fill(
        shop.place,
        [
            raw_order(
                ref,
                "completed",
                parcels=[f"B{ref}"],
                billing={**raw_order(ref)["billing"], "email": f"c{ref}@client.example"},
            )
            for ref in orders
        ],
        ARRIVED,
    )
    for ref in orders:
        shop.scan(f"B{ref}", "delivered", ARRIVED + (ref % 5) * DAY)
        shop.agree(f"c{ref}@client.example")
    shop.look(ARRIVED + 5 * DAY)
    plan = shop.plan(ARRIVED + 5 * DAY, until=ARRIVED + 12 * DAY)
    asked = {key.split(":")[1]: (at, outcome) for key, at, outcome, _ in plan}
    assert len(plan) == len(asked) == 51
    for ref in orders:
        assert asked[str(ref)] == (ARRIVED + (7 + ref % 5) * DAY, "would_send")
    soon = shop.plan(ARRIVED + 5 * DAY, until=ARRIVED + 8 * DAY)
    assert len(soon) == 21
