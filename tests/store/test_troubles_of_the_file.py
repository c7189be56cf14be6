"""What goes wrong with the store's file is said in words that name it and the remedy, and never with anybody's data."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from postventa.store import migrate
from postventa.store.database import StoreUnusable, open_store


def _opened(path):
    return open_store(f"sqlite:///{path}")


def test_an_error_of_the_store_holds_nothing_of_what_was_to_be_saved(tmp_path):
    saving, nuria = text("INSERT INTO people VALUES (:email)"), {"email": "nuria@client.example"}
    with _opened(tmp_path / "pv.db").begin() as connection:
        connection.execute(text("CREATE TABLE people (email TEXT UNIQUE)"))
        connection.execute(saving, nuria)
        with pytest.raises(IntegrityError) as failed:
            connection.execute(saving, nuria)
    assert "nuria" not in str(failed.value)


@pytest.mark.parametrize(
    ("pragma", "said"),
    [("max_page_count=2", "the disk is full: make room"), ("query_only=ON", "this user may not write there")],
)
def test_a_file_that_takes_nothing_names_itself_and_the_remedy(tmp_path, pragma, said):
    path = tmp_path / "pv.db"
    with _opened(path).connect() as connection:
        connection.exec_driver_sql(f"PRAGMA {pragma}")
        with pytest.raises(OperationalError) as failed:
            connection.exec_driver_sql("CREATE TABLE one (a TEXT)").connection.exec_driver_sql(
                "CREATE TABLE two (a TEXT)"
            )
    assert str(failed.value).startswith(f"store.url {path}: {said}")
    assert "sqlalche.me" not in str(failed.value)


def test_a_file_that_cannot_be_opened_names_itself(tmp_path):
    (tmp_path / "pv.db").mkdir()
    with pytest.raises(StoreUnusable, match=r"pv\.db: it cannot be opened: its folder is not there"):
        migrate.version(_opened(tmp_path / "pv.db"))
