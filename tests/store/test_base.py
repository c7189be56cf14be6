"""Instants and amounts come back as they went in, and nothing vague goes in."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import StatementError

from postventa.store.base import NaiveInstant
from postventa.store.orders import OrderRow


def _changed(store: Engine, **values):
    with store.begin() as connection:
        connection.execute(update(OrderRow).values(**values))
        columns = [getattr(OrderRow, name) for name in values]
        return connection.execute(select(*columns)).one()


def test_an_instant_without_a_zone_is_refused(store, owing):
    owing()
    with pytest.raises(StatementError) as refused:
        _changed(store, placed_at=datetime(2026, 11, 2, 8))
    assert isinstance(refused.value.orig, NaiveInstant)


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 10, 25, 0, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 3, 29, 3, 30, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_an_instant_comes_back_as_the_same_instant_in_utc(store, owing, at):
    owing()
    (back,) = _changed(store, placed_at=at)
    assert back == at
    assert back.utcoffset() == timedelta()


def test_no_instant_stays_no_instant(store, owing):
    owing()
    assert _changed(store, paid_at=None) == (None,)


@pytest.mark.parametrize("amount", ["0.1", "19.99", "-2.5000", "12345678901234.5678", "0.0001"])
def test_an_amount_comes_back_to_the_last_digit(store, owing, amount):
    owing()
    (back,) = _changed(store, total=Decimal(amount))
    assert isinstance(back, Decimal)
    assert back == Decimal(amount)


@pytest.mark.parametrize("vague", [19.99, Decimal("NaN"), Decimal("Infinity"), "19.99"])
def test_an_amount_that_is_not_exact_is_refused(store, owing, vague):
    owing()
    with pytest.raises(StatementError, match="not an exact amount"):
        _changed(store, total=vague)


def test_instants_compare_in_the_database_as_they_do_outside(store, owing):
    owing()
    noon = datetime(2026, 11, 2, 12, tzinfo=UTC)
    _changed(store, placed_at=noon)
    madrid = noon.astimezone(timezone(timedelta(hours=1)))
    with store.connect() as connection:
        assert connection.execute(select(OrderRow.id).where(OrderRow.placed_at == madrid)).all()
        earlier = select(OrderRow.id).where(OrderRow.placed_at < noon - timedelta(microseconds=1))
        assert not connection.execute(earlier).all()
