"""What the desk reads and hears of an order that is late, and what is told to nobody because it has been done since."""

import copy
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from an_office import DESK, at
from an_order import raw_order
from sqlalchemy import update
from werkzeug import Response

from postventa import clock
from postventa.store.clocks import ClockRow, EscalationRow
from postventa.store.messages import OutboxRow
from tasks.complaints import ring_clocks, tell_webhook
from tasks.returns import keep_sales

SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
POSTGRES = pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
DAY = timedelta(days=1)
DAY_31 = at("2026-12-03 12:00")


@pytest.fixture
def configuration(configuration, monkeypatch, httpserver):
    configuration["desk"] = copy.deepcopy(DESK) | {"webhook_env": "DESK_HOOK"}
    monkeypatch.setenv("DESK_HOOK", httpserver.url_for("/hook"))
    return configuration


def watched(village, now):
    with clock.clock_set_to(now):
        keep_sales.fn()
        return ring_clocks.fn()


def to_the_desk(village):
    ours = [mail.raw for mail in village.mailbox.letters if mail.recipient.endswith("@tienda.example")]
    return [message_from_bytes(raw, policy=default) for raw in ours]


@SQLITE
def test_a_late_delivery_is_written_about_with_what_the_customer_may_do_and_told_to_the_webhook(
    village, httpserver
):
    heard = []
    village.put(raw_order(7))
    village.hear()
    village.send()
    watched(village, village.now)
    village.now = DAY_31
    watched(village, DAY_31)
    village.send()
    letters = to_the_desk(village)
    assert [mail["X-Postventa-Message"] for mail in letters] == ["desk_order"] * 4
    overdue = letters[-1]
    assert overdue["To"].addresses[0].addr_spec == "pau@tienda.example"
    text = overdue.get_body(("plain",)).get_content()
    for said in ("66 bis", "plazo adicional", "postventa order tienda:7", "LGDCU 66bis.1, 109", "pagado"):
        assert said in text, said
    assert "Soler" not in text
    assert "client.example" not in text

    def hook(request):
        heard.append(request.get_json()["text"])
        return Response("ok")

    httpserver.clear()
    httpserver.expect_request("/hook").respond_with_handler(hook)
    with clock.clock_set_to(DAY_31):
        assert tell_webhook.fn().lines == 4
    assert heard[-1].startswith("7: fuera de plazo")
    assert heard[-1].endswith("(R-DEL-MAX, overdue:1)")


@SQLITE
def test_a_mail_that_waits_holds_up_no_letter_to_the_desk_and_one_that_has_gone_needs_none(village):
    village.put(raw_order(7), raw_order(8))
    village.hear()
    watched(village, village.now)
    with village.place.store.begin() as connection:
        waits = {"outcome": "deferred", "reason": "cannot_be_written", "due_at": village.now + 2 * DAY}
        connection.execute(update(OutboxRow).where(OutboxRow.order_id == 1).values(**waits))
        rests = {"due_at": village.now + 2 * DAY}
        connection.execute(update(OutboxRow).where(OutboxRow.order_id == 2).values(**rests))
    village.later(hours=3)
    assert watched(village, village.now).calls == 2
    with village.place.store.begin() as connection:
        sent = {"outcome": "sent", "settled_at": village.now}
        connection.execute(
            update(OutboxRow).where(OutboxRow.order_id == 2, OutboxRow.recipient.is_(None)).values(**sent)
        )
    village.send()
    (letter,) = to_the_desk(village)
    assert letter["Subject"].startswith("7: ")
    assert village.owed()["8:-:desk_order:3:owner@ana"] == "suppressed superseded"


@POSTGRES
def test_two_workers_at_once_start_each_clock_once_and_call_once(village):
    village.put(*(raw_order(number) for number in range(1, 31)))
    village.hear()
    with ThreadPoolExecutor(2) as workers:
        list(workers.map(lambda _: watched(village, village.now), range(2)))
        list(workers.map(lambda _: watched(village, at("2026-11-28 12:00")), range(2)))
    clocks = village.rows(ClockRow)
    assert len(clocks) == 60
    delivery = {row.id for row in clocks if row.rule_id == "R-DEL-MAX"}
    calls = [(row.clock_id, row.rung) for row in village.rows(EscalationRow) if row.clock_id in delivery]
    assert len(calls) == len(set(calls)) == 60
    assert (
        len([row for row in village.rows(OutboxRow) if row.facts and row.facts.get("duty") == "R-DEL-MAX"])
        == 60
    )
