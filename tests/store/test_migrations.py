"""Migrations and models tell the same story, on both databases, there and back."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect

from postventa.store import migrate
from postventa.store.base import Base
from postventa.store.database import StoreUnusable, is_prepared, open_store


@pytest.fixture
def empty(own_store, store_url):
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


def test_what_was_recorded_before_survives_an_upgrade(empty: Engine):
    migrate.upgrade(empty, "0001")
    at = "2026-11-02 08:00:00+00:00" if empty.dialect.name == "postgresql" else "2026-11-02 08:00:00"
    with empty.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO customers (id, shop, identity, email, name, phone) VALUES (1, 'tienda', 'a', 'a', 'a', '')"
        )
        connection.exec_driver_sql(
            "INSERT INTO orders (id, shop, ref, number, customer_id, raw_status, order_state, payment_state, "
            "fulfilment_state, stage, is_held, is_all_shipped, needs_shipping, placed_at, modified_at, currency, total, "
            "tax_total, discount, details, heard_at) VALUES (1, 'tienda', '7', '7', 1, 'processing', 'open', 'paid', "
            f"'unfulfilled', 'paid', false, false, true, '{at}', '{at}', 'EUR', '10', '0', '0', '{{}}', '{at}')"
        )
        connection.exec_driver_sql(
            "INSERT INTO outbox (id, key, order_id, message, occasion, happened_at, owed_at, due_at, outcome, reason, "
            f"words, attempts) VALUES (1, 'k', 1, 'paid', '', '{at}', '{at}', '{at}', 'sent', '', '', 1)"
        )
        connection.exec_driver_sql(
            "INSERT INTO outbox_attempts (id, outbox_id, attempted_at, outcome, words, sender) "
            f"VALUES (1, 1, '{at}', 'sent', '250 ok', 's')"
        )
    migrate.upgrade(empty)
    migrate.downgrade(empty, "0001")
    migrate.upgrade(empty)
    with empty.connect() as connection:
        attempts = connection.exec_driver_sql(
            "SELECT count(*) FROM outbox_attempts JOIN outbox ON outbox.id = outbox_id"
        )
        assert attempts.scalar() == 1
        if empty.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


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
