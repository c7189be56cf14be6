"""What seldom happens to money and to contracts, and must not leave a wrong figure behind."""

from datetime import timedelta
from decimal import Decimal

import pytest
from a_month import NOW, a_month, month_settings
from sqlalchemy import select, update

from postventa import clock
from postventa.datasets import _checking, load
from postventa.datasets._drafting import draft_night
from postventa.datasets._publishing import publish_night
from postventa.store.orders import OrderRow
from postventa.workplace import Workplace

A_DAY = timedelta(days=1)


@pytest.fixture
def store_url(kept_stores):
    """That both databases add up to the same is proved with the facts."""
    return kept_stores.url("sqlite")


@pytest.fixture
def sold(store, tmp_path, monkeypatch):
    """A published month of net sales, whose oldest final sale is far beyond what a night builds again."""
    monkeypatch.setattr(_checking, "validate", lambda _frame, _contract: [])
    settings = month_settings(str(store.url))
    datasets = settings.datasets.model_copy(update={"path": str(tmp_path / "datasets"), "formats": ()})
    place = Workplace(settings.model_copy(update={"datasets": datasets}), store)
    a_month(store, orders=100)
    a_night(place, 0)
    return place


def a_night(place, after):
    with clock.clock_set_to(NOW + after * A_DAY):
        draft = draft_night(place, wanted={"net_sales"})
        manifest = publish_night(place, draft.manifest.run).manifest
    assert manifest.failed == ()
    return manifest


def oldest(place):
    """The final sale that has been so for longest."""
    final = select(OrderRow.id, OrderRow.sale_final_at).where(
        OrderRow.sale_final_at.is_not(None), OrderRow.payment_state == "paid", OrderRow.total > Decimal(0)
    )
    with place.store.connect() as connection:
        return connection.execute(final.order_by(OrderRow.sale_final_at).limit(1)).one()


def orders_of(place, day):
    return load("net_sales", day, day, path=place.settings.datasets.path)["orders"].sum()


def net(place):
    rows = load("net_sales", path=place.settings.datasets.path)
    return {name: sum(some) for name, some in rows.groupby("currency")["net_amount"]}


def change(place, what):
    with place.store.begin() as connection:
        connection.execute(what)


def test_a_sale_that_is_reopened_long_after_it_was_final_leaves_its_old_day(sold):
    sale = oldest(sold)
    day = sale.sale_final_at.astimezone(sold.settings.shop("tienda").zone).date()
    assert day < (NOW - 40 * A_DAY).date()
    before = orders_of(sold, day)
    change(sold, update(OrderRow).where(OrderRow.id == sale.id).values(sale_final_at=None))
    manifest = a_night(sold, 1)
    assert len(manifest.changes["net_sales"].changed) == 1
    assert orders_of(sold, day) == before - 1


def test_a_currency_never_seen_has_rows_of_its_own(sold):
    sale, before = oldest(sold), net(sold)
    change(
        sold, update(OrderRow).where(OrderRow.id == sale.id).values(currency="XTS", total=Decimal("12.3456"))
    )
    a_night(sold, 1)
    after = net(sold)
    assert set(after) - set(before) == {"XTS"}
    assert after["XTS"] == Decimal("12.3456")
