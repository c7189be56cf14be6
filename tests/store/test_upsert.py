"""INSERT ... ON CONFLICT: what is there stays or changes as it is told to, and each statement is compiled once."""

from sqlalchemy import event, select

from postventa.store.cases import SeriesRow
from postventa.store.orders import CustomerRow
from postventa.store.upsert import insert_new, upsert

ANA = {
    "shop": "tienda",
    "identity": "ana",
    "ref": "1",
    "name": "Ana",
    "email": "ana@correo.example",
    "phone": "600",
    "hard_bounced_at": None,
    "einvoice_consent_at": None,
}


def test_what_is_told_to_stay_stays_and_nothing_is_emptied_that_is_to_be_filled(store):
    changed = ANA | {"name": "Ana Puig", "phone": "", "ref": None, "email": "puig@correo.example"}
    with store.begin() as connection:
        for row in (ANA, changed):
            upsert(connection, CustomerRow, [row], ("shop", "identity"), keep=("email",), fill=("ref",))
        found = connection.execute(select(CustomerRow.__table__)).one()
    assert (found.name, found.phone, found.ref, found.email) == ("Ana Puig", "", "1", "ana@correo.example")


def test_only_the_new_are_counted_and_no_statement_is_compiled_twice(store):
    hits = []
    with store.begin() as connection:
        event.listen(connection, "before_cursor_execute", lambda *call: hits.append(call[4].cache_hit.name))
        there = [
            insert_new(connection, SeriesRow, [{"name": name, "last": 0}], ("name",))
            for name in ("a", "b", "a")
        ]
        for last in (1, 2):
            upsert(connection, SeriesRow, [{"name": "b", "last": last}], ("name",))
        assert connection.execute(select(SeriesRow.last).where(SeriesRow.name == "b")).scalar_one() == 2
    assert there == [1, 1, 0]
    assert hits[1:3] + hits[4:5] == ["CACHE_HIT"] * 3
