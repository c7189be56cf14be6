"""The night's summary on its way: to every manager once, as every mail, whatever orders and cases are about."""

from datetime import date
from email import message_from_bytes
from email.policy import default

import pytest
from an_office import DESK
from an_order import raw_order
from sqlalchemy import update

from postventa.night_letters import owe_summary
from postventa.outlook import outlook
from postventa.standing import set_aside
from postventa.store.ledger import ledger
from postventa.store.messages import OutboxRow

NIGHT = date(2026, 11, 1)
FACTS = {
    "night_on": str(NIGHT),
    "is_built": True,
    "is_good": False,
    "failed": [],
    "failed_count": 0,
    "today": ["3 reembolsos van con retraso: 90,00 €."],
    "today_count": 1,
    "figures": [{"name": "CSAT", "value": "84 %", "before": "80 %", "change": "+4 puntos", "told": ""}],
    "links": {"report": "", "dictionary": "", "validation": ""},
}
pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@pytest.fixture
def configuration(configuration):
    configuration["desk"] = DESK
    configuration["datasets"] = {"managers": ["pau", "ana"]}
    return configuration


@pytest.fixture
def owed(village):
    """`owed()` owes the summary at the village's hour."""

    def owe(**more):
        with village.place.store.begin() as connection:
            return owe_summary(connection, village.place.settings, NIGHT, FACTS | more, village.now)

    return owe


def counted(village):
    with village.place.reading() as connection:
        return ledger(connection)


def test_a_summary_goes_to_each_manager_once_beside_an_orders_mails(village, owed):
    village.put(raw_order(7))
    village.hear()
    assert (owed(), owed()) == (2, 0)
    with village.place.reading() as connection:
        planned = outlook(connection, village.place.settings, village.now, None)
    assert {one.order for one in planned if one.message == "nightly_summary"} == {"-:2026-11-01"}
    village.send()
    village.send()
    letters = [
        message_from_bytes(letter.raw, policy=default)
        for letter in village.mailbox.letters
        if letter.message == "nightly_summary"
    ]
    assert {mail["To"].addresses[0].addr_spec for mail in letters} == {
        "pau@tienda.example",
        "ana@tienda.example",
    }
    assert len(letters) == 2
    assert letters[0]["Subject"].startswith("Atención: 1 asunto para hoy")
    assert "3 reembolsos van con retraso" in letters[0].get_body(("plain",)).get_content()
    assert "List-Unsubscribe" not in letters[0]
    assert "received" in village.mailbox.of(7)
    assert counted(village).is_balanced
    assert counted(village).waiting == 0


def test_a_server_that_says_later_is_asked_again_under_the_same_name_and_one_that_says_no_is_told(
    village, owed
):
    owed()
    answers = ["451 4.3.0 later", "550 5.7.1 no"]
    village.mailbox.answer = lambda letter: answers[0 if letter.recipient.startswith("pau") else 1]
    village.send()
    assert {key.partition("@")[2]: what for key, what in village.owed().items()} == {
        "pau": "deferred rate_limited",
        "ana": "failed refused_by_server",
    }
    with village.place.reading() as connection:
        (aside,) = set_aside(connection)
    assert (aside.where, aside.what) == ("-:2026-11-01", "nightly_summary (failed)")
    village.later(minutes=2)
    village.mailbox.answer = lambda _letter: "250 2.0.0 kept"
    village.send()
    first, again = [letter for letter in village.mailbox.offered if letter.recipient.startswith("pau")]
    assert first.message_id == again.message_id
    assert counted(village).is_balanced


def test_yesterdays_summary_is_told_to_nobody(village, owed):
    owed()
    village.later(hours=31)
    village.send()
    assert set(village.owed().values()) == {"suppressed stale_event"}
    assert village.mailbox.letters == []


def test_a_manager_who_is_no_longer_named_is_a_case_for_a_person(village, owed):
    owed()
    with village.place.store.begin() as connection:
        gone = update(OutboxRow).where(OutboxRow.recipient == "ana").values(recipient="iris")
        connection.execute(gone)
    village.send()
    assert sorted(village.owed().values()) == ["failed missing_contact", "sent"]
