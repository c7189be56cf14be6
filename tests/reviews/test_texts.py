"""Messages as texts, end to end over a real HTTP server: owed beside the mail, told once, to a number that takes them."""

from datetime import timedelta

import pytest
from a_review_shop import REVIEWS, WEB, AReviewShop
from a_sale import ARRIVED, DAY, line
from a_text_operator import CHANNEL, AnOperator
from an_order import PLACED, raw_order
from sqlalchemy import select, update

from postventa import clock, sending
from postventa.chain import Course, Owe
from postventa.changes import Reader, change_from
from postventa.connectors.doors import open_shop
from postventa.consents import Yes
from postventa.outlook import outlook
from postventa.rules.orders import Stage
from postventa.sms_objections import allow_texts, object_to_texts
from postventa.store.changes import log_and_owe, save
from postventa.store.consents import BounceRow, ConsentRow, SuppressionRow
from postventa.store.ledger import ledger
from postventa.store.messages import OutboxRow
from postventa.store.orders import CustomerRow, OrderRow
from postventa.timeline import timeline
from tasks.messages import send_messages

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
NUMBER = "+34600000001"
MOBILE = {**raw_order(7)["billing"], "email": "nuria.7@client.example", "phone": "600 000 001"}
TEXTS = ["out_for_delivery", "ready_for_pickup", "incident", "review_requested"]
NOON = ARRIVED  # Thursday, 12:00 in Madrid
HOUR = timedelta(hours=1)


@pytest.fixture
def operator(httpserver):
    return AnOperator(httpserver).open()


@pytest.fixture
def shop(house, mailbox, operator, configuration, monkeypatch):
    for name, value in {"SMS_ACCOUNT": "AC1", "SMS_TOKEN": "t", "POSTVENTA_WEB_SECRET": "k" * 40}.items():
        monkeypatch.setenv(name, value)
    configuration["web"] = dict(WEB)
    configuration["channels"]["texts"] = {**CHANNEL, "url": operator.url, "timeout_seconds": 2}
    configuration["shops"]["tienda"] |= {**REVIEWS, "texts": list(TEXTS)}
    return AReviewShop(house(smtp_port=mailbox.port), mailbox)


def owe(shop, message, at=NOON, occasion="once", billing=MOBILE):
    """What the carrier's news leave to be owed, saved as the tasks save it."""
    settings = shop.place.settings
    with shop.place.store.begin() as connection:
        if connection.execute(select(OrderRow.id)).first() is None:
            door = open_shop("tienda", settings.shop("tienda"))
            reader = Reader("tienda", settings.shop("tienda"), lambda _: "dhl", PLACED)
            news = door.read_order(raw_order(7, "completed", parcels=["A7"], billing=billing))
            save(connection, [change_from(news, None, reader)], PLACED)
            done = {"outcome": "suppressed", "reason": "backfill_cutoff"}
            connection.execute(update(OutboxRow).values(**done))
        order_id = connection.execute(select(OrderRow.id)).scalar_one()
        course = Course(Stage.SHIPPED, (), (Owe(message, at, parcel="A7", occasion=occasion),))
        return log_and_owe(connection, [(order_id, "tienda", "7", "carrier", course)], at, settings.texts)


def send(at=NOON, channel="texts"):
    with clock.clock_set_to(at):
        return send_messages.fn(channel)


def texts(shop, channel="sms"):
    return [
        (row.message, row.outcome, row.reason)
        for row in shop.rows(OutboxRow)
        if row.channel == channel and row.reason != "backfill_cutoff"
    ]


def test_a_notice_goes_as_a_mail_and_as_a_text_each_once_and_in_its_own_turn(shop, operator, mailbox):
    assert owe(shop, "ready_for_pickup") == 2
    assert owe(shop, "ready_for_pickup") == 0
    assert owe(shop, "shipped", occasion="x") == 1  # not among the shop's texts
    send(), send()
    assert mailbox.letters == []
    (text,) = operator.texts
    assert (text["To"], text["From"]) == (NUMBER, "+34930000000")
    assert "tu paquete del pedido 7 te espera" in text["Body"]
    assert "/order/" in text["Body"]
    send(channel="email")
    assert [letter.message for letter in mailbox.letters] == ["ready_for_pickup", "shipped"]
    assert len(operator.texts) == 1
    with shop.place.reading() as connection:
        counted = ledger(connection)
        told = [entry.what for entry in timeline(connection, 1, "tienda", "7")]
    assert counted.is_balanced
    assert counted.texts == {"sent": 1}
    assert "ready_for_pickup as a text: sent · 201 SM1" in " | ".join(told)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"phone": "930 000 000"}, "missing_contact"),
        ({"phone": ""}, "missing_contact"),
        ({"email": "", "phone": "600000001"}, ""),
    ],
)
def test_a_landline_gets_no_text_and_a_customer_without_a_mail_address_does(shop, operator, change, reason):
    owe(shop, "ready_for_pickup", billing=MOBILE | change)
    send()
    assert texts(shop) == [("ready_for_pickup", "suppressed" if reason else "sent", reason)]


def test_at_night_a_text_waits_for_the_morning_there_and_on_a_saturday_it_goes(shop, operator):
    owe(shop, "ready_for_pickup", at=NOON)
    night = NOON.replace(hour=22)
    send(night)
    (row,) = [row for row in shop.rows(OutboxRow) if row.channel == "sms"]
    assert (row.outcome, row.reason) == ("deferred", "quiet_hours")
    assert row.due_at == (NOON + DAY).replace(hour=8)
    owe(shop, "out_for_delivery", at=NOON + 2 * DAY)
    send(NOON + 2 * DAY)
    assert len(operator.texts) == 2


def test_news_that_are_too_old_for_a_mail_are_too_old_for_a_text(shop, operator):
    owe(shop, "out_for_delivery")
    send(NOON + DAY)
    assert texts(shop) == [("out_for_delivery", "suppressed", "stale_event")]


@pytest.mark.parametrize(
    ("status", "body", "outcome", "reason"),
    [
        (429, {}, "deferred", "rate_limited"),
        (500, {}, "uncertain", "connection_lost"),
        (401, {}, "deferred", "provider_down"),
        (400, {"code": 21614}, "failed", "refused_by_server"),
        (400, {"code": 21610}, "failed", "refused_by_server"),
    ],
)
def test_each_answer_of_the_operator_is_told_by_the_ledger(shop, operator, status, body, outcome, reason):
    owe(shop, "ready_for_pickup")
    operator.answer = lambda _form: (status, body)
    trouble = send().trouble
    assert texts(shop) == [("ready_for_pickup", outcome, reason)]
    assert texts(shop, "email") == [("ready_for_pickup", "waiting", "")]
    assert "600" not in " ".join(trouble)
    operator.answer = lambda _form: None
    owe(shop, "incident", occasion="exception-1")
    send(NOON + 4 * HOUR)
    later = dict(zip(("first", "second"), texts(shop), strict=True))
    expected = {21614: "hard_bounce", 21610: "opted_out"}.get(body.get("code"), "")
    assert later["second"][1:] == (("suppressed", expected) if expected else ("sent", ""))
    if body.get("code") == 21610:
        (said,) = shop.rows(ConsentRow)
        assert (said.message_class, said.said, said.source) == ("sms", "objected", "answer")
        assert [one.message_class for one in shop.rows(SuppressionRow)] == ["sms"]


def test_a_text_that_was_taken_and_not_delivered_has_failed_and_its_number_is_left_alone(shop, operator):
    owe(shop, "ready_for_pickup")
    send()
    operator.became["SM1"] = ("undelivered", 30006)
    owe(shop, "incident", occasion="exception-1")
    send(NOON + HOUR)
    assert texts(shop) == [
        ("ready_for_pickup", "failed", "undelivered"),
        ("incident", "suppressed", "hard_bounce"),
    ]
    assert [(one.code, one.is_hard) for one in shop.rows(BounceRow)] == [("30006", True)]
    assert len(operator.texts) == 1
    with shop.place.reading() as connection:
        assert ledger(connection).is_balanced


def test_a_telephone_that_is_off_counts_up_and_is_tried_again_after_a_month(shop, operator):
    for number in (1, 2, 3):
        owe(shop, "incident", at=NOON + number * HOUR, occasion=f"exception-{number}")
        send(NOON + number * HOUR)
        operator.became[f"SM{number}"] = ("undelivered", 30003)
    owe(shop, "incident", at=NOON + 5 * HOUR, occasion="exception-5")
    send(NOON + 5 * HOUR)
    assert texts(shop)[-1] == ("incident", "suppressed", "hard_bounce")
    owe(shop, "incident", at=NOON + 40 * DAY, occasion="exception-40")
    send(NOON + 40 * DAY)
    assert texts(shop)[-1] == ("incident", "sent", "")


def test_a_delivered_text_is_asked_about_no_more(shop, operator, httpserver):
    owe(shop, "ready_for_pickup")
    send()
    operator.became["SM1"] = ("delivered", None)
    send(NOON + HOUR)
    asked = len(httpserver.log)
    send(NOON + 2 * HOUR)
    assert len(httpserver.log) == asked
    assert [row.words for row in shop.rows(OutboxRow) if row.channel == "sms"] == ["201 SM1 delivered"]


def test_who_wants_no_texts_gets_none_and_their_mails_go_on(shop, operator, mailbox):
    owe(shop, "ready_for_pickup")
    who = {"shop": "tienda", "number": NUMBER, "now": NOON}
    with shop.place.store.begin() as connection:
        person = connection.execute(select(CustomerRow.id)).scalar_one()
        first, again = (
            object_to_texts(
                connection,
                shop.place.settings,
                source="page",
                source_ref=ref,
                customer_ids=[person],
                **who,
            )
            for ref in ("1", "2")
        )
    assert texts(shop) == [("ready_for_pickup", "suppressed", "opted_out")]
    assert first.is_new
    assert again.reference == first.reference == "O-2026-000001"
    owe(shop, "incident", occasion="exception-1")
    send()
    send(channel="email")
    assert texts(shop)[1] == ("incident", "suppressed", "opted_out")
    assert [letter.message for letter in mailbox.letters] == ["ready_for_pickup", "incident"]
    assert operator.texts == []
    yes = Yes("tienda", NUMBER, "sms", "desk", "3", NOON + HOUR)
    with shop.place.store.begin() as connection:
        assert allow_texts(connection, shop.place.settings, yes, NOON + HOUR)
        assert not allow_texts(connection, shop.place.settings, yes, NOON + HOUR)
    owe(shop, "incident", at=NOON + HOUR, occasion="exception-2")
    owe(shop, "incident", at=NOON + HOUR, occasion="exception-3")
    send(NOON + HOUR)
    one, other = operator.texts
    assert one["Body"] == other["Body"]  # the same words, and another message
    assert len(set(operator.keys)) == 2
    assert "Message-ID" not in one["Body"]


def test_a_sender_that_died_in_the_middle_of_a_text_leaves_it_in_doubt_and_sends_it_under_the_same_key(
    shop, operator, monkeypatch
):
    owe(shop, "ready_for_pickup")

    def die(*_given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sending.Marker, "sent", die)
        patched.setattr(sending._Batch, "finish", lambda _batch: None)
        with pytest.raises(KeyboardInterrupt):
            send()
    with shop.place.store.begin() as connection:
        dead = update(OutboxRow).where(OutboxRow.channel == "sms")
        connection.execute(dead.values(claimed_until=clock.wall() - HOUR))
    assert send().in_doubt == 1
    assert texts(shop) == [("ready_for_pickup", "uncertain", "sender_died")]
    with shop.place.store.begin() as connection:  # what `postventa stuck resend` does
        connection.execute(dead.values(outcome="waiting", reason="", settled_at=None))
    send()
    assert operator.keys[0] == operator.keys[1]


def test_a_review_is_asked_for_by_text_instead_of_by_mail_and_never_by_both(shop, operator, mailbox):
    shop.arrived(line_items=[line(71)])
    with shop.place.store.begin() as connection:
        connection.execute(update(CustomerRow).values(phone="600 000 001"))
    shop.run(ARRIVED + 7 * DAY)
    assert shop.owed_requests == [("review_requested", "waiting", "")]
    with shop.place.reading() as connection, clock.clock_set_to(ARRIVED + 7 * DAY):
        (planned,) = outlook(connection, shop.place.settings, ARRIVED + 7 * DAY, None)
    assert (planned.message, planned.outcome) == ("review_requested", "would_send")
    assert planned.how == "  (text)"
    saturday = ARRIVED + 9 * DAY
    send(saturday)
    monday = (saturday + 2 * DAY).replace(hour=8)
    assert [row.due_at for row in shop.rows(OutboxRow) if row.channel == "sms"] == [monday]
    send(monday.replace(hour=22))
    wednesday = monday + 2 * DAY  # Tuesday is a holiday
    assert [row.due_at for row in shop.rows(OutboxRow) if row.channel == "sms"] == [wednesday]
    send(wednesday)
    (text,) = operator.texts
    assert "/survey/" in text["Body"]
    assert "/optout/" in text["Body"]
    assert mailbox.letters == []
    shop.ask(wednesday + HOUR)
    assert shop.stands == [("asked", "too_soon")]


def test_without_a_mobile_the_request_is_a_mail(shop, operator, mailbox):
    shop.arrived(line_items=[line(71)]).run(ARRIVED + 7 * DAY)
    send(ARRIVED + 7 * DAY)
    assert [letter.message for letter in mailbox.letters] == ["review_requested"]
    assert operator.texts == []
