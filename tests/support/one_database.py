"""For modules whose tests ask one database, but for those that are marked with BOTH."""

import pytest
from a_kept_store import KeptStores

BOTH = pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def store_url(request: pytest.FixtureRequest, kept_stores: KeptStores) -> str:
    """SQLite, and PostgreSQL where a test asks for both."""
    return kept_stores.url(getattr(request, "param", "sqlite"))
