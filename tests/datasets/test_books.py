"""The store's totals by local day: counted by hours where a shop's days begin with one, by quarters elsewhere."""

from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from a_month import a_month, month_settings

from postventa.datasets import _totals
from postventa.datasets._quarters import has_whole_hours
from postventa.store.cases import CaseRow
from postventa.store.orders import OrderRow
from postventa.store.returns import ReturnRow
from postventa.store.reviews import ReviewRow
from postventa.store.shipments import ShipmentRow

NOW = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture
def store_url(request, kept_stores):
    return kept_stores.url(request.param)


def in_zone(zone):
    settings = month_settings()
    shops = {name: shop.model_copy(update={"timezone": zone}) for name, shop in settings.shops.items()}
    return settings.model_copy(update={"shops": shops})


def test_days_begin_with_an_hour_of_utc_in_europe_and_not_everywhere():
    assert has_whole_hours(month_settings(), NOW)
    for zone in ("Asia/Kathmandu", "Australia/Lord_Howe"):  # +05:45; and summers that are half an hour long
        assert not has_whole_hours(in_zone(zone), NOW)


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
def test_by_hours_the_days_are_those_of_the_orders_and_so_they_are_by_quarters(store):
    month = a_month(store, orders=60)
    for zone in ("Europe/Madrid", "Asia/Kathmandu"):
        by_day = {}
        for row in month.rows[OrderRow]:
            day = row["placed_at"].astimezone(ZoneInfo(zone)).date()
            by_day[day] = by_day.get(day, 0) + 1
        with store.connect() as connection:
            counted, beside = _totals.in_the_store(connection, in_zone(zone), "order_timeline")
        assert {day: sums["rows"] for day, sums in counted.items()} == by_day
        assert beside == {}


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
def test_every_kind_of_fact_is_counted_in_the_store_by_its_state(store):
    month = a_month(store, orders=60)
    left = [row for row in month.rows[ShipmentRow] if row["shipped_at"] or row["delivered_at"]]
    returns = {row["case_id"] for row in month.rows[ReturnRow]}
    cases = {row["id"]: row["state"] for row in month.rows[CaseRow]}
    wanted = {
        "shipment_performance": Counter(row["status"] for row in left),
        "review_facts": Counter(row["status"] for row in month.rows[ReviewRow]),
        "complaint_register": Counter(state for case, state in cases.items() if case not in returns),
        "return_register": Counter(state for case, state in cases.items() if case in returns),
    }
    with store.connect() as connection:
        for name, states in wanted.items():
            counted, beside = _totals.in_the_store(connection, month_settings(), name)
            found = sum((Counter(sums) for sums in counted.values()), Counter())
            assert (name, beside, found) == (name, {}, states + Counter(rows=states.total()))
            assert states
