"""Asking how a case went: once, a day after its resolution, apart from its thread, and only of who may be asked."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from a_sale import ARRIVED, DAY, ASale
from sqlalchemy import select, update

from postventa import clock, complaints
from postventa.complaint_intake import Statement, file_complaint
from postventa.consents import Yes, object_to, record
from postventa.rules.complaints import Kind, Outcome, Topic
from postventa.rules.consents import Said
from postventa.store.asks import AskRow
from postventa.store.messages import OutboxRow
from tasks.messages import send_messages
from tasks.reactions import survey_cases

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
RESOLVED = ARRIVED + DAY


@pytest.fixture
def desk(house, configuration, mailbox, monkeypatch):
    monkeypatch.setenv("POSTVENTA_WEB_SECRET", "k" * 40)
    configuration["web"] = {"url": "https://postventa.tienda.example"}
    configuration["desk"] = {
        "people": {"ana": {"name": "Ana Pons", "email": "ana@t.example"}},
        "owner": "ana",
    }
    place = house(smtp_port=mailbox.port)
    sale = ASale(place)
    sale.sell({"A1": ARRIVED})
    with place.store.begin() as connection:
        connection.execute(update(OutboxRow).values(outcome="suppressed", reason="backfill_cutoff"))
    return ADesk(place, sale, mailbox)


class ADesk:
    """A complaint about an order that has arrived, and the runs that ask about it."""

    def __init__(self, place, sale, mailbox):
        self.place, self.sale, self.mailbox = place, sale, mailbox

    def resolve(self, email="nuria.7@client.example"):
        said = Statement(
            shop="tienda",
            kind=Kind.CLAIM,
            topic=Topic.PRODUCT,
            text="La taza llegó rota.",
            language="es",
            name="Núria",
            email=email,
            order_ref="7",
            source="web",
            source_ref="1",
            received_at=ARRIVED,
            is_order_proven=True,
        )
        with self.place.store.begin() as connection:
            filed = file_complaint(connection, self.place.settings, said, ARRIVED)
            complaints.answer(
                connection,
                self.place.settings,
                filed.case_id,
                outcome=Outcome.UPHELD,
                reasons=["La taza se rompió en el transporte y te enviamos otra mañana mismo."],
                text="",
                by="ana",
                now=RESOLVED,
            )
            connection.execute(
                update(OutboxRow)
                .where(OutboxRow.outcome == "waiting")
                .values(outcome="suppressed", reason="x")
            )
            yes = Yes(
                "tienda", "nuria.7@client.example", "relationship", "page", "1", ARRIVED, Said.CONSENTED
            )
            record(connection, self.place.settings, yes, ARRIVED)
        return filed.case_id

    def run(self, at):
        with clock.clock_set_to(at):
            done = survey_cases.fn()
            send_messages.fn("email")
        return done

    def ask(self):
        with self.place.reading() as connection:
            return connection.execute(select(AskRow.__table__)).one()


def test_who_was_answered_is_asked_once_a_day_later_in_a_thread_of_its_own(desk):
    desk.resolve()
    assert desk.run(RESOLVED + timedelta(hours=23)).asked == 0
    assert desk.run(RESOLVED + timedelta(hours=25)).asked == 1
    assert desk.run(RESOLVED + timedelta(hours=27)).asked == 0

    (letter,) = desk.mailbox.letters
    mail = message_from_bytes(letter.raw, policy=policy.default)
    assert "In-Reply-To" not in mail
    assert "X-Postventa-Case" not in mail
    assert "optout" in mail["List-Unsubscribe"]
    text = mail.get_body(("plain",)).get_content()
    assert "https://postventa.tienda.example/survey/" in text
    assert "answer=5" in text
    assert "optout" in text
    assert (desk.ask().state, desk.ask().next_at) == ("asked", None)


def test_nobody_is_asked_before_everything_is_resolved_nor_after_three_days(desk):
    case_id = desk.resolve()
    with desk.place.store.begin() as connection:
        complaints.reopen(
            connection, desk.place.settings, case_id, "Sigue rota.", by="ana", at=RESOLVED, now=RESOLVED
        )
    assert desk.run(RESOLVED + timedelta(hours=30)).asked == 0
    assert [one for one in desk.mailbox.letters if b"/survey/" in one.raw] == []


@pytest.mark.parametrize(
    ("hours", "email", "objects", "reason"),
    [
        (73, "nuria.7@client.example", False, "stale_event"),
        (30, "germana@client.example", False, "missing_contact"),
        (30, "nuria.7@client.example", True, "opted_out"),
    ],
)
def test_who_is_not_asked_has_the_reason(desk, hours, email, objects, reason):
    desk.resolve(email)
    at = RESOLVED + timedelta(hours=hours)
    if objects:
        with desk.place.store.begin() as connection:
            object_to(
                connection,
                desk.place.settings,
                shop="tienda",
                email=email,
                source="page",
                source_ref="1",
                now=at,
            )
    desk.run(at)
    desk.run(at + timedelta(hours=2))

    assert (desk.ask().state, desk.ask().reason) == ("suppressed", reason)
    assert [one for one in desk.mailbox.letters if b"/survey/" in one.raw] == []
