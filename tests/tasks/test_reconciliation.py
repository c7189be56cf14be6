"""The proof that nothing was missed: what the poll never heard is found, goes the usual way, and is told."""

from datetime import timedelta

import pytest
from an_order import raw_order
from sqlalchemy import event, update

from postventa import clock, reconciliation
from postventa.reconciliation_told import page_of, rows_of, sentence_of
from postventa.standing import chain_today
from postventa.store.filing import park
from postventa.store.inbox import CursorRow, InboxRow, QuarantineRow
from postventa.store.orders import OrderRow
from postventa.store.reconciliation import FindingRow, PollRow, ReconciliationRow
from postventa.store.shipments import ShipmentRow
from tasks.reconciliation import (
    NothingToCompare,
    carriers_to_ask,
    close_reconciliation,
    compare_orders,
    plan_parcel_looks,
)

SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
HOUR = timedelta(hours=1)


def counts(village):
    row = village.rows(ReconciliationRow)[-1]
    return row.orders_in_shop, row.orders_in_ours, row.set_aside


def heard(village, *orders):
    """The poll has been going on: what these say is known, and its cursor is well past them."""
    village.put(*orders, raw_order(900, at=village.now))
    village.hear()


def test_what_the_poll_missed_is_heard_moved_and_told_and_the_next_night_finds_nothing(village):
    """Two traps of the poll in one night: a row saved late with an old stamp, and a change without a new stamp."""
    old = village.now - 3 * HOUR
    heard(village, raw_order(1, at=old), raw_order(2, at=old), raw_order(3, at=old))
    village.later(hours=1)
    village.put(raw_order(4, at=old), raw_order(2, "completed", at=old, parcels=["JD2"]))
    del village.orders[3]
    assert village.poll() == 0, "the poll does not hear of them"

    assert village.reconcile() == []

    assert village.found() == [
        ("stale", "2", "repaired"),
        ("missed", "4", "repaired"),
        ("gone", "3", "repaired"),
    ]
    assert counts(village) == (4, 3, 0)
    stages = {row.ref: (row.raw_status, row.order_state) for row in village.rows(OrderRow)}
    assert stages["4"] == ("processing", "open")
    assert stages["2"] == ("completed", "completed")
    assert stages["3"][1] == "cancelled"
    late = {row.ref: row.late_seconds for row in village.rows(FindingRow)}
    assert late == {"2": 4 * 3600, "4": 4 * 3600, "3": None}
    run = village.rows(ReconciliationRow)[0]
    told = page_of(run, village.rows(FindingRow))
    assert "| orders that were never heard of | 1 |" in told
    assert "late**: half of it by 4 h" in told
    assert {row["order"] for row in rows_of(run, village.rows(FindingRow))} == {
        "tienda:2",
        "tienda:3",
        "tienda:4",
    }
    owed_once = dict(village.owed())

    village.later(hours=2)
    assert village.reconcile() == []
    assert len(village.found()) == 3
    assert village.owed() == owed_once


@SQLITE
def test_what_is_not_understood_cannot_be_repaired_and_says_where_to_look(village):
    old = village.now - 3 * HOUR
    heard(village)
    village.later(hours=1)
    village.put(raw_order(5, at=old, currency=None))
    (said,) = village.reconcile()
    assert "tienda:5" in said
    assert "postventa quarantine" in said
    assert village.found() == [("missed", "5", "not_repairable")]


@SQLITE
def test_what_the_poll_heard_and_quarantined_was_not_missed(village):
    heard(village, raw_order(5, at=village.now - 3 * HOUR, currency=None))
    village.later(hours=1)
    assert village.reconcile() == []
    assert village.found() == []
    assert counts(village) == (2, 1, 1)


@SQLITE
def test_a_row_that_no_order_can_be_made_of_is_counted_and_set_aside_at_night_too(village):
    heard(village)
    village.put(raw_order(5, at=village.now) | {"date_modified_gmt": "tomorrow"})
    village.later(hours=1)
    assert village.reconcile() == []
    assert counts(village) == (1, 1, 1)
    (row,) = village.rows(QuarantineRow)
    assert (row.source, row.kind) == ("tienda", "orders")


@SQLITE
def test_a_status_that_was_explained_since_still_waits_for_its_retry_and_was_not_missed(
    village, configuration, house
):
    heard(village, raw_order(5, "empaquetado", at=village.now - 3 * HOUR))
    configuration["shops"]["tienda"]["statuses"] = {"empaquetado": "ready_to_ship"}
    house()
    village.later(hours=1)
    assert village.reconcile() == []
    assert village.found() == []
    assert counts(village) == (2, 1, 1)


@SQLITE
def test_what_is_on_its_way_to_the_next_poll_was_not_missed(village):
    heard(village)
    village.later(minutes=3)
    village.put(raw_order(6, at=village.now))
    assert village.reconcile() == []
    assert village.found() == []


@SQLITE
def test_a_poll_that_has_not_come_so_far_is_told_and_nothing_is_compared(village):
    with pytest.raises(NothingToCompare, match="has not been made yet"):
        compare_orders.fn("tienda")
    heard(village)
    village.later(days=9)
    with (
        clock.clock_set_to(village.now),
        pytest.raises(NothingToCompare, match="has come to 2026-11-02 08:00 UTC only"),
    ):
        compare_orders.fn("tienda")
    assert village.rows(ReconciliationRow) == []


@SQLITE
def test_a_shop_where_nothing_happens_for_weeks_is_compared_as_long_as_it_is_asked(village):
    heard(village)
    village.later(days=20)
    village.hear()
    assert village.reconcile() == []
    assert counts(village) == (0, 0, 0)


@SQLITE
def test_a_hole_in_a_row_of_numbers_is_asked_about_or_left_as_a_gap_that_nobody_explains(village):
    """Where the number is the id the shop can be asked; where a plugin numbers the orders it cannot."""
    old = village.now - 3 * HOUR
    long_ago = raw_order(5, at=old, placed=village.now - timedelta(days=60))
    heard(village, long_ago, *(raw_order(ref, at=old) for ref in range(885, 900) if ref not in {893, 896}))
    village.later(hours=1)
    asked = len(village.asked)
    assert village.reconcile() == []
    assert sorted(path for path in village.asked[asked:] if path.endswith(("893", "896"))) == [
        "/wp-json/wc/v3/orders/893",
        "/wp-json/wc/v3/orders/896",
    ]
    assert village.found() == []

    for ref, raw in list(village.orders.items()):
        village.orders[ref] = {**raw, "number": f"T-{ref}", "date_modified_gmt": raw["date_modified_gmt"]}
    assert village.reconcile() == []
    assert [one for one in village.found() if one[0] == "gap"] == [
        ("gap", "T-893", "unexplained"),
        ("gap", "T-896", "unexplained"),
    ]


@SQLITE
def test_a_cursor_that_ran_ahead_of_time_is_told(village):
    heard(village)
    with village.place.store.begin() as connection:
        ahead = village.now + timedelta(days=30)
        connection.execute(update(CursorRow).where(CursorRow.name == "tienda:orders").values(at=ahead))
    village.later(hours=2)
    village.put(raw_order(7, at=village.now - HOUR / 2))
    (said,) = village.reconcile()
    assert "tienda:orders" in said
    assert "far ahead of the clock" in said
    assert village.found() == [("missed", "7", "repaired")]


def test_a_parcel_that_nobody_follows_any_more_is_followed_again_and_a_carrier_is_asked_no_more_than_allowed(
    village, configuration, house
):
    configuration["carriers"]["dhl"]["reconcile_calls"] = 2
    house()
    placed = village.now - timedelta(hours=5)
    orders = [raw_order(ref, "completed", at=placed, parcels=[f"JD{ref}"]) for ref in (1, 2, 3)]
    heard(village, *orders)
    village.look()
    with village.place.store.begin() as connection:
        lost = ShipmentRow.__table__.c.tracking_number == "JD3"
        connection.execute(update(ShipmentRow).where(lost).values(look_at=None))
    village.scan("JD1", "transit", "On its way", after=timedelta(minutes=-30))
    village.later(hours=1, minutes=30)
    before = len(village.asked)
    assert village.reconcile() == []
    calls = [path for path in village.asked[before:] if "/track/" in path]
    assert len(calls) == 2
    assert village.found() == [("parcel", "3", "repaired"), ("parcel", "1", "repaired")]
    assert [row.look_at is None for row in village.rows(ShipmentRow)] == [False] * 3
    run = village.rows(ReconciliationRow)[0]
    assert (run.parcels_asked, run.parcels_left) == (2, 1)
    assert run.left_because == "dhl: 1 beyond reconcile_calls (2)"


@SQLITE
def test_one_stamp_from_the_future_blinds_the_poll_and_the_night_tells_it_once(village):
    """A shop whose clock is always two hours ahead has not jumped, and hides nothing."""
    for n in range(1, 6):
        village.put(raw_order(n, at=village.later(minutes=10) + 2 * HOUR))
        village.hear()
    village.later(hours=2)
    assert village.reconcile() == []
    village.put(raw_order(6, at=village.now + 20 * HOUR))
    village.hear()
    village.later(hours=3)
    village.put(raw_order(7, at=village.now + 2 * HOUR))
    village.hear()
    assert "7" not in {row.ref for row in village.rows(OrderRow)}, "the poll passes over it"
    village.later(hours=5)
    (said,) = village.reconcile()
    assert "stood at 2026-11-03 06:50 UTC when it was 2026-11-02 10:50" in said
    assert village.found() == [("missed", "7", "repaired")]
    village.later(hours=24)
    assert village.reconcile() == []


def carry(village, number, **values):
    """What is known of a parcel, changed behind everybody's back."""
    with village.place.store.begin() as connection:
        mine = ShipmentRow.__table__.c.tracking_number == number
        connection.execute(update(ShipmentRow).where(mine).values(**values))


def test_every_parcel_is_held_against_its_carrier_and_what_could_not_be_is_counted(village, configuration):
    """Asked, asked just before, set aside, with nobody to ask, given back after its delivery, found after it was given up."""
    placed = village.now - timedelta(hours=5)
    numbers = ["ON-WAY", "FRESH", "PARKED", "STRANGE", "WENT-BACK", "FOUND", "LONG-OVER"]
    heard(
        village,
        *(raw_order(n, "completed", at=placed, parcels=[number]) for n, number in enumerate(numbers, 1)),
    )
    for number in numbers:
        village.scan(number, "transit", "On its way", after=timedelta(hours=-4))
    village.look()
    village.later(hours=3)
    day = timedelta(days=1)
    carry(village, "FRESH", looked_at=village.now - HOUR / 2, look_at=village.now + HOUR)
    carry(village, "PARKED", look_at=None)
    carry(village, "STRANGE", carrier=None)
    carry(village, "WENT-BACK", status="delivered", delivered_at=village.now - 6 * day, look_at=None)
    carry(village, "FOUND", status="expired", last_news_at=village.now - 33 * day, look_at=None)
    carry(village, "LONG-OVER", status="delivered", delivered_at=village.now - 8 * day, look_at=None)
    with village.place.store.begin() as connection:
        park(connection, "tienda", "3", "cannot be moved", village.now)
    village.scan("WENT-BACK", "failure", "The shipment is being returned to the sender", after=-HOUR)
    village.scan("FOUND", "delivered", "Delivered", after=-HOUR)
    before = len(village.asked)

    assert village.reconcile() == []

    assert sum("/track/" in path for path in village.asked[before:]) == 3
    run = village.rows(ReconciliationRow)[0]
    assert (run.parcels_asked, run.parcels_fresh, run.parcels_left, run.parcels_without_carrier) == (
        3,
        1,
        1,
        1,
    )
    assert run.left_because == "dhl: 1 of orders that are set aside"
    assert village.found() == [("parcel", "5", "repaired"), ("parcel", "6", "repaired")]
    assert [row.late_seconds for row in village.rows(FindingRow)] == [3600, 3600]
    status = {row.tracking_number: row.status for row in village.rows(ShipmentRow)}
    assert (status["WENT-BACK"], status["FOUND"]) == ("return_to_sender", "delivered")
    told = page_of(run, village.rows(FindingRow))
    assert "| parcels that could not be compared | 1 |" in told
    assert "- Parcels left: dhl: 1 of orders that are set aside." in told
    assert "What carriers had said was **late**: half of it by 60 min" in told
    assert "Nothing was missed" in page_of(run, [])
    assert "of what could be compared" in page_of(run, [])
    assert sentence_of(run, village.rows(FindingRow)) == (
        "8 orders held against the shop, 4 parcels against their carriers, 2 could not be: "
        "2 parcel; 2 repaired, 0 not"
    )
    assert village.reconcile() == []
    again = village.rows(ReconciliationRow)[1]
    assert (again.parcels_asked, again.parcels_fresh) == (0, 3), "one went back: nothing more can come of it"
    assert sentence_of(again, []).endswith("nothing was missed")


@SQLITE
def test_a_carrier_that_is_down_leaves_its_parcels_to_be_counted_and_asked_later(village):
    heard(village, raw_order(1, "completed", at=village.now - 5 * HOUR, parcels=["JD1"]))
    village.look()
    village.later(hours=1, minutes=30)
    with clock.clock_set_to(village.now):
        number = compare_orders.fn("tienda")
        assert plan_parcel_looks.fn(number) == ["dhl"]
        assert plan_parcel_looks.fn(number) == ["dhl"], "a second try plans nothing twice"
        assert carriers_to_ask.fn(number) == ["dhl"]
        assert close_reconciliation.fn(number) == []
        assert close_reconciliation.fn(number) == []
    run = village.rows(ReconciliationRow)[0]
    assert (run.parcels_asked, run.parcels_left) == (0, 1)
    assert run.left_because == "dhl: 1 not answered in time"
    assert village.rows(FindingRow) == []
    assert village.look().asked == 1, "it stays due"


@SQLITE
def test_many_parcels_are_planned_and_settled_in_as_few_statements_as_one(village):
    said = []

    def statements(step, *given):
        said.clear()
        answer = step(*given)
        return len(said), answer

    event.listen(village.place.store, "before_cursor_execute", lambda *_: said.append(1))
    counted = []
    for first, last in ((1, 2), (2, 52)):
        placed = village.now
        heard(
            village, *(raw_order(n, "completed", at=placed, parcels=[f"JD{n}"]) for n in range(first, last))
        )
        village.look()
        village.later(hours=3)
        with clock.clock_set_to(village.now):
            number = compare_orders.fn("tienda")
            planned, _ = statements(plan_parcel_looks.fn, number)
            village.look()
            closed, _ = statements(close_reconciliation.fn, number)
        counted.append((planned, closed))
    assert village.rows(ReconciliationRow)[-1].parcels_asked == 51
    assert counted[0] == counted[1]


@SQLITE
def test_a_shop_that_seems_to_have_lost_everything_is_not_believed_beyond_so_many_orders(
    village, monkeypatch
):
    monkeypatch.setattr(reconciliation, "ASKED_AT_MOST", 2)
    old = village.now - 3 * HOUR
    heard(village, *(raw_order(ref, at=old) for ref in range(1, 5)))
    village.later(hours=1)
    for ref in range(1, 5):
        del village.orders[ref]
    assert len(village.reconcile()) == 2
    assert [outcome for _, _, outcome in village.found()] == ["repaired"] * 2 + ["not_repairable"] * 2
    assert {row.order_state for row in village.rows(OrderRow)} == {"open", "cancelled"}


@SQLITE
def test_each_poll_keeps_how_late_it_was_and_the_page_of_the_chain_tells_it(village):
    village.put(raw_order(1, at=village.now - timedelta(days=20)))
    village.hear()
    assert village.rows(PollRow) == [], "what changed before we listened is not late"
    for minutes in (2, 4, 30):
        village.put(raw_order(10 + minutes, at=village.now + timedelta(minutes=30 - minutes)))
    village.later(minutes=30)
    village.hear()
    (poll,) = village.rows(PollRow)
    assert (poll.news, poll.lag_p50_seconds, poll.lag_p95_seconds, poll.lag_max_seconds) == (
        3,
        240,
        1800,
        1800,
    )
    village.hear()
    assert len(village.rows(PollRow)) == 1
    assert len(village.rows(InboxRow)) == 4
    with village.place.reading() as connection:
        page = chain_today(connection, village.now)
    assert (
        "| tienda:orders | 2026-11-02 08:30 | 3 | 4 min | 30 min | 30 min | 3 news, longest 30 min |" in page
    )
