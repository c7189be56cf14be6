"""Only ids reach Prefect and the logs, whatever goes wrong: who bought stays in the store."""

import logging
import re
import sqlite3
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from a_mailbox import AMailbox

from postventa import clock
from postventa.changes import change_from

pytestmark = pytest.mark.prefect
EVENING = datetime.fromisoformat("2026-11-02T20:00:00+00:00")


def test_no_name_and_no_address_reaches_prefect_or_the_logs_however_things_go_wrong(
    house, sandbox, in_prefect, monkeypatch, caplog
):
    """A mistake of ours and a mail server both repeat what they were given; managers do not hear it."""
    from flows.messages import send_what_is_owed
    from flows.orders import follow_orders
    from flows.shipments import follow_shipments

    greeted = []

    def clumsy(news, *others):
        greeted.append(news)
        if int(news.ref) % 5 == 0:
            raise ValueError(f"cannot greet {news.customer.name} of {news.billing.lines[0]}")
        return change_from(news, *others)

    monkeypatch.setattr("postventa.moving.change_from", clumsy)
    caplog.set_level(logging.DEBUG)
    with AMailbox() as talkative, clock.clock_set_to(EVENING):
        talkative.answer = lambda one: f"550 5.1.1 <{one.recipient.upper()}> nobody by that name here"
        house(sandbox.url, f"{sandbox.url}/dhl", talkative.port)
        moved = follow_orders(shop="tienda", return_state=True)
        follow_shipments(carrier="dhl", return_state=True)
        sent = send_what_is_owed(channel="email", return_state=True)

    assert (moved.name, sent.name) == ("Failed", "Failed")
    said = (moved.message.rpartition(" ")[2], "was refused: 550 5.1.1 <(recipient)>", "ValueError")
    told = _everything_that_holds(said, in_prefect)
    told += "".join(record.getMessage() for record in caplog.records if record.name.startswith(OURS))
    private = {news.customer.name for news in greeted} | {news.customer.email for news in greeted}
    private |= {line for news in greeted for line in (*news.billing.lines, news.customer.phone)}
    assert len(private) > 50
    heard = told.lower()
    assert not [one for one in private if one and one.lower() in heard]


OURS = ("postventa", "tasks", "flows", "prefect")


def _everything_that_holds(said, server):
    """All that Prefect's server keeps, as text, once it has written down what was said last."""
    until = time.monotonic() + 20
    while not all(one in (told := _everything(server)) for one in said):
        assert time.monotonic() < until, said
        time.sleep(0.2)
    return told


def _everything(server):
    path = Path(server.environment["PREFECT_HOME"]) / "prefect.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as kept:
        tables = kept.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        rows = [row for (table,) in tables for row in kept.execute(f'SELECT * FROM "{table}"')]
    written = "\n".join(str(value) for row in rows for value in row if isinstance(value, str | bytes))
    return written + re.sub(r"\\+u([0-9a-fA-F]{4})", lambda hit: chr(int(hit[1], 16)), written)
