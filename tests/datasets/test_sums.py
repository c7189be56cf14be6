"""A night adds up the days whose facts have changed and no others, and publishes what a night from nothing would."""

import random
from datetime import date, timedelta
from pathlib import Path

import pytest
from a_month import NOW, a_month, month_settings
from a_months_voices import reviewed, sheet
from sqlalchemy import delete, update

from postventa import clock
from postventa.datasets import _building, _checking, _days, _drafting, _round, _sums, builder, names
from postventa.datasets._drafting import draft_night
from postventa.datasets._publishing import publish_night
from postventa.store.asks import AnswerRow, AskRow
from postventa.store.orders import OrderRow
from postventa.store.reviews import ReviewRow
from postventa.store.shipments import ShipmentRow
from postventa.workplace import Workplace

ROLLUPS = [name for name in names() if builder(name).sums]
READ = {one for name in ROLLUPS for one in builder(name).reads}
A_DAY = timedelta(days=1)


@pytest.fixture
def store_url(kept_stores):
    """How facts are read is proved on both databases elsewhere; sums are made of facts."""
    return kept_stores.url("sqlite")


@pytest.fixture
def month(store):
    return a_month(store, orders=60)


@pytest.fixture
def in_folder(store, tmp_path, monkeypatch):
    """A workplace whose datasets are in a folder of this name."""
    monkeypatch.setattr(_checking, "validate", lambda _frame, _contract: [])
    monkeypatch.setattr(_drafting, "write_pages", lambda _shelf, _made: {})
    monkeypatch.setattr(_days, "OVERLAP", 0)
    monkeypatch.setattr(_round, "first_day", lambda _connection, _settings: date(2026, 9, 1))
    monkeypatch.setattr(_building, "BRIDGED", 400)  # of so few rows, questions are what takes time
    settings = month_settings(str(store.url))

    def place(name):
        how = {"path": str(tmp_path / name), "formats": (), "days_back": 3}
        datasets = settings.datasets.model_copy(update=how)
        return Workplace(settings.model_copy(update={"datasets": datasets}), store)

    return place


@pytest.fixture
def added_up(monkeypatch):
    """Every day that was added up since this was last cleared, with the dataset that it was for."""
    days = set()

    def watched(night, one, span, add_up=_sums.add_up):
        days.update((one.name, day) for day in span.days if day.year > 1)
        return add_up(night, one, span)

    monkeypatch.setattr(_sums, "add_up", watched)
    return days


def a_night(place, after):
    with clock.clock_set_to(NOW + after * A_DAY):
        manifest = publish_night(place, draft_night(place, wanted={*ROLLUPS, *READ}).manifest.run).manifest
    assert manifest.failed == ()
    return manifest


def rows_of(manifest):
    """What readers have, by the digests of the files."""
    return {
        (name, day): part.sha256
        for name in ROLLUPS
        for day, part in manifest.datasets[name].partitions.items()
    }


def sums_of(manifest):
    return {
        (name, month): one.part.sha256
        for name in ROLLUPS
        for month, one in manifest.datasets[name].sums.items()
    }


def news(month, store):
    """Late, new and corrected answers, one that was taken back, a late review, and a parcel whose carrier was another."""
    draw, counts = random.Random(5), {table: len(month.rows[table]) for table in (AnswerRow, ReviewRow)}
    orders = month.rows[OrderRow]
    answers = [row for row in month.rows[AnswerRow] if row["ask_id"]]
    has_answered = {row["ask_id"] for row in answers}
    silent = [row for row in month.rows[AskRow] if row["asked_at"] and row["id"] not in has_answered]
    silent = [row for row in silent if row["order_id"] and row["asked_at"] > NOW - 29 * A_DAY]
    for ask in silent[:4]:
        sheet(month, draw, orders[ask["order_id"] - 1], NOW - timedelta(hours=5), ask=ask)
    long_ago = min(answers, key=lambda row: row["answered_at"])
    sheet(month, draw, orders[long_ago["order_id"] - 1], NOW - 3 * A_DAY, ref="again")
    reviewed(month, draw, orders[long_ago["order_id"] - 1], NOW - 40 * A_DAY)
    lately = [row for row in answers if row["answered_at"] > NOW - 20 * A_DAY]
    corrected, taken_back = lately[0], lately[-1]
    sent_again = next(row for row in month.rows[ShipmentRow] if row["order_id"] == lately[1]["order_id"])
    with store.begin() as connection:
        for table, count in counts.items():
            connection.execute(table.__table__.insert(), month.rows[table][count:])
        is_it = (AnswerRow.ask_id == corrected["ask_id"]) & (AnswerRow.question == "overall_experience")
        connection.execute(
            update(AnswerRow).where(is_it).values(number=1, changed_at=NOW - timedelta(hours=1))
        )
        connection.execute(delete(AnswerRow).where(AnswerRow.ask_id == taken_back["ask_id"]))
        other = "seur" if sent_again["carrier"] != "seur" else "dhl"
        connection.execute(
            update(ShipmentRow).where(ShipmentRow.order_id == sent_again["order_id"]).values(carrier=other)
        )


def test_a_night_after_late_and_corrected_answers_is_byte_for_byte_a_night_from_nothing(
    month, store, in_folder, added_up
):
    nightly = in_folder("nightly")
    before = a_night(nightly, 0)
    every = len(added_up)
    news(month, store)
    added_up.clear()
    after = a_night(nightly, 1)
    again = len(added_up)
    anew = a_night(in_folder("anew"), 1)

    assert rows_of(after) == rows_of(anew)
    assert sums_of(after) == sums_of(anew)
    changed = [key for key, digest in rows_of(before).items() if rows_of(after)[key] != digest]
    assert {name for name, _ in changed} == set(ROLLUPS)
    assert again < every / 2

    # What was kept of a month is lost: it is added up again, and nobody sees a difference.
    of_october = after.datasets["daily_satisfaction"].sums[date(2026, 10, 1)].part
    Path(nightly.settings.datasets.path, of_october.file).write_bytes(b"lost")
    added_up.clear()
    quiet = a_night(nightly, 2)
    new = NOW.date() + A_DAY
    assert {key: digest for key, digest in rows_of(quiet).items() if key[1] < new} == {
        key: digest for key, digest in rows_of(after).items() if key[1] < new
    }
    assert {name for name, day in added_up if day < NOW.date()} == {"daily_satisfaction"}
