"""One store on each database for all these tests, emptied before each."""

from a_kept_store import kept_stores, own_store, store, store_url  # noqa: F401 - fixtures
