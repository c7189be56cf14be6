"""The store fails in the middle of a batch: what is certain stays certain, and the rest goes on when it is back."""

import sqlite3
import threading
from contextlib import closing, suppress

import pytest
from a_mailbox import KEPT
from an_order import PLACED, fill, raw_order, two_parcels
from sqlalchemy import event, func, make_url, select, text
from sqlalchemy.exc import OperationalError

from postventa import sending
from postventa.news import Heard, Page
from postventa.store import database, filing
from postventa.store.inbox import CursorRow, InboxRow
from postventa.store.messages import OutboxRow
from tasks.messages import send_messages
from tasks.orders import move_orders
from tasks.promise import is_temporary

ORDERS = 20
ALL = {"sent": 4 * ORDERS, "suppressed": 2 * ORDERS}

only_postgresql = pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
only_sqlite = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@pytest.fixture
def owed(house, place, mailbox, monday):
    house(smtp_port=mailbox.port)
    fill(place, map(two_parcels, range(1, ORDERS + 1)), monday)


def cut_every_connection(place):
    with place.store.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


@only_postgresql
@pytest.mark.parametrize("at", [1, 30])
def test_connections_cut_during_a_hand_over_leave_nothing_in_doubt(
    owed, place, mailbox, settled_truly, at, monkeypatch
):
    """The mark of a letter that was accepted is lost with its connection; the receipt is not."""

    def answer(_letter):
        if len(mailbox.offered) == at:
            cut_every_connection(place)
        return KEPT

    mailbox.answer = answer
    with pytest.raises(OperationalError) as cut:
        send_messages.fn("email")
    assert is_temporary(cut.value)
    assert len(mailbox.letters) == at
    send_messages.fn("email")
    assert settled_truly(mailbox) == ALL


@only_postgresql
def test_a_connection_cut_before_a_hand_over_sends_that_letter_later(
    owed, place, mailbox, settled_truly, monkeypatch
):
    real_begin = sending.Marker.begin
    calls = []

    def begin(marker, *words):
        calls.append(1)
        if len(calls) == 5:
            cut_every_connection(place)
        return real_begin(marker, *words)

    monkeypatch.setattr(sending.Marker, "begin", begin)
    with pytest.raises(OperationalError):
        send_messages.fn("email")
    assert len(mailbox.letters) == 4
    send_messages.fn("email")
    assert settled_truly(mailbox) == ALL


def test_a_mistake_of_ours_during_a_hand_over_stops_one_batch_and_loses_nothing(
    owed, place, mailbox, outcomes, monkeypatch
):
    """Whether that letter went nobody knows: it is in doubt once no hand-over can last so long; the rest goes."""
    real_send = sending.import_module("postventa.connectors.channels.smtp").Smtp.send
    calls = []

    def send(post, *letter):
        calls.append(1)
        if len(calls) == 7:
            raise ZeroDivisionError
        return real_send(post, *letter)

    monkeypatch.setattr("postventa.connectors.channels.smtp.Smtp.send", send)
    with pytest.raises(ZeroDivisionError):
        send_messages.fn("email")
    send_messages.fn("email")
    assert outcomes()["begun"] == 1
    with place.store.begin() as connection:
        connection.execute(
            OutboxRow.__table__.update()
            .where(OutboxRow.outcome == "begun")
            .values(claimed_until=OutboxRow.owed_at)
        )
    send_messages.fn("email")
    counted = outcomes()
    assert counted["uncertain"] == 1
    assert counted["sent"] == 4 * ORDERS - 1
    assert max(mailbox.ids().values()) == 1


def test_a_batch_whose_end_cannot_be_saved_has_still_marked_every_letter(
    owed, place, mailbox, settled_truly, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(sending.outbox, "finish", _fails)
        with pytest.raises(OperationalError):
            send_messages.fn("email")
    assert len(mailbox.letters) == 4 * ORDERS
    assert send_messages.fn("email").outcomes == {}
    assert settled_truly(mailbox) == ALL


def _fails(*_words):
    raise OperationalError("the end of a batch", None, sqlite3.OperationalError("disk I/O error"))


@pytest.fixture
def quickly_busy(monkeypatch):
    """SQLite gives up after a tenth of a second; asked for before the store is opened."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)


@only_sqlite
def test_a_database_locked_from_the_start_is_a_temporary_error_and_nothing_goes(
    own_store, quickly_busy, owed, place, mailbox, settled_truly
):
    with closing(_writer(place)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked") as locked:
            send_messages.fn("email")
        assert is_temporary(locked.value)
        other.execute("ROLLBACK")
    assert mailbox.letters == []
    send_messages.fn("email")
    assert settled_truly(mailbox) == ALL


@only_sqlite
def test_a_database_locked_between_a_hand_over_and_its_mark_keeps_the_receipt(
    own_store, quickly_busy, owed, place, mailbox, settled_truly, monkeypatch
):
    with closing(_writer(place)) as other:

        def answer(_letter):
            if len(mailbox.offered) == 3:
                other.execute("BEGIN IMMEDIATE")
            return KEPT

        real_sent = sending.Marker.sent

        def sent(marker, *words):
            try:
                real_sent(marker, *words)
            finally:
                if other.in_transaction:
                    other.execute("ROLLBACK")

        mailbox.answer = answer
        monkeypatch.setattr(sending.Marker, "sent", sent)
        with pytest.raises(OperationalError, match="locked") as locked:
            send_messages.fn("email")
        assert is_temporary(locked.value)
        assert len(mailbox.letters) == 3
        send_messages.fn("email")
    assert settled_truly(mailbox) == ALL


def _writer(place):
    path = make_url(place.settings.store.url).database
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


@pytest.fixture
def full_disk(own_store, place):
    """A switch: while it is on, the database may not grow by a single page."""
    is_full = threading.Event()

    def limit(driver, _record, _proxy):
        _allow(driver, 0 if is_full.is_set() else 1_000_000)

    event.listen(place.store, "checkout", limit)
    yield is_full
    event.remove(place.store, "checkout", limit)


def _allow(driver, pages: int) -> None:
    """So many pages more."""
    driver.execute(f"PRAGMA max_page_count={driver.execute('PRAGMA page_count').fetchone()[0] + pages}")


def _page(count: int) -> Page:
    heard = [
        Heard("order", str(ref), PLACED, raw_order(ref, note="x" * 2_000)) for ref in range(1, count + 1)
    ]
    return Page(heard, (), PLACED)


@only_sqlite
def test_a_full_disk_saves_no_half_page_and_no_half_batch(house, place, full_disk, mailbox, monday):
    house(smtp_port=mailbox.port)
    full_disk.set()
    with pytest.raises(OperationalError, match="full") as full, place.store.begin() as connection:
        filing.file_page(connection, "tienda", "orders", _page(100), monday)
    assert is_temporary(full.value)
    with place.reading() as connection:
        assert connection.execute(select(func.count()).select_from(InboxRow)).scalar_one() == 0
        assert connection.execute(select(func.count()).select_from(CursorRow)).scalar_one() == 0
    full_disk.clear()
    with place.store.begin() as connection:
        assert filing.file_page(connection, "tienda", "orders", _page(100), monday).news == 100
    full_disk.set()
    with pytest.raises(OperationalError, match="full"):
        move_orders.fn("tienda")
    with place.reading() as connection:
        assert connection.execute(select(func.count()).select_from(OutboxRow)).scalar_one() == 0
        unread = select(func.count()).select_from(InboxRow).where(InboxRow.read_at.is_(None))
        assert connection.execute(unread).scalar_one() == 100
    full_disk.clear()
    moved = move_orders.fn("tienda")
    assert (moved.applied, moved.parked) == (100, ())


@only_sqlite
def test_a_disk_that_fills_up_while_letters_go_doubles_none(
    owed, place, full_disk, mailbox, settled_truly, monkeypatch
):
    real_begin, gone = sending.Marker.begin, 30

    def begin(marker, *words):
        if len(mailbox.letters) == gone:
            full_disk.set()
            _allow(marker._connection, 0)
        return real_begin(marker, *words)

    monkeypatch.setattr(sending.Marker, "begin", begin)
    monkeypatch.setattr(sending, "BATCH", 20)
    with pytest.raises(OperationalError, match="full") as full:
        send_messages.fn("email")
    assert is_temporary(full.value)
    assert gone < len(mailbox.letters) < 4 * ORDERS, "what was claimed went, and is marked"
    with suppress(OperationalError):
        send_messages.fn("email")
    full_disk.clear()
    send_messages.fn("email")
    assert settled_truly(mailbox) == ALL
