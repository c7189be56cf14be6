"""Orders without a case have deadlines too: to be acknowledged within a day, and to be delivered within thirty."""

import copy
from datetime import UTC, datetime, timedelta

import pytest
from a_sale import ASale
from an_office import DESK, MADRID, at
from an_order import fill, raw_order
from sqlalchemy import update

from postventa import clock
from postventa.changes import Reader, change_from
from postventa.cli import run as command
from postventa.connectors.doors import open_shop
from postventa.consents import object_to
from postventa.desk import When, due_list
from postventa.store import migrate
from postventa.store.changes import save
from postventa.store.clocks import ClockRow, EscalationRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow
from postventa.store.standings import standings
from tasks.complaints import ring_clocks
from tasks.returns import keep_sales

SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
PLACED = at("2026-11-03 10:00")
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
ACK_DUE, DUE = at("2026-11-04 10:00") + SECOND, at("2026-12-04 00:00")


@pytest.fixture
def orders(configuration, house):
    configuration["desk"] = copy.deepcopy(DESK)
    return Orders(house())


class Orders(ASale):
    """Orders of one shop, the sweep that keeps their clocks, and the watch that calls by them."""

    def place_order(self, ref=7, status="processing", placed=PLACED, now=None, **more):
        fill(self.place, [raw_order(ref, status, at=placed, placed=placed, **more)], now or placed)

    def news(self, status, now, ref=7, **more):
        """What the shop says of the order now, read as news of one that is known."""
        settings = self.place.settings.shop("tienda")
        reader = Reader("tienda", settings, lambda _word: "dhl", now)
        raw = raw_order(ref, status, at=now, placed=PLACED, **more)
        with self.place.store.begin() as connection:
            known = standings(connection, "tienda", [str(ref)])[str(ref)]
            change = change_from(open_shop("tienda", settings).read_order(raw), known, reader)
            save(connection, [change], now)

    def arrive(self, number, when):
        self.scan(number, "delivered", when)
        with self.place.store.begin() as connection:
            connection.execute(update(OrderRow).values(sale_look_at=PLACED))

    def keep(self, now):
        with clock.clock_set_to(now):
            return keep_sales.fn()

    def ring(self, now):
        with clock.clock_set_to(now):
            return ring_clocks.fn()

    def send(self, message, sent_at):
        mine = OutboxRow.message == message
        with self.place.store.begin() as connection:
            connection.execute(update(OutboxRow).where(mine).values(outcome="sent", settled_at=sent_at))

    def called(self, rule_id="R-DEL-MAX"):
        numbers = {row.id for row in self.rows(ClockRow) if row.rule_id == rule_id}
        return [(row.rung, row.to) for row in self.rows(EscalationRow) if row.clock_id in numbers]

    def written(self):
        return [
            (row.recipient, row.occasion.partition(":")[2])
            for row in self.rows(OutboxRow)
            if row.message == "desk_order"
        ]


def test_an_order_that_is_placed_must_be_acknowledged_in_a_day_and_delivered_in_thirty(orders):
    orders.place_order()
    orders.keep(PLACED)
    assert orders.clocks == {"R-ORD-ACK": "running", "R-DEL-MAX": "running"}
    assert (orders.clock("R-ORD-ACK").due_at, orders.clock("R-DEL-MAX").due_at) == (ACK_DUE, DUE)
    orders.send("received", PLACED + timedelta(minutes=3))
    assert orders.ring(PLACED + timedelta(hours=2)).calls == 0
    acknowledged = orders.clock("R-ORD-ACK")
    assert (acknowledged.state, acknowledged.ended_at) == ("met", PLACED + timedelta(minutes=3))
    assert acknowledged.next_at is None
    for days in (19, 20, 25, 25, 27, 30, 31, 32, 34):
        orders.ring(at("2026-11-03 12:00") + days * DAY)
    assert orders.called() == [
        ("owner", "ana"),
        ("team_lead", "marta"),
        ("manager", "pau"),
        ("overdue:1", "pau"),
        *((f"overdue:{number}", "pau") for number in (2, 3, 4)),
    ]


@SQLITE
def test_an_order_placed_at_2330_utc_is_the_next_days_in_madrid_and_has_that_day_more(orders):
    late = datetime(2026, 11, 3, 23, 30, tzinfo=UTC)
    orders.place_order(7, placed=late)
    orders.place_order(8, placed=late, shipping={"country": "ES", "postcode": "38001", "city": "La Laguna"})
    orders.keep(late)
    due = {row.order_id: row.due_at for row in orders.rows(ClockRow) if row.rule_id == "R-DEL-MAX"}
    canary = datetime(2026, 12, 4, tzinfo=UTC)
    assert list(due.values()) == [at("2026-12-05 00:00"), canary], "in the Canaries it is still the 3rd"


@SQLITE
def test_only_the_last_of_several_parcels_meets_the_deadline_and_a_second_late_misses_it(orders):
    orders.place_order(status="completed", parcels=["JD1", "JD2"])
    orders.keep(PLACED + DAY)
    orders.send("received", PLACED)
    orders.arrive("JD1", PLACED + 5 * DAY)
    orders.keep(PLACED + 6 * DAY)
    assert orders.clocks["R-DEL-MAX"] == "running"
    assert orders.ring(at("2026-11-24 09:00")).calls == 1
    orders.arrive("JD2", DUE)
    orders.keep(DUE)
    ended = orders.clock("R-DEL-MAX")
    assert (ended.state, ended.ended_at, ended.next_at) == ("missed", DUE, None)
    orders.arrive("JD2", DUE - SECOND)
    orders.keep(DUE)
    assert orders.clock("R-DEL-MAX").state == "met", "the carrier put its scan right"
    assert orders.ring(DUE + 3 * DAY).calls == 0


@SQLITE
def test_a_parcel_that_nobody_ever_scans_as_delivered_calls_until_somebody_finds_out(orders):
    orders.place_order(status="completed", parcels=["JD1"])
    orders.keep(PLACED)
    orders.ring(DUE + 4 * DAY)
    assert [rung for rung, _ in orders.called()] == [
        "owner",
        "team_lead",
        "manager",
        *(f"overdue:{number}" for number in range(1, 5)),
    ]
    assert orders.clock("R-DEL-MAX").state == "overdue"


@SQLITE
def test_what_left_without_a_carrier_to_ask_is_asked_about_once_and_rings_for_nobody(orders):
    orders.place_order(status="completed")
    orders.keep(PLACED)
    clock_of_it = orders.clock("R-DEL-MAX")
    assert (clock_of_it.state, clock_of_it.is_shadow) == ("running", True)
    orders.ring(DUE + DAY)
    assert orders.called() == []
    assert orders.keep(PLACED + 31 * DAY).trouble == [
        "when did order tienda:7 arrive? nobody has recorded a delivery"
    ]


@SQLITE
def test_a_cancelled_order_has_no_deadline_and_one_that_is_reopened_has_its_old_one_again(orders):
    orders.place_order()
    orders.keep(PLACED)
    orders.news("cancelled", PLACED + 3 * DAY)
    orders.keep(PLACED + 3 * DAY)
    assert orders.clocks == {"R-ORD-ACK": "not_applicable", "R-DEL-MAX": "not_applicable"}
    assert orders.ring(DUE + DAY).calls == 0
    orders.news("processing", PLACED + 21 * DAY)
    orders.keep(PLACED + 21 * DAY)
    orders.send("received", PLACED + timedelta(hours=1))
    orders.ring(PLACED + 21 * DAY)
    assert orders.called() == [("owner", "ana")]
    assert orders.clock("R-DEL-MAX").due_at == DUE


@SQLITE
def test_an_order_that_waits_for_its_money_is_delivered_within_thirty_days_of_the_payment(orders):
    orders.place_order(status="on-hold")
    orders.keep(PLACED)
    assert "R-DEL-MAX" not in orders.clocks
    paid = PLACED + 9 * DAY
    orders.news("processing", paid, date_paid_gmt="2026-11-12T09:00:00")
    orders.keep(paid)
    assert orders.clock("R-DEL-MAX").due_at == DUE + 9 * DAY
    orders.keep(paid)
    assert len(orders.rows(ClockRow)) == 2


@SQLITE
def test_after_three_days_in_which_nothing_ran_every_call_is_made_once_and_marked_late(orders):
    orders.place_order()
    back = at("2026-11-27 12:00")
    orders.keep(back)
    orders.ring(back)
    orders.ring(back + timedelta(minutes=15))
    assert orders.called() == [("owner", "ana"), ("team_lead", "marta")]
    assert [row.is_late for row in orders.rows(EscalationRow) if row.rung == "team_lead"] == [True, True]
    assert orders.called("R-ORD-ACK")[-1] == ("overdue:1", "pau")
    assert len(orders.called("R-ORD-ACK")) == 4, "of a day's duty nobody is told for weeks"


@SQLITE
def test_what_was_sold_before_our_time_is_watched_only_while_it_is_on_its_way(orders):
    before = datetime(2026, 10, 31, 12, tzinfo=UTC)
    orders.place_order(1, placed=before)
    orders.place_order(2, placed=before - 40 * DAY)
    orders.place_order(3, "cancelled", placed=PLACED)
    orders.keep(PLACED)
    (only,) = orders.rows(ClockRow)
    assert (only.rule_id, only.started_at) == ("R-DEL-MAX", before)


@SQLITE
def test_a_call_waits_for_a_look_at_its_sale_that_is_due_but_not_for_one_that_never_comes(orders):
    orders.place_order()
    orders.keep(PLACED)
    day_25 = at("2026-11-28 12:00")
    with orders.place.store.begin() as connection:
        connection.execute(update(OrderRow).values(sale_look_at=day_25 - timedelta(minutes=5)))
    orders.send("received", PLACED)
    assert orders.ring(day_25).calls == 0
    assert orders.ring(day_25 + timedelta(hours=1)).calls == 2


@SQLITE
def test_managers_see_late_deliveries_by_owner_and_the_order_shows_its_deadlines(orders, capsys, monkeypatch):
    orders.place_order()
    orders.place_order(8, placed=DUE - DAY)
    orders.keep(DUE - DAY)
    with orders.place.reading() as connection:
        found = due_list(connection, MADRID, DUE - DAY, orders_owner="ana")
    assert [(one.what, one.rule_id, one.owner, one.when) for one in found] == [
        ("tienda:7", "R-DEL-MAX", "ana", When.TODAY)
    ], "what a machine acknowledges within minutes is no news, what is due in a month neither"
    monkeypatch.setattr(migrate, "version", lambda _store: migrate.Version("head", "head"))
    assert command(["order", "tienda:7"]) == 0
    assert (
        "deadline: R-DEL-MAX until 2026-12-03 23:59, running (LGDCU 66bis.1, 109)" in capsys.readouterr().out
    )


@SQLITE
def test_an_objection_is_met_at_once_receipted_by_its_mail_and_kept_for_a_year(orders, monkeypatch):
    monkeypatch.setenv("POSTVENTA_WEB_SECRET", "a-secret-of-the-test-and-nothing-else")
    orders.place_order()
    said = {"shop": "tienda", "source": "desk", "source_ref": "1", "now": PLACED}
    with orders.place.store.begin() as connection:
        told = object_to(connection, orders.place.settings, email="nuria.7@client.example", **said)
        object_to(connection, orders.place.settings, email="nuria.7@client.example", **said)
        object_to(connection, orders.place.settings, email="unknown@client.example", **said)
    known = {row.rule_id: row.state for row in orders.rows(ClockRow) if row.order_id}
    assert known == {"R-MKT-OPP": "met", "R-MKT-OPP-REC": "running", "R-MKT-OPP-KEEP": "running"}
    unknown = {row.rule_id for row in orders.rows(ClockRow) if row.subject == "objection:O-2026-000002"}
    assert unknown == {"R-MKT-OPP", "R-MKT-OPP-KEEP"}, "the desk told them the reference: no mail could"
    assert orders.ring(PLACED + 22 * DAY).calls == 1
    assert orders.called("R-MKT-OPP-REC") == [("owner", "ana")]
    assert told.reference in {row.occasion for row in orders.rows(ClockRow)}
    orders.send("opt_out_confirmed", PLACED + 23 * DAY)
    orders.ring(PLACED + 24 * DAY)
    assert orders.clock("R-MKT-OPP-REC").ended_at == PLACED + 23 * DAY
    orders.ring(PLACED + 367 * DAY)
    ended = [row.state for row in orders.rows(ClockRow) if row.rule_id == "R-MKT-OPP-KEEP"]
    assert (ended, orders.called("R-MKT-OPP-KEEP")) == (["met", "met"], [])
