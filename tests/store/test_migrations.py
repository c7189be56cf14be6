"""Migrations and models tell the same story, on both databases, there and back."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect

from postventa.store import migrate
from postventa.store.base import Base
from postventa.store.database import StoreUnusable, is_prepared, open_store


@pytest.fixture
def empty(store_url):
    engine = open_store(store_url)
    yield engine
    engine.dispose()
    open_store.cache_clear()


def test_the_migrations_make_the_tables_that_the_models_describe(empty: Engine):
    migrate.upgrade(empty)
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_store_goes_up_and_down_and_up_again(empty: Engine):
    assert not is_prepared(empty)
    migrate.upgrade(empty)
    assert is_prepared(empty)
    migrate.downgrade(empty, "base")
    assert set(inspect(empty).get_table_names()) <= {"alembic_version"}
    migrate.upgrade(empty)
    assert set(Base.metadata.tables) <= set(inspect(empty).get_table_names())


def test_a_store_says_how_far_it_is(empty: Engine):
    assert migrate.version(empty).current is None
    assert not migrate.version(empty).is_current
    migrate.upgrade(empty)
    assert migrate.version(empty).is_current


def test_upgrading_twice_changes_nothing(empty: Engine):
    migrate.upgrade(empty)
    before = migrate.version(empty)
    migrate.upgrade(empty)
    assert migrate.version(empty) == before


@pytest.mark.parametrize("question", [migrate.version, migrate.upgrade, is_prepared])
def test_a_store_that_is_not_there_is_named_in_one_sentence(question):
    away = open_store("postgresql+psycopg://nobody:s3cret@127.0.0.1:9/none")
    with pytest.raises(StoreUnusable) as wrong:
        question(away)
    away.dispose()
    assert "s3cret" not in str(wrong.value)


def test_a_file_that_is_not_a_database_is_said_to_be_none(tmp_path):
    path = tmp_path / "postventa.db"
    path.write_text("nothing of the kind " * 100)
    engine = open_store(f"sqlite:///{path}")
    with pytest.raises(StoreUnusable):
        migrate.version(engine)
    engine.dispose()


@pytest.mark.parametrize("url", ["mysql://u@h/d", "not an address"])
def test_an_address_of_no_known_store_is_refused(url):
    with pytest.raises(StoreUnusable, match=r"store\.url"):
        open_store(url)
