"""Withdrawals: when the right ends for each line, and what a customer's statement starts."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from a_sale import ARRIVED, DAY, ASale, line
from sqlalchemy import select

from postventa import clock_law, declarations
from postventa.return_decisions import decline
from postventa.store.cases import CaseEntryRow, CaseRow
from postventa.store.messages import OutboxRow
from postventa.verification import verify_log
from postventa.web.order_view import tracked_order
from postventa.withdrawals import NoSuchLine, window_of

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
MADRID = ZoneInfo("Europe/Madrid")
CLOSES = datetime(2026, 12, 10, 23, tzinfo=UTC)
"""ARRIVED at noon of 26 November: the last good second is 23:59:59 of 10 December in Madrid."""
LATER = datetime(2026, 12, 1, 11, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def configuration(configuration):
    configuration["desk"] = {
        "people": {"ana": {"name": "Ana Pons", "email": "ana@tienda.example"}},
        "owner": "ana",
    }
    configuration["policy"] = {"exemptions": {"c": ["PERSONAL-*"]}}
    return configuration


@pytest.fixture
def sale(place):
    return ASale(place)


def window(sale, now=ARRIVED):
    with sale.place.reading() as connection:
        return window_of(connection, sale.place.settings, sale.order_id, now)


def test_two_parcels_the_last_one_opens_the_window(sale):
    sale.sell({"JD1": ARRIVED, "JD2": LATER})
    assert window(sale).closes_on == date(2026, 12, 15)


def test_a_parcel_at_a_pickup_point_starts_nothing_until_it_is_collected(sale):
    sale.sell({"JD1": None})
    sale.scan("JD1", "ready_for_pickup")
    found = window(sale, ARRIVED + 99 * DAY)
    assert (found.closes_at, found.is_open) == (None, True)
    assert "not collected" in found.lines[0].reason
    sale.scan("JD1", "delivered", ARRIVED)
    assert window(sale).closes_at == CLOSES


def test_a_partial_delivery_lets_no_clock_expire(sale):
    sale.sell({"JD1": ARRIVED}, "partial-shipped")
    assert window(sale, ARRIVED + 400 * DAY).lines[0].is_open


@pytest.mark.parametrize("where", [{"postcode": "35001"}, {"state": "GC"}], ids=["postcode", "province"])
def test_in_the_canaries_the_window_closes_an_hour_later(sale, where):
    canary = {"first_name": "Yeray", "city": "Las Palmas", "country": "ES", **where}
    sale.sell({"JD1": ARRIVED}, shipping=canary)
    with sale.place.reading() as connection:
        assert tracked_order(connection, sale.place.settings, sale.order_id, MADRID).region == "ES-CN"
    assert window(sale).closes_at == CLOSES + timedelta(hours=1)
    sale.declare(ARRIVED + DAY)
    assert (sale.case.region, sale.case.zone) == ("ES-CN", "Atlantic/Canary")


def test_an_excepted_line_keeps_the_right_for_the_others(sale):
    sale.sell({"JD1": ARRIVED}, line_items=[line(71), line(72, sku="PERSONAL-ANA")], total="29.04")
    plain, personal = window(sale).lines
    assert (plain.is_open, plain.letter) == (True, "")
    assert (personal.is_open, personal.letter) == (False, "c")
    assert personal.reason == "LGDCU 103.c: made to the customer's specifications or clearly personalised"
    filed = sale.declare(ARRIVED + DAY)
    assert filed.waits_for == ("LGDCU 103.c may except line 72: say what shows it, or accept it",)
    assert "return_instructions" not in sale.owed


def test_what_is_excepted_only_once_it_was_opened_stays_open_until_a_person_has_shown_that_it_was(
    configuration, house
):
    configuration["policy"]["exemptions"] = {"e": ["CREAM"]}
    sale = ASale(house()).sell({"JD1": ARRIVED}, line_items=[line(71), line(72, sku="CREAM")], total="29.04")
    (before,) = [one for one in window(sale).lines if one.ref == "72"]
    assert (before.state, before.letter, before.may_letter) == ("withdrawal_open", "", "e")
    assert "unless LGDCU 103.e applies (sealed goods" in window(sale).sentences()[1]
    sale.declare(ARRIVED + DAY, {"72": 1})
    assert sale.case.state == "acknowledged"
    with sale.place.store.begin() as connection:
        facts = {"letter": "e", "evidence": "The seal is broken, photo 3."}
        decline(connection, sale.place.settings, sale.case.id, who="ana", now=ARRIVED + 2 * DAY, **facts)
    (after,) = [one for one in window(sale).lines if one.ref == "72"]
    assert (after.state, after.letter, after.may_letter) == ("withdrawal_closed", "e", "")
    assert after.reason.endswith("The seal is broken, photo 3.")
    assert [one.state for one in window(sale).lines if one.ref == "71"] == ["withdrawal_open"]


def test_a_withdrawal_in_time_is_acknowledged_accepted_and_told_how_to_come_back(sale):
    sale.sell({"JD1": ARRIVED})
    filed = sale.declare(ARRIVED + DAY)
    assert (filed.number, filed.state, filed.is_new) == ("D-2026-000001", "awaiting_goods", True)
    assert filed.answer_by == date(2026, 12, 11)
    assert sale.owed["withdrawal_received"] == {
        "informed_at": "2026-11-27T11:00:00+00:00",
        "order_number": "7",
    }
    assert sale.owed["return_instructions"] == {
        "send_by_on": "2026-12-11",
        "is_collected": False,
        "is_paid_by_shop": False,
        "refund_amount": "16.94",
    }
    assert {"R-WDR-ACK", "R-WDR-REF", "R-WDR-RET"} == set(sale.clocks)
    assert sale.clock("R-WDR-REF").amount == Decimal("16.94")
    with sale.place.reading() as connection:
        assert verify_log(connection, filed.case_id) == []


def test_the_law_and_the_calendars_are_read_before_the_series_is_held(sale, monkeypatch):
    def hold(*_words):
        raise InterruptedError(clock_law._holidays.cache_info().currsize)

    sale.sell({"JD1": ARRIVED})
    clock_law._holidays.cache_clear()
    monkeypatch.setattr(declarations, "open_case", hold)
    with pytest.raises(InterruptedError, match=r"[1-9]"):
        sale.declare(ARRIVED + DAY)


def test_before_the_goods_have_left_a_withdrawal_needs_no_way_back(sale):
    sale.sell({}, "processing")
    assert sale.declare(ARRIVED).state == "refund_due"
    assert set(sale.owed) == {"withdrawal_received"}


def test_a_part_of_an_order_comes_back_and_keeps_the_delivery(sale):
    sale.sell({"JD1": ARRIVED}, line_items=[line(71, 3, "10.00", "0.00"), line(72)], total="26.94")
    sale.declare(ARRIVED + DAY, {"71": 1})
    assert sale.money.refund_due_amount == Decimal("3.33")
    sale.declare(ARRIVED + 2 * DAY, {"71": 2})
    assert sale.money.refund_due_amount == Decimal("6.67")
    assert [one.left for one in window(sale).lines] == [0, 1]
    sale.declare(ARRIVED + 3 * DAY)
    assert sale.money.refund_due_amount == Decimal("16.94")  # the last of it, and with it the delivery


def test_a_line_that_the_order_lacks_is_refused_in_words(sale):
    sale.sell({"JD1": ARRIVED})
    with pytest.raises(NoSuchLine, match="order tienda:7 has no line '99' of which 1 could come back"):
        sale.declare(ARRIVED, {"99": 1})
    assert sale.rows(CaseRow) == []


def test_references_that_end_differently_far_out_are_two_statements(sale):
    sale.sell({"JD1": ARRIVED})
    first = sale.declare(ARRIVED + DAY, source_ref="<a@b>" * 50)
    other = sale.declare(ARRIVED + 2 * DAY, source_ref="<a@b>" * 50 + "2", statement="Otra vez.")
    again = sale.declare(ARRIVED + 2 * DAY, source_ref="<a@b>" * 50)
    assert other.case_id == again.case_id == first.case_id
    said = select(CaseEntryRow.text).where(CaseEntryRow.kind == "addition")
    with sale.place.reading() as connection:
        assert list(connection.execute(said).scalars()) == ["Otra vez."]


def test_a_withdrawal_declared_twice_is_one_case(sale):
    sale.sell({"JD1": ARRIVED})
    first = sale.declare(ARRIVED + DAY, source_ref="form")
    again = sale.declare(ARRIVED + 2 * DAY, source_ref="form")
    assert (again.case_id, again.is_new) == (first.case_id, False)
    assert len(sale.rows(CaseRow)) == 1
    assert len(sale.rows(OutboxRow)) == len({row.key for row in sale.rows(OutboxRow)})


def test_a_second_statement_about_the_same_goods_joins_the_first_and_is_acknowledged_too(sale):
    sale.sell({"JD1": ARRIVED})
    first = sale.declare(ARRIVED + DAY)
    again = sale.declare(ARRIVED + 2 * DAY, statement="Com ja us vaig dir.")
    assert (again.case_id, again.is_new) == (first.case_id, False)
    letters = [row for row in sale.rows(OutboxRow) if row.message == "withdrawal_received"]
    assert len(letters) == 2
    assert sale.money.refund_due_amount == Decimal("16.94")


def test_a_withdrawal_sent_one_second_before_the_end_counts_though_it_is_received_later(sale):
    sale.sell({"JD1": ARRIVED})
    filed = sale.declare(CLOSES - SECOND, now=CLOSES + 3 * DAY)
    assert filed.state == "awaiting_goods"
    assert sale.money.informed_at == CLOSES - SECOND


def test_a_late_statement_is_acknowledged_and_goes_to_a_person(sale):
    sale.sell({"JD1": ARRIVED})
    filed = sale.declare(CLOSES)
    assert filed.state == "acknowledged"
    assert filed.waits_for[0].startswith("sent after the period had ended (LGDCU 102-104")
    assert (sale.case.owner, set(sale.owed)) == ("ana", {"withdrawal_received"})
    with sale.place.reading() as connection:
        note = connection.execute(select(CaseEntryRow.text).where(CaseEntryRow.kind == "note")).scalar_one()
    assert "26 November 2026" in note


def test_a_guest_needs_the_orders_own_address_or_a_link(sale):
    sale.sell({"JD1": ARRIVED})
    stranger = sale.declare(ARRIVED, email="other@client.example")
    assert stranger.waits_for == ("no order of this customer is known under that number",)
    assert (sale.case.order_id, sale.case.email, sale.lines) == (None, "other@client.example", [])
    assert sale.declare(ARRIVED, email="other@client.example", is_verified=True).state == "awaiting_goods"


def test_an_order_that_nobody_knows_is_a_case_for_a_person_all_the_same(sale):
    sale.sell({"JD1": ARRIVED})
    assert sale.declare(ARRIVED, order_ref="99999").state == "acknowledged"
    assert "withdrawal_received" in sale.owed


def test_who_was_never_told_of_the_right_has_a_year_more_and_pays_nothing_to_send_back(
    sale, configuration, house
):
    configuration["policy"]["informs_of_withdrawal"] = False
    sale.place = house()
    sale.sell({"JD1": ARRIVED})
    found = window(sale, ARRIVED + 300 * DAY)
    assert (found.is_open, found.article) == (True, "LGDCU 105")
    assert found.closes_at.astimezone(ZoneInfo("Europe/Madrid")).date() == date(2027, 12, 11)
    sale.declare(ARRIVED + 300 * DAY)
    assert sale.owed["return_instructions"]["is_paid_by_shop"] is True


@pytest.mark.parametrize(("since", "article"), [("2026-11-02", "LGDCU 102-104"), ("2026-11-03", "LGDCU 105")])
def test_where_customers_are_told_since_a_day_who_ordered_before_has_the_year_more(
    sale, configuration, house, since, article
):
    configuration["policy"]["informs_of_withdrawal"] = date.fromisoformat(since)
    sale.place = house()
    sale.sell({"JD1": ARRIVED})  # ordered on 2 November
    assert article in window(sale).article
    sale.declare(ARRIVED + DAY)
    assert sale.owed["return_instructions"]["is_paid_by_shop"] is (article == "LGDCU 105")


def test_an_unpaid_order_owes_no_refund_and_starts_no_refund_clock(sale):
    sale.sell({"JD1": ARRIVED}, "pending", payment_method="cod")
    sale.declare(ARRIVED)
    assert "R-WDR-REF" not in sale.clocks
