"""The night in a real Prefect server: what managers see of it, and the colour when a contract fails."""

from datetime import UTC, datetime, timedelta

import pytest
from an_order import fill, raw_order
from some_datasets import SomeDatasets

from postventa import clock
from postventa.datasets import _checking, load
from postventa.store.messages import OutboxRow
from postventa.turns import take_turn

pytestmark = pytest.mark.prefect
THURSDAY = datetime(2026, 11, 5, 3, tzinfo=UTC)


@pytest.fixture
def here(house, configuration, tmp_path, monkeypatch, in_prefect):
    monkeypatch.setattr(_checking, "validate", lambda _frame, _contract: [])
    made = SomeDatasets(tmp_path / "some", monkeypatch)
    configuration["datasets"] = {"path": str(tmp_path / "datasets")}
    configuration["desk"] = {
        "manager": "pau",
        "people": {"pau": {"name": "Pau", "email": "pau@tienda.example"}},
    }
    place = house()
    placed = datetime(2026, 11, 4, 9, tzinfo=UTC)
    fill(place, [raw_order(1, at=placed, placed=placed)], placed)
    with clock.clock_set_to(THURSDAY):
        yield place, made, tmp_path
    made.forget()


def artifact(server, key):
    found = server.ask("/artifacts/latest/filter", artifacts={"key": {"any_": [key]}})
    return found[0]["data"] if found else ""


def owed(place):
    with place.reading() as connection:
        mails = OutboxRow.__table__.select().where(OutboxRow.recipient == "pau")
        return connection.execute(mails.order_by(OutboxRow.id)).all()


def test_a_night_is_green_and_shown_and_red_by_name_where_a_contract_fails(here, in_prefect):
    from flows.nightly import publish_datasets

    place, some, tmp_path = here
    state = publish_datasets(return_state=True)
    assert state.is_completed(), state.message
    assert len(load("order_timeline", path=str(tmp_path / "datasets"))) == 1
    assert "# The night of 2026-11-04" in artifact(in_prefect, "nightly")
    assert "orders placed | 1" in artifact(in_prefect, "nightly")
    assert "adds_up_with_the_store" in artifact(in_prefect, "dataset-contracts")
    assert artifact(in_prefect, "night-progress") == 100
    pages = ("reports/2026-11-04.html", "reports/index.html", "dictionary.html", "validation.html")
    for page in (*pages, "order_timeline.csv"):
        assert page in artifact(in_prefect, "nightly-links")
    assert artifact(in_prefect, "night-figures") == "[]"  # there are none of these two datasets
    assert [(row.key, row.facts["is_good"]) for row in owed(place)] == [
        ("-:-:-:nightly_summary:2026-11-04@pau", True)
    ]

    rule = {
        "id": "never",
        "said": "Never.",
        "query": "SELECT count(*) + 1 FROM {object}",
        "severity": "error",
    }
    some.promise("order_timeline", rule=rule)
    with clock.clock_set_to(THURSDAY + timedelta(hours=1)):
        state = publish_datasets(return_state=True)
    assert state.is_failed()
    assert (
        "order_timeline was not published, what was published up to 2026-11-04 stays (never: Never)"
        in state.message
    )

    assert len(owed(place)) == 1

    with clock.clock_set_to(THURSDAY + timedelta(hours=2)), take_turn(place, "nightly"):
        assert publish_datasets(return_state=True).name == "Skipped"

    (tmp_path / "datasets" / "latest" / "manifest.json").write_text("{", encoding="utf-8")
    with clock.clock_set_to(THURSDAY + timedelta(days=1)):
        state = publish_datasets(return_state=True)
    assert state.is_failed()
    _, nothing = owed(place)
    assert nothing.key == "-:-:-:nightly_summary:2026-11-05:not_built@pau"
    assert "is not a manifest of this version" in nothing.facts["failed"][0]
