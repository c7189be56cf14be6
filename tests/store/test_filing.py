"""What was heard is filed once; the cursor goes forward; what was not understood is counted."""

from datetime import timedelta

import pytest
from some_orders import MONDAY
from sqlalchemy import select

from postventa.news import Heard, Page
from postventa.store import filing
from postventa.store.inbox import InboxRow, QuarantineRow


def heard(ref="1", minutes=0, kind="order", order_ref="", **raw) -> Heard:
    return Heard(kind, ref, MONDAY + timedelta(minutes=minutes), {"id": ref, **raw}, order_ref)


def page(*news, refused=(), minutes=0) -> Page:
    return Page(list(news), list(refused), MONDAY + timedelta(minutes=minutes))


@pytest.fixture
def file(store):
    def file_one(one: Page, walk="orders") -> int:
        with store.begin() as connection:
            return filing.file_page(connection, "tienda", walk, one, MONDAY).news

    return file_one


def test_a_page_is_filed_with_its_cursor(store, file):
    assert file(page(heard("1"), heard("2"), minutes=5)) == 2
    with store.connect() as connection:
        assert filing.cursor(connection, "tienda:orders") == MONDAY + timedelta(minutes=5)
        assert filing.cursor(connection, "tienda:refunds") is None


def test_a_page_filed_twice_is_no_news(file):
    one = page(heard("1"), heard("2"))
    assert file(one) == 2
    assert file(one) == 0


def test_an_order_twice_on_a_page_is_filed_once(file):
    assert file(page(heard("1"), heard("1"))) == 1


def test_the_same_stamp_with_other_content_is_news(file):
    file(page(heard("1", status="processing")))
    assert file(page(heard("1", status="completed"))) == 1


def test_the_order_of_fields_makes_no_news(file):
    assert file(page(Heard("order", "1", MONDAY, {"a": 1, "b": 2}))) == 1
    assert file(page(Heard("order", "1", MONDAY, {"b": 2, "a": 1}))) == 0


def test_an_empty_page_moves_the_cursor(store, file):
    assert file(page(minutes=9)) == 0
    with store.connect() as connection:
        assert filing.cursor(connection, "tienda:orders") == MONDAY + timedelta(minutes=9)


def test_the_cursor_never_goes_back(store, file):
    file(page(minutes=5))
    file(page(minutes=3))
    with store.connect() as connection:
        assert filing.cursor(connection, "tienda:orders") == MONDAY + timedelta(minutes=5)


def test_news_of_an_order_is_read_in_the_sequence_in_which_its_shop_changed_it(store, file):
    file(page(heard("1", minutes=2)))
    file(page(heard("1", minutes=1)))
    with store.connect() as connection:
        unread = filing.unread_news(connection, "tienda", ["1"])["1"]
    assert [one.id for one in unread] == [2, 1]


def test_a_refund_is_news_of_its_order(store, file):
    file(page(heard("77", kind="refund", order_ref="1")), walk="refunds")
    with store.connect() as connection:
        assert filing.orders_with_news(connection, "tienda", 10) == ["1"]
        assert filing.orders_with_news(connection, "otra", 10) == []


def test_what_is_read_is_not_news_any_more(store, file):
    file(page(heard("1"), heard("2")))
    with store.begin() as connection:
        filing.mark_read(connection, [(1, "applied")], MONDAY)
        filing.mark_read(connection, [], MONDAY)
        assert filing.orders_with_news(connection, "tienda", 10) == ["2"]
        assert filing.unread_news(connection, "tienda", ["1"]) == {"1": []}
        kept = connection.execute(select(InboxRow.outcome, InboxRow.read_at).where(InboxRow.id == 1)).one()
    assert kept == ("applied", MONDAY)


def test_the_news_of_a_parked_order_waits(store, file):
    file(page(heard("1"), heard("2")))
    with store.begin() as connection:
        filing.park(connection, "tienda", "1", "ValueError: odd" + "!" * 600, MONDAY)
        assert filing.orders_with_news(connection, "tienda", 10) == ["2"]


def test_what_cannot_be_filed_is_quarantined_and_stops_nothing(store, file):
    assert file(page(heard("1"), refused=[({"id": None}, "the order has no id")])) == 1
    with store.connect() as connection:
        kept = connection.execute(select(QuarantineRow.source, QuarantineRow.reason, QuarantineRow.raw)).one()
    assert kept == ("tienda", "the order has no id", '{"id": null}')


def test_quarantine_counts_what_comes_again(store):
    later = MONDAY + timedelta(hours=1)
    with store.begin() as connection:
        facts = {"source": "dhl", "kind": "status code", "ref": "ZZ", "reason": "no row"}
        assert filing.quarantine(connection, **facts, raw="first", now=MONDAY)
        assert not filing.quarantine(connection, **facts, raw="again", now=later)
        assert filing.quarantine(connection, **{**facts, "ref": "YY"}, raw="other", now=later)
        rows = connection.execute(QuarantineRow.__table__.select().order_by(QuarantineRow.id)).all()
    assert [(row.ref, row.times) for row in rows] == [("ZZ", 2), ("YY", 1)]
    assert (rows[0].heard_at, rows[0].last_heard_at, rows[0].raw) == (MONDAY, later, "again")


def test_a_monstrous_payload_is_kept_only_in_part(store):
    with store.begin() as connection:
        facts = {"source": "tienda", "kind": "order", "ref": "1" * 300, "reason": "r" * 900}
        filing.quarantine(connection, **facts, raw="x" * 10_000_000, now=MONDAY)
        row = connection.execute(QuarantineRow.__table__.select()).one()
    assert (len(row.raw), len(row.ref), len(row.reason)) == (20_000, 128, 500)
