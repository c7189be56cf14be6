"""A workplace with orders on three days, and a folder for what its nights publish."""

import pytest
from a_published_night import sell
from some_datasets import SomeDatasets

from postventa.datasets import _checking
from postventa.settings import settings_from
from postventa.workplace import Workplace


@pytest.fixture
def store_url(request, kept_stores):
    """SQLite, unless a test asks for the other."""
    return kept_stores.url(getattr(request, "param", "sqlite"))


@pytest.fixture
def some(request, tmp_path, monkeypatch):
    """Great Expectations looks where a test asks for it: elsewhere the same rules are checked by SQL alone."""
    if "with_gx" not in request.fixturenames:
        monkeypatch.setattr(_checking, "validate", lambda _frame, _contract: [])
    made = SomeDatasets(tmp_path / "some", monkeypatch)
    yield made
    made.forget()


@pytest.fixture
def with_gx():
    """Asked for by tests in which it looks too."""


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "datasets"


@pytest.fixture
def here(place, configuration, folder, some, monkeypatch):
    """A workplace with orders on Sunday, Monday and Wednesday, and a configuration that says where datasets go."""
    configuration["datasets"] = {"path": str(folder), "days_back": 2}
    workplace = Workplace(settings_from(configuration), place.store)
    sell(workplace, 1, "2026-11-01T09:00:00Z")
    sell(workplace, 2, "2026-11-02T09:00:00Z")
    sell(workplace, 3, "2026-11-02T23:30:00Z")  # Tuesday in Madrid
    sell(workplace, 4, "2026-11-04T09:00:00Z")
    return workplace
