"""What the datasets say of the seeded month: what the store says, on both databases, by local days, and of nobody."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pyarrow as pa
import pytest
from a_month import FIRST, KEY_ENV, NOW, a_month
from a_rollup import built_at_once
from sqlalchemy import select, update

from postventa.after_sales import refunds_due
from postventa.contract_checks import check_rows
from postventa.contracts import conform, contract, contract_names
from postventa.datasets import builder, names
from postventa.datasets._night import Span, windows
from postventa.review_facts import SURVEY
from postventa.reviews_today import asked_lately
from postventa.settings import BadConfiguration
from postventa.store.asks import AskRow
from postventa.store.database import create_tables, open_store
from postventa.store.ledger import ledger
from postventa.store.orders import OrderRow, RefundRow
from postventa.store.shipments import ShipmentRow

FACTS = [name for name in contract_names() if not builder(name).reads]
ROLLUPS = [name for name in contract_names() if builder(name).reads]
LONGEST = date(2026, 10, 25)


def test_every_builder_has_a_contract_and_meets_it_on_the_seeded_month(month_tables, duck):
    assert names() == contract_names() == sorted(month_tables)
    for name, table in month_tables.items():
        duck.register("published", table)
        failed = [one for one in check_rows(duck, "published", contract(name)) if not one.passed]
        assert (name, [(one.rule, one.observed) for one in failed]) == (name, [])
        assert table.num_rows > 5


def test_whichever_dataset_is_spoiled_fails_by_the_names_of_its_rules(month_tables, duck):
    for name, table in month_tables.items():
        promised = contract(name)
        broken = {
            "empty": (
                _emptied(table),
                {f"{one.name}_required" for one in promised.columns if one.is_required},
            ),
            "twice": (pa.concat_tables([table, table]), {"key_unique"}),
            "other words": (
                _reworded(table),
                {one.id for one in promised.rules if one.id.endswith("_known")},
            ),
        }
        for how, (spoiled, wanted) in broken.items():
            duck.register("published", spoiled)
            failed = {one.rule for one in check_rows(duck, "published", promised) if one.blocks}
            assert (name, how, wanted - failed) == (name, how, set())


def _emptied(table):
    return pa.Table.from_arrays([pa.nulls(len(table), one.type) for one in table.schema], schema=table.schema)


def _reworded(table):
    said = [
        pa.array(["of nobody's"] * len(table)) if one.type == pa.string() else table[one.name]
        for one in table.schema
    ]
    return pa.Table.from_arrays(said, schema=table.schema)


def test_nobody_is_in_the_datasets(month, month_tables):
    said = "\n".join(str(table.to_pylist()) for table in month_tables.values())

    assert [text for text in month.never_published if text in said] == []
    assert len(month.never_published) > 1000


def test_both_databases_say_the_same(month_tables, postgres, a_night):
    store = open_store(postgres.database())
    create_tables(store)
    a_month(store)
    with store.connect() as connection:
        for name in FACTS:
            built = conform(
                builder(name).build(a_night(connection), Span(date(2026, 4, 1), NOW.date())), contract(name)
            )
            key = contract(name).key
            mine, theirs = (
                sorted(table.to_pylist(), key=lambda row, key=key: [str(row[part]) for part in key])
                for table in (built, month_tables[name])
            )
            assert mine == theirs, name
    store.dispose()


def test_an_empty_day_has_every_column_in_its_type_and_no_rows(night, a_night, duck):
    nothing = Span(date(2020, 2, 29), date(2020, 2, 29))
    for name in FACTS:
        table = conform(builder(name).build(night, nothing), contract(name))
        assert table.num_rows == 0
        duck.register(name, table)
    for name in ROLLUPS:
        assert built_at_once(a_night(duck=duck), name, nothing).num_rows == 0


def test_a_span_of_days_is_its_days_and_nothing_else(night, month_tables):
    for name in FACTS:
        for span in (Span(LONGEST, LONGEST), Span(FIRST, FIRST + timedelta(days=6))):
            alone = conform(builder(name).build(night, span), contract(name))
            days = [span.first <= day <= span.last for day in month_tables[name]["day"].to_pylist()]
            assert alone.to_pylist() == month_tables[name].filter(pa.array(days)).to_pylist(), name


def test_a_day_of_23_and_one_of_25_hours_are_as_long_as_they_are(a_night):
    madrid = next(one for one in windows(a_night(), Span(LONGEST, LONGEST)) if one.shop == "tienda")
    shortest = windows(a_night(), Span(date(2026, 3, 29), date(2026, 3, 29)))

    assert madrid.end - madrid.start == timedelta(hours=25)
    assert {one.end - one.start for one in shortest} == {timedelta(hours=23)}
    assert madrid.start == datetime(2026, 10, 24, 22, tzinfo=UTC)


def test_an_order_in_the_hour_that_there_is_twice_belongs_to_its_local_day(night, month):
    """At 22:30, 0:30 and 1:30 UTC, twice 2:30 in Madrid, and a minute before midnight; at midnight it is Monday."""
    odd = {"22:30": True, "00:30": True, "01:30": True, "22:59": True, "23:00": False}
    built = builder("order_timeline").build(night, Span(LONGEST, LONGEST))
    there = set(built["order_id"])
    orders = [
        row
        for row in month.rows[OrderRow]
        if row["placed_at"].date() in {LONGEST, LONGEST - timedelta(days=1)} and row["placed_at"].second == 0
    ]
    found = {}
    for row in orders:
        said = f"{row['placed_at']:%H:%M}"
        if said in odd and row["shop"] == "tienda" and row["stage"] == "paid":
            found[said] = _pseudonym(night, "order", row["id"]) in there

    assert found == odd


def test_the_ledger_of_the_datasets_is_the_ledger_of_the_store(night, rows):
    counted = ledger(night.connection)
    outcomes = Counter(row["outcome"] for row in rows("message_ledger"))

    assert counted.is_balanced
    assert outcomes.total() == counted.owed
    assert outcomes["sent"] == counted.sent
    assert outcomes["suppressed"] == sum(counted.suppressed.values())


def test_who_was_asked_and_has_answered_is_what_managers_read(night, rows):
    lately = asked_lately(night.connection, NOW)
    since = NOW - timedelta(days=30)
    asks = AskRow.__table__.c
    recent = {
        _pseudonym(night, "ask", number)
        for number in night.connection.execute(select(asks.id).where(asks.since_at >= since)).scalars()
    }
    asked = [
        row
        for row in rows("message_ledger")
        if row["request_id"] in recent and row["outcome"] == "sent" and row["message"] == "review_requested"
    ]
    answered = [
        row for row in rows("survey_responses") if row["request_id"] in recent and row["survey"] == SURVEY
    ]

    assert len(asked) == lately.asked[SURVEY] > 50
    assert len(answered) == lately.answered[SURVEY] > 20


def test_money_at_risk_adds_up_to_what_the_desk_sees(night, rows):
    due, at_risk = Counter(), Counter()
    for one in refunds_due(night.connection, NOW):
        due[one.currency] += one.amount
    for row in rows("return_register"):
        at_risk[row["currency"]] += row["at_risk_amount"]

    assert +at_risk == due
    assert sum(due.values()) > 0


def test_net_sales_add_up_by_currency_and_never_over_currencies(month, rows):
    sold = {
        row["id"]: row for row in month.rows[OrderRow] if row["sale_final_at"] and row["sale_final_at"] <= NOW
    }
    wanted = Counter()
    for row in sold.values():
        wanted[row["currency"]] += row["total"]
    for refund in month.rows[RefundRow]:
        if refund["order_id"] in sold:
            wanted[sold[refund["order_id"]]["currency"]] -= refund["amount"]
    net = Counter()
    for row in rows("net_sales"):
        net[row["currency"]] += row["net_amount"]

    assert net == wanted
    assert {"EUR", "GBP", "CHF"} == set(net)  # the last one was never seen before


def test_an_answer_before_the_delivery_and_a_second_one_are_kept_and_told_apart(rows):
    early = [row for row in rows("survey_responses") if row["is_before_delivery"]]
    assert [(row["overall_experience"], row["is_counted"], row["revision"]) for row in early] == [
        (1, False, 1)
    ]
    same = [row for row in rows("survey_responses") if row["order_id"] == early[0]["order_id"]]

    assert [(row["source"], row["revision"], row["is_counted"]) for row in same] == [
        ("import", 1, False),
        ("page", 2, True),
    ]


def test_an_answer_that_comes_when_the_link_is_dead_never_counts_beside_one_in_time(rows):
    late = [row for row in rows("survey_responses") if row["is_late"]]

    assert late
    for row in late:
        others = [
            one
            for one in rows("survey_responses")
            if (one["order_id"], one["survey"]) == (row["order_id"], row["survey"]) and not one["is_late"]
        ]
        assert row["is_counted"] == (not others)


def test_a_second_review_of_the_same_product_counts_once(rows):
    twice = [row for row in rows("review_facts") if row["revision"] == 2]

    assert twice
    for row in twice:
        same = [
            one
            for one in rows("review_facts")
            if (one["customer_id"], one["product"]) == (row["customer_id"], row["product"])
        ]
        assert sum(one["is_counted"] for one in same) <= 1


def test_a_parcel_is_on_time_by_its_first_attempt(month, rows):
    told = {(row["on_time_status"], row["is_on_time"]) for row in rows("shipment_performance")}

    assert (
        told
        == {
            *{("early", True), ("on_time", True), ("late", False)},
            *{("no_edd", None), ("on_track", None), ("will_be_late", None)},
        }
        & told
    )
    assert {"early", "on_time", "late", "no_edd"} <= {status for status, _ in told}
    tried_twice = [row for row in rows("shipment_performance") if row["attempts"] == 2]
    assert tried_twice
    assert all(row["first_attempt_on"] < row["delivered_on"] for row in tried_twice)
    assert len(rows("shipment_performance")) == sum(
        1 for row in month.rows[ShipmentRow] if row["shipped_at"].date() <= NOW.date()
    )


def test_a_column_that_turns_null_keeps_its_type(tmp_path, a_night):
    store = open_store(f"sqlite:///{tmp_path / 'null.db'}")
    create_tables(store)
    a_month(store, orders=20)
    with store.begin() as connection:
        connection.execute(update(OrderRow).values(language=None, paid_at=None, delivered_at=None))
        connection.execute(update(ShipmentRow).values(first_estimated_at=None, carrier=None))
    with store.connect() as connection:
        night = a_night(connection)
        orders = conform(
            builder("order_timeline").build(night, Span(FIRST, NOW.date())), contract("order_timeline")
        )
        parcels = conform(
            builder("shipment_performance").build(night, Span(FIRST, NOW.date())),
            contract("shipment_performance"),
        )
    store.dispose()

    assert orders["paid_on"].null_count == orders.num_rows > 0
    assert set(orders["language"].to_pylist()) == {"es"}  # the shop's own
    assert set(parcels["on_time_status"].to_pylist()) == {"no_edd"}
    assert set(parcels["carrier"].to_pylist()) == {"other"}


def test_a_pseudonym_is_the_same_for_the_same_another_for_another_and_needs_its_key(night, monkeypatch):
    def order(number):
        return _pseudonym(night, "order", number)

    first = order(1)
    assert first == order(1)
    assert len({first, order(2), _pseudonym(night, "case", 1)}) == 3
    monkeypatch.setenv(KEY_ENV, "another key, which is also long enough for this")
    assert order(1) != first
    monkeypatch.setenv(KEY_ENV, "short")
    with pytest.raises(BadConfiguration, match="too short"):
        order(1)
    monkeypatch.delenv(KEY_ENV)
    with pytest.raises(BadConfiguration, match=KEY_ENV):
        order(1)


def _pseudonym(night, kind, number):
    return night.pseudonyms.of(kind, pd.Series([number], dtype="Int64")).iloc[0]
