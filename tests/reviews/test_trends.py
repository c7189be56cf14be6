"""A change in what customers say of a product, a carrier or a region: one alert, not a stream, and an end."""

from datetime import timedelta

import pytest
from an_order import fill, raw_order
from sqlalchemy import select

from postventa.rules.surveys import Answer, Checked
from postventa.store.reviews import TrendRow
from postventa.surveys import definition, record_sheet
from postventa.trends import look_for_trends

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
DAY = timedelta(days=1)


@pytest.fixture
def scored(place, monday):
    """One order by DHL to Girona, scored twice a day for two months: well, and badly since five days."""
    fill(place, [raw_order(7, "completed", parcels=("A1",))], monday)
    with place.store.begin() as connection:
        for back in range(63):
            for turn in range(2):
                number = 2 if back < 5 else 5
                record_sheet(
                    connection,
                    Checked({"delivery_time": Answer("delivery_time", number)}),
                    monday,
                    shop="tienda",
                    order_id=1,
                    source="forms",
                    source_ref=f"{back}:{turn}",
                    survey=definition("delivery"),
                    language="es",
                    answered_at=monday - back * DAY,
                )
    return place


def trends(place):
    with place.reading() as connection:
        return connection.execute(select(TrendRow.__table__).order_by(TrendRow.id)).all()


def test_a_change_is_told_once_with_its_evidence_and_ends(scored, monday):
    def look(at):
        with scored.store.begin() as connection:
            return look_for_trends(connection, scored.settings, "tienda", at)

    news = look(monday).news
    assert [sentence.split(":")[0] for sentence in news] == ["tienda, carrier", "tienda, region"]
    assert "14 answers since 2026-10-29 with a mean of 2.86" in news[0]
    assert look(monday).news == look(monday + DAY).news == []
    assert [(row.subject, row.since, row.ended_at) for row in trends(scored)] == [
        ("carrier:dhl", "2026-10-29", None),
        ("region:ES-CT", "2026-10-29", None),
    ]
    with scored.store.begin() as connection:
        for turn in range(20):
            record_sheet(
                connection,
                Checked({"delivery_time": Answer("delivery_time", 5)}),
                monday,
                shop="tienda",
                order_id=1,
                source="forms",
                source_ref=f"later:{turn}",
                survey=definition("delivery"),
                language="es",
                answered_at=monday + (8 + turn % 5) * DAY,
            )
    assert look(monday + 13 * DAY).ended == 2
    assert all(row.ended_at for row in trends(scored))
