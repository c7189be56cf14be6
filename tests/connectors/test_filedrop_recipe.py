"""The ten-minute recipe of docs/connect-a-shop.md, done word for word."""

import os
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from postventa import clock
from postventa.connectors.doors import open_shop
from postventa.outlook import outlook
from postventa.store.shipments import ShipmentRow
from tasks.orders import move_orders, poll_orders

GUIDE = Path(__file__).parents[2] / "docs/connect-a-shop.md"
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def blocks(language):
    chapter = GUIDE.read_text("utf-8").partition("## Files in a folder\n")[2].partition("\n## ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL)


def drop(name, written):
    path = Path("drop") / name
    path.write_text(written, encoding="utf-8")
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))


def hear(shop):
    poll_orders.fn(shop)
    return move_orders.fn(shop)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_shop_starts_with_the_guides_files(configuration, house, tmp_path, monkeypatch):
    section, orders, parcels = *blocks("toml"), *blocks("csv")
    plan, report = blocks("text")
    monkeypatch.chdir(tmp_path)
    Path("drop").mkdir()
    configuration["shops"] = tomllib.loads(section)["shops"]
    place = house()
    with clock.clock_set_to(NOW):
        drop("orders.csv", orders)
        assert "waiting: 1, read: 0" in open_shop("tienda", place.settings.shop("tienda")).check()
        assert hear("tienda").quarantined == 1
        with place.reading() as connection:
            owed = outlook(connection, place.settings, NOW, NOW)
        assert [f"{one.outcome} {one.message:<17} {one.order}" for one in owed] == plan.splitlines()
        (told,) = Path("drop/done").glob("orders.*.csv.report.txt")
        assert told.read_text("utf-8-sig") == report
        assert [path.suffix for path in Path("drop").iterdir() if path.is_file()] == []
        drop("parcels.csv", parcels)
        assert hear("tienda").applied == 1
    with place.reading() as connection:
        (parcel,) = connection.execute(ShipmentRow.__table__.select()).all()
    assert (parcel.tracking_number, parcel.carrier_word) == ("JD014600003", "DHL")
    assert parcel.shipped_at == datetime(2026, 11, 22, 9, 40, tzinfo=UTC)
