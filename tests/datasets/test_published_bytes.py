"""A month of two shops, published: no byte of it says who anybody is, and everything adds up with the store."""

from datetime import timedelta

import duckdb
import pytest
from sqlalchemy import func, select

from postventa import clock
from postventa.datasets import builder, load, names
from postventa.datasets._days import said_at
from postventa.datasets._rechecking import freshness
from postventa.store.ledger import ledger
from postventa.store.orders import OrderRow

FACTS = [name for name in names() if name != "sync_completeness" and not builder(name).reads]
"""What is read from the store; what a comparison has found is in no other table."""
pytestmark = pytest.mark.xdist_group("published-month")


def readable(folder, manifest):
    """The bytes of every file, and what is in those that are packed."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes()
    with_sums = [name for name, one in manifest.datasets.items() if one.sums]
    packed_files = [
        *(f"{name}/**/*" for name in manifest.datasets),
        *(f"history/*/sums/{name}-*" for name in with_sums),
    ]
    for files in packed_files:
        with duckdb.connect() as packed:
            rows = packed.execute(f"SELECT * FROM read_parquet('{folder}/{files}.parquet')").fetchall()
            yield repr(rows).encode()
    with duckdb.connect(str(folder / "latest/postventa.duckdb"), read_only=True) as laptop:
        for (name,) in laptop.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            yield repr(laptop.execute(f'SELECT * FROM "{name}"').fetchall()).encode()


def test_no_published_byte_says_who_anybody_is(published_month):
    month, _, folder, manifest = published_month
    assert manifest.failed == ()
    assert set(manifest.datasets) == set(names())
    assert len(month.never_published) > 100
    secrets = {word.encode() for word in month.never_published}
    # The same bytes need be searched once; DuckDB fills its blocks up with noughts, and no secret holds one.
    every = b"\0".join({data.translate(None, b"\0") for data in readable(folder, manifest)})
    assert b"order_timeline" in every
    begun = {start for start in {secret[:6] for secret in secrets} if start in every}
    assert {secret for secret in secrets if secret[:6] in begun and secret in every} == set()


def test_a_published_month_adds_up_with_the_store_and_the_ledger(published_month):
    _, place, folder, manifest = published_month
    with place.reading() as connection:
        orders = connection.execute(select(func.count()).select_from(OrderRow)).scalar_one()
        book = ledger(connection)
    sums = {(check.dataset, check.rule): check for check in manifest.checks}
    for name in FACTS:
        found = sums[name, "adds_up_with_the_store"]
        assert (name, found.passed, found.sentence) == (name, True, found.sentence)
        assert found.observed > 0, name
    assert sums["message_ledger", "adds_up_with_the_ledger"].observed == book.owed > 0
    published = len(load("order_timeline", path=str(folder)))
    assert 0 < published <= orders


def test_a_day_that_is_published_later_than_promised_is_not_fresh(published_month):
    _, place, _, manifest = published_month
    next_day_over = said_at(place.settings, manifest.night + timedelta(days=1))
    with clock.clock_set_to(next_day_over + timedelta(hours=25)):
        assert [one.dataset for one in freshness(manifest, place.settings) if not one.passed] == []
    with clock.clock_set_to(next_day_over + timedelta(hours=27)):
        late = list(freshness(manifest, place.settings))
    assert {(one.dataset, one.rule) for one in late if one.blocks} == {(name, "is_fresh") for name in names()}
    assert "2026-11-02 should be there, and the last one is 2026-11-01" in late[0].sentence
