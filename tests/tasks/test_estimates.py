"""Arrivals that we estimate ourselves: learned at night from our own deliveries, given once, and always called estimates."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from an_order import fill, raw_order
from sqlalchemy import event, update

from postventa.estimates import learn_times, parcels_of
from postventa.rules.places import MADRID
from postventa.store.shipments import ShipmentRow

DAY = timedelta(days=1)
SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


def delivered(village, count, *, days, first=500):
    """So many parcels that needed so many days, in the weeks before."""
    left = village.now - 14 * DAY
    orders = [
        raw_order(ref, "completed", at=left, parcels=[f"OLD{ref}"]) for ref in range(first, first + count)
    ]
    fill(village.place, orders, left)
    came = {"shipped_at": left, "delivered_at": left + days * DAY, "status": "delivered", "look_at": None}
    mine = ShipmentRow.tracking_number.in_([f"OLD{ref}" for ref in range(first, first + count)])
    with village.place.store.begin() as connection:
        connection.execute(update(ShipmentRow).where(mine).values(**came))


def learn(village):
    with village.place.store.begin() as connection:
        return learn_times(connection, village.place.settings, village.now)


def parcel(village, number):
    return next(row for row in village.rows(ShipmentRow) if row.tracking_number == number)


def test_ten_deliveries_teach_the_next_parcel_and_what_is_learned_later_changes_no_estimate(village):
    delivered(village, 10, days=2)
    assert [(one.place, one.p90_days) for one in learn(village)] == [("ES", 2), ("ES-CT", 2)]
    village.put(raw_order(1, "completed", at=village.now, parcels=["JD1"]))
    village.hear()
    first = parcel(village, "JD1").guessed_at
    assert f"{first:%Y-%m-%d %H:%M}" == "2026-11-04 11:00"

    delivered(village, 30, days=9, first=600)
    assert [one.p90_days for one in learn(village)] == [
        7,
        7,
    ]
    village.scan("JD1", "transit", "On its way", after=timedelta(hours=1))
    village.later(hours=3)
    village.look()
    assert parcel(village, "JD1").guessed_at == first

    with village.place.reading() as connection:
        (standing,) = parcels_of(connection, parcel(village, "JD1").order_id, MADRID, village.now)
    assert standing.sentence(MADRID) == (
        "parcel JD1 with dhl: in_transit, estimated for 2026-11-04 (our own, by earlier parcels): on track"
    )
    village.send()
    (letter,) = [
        message_from_bytes(mail.raw, policy=default)
        for mail in village.mailbox.letters
        if mail.recipient == "nuria.1@client.example" and b"X-Postventa-Message: shipped" in mail.raw
    ]
    text = letter.get_body(("plain",)).get_content()
    assert "Llegada estimada: " in text
    assert "Es una estimación nuestra" in text


@SQLITE
def test_nine_deliveries_teach_nothing_and_an_estimate_of_ours_makes_nobody_late(village):
    delivered(village, 9, days=2)
    assert learn(village) == []
    village.put(raw_order(1, "completed", at=village.now, parcels=["JD1"]))
    village.hear()
    assert parcel(village, "JD1").guessed_at is None
    with village.place.store.begin() as connection:
        connection.execute(
            update(ShipmentRow).where(ShipmentRow.tracking_number == "JD1").values(guessed_at=village.now)
        )
    village.scan("JD1", "transit", "On its way")
    village.later(days=3)
    village.look()
    assert [key for key in village.owed() if "incident" in key] == []


@SQLITE
def test_learning_asks_the_store_once_however_many_have_arrived(village):
    delivered(village, 40, days=2)
    asked = []
    event.listen(village.place.store, "before_cursor_execute", lambda *said: asked.append(said[2]))
    learn(village)
    assert len([one for one in asked if one.startswith("SELECT")]) == 1
