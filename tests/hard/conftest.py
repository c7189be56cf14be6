"""What the hard cases share: senders to kill, and what must be true of a ledger and a mailbox afterwards."""

import logging
from collections import Counter
from collections.abc import Iterator

import pytest
from a_killable import Killables
from a_mailbox import AMailbox
from sqlalchemy import select

from postventa.connectors import http
from postventa.rules.messages import Outcome
from postventa.store.ledger import ledger
from postventa.store.messages import OutboxRow
from postventa.workplace import Workplace


@pytest.fixture(scope="session")
def killables() -> Iterator[Killables]:
    parent = Killables()
    yield parent
    parent.stop()


@pytest.fixture
def mailbox() -> Iterator[AMailbox]:
    with AMailbox() as box:
        yield box


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Doors wait a hundredth of their pauses, and ask as often."""
    patience = http.Patience
    monkeypatch.setattr(http, "Patience", lambda: patience(first_pause=0.005, longest_pause=0.3))


@pytest.fixture
def outcomes(place: Workplace):
    """Counts the outbox by outcome; the ledger must add up whenever it is asked."""

    def count() -> Counter[str]:
        with place.reading() as connection:
            assert ledger(connection).is_balanced
            rows = connection.execute(select(OutboxRow.outcome)).scalars().all()
        return Counter(rows)

    return count


@pytest.fixture
def settled_truly(place: Workplace):
    """Every message marked as sent is in the mailbox once, and nothing is there that is not marked or in doubt."""

    def check(mailbox: AMailbox) -> Counter[str]:
        box = OutboxRow.__table__.c
        with place.reading() as connection:
            rows = connection.execute(select(box.message_id, box.outcome, box.sender)).all()
        sent = {row.message_id for row in rows if row.outcome == Outcome.SENT}
        doubted = {row.message_id for row in rows if row.outcome == Outcome.UNCERTAIN}
        there = mailbox.ids()
        assert [one for one, times in there.items() if times > 1] == []
        assert sent - set(there) == set()
        assert set(there) - sent <= doubted
        assert [row.sender for row in rows if row.sender] == []
        return Counter(row.outcome for row in rows)

    return check


@pytest.fixture(autouse=True, scope="session")
def _quiet_servers() -> None:
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
