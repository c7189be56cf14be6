"""Orders that end early, first starts, and hearing everything once more from the beginning."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from an_order import PLACED, raw_order, stamp
from one_database import BOTH, store_url  # noqa: F401 - a fixture

from postventa import clock
from postventa.rules.messages import Outcome
from postventa.store.database import create_tables, open_store
from postventa.store.inbox import CursorRow, InboxRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import EventRow, OrderRow, RefundRow
from postventa.workplace import Workplace
from tasks.orders import move_orders

PAID_AT = {"date_paid_gmt": stamp(PLACED)}


def refund(ref, order, amount, at):
    return {"id": ref, "parent_id": order, "amount": amount, "reason": "", "date_created_gmt": stamp(at)}


def test_nothing_that_happened_before_the_cut_off_is_ever_mailed(village):
    before = village.place.settings.shop("tienda").backfill_since - timedelta(hours=1)
    village.put(
        raw_order(1, at=before, placed=before),
        raw_order(2, "completed", at=before, placed=before, parcels=["JD2"]),
        raw_order(3, at=before, placed=before),
        raw_order(4),
    )
    village.hear()
    village.put(raw_order(3, "preparing", placed=before, date_paid_gmt=stamp(before)))
    village.hear()
    village.send()
    assert village.mailbox.told() == {("3", "in_preparation"): 1, ("4", "received"): 1, ("4", "paid"): 1}
    cut = {key: said for key, said in village.owed().items() if "backfill" in said}
    assert set(cut) >= {"1:-:received:once", "1:-:paid:once", "2:JD2:shipped:once", "3:-:received:once"}
    assert {row.ref: row.stage for row in village.rows(OrderRow)} == {
        "1": "paid",
        "2": "shipped",
        "3": "in_preparation",
        "4": "paid",
    }


@pytest.fixture
def lived(village):
    """A day in the life of a village: orders on their way, refunded, cancelled, vanished, delivered."""
    village.put(*(raw_order(ref, "pending") for ref in range(1, 8)))
    village.hear()
    village.send()
    village.later(hours=1)
    village.put(*(raw_order(ref, at=village.now) for ref in range(1, 7)))
    village.hear()
    village.send()
    village.later(hours=1)
    village.put(
        raw_order(1, "preparing", at=village.now, **PAID_AT),
        raw_order(2, "completed", at=village.now, parcels=["JD2"]),
        raw_order(3, "completed", at=village.now, parcels=["JD3A", "JD3B"]),
        raw_order(4, "cancelled", at=village.now, **PAID_AT),
        raw_order(5, "refunded", at=village.now, **PAID_AT),
    )
    village.refunds.append(refund(900, 6, "4.84", village.now))
    village.hear()
    village.send()
    return village


@BOTH
def test_replaying_the_whole_inbox_into_an_empty_database_owes_the_same_and_nothing_new(
    lived, request, tmp_path
):
    def keys():
        return {(row.key, row.reason if row.outcome == Outcome.SUPPRESSED else "") for row in owed()}

    def owed():
        return lived.rows(OutboxRow)

    def stages():
        return {row.ref: (row.stage, row.payment_state) for row in lived.rows(OrderRow)}

    first_keys, first_stages, inbox = keys(), stages(), lived.rows(InboxRow)
    sent = {row.key: row for row in owed() if row.outcome == Outcome.SENT}
    before = len(lived.mailbox.letters)

    kind = lived.place.store.dialect.name
    url = (
        f"sqlite:///{tmp_path / 'again.db'}"
        if kind == "sqlite"
        else request.getfixturevalue("postgres").database()
    )
    store = open_store(url)
    create_tables(store)
    with store.begin() as connection:
        rows = [{**row._asdict(), "read_at": None, "outcome": ""} for row in inbox]
        connection.execute(InboxRow.__table__.insert(), rows)
    lived.place = Workplace(lived.place.settings, store)
    _point_at(url, tmp_path)

    lived.move()
    assert stages() == first_stages
    assert keys() == first_keys
    with store.begin() as connection:
        for row in owed():
            if row.key in sent:
                told = sent[row.key]
                connection.execute(
                    OutboxRow.__table__.update()
                    .where(OutboxRow.id == row.id)
                    .values(outcome="sent", message_id=told.message_id, settled_at=told.settled_at)
                )
    assert lived.send().outcomes == {}
    assert lived.poll() == 0
    assert lived.move().owed == 0
    assert len(lived.mailbox.letters) == before
    store.dispose()


def _point_at(url, tmp_path):
    """The configuration that the tasks read, with another store."""
    path = tmp_path / "postventa.toml"
    written = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'"url" = "(sqlite|postgresql)[^"]*"', f'"url" = {json.dumps(url)}', written))


@BOTH
def test_forgetting_the_cursor_and_hearing_everything_again_tells_nobody_anything(lived):
    before = len(lived.mailbox.letters)
    with lived.place.store.begin() as connection:
        connection.execute(CursorRow.__table__.delete())
    assert lived.poll() == 0
    assert lived.move().owed == 0
    lived.send()
    assert len(lived.mailbox.letters) == before


def test_a_refund_heard_alone_counts_though_its_order_did_not_move(village):
    village.put(raw_order(1), raw_order(2))
    village.hear()
    village.later(hours=1)
    village.refunds += [
        refund(900, 1, "16.94", village.now),
        refund(901, 2, "4.84", village.now),
        refund(902, 77, "1.00", village.now),
    ]
    village.hear()
    states = {row.ref: (row.stage, row.payment_state) for row in village.rows(OrderRow)}
    assert states == {"1": ("refunded", "refunded"), "2": ("paid", "partially_refunded")}
    assert [row.amount for row in village.rows(RefundRow)] == [Decimal("16.94"), Decimal("4.84")]
    village.send()
    assert village.mailbox.of(1) == []
    assert village.mailbox.of(2) == ["received", "paid"]
    assert village.owed()["1:-:paid:once"] == "suppressed order_refunded"


def test_a_refunded_order_is_not_shipped_to_the_customer_in_words(village):
    """WooCommerce#64531: mails about items that were given back."""
    village.put(raw_order(1))
    village.hear()
    village.send()
    village.put(raw_order(1, "refunded", at=village.later(hours=1), **PAID_AT))
    village.hear()
    village.put(raw_order(1, "refunded", at=village.later(hours=1), parcels=["JD1"], **PAID_AT))
    village.hear()
    village.scan("JD1", "transit", "Processed")
    village.look()
    village.send()
    assert village.mailbox.of(1) == ["received", "paid"]


def test_a_cancelled_order_stays_cancelled(village):
    village.put(raw_order(1))
    village.hear()
    village.put(raw_order(1, "cancelled", at=village.later(minutes=5), **PAID_AT))
    village.hear()
    village.put(raw_order(1, at=PLACED + timedelta(minutes=1)))  # heard late
    village.hear()
    village.send()
    assert village.mailbox.letters == []
    assert village.rows(OrderRow)[0].stage == "cancelled"
    assert set(village.owed().values()) == {"suppressed order_cancelled"}


def test_an_order_that_its_shop_has_no_more_is_cancelled(village):
    village.put(raw_order(1, "completed"))
    village.hear()
    del village.orders[1]
    village.later(hours=3)
    village.hear()
    assert village.rows(OrderRow)[0].stage == "cancelled"
    assert village.rows(EventRow)[-1].event == "cancelled"
    village.send()
    assert village.mailbox.letters == []


def test_a_trashed_order_is_cancelled_though_the_list_leaves_it_out(village):
    village.put(raw_order(1), raw_order(2))
    village.hear()
    village.put(raw_order(1, "trash", at=village.later(minutes=5), **PAID_AT))
    village.hear()
    assert [row.stage for row in village.rows(OrderRow)] == ["cancelled", "paid"]
    village.send()
    assert village.mailbox.of(1) == []
    assert village.mailbox.of(2) == ["received", "paid"]


def test_an_order_first_heard_of_as_cancelled_is_told_nothing(village):
    village.put(raw_order(1, "cancelled"), raw_order(2, "refunded"), raw_order(3, "failed"))
    village.hear()
    assert village.owed() == {}
    assert village.send().outcomes == {}


def test_a_parcel_that_goes_back_is_told_as_an_incident_and_not_as_a_delivery(village):
    """allegro-api#9976: the API says delivered, the customer disagrees."""
    village.put(raw_order(1, "completed", at=village.now, parcels=["JD1"]))
    village.hear()
    village.later(days=1)
    village.scan("JD1", "failure", "The shipment is being returned to the sender")
    village.look()
    village.later(days=2)
    village.scan("JD1", "delivered", "Delivered to the sender")
    village.look()
    village.send()
    assert "delivered" not in village.mailbox.of(1)
    assert village.rows(OrderRow)[0].stage == "shipped"


@BOTH
def test_scans_told_twice_or_lost_change_nothing_that_is_known(village):
    village.put(raw_order(1, "completed", at=village.now, parcels=["JD1"]))
    village.hear()
    village.send()
    village.later(days=1)
    for _ in range(2):
        village.scan("JD1", "transit", "Out for delivery")
    village.look()
    village.send()
    village.later(hours=1)
    lost = village.scans.pop("JD1")
    village.scan("JD1", "delivered", "Delivered")
    village.look()
    village.scans["JD1"] = lost
    village.later(days=3)
    village.look()
    village.send()
    assert village.mailbox.of(1) == ["received", "paid", "shipped", "out_for_delivery", "delivered"]


@BOTH
def test_two_runs_that_move_the_same_orders_at_once_owe_each_message_once(village):
    """The lease of one run lapsed while it lives: its work and the other's are the same work."""
    village.put(*(raw_order(ref) for ref in range(1, 40)))
    village.poll()
    with clock.clock_set_to(village.now), ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(move_orders.fn, "tienda") for _ in range(2)]
        applied = [run.result().applied for run in runs if not run.exception()]
    village.move()
    assert applied
    assert len(village.rows(OutboxRow)) == 78
    village.send()
    assert set(village.mailbox.told().values()) == {1}
