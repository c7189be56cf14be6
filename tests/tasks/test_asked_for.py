"""Messages that a customer may refuse: judged when they are sent, and stopped at once."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from an_order import PLACED, raw_order
from sqlalchemy import select, update

from postventa import clock, consents, letters, links, relations
from postventa.cards import MessageClass, card, cards
from postventa.consents import Yes, object_to, record
from postventa.contacts import contact_of
from postventa.erasure import erase
from postventa.store import claims
from postventa.store.base import Base
from postventa.store.casebook import NewCase, move, open_case
from postventa.store.cases import CaseRow
from postventa.store.consents import BounceRow, ConsentRow, SuppressionRow
from postventa.store.marks import Marker
from postventa.store.messages import OutboxRow
from postventa.store.orders import CustomerRow, OrderRow
from postventa.store.upsert import insert_new

ASKS = "incident"
"""A message that these tests take for one that asks for an opinion."""
SECRET = "a-secret-that-only-these-tests-sign-with"
EMAIL = "nuria.1@client.example"
MORNING = datetime(2026, 11, 3, 9, tzinfo=UTC)
on_sqlite = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def _asking(monkeypatch, configuration):
    monkeypatch.setenv("POSTVENTA_WEB_SECRET", SECRET)
    configuration["web"] = {"url": "https://posventa.tienda.example"}
    asks = card(ASKS).model_copy(
        update={"message_class": MessageClass.RELATIONSHIP, "per": "order", "stale_hours": 720}
    )
    changed = [asks if one.message == ASKS else one for one in cards()]
    by_name = {one.message: one for one in changed}
    monkeypatch.setattr(letters, "_card", by_name.__getitem__)
    monkeypatch.setattr(relations, "card", by_name.__getitem__)
    monkeypatch.setattr(consents, "cards", lambda: changed)


@pytest.fixture
def bought(village, configuration, house):
    """A customer of an order, whom the checkout offered to refuse; the order's own mails have gone."""
    configuration["shops"]["tienda"]["soft_opt_in_wording"] = "2026-01"
    configuration["shops"]["otra"] = {**configuration["shops"]["tienda"], "display_name": "Otra"}
    village.place = house()
    village.put(raw_order(1))
    village.hear()
    village.send()
    village.now = MORNING
    return village


def owe(village, occasion="first", ref="1"):
    with village.place.store.begin() as connection:
        order_id = connection.execute(select(OrderRow.id).where(OrderRow.ref == ref)).scalar_one()
        row = {
            "key": f"tienda:{ref}:-:{ASKS}:{occasion}",
            "order_id": order_id,
            "case_id": None,
            "message": ASKS,
            "occasion": occasion,
            "outcome": "waiting",
            "reason": "",
            "words": "",
            "attempts": 0,
            **dict.fromkeys(("happened_at", "owed_at", "due_at"), village.now),
        }
        insert_new(connection, OutboxRow, [row], ("key",))


def outcome(village, occasion="first"):
    return village.owed()[f"1:-:{ASKS}:{occasion}"]


def objects(village, **more):
    with village.place.store.begin() as connection:
        told = {"shop": "tienda", "email": EMAIL, "source": "page", "source_ref": "p1", "now": village.now}
        return object_to(connection, village.place.settings, **told | more)


@on_sqlite
def test_whoever_bought_and_did_not_refuse_is_asked_and_told_how_to_refuse(bought):
    owe(bought)
    bought.send()

    assert outcome(bought) == "sent"
    mail = message_from_bytes(bought.mailbox.letters[-1].raw, policy=policy.default)
    link, by_mail = re.findall(r"<([^>]+)>", mail["List-Unsubscribe"])
    token = link.removeprefix("https://posventa.tienda.example/optout/")
    assert by_mail == f"mailto:hola@tienda.example?subject=unsubscribe%20{token}"
    with clock.clock_set_to(bought.now):
        whose = links.read_opt_out_link(bought.place.settings, token)
    assert whose == ("tienda", bought.rows(OrderRow)[0].customer_id)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for kind in ("plain", "html"):
        text = mail.get_body((kind,)).get_content()
        assert link in text
        assert "porque compraste en" in text
    transactional = message_from_bytes(bought.mailbox.letters[0].raw)
    assert transactional["List-Unsubscribe"] is None


@on_sqlite
def test_nobody_is_asked_whom_the_checkout_offered_nothing(village, house):
    village.place = house()
    village.put(raw_order(1))
    village.hear()
    village.send()
    village.now = MORNING
    owe(village)
    village.send()
    assert outcome(village) == "suppressed no_consent"


@on_sqlite
def test_a_ticked_box_is_a_yes_and_one_left_empty_is_none(bought):
    box = [{"key": "_marketing_consent", "value": value} for value in ("yes", "no")]
    bought.put(raw_order(2, meta_data=[box[0]]), raw_order(3, meta_data=[box[1]]))
    bought.hear()
    bought.hear()

    kept = {row.source_ref: (row.said, row.wording, row.said_at) for row in bought.rows(ConsentRow)}
    assert kept == {"1": ("soft_opt_in", "2026-01", PLACED), "2": ("consented", "", PLACED)}


def test_opted_out_one_second_before(bought):
    """A sender holds the message already; the objection is the last thing that happens before it goes."""
    owe(bought)
    with bought.place.store.begin() as connection:
        (claimed,) = claims.claim(connection, "s", bought.now, clock.wall(), 10)
    objects(bought, now=bought.now - timedelta(seconds=1))

    with Marker(bought.place.store, "s") as marker:
        assert not marker.begin(claimed.id, "<m@tienda.example>", clock.wall())
    assert outcome(bought) == "suppressed opted_out"


def test_an_objection_is_confirmed_with_its_number_and_leaves_what_the_order_needs(bought):
    said = objects(bought)
    again = objects(bought, source="one_click", source_ref="p2")
    owe(bought)
    bought.put(raw_order(1, "completed", at=MORNING, parcels=("JD1",)))
    bought.hear()
    bought.send()

    assert (said.reference, said.is_new) == ("O-2026-000001", True)
    assert (again.reference, again.is_new) == ("O-2026-000001", False)
    assert outcome(bought) == "suppressed opted_out"
    owed = bought.owed()
    assert owed["1:-:opt_out_confirmed:O-2026-000001"] == "sent"
    assert owed["1:JD1:shipped:once"] == "sent"
    sent = [one for one in bought.mailbox.letters if one.message == "opt_out_confirmed"]
    text = message_from_bytes(sent[0].raw, policy=policy.default).get_body(("plain",)).get_content()
    assert "O-2026-000001" in text
    assert "listarobinson.es" in text


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_a_mail_program_and_a_person_at_the_same_time_are_one_objection(bought):
    with ThreadPoolExecutor(2) as both:
        told = list(both.map(lambda how: objects(bought, source=how, source_ref=how), ("page", "one_click")))
    assert {one.reference for one in told} == {"O-2026-000001"}
    assert sorted(one.is_new for one in told) == [False, True]


@on_sqlite
def test_a_no_to_one_shop_of_the_company_holds_in_the_other_and_a_yes_does_not(bought):
    objects(bought, shop="otra")
    owe(bought)
    bought.send()
    assert outcome(bought) == "suppressed opted_out"

    later = bought.now + timedelta(days=1)
    with bought.place.store.begin() as connection:
        yes = Yes("otra", EMAIL, "all", "desk", "call-1", later)
        assert record(connection, bought.place.settings, yes, later)
        assert not record(connection, bought.place.settings, yes, later)
    bought.later(days=1)
    owe(bought, "again")
    bought.send()
    assert outcome(bought, "again") == "suppressed opted_out"
    with bought.place.reading() as connection:
        standing = consents.consent_of(connection, bought.place.settings, "otra", EMAIL)
    assert standing.bases["commercial"] == "consent"
    assert not standing.suppressed


@on_sqlite
def test_a_no_to_surveys_leaves_advertising_and_a_second_no_has_a_number_of_its_own(bought):
    objects(bought, scope="relationship")
    with bought.place.reading() as connection:
        bases = consents.consent_of(connection, bought.place.settings, "tienda", EMAIL).bases
    assert bases == {"relationship": "objected", "commercial": "soft_opt_in"}
    assert objects(bought).reference == "O-2026-000002"


@on_sqlite
def test_the_list_outlives_the_book_and_hides_whom_it_names(bought):
    objects(bought)
    with bought.place.store.begin() as connection:
        connection.execute(ConsentRow.__table__.delete())
    owe(bought)
    bought.send()
    assert outcome(bought) == "suppressed opted_out"
    contact = contact_of(bought.place.settings, "tienda", f" {EMAIL.upper()} ")
    assert contact in {row.contact for row in bought.rows(SuppressionRow)}
    assert "nuria" not in str(bought.rows(SuppressionRow))


@on_sqlite
@pytest.mark.parametrize(
    ("hard", "times", "said"),
    [(True, 1, "suppressed hard_bounce"), (False, 2, "sent"), (False, 3, "deferred soft_bounce")],
)
def test_mails_that_came_back_end_what_nobody_needs(bought, hard, times, said):
    contact = contact_of(bought.place.settings, "tienda", EMAIL)
    row = {
        "shop": "tienda",
        "contact": contact,
        "outbox_id": None,
        "code": "4.2.2",
        "is_hard": hard,
        "words": "",
    }
    with bought.place.store.begin() as connection:
        rows = [row | {"source_ref": f"{n}", "bounced_at": bought.now} for n in range(times)]
        connection.execute(BounceRow.__table__.insert(), rows)
    owe(bought)
    bought.send()
    assert outcome(bought) == said
    bought.later(days=29)
    bought.send()
    assert outcome(bought) == said  # thirty days from the last ones
    bought.later(days=1, hours=1)
    owe(bought, "later")
    bought.send()
    assert outcome(bought, "later") == (said if hard else "sent")


@on_sqlite
def test_at_night_it_waits_until_nine_and_keeps_nothing_else_waiting(bought):
    bought.now = datetime(2026, 11, 3, 22, tzinfo=UTC)
    owe(bought)
    bought.send()
    assert outcome(bought) == "deferred quiet_hours"
    bought.put(raw_order(1, "completed", at=bought.now, parcels=("JD1",)))
    bought.later(minutes=5)
    bought.hear()
    bought.send()
    assert bought.owed()["1:JD1:shipped:once"] == "sent"

    bought.now = datetime(2026, 11, 4, 7, 59, tzinfo=UTC)
    bought.send()
    assert outcome(bought) == "deferred quiet_hours"
    bought.now = datetime(2026, 11, 4, 8, tzinfo=UTC)
    bought.send()
    assert outcome(bought) == "sent"


@on_sqlite
def test_without_pages_there_is_no_way_out_and_nothing_to_refuse_goes(bought, configuration, house):
    configuration["web"] = {}
    bought.place = house()
    owe(bought)
    bought.send()
    assert outcome(bought) == "suppressed channel_not_allowed"


@on_sqlite
def test_an_order_is_heard_although_the_key_that_hides_addresses_is_missing(bought, monkeypatch):
    monkeypatch.delenv("POSTVENTA_WEB_SECRET")
    bought.put(raw_order(4))
    moved = bought.hear()
    assert moved.parked == ()
    assert "4:-:received:once" in bought.owed()


@on_sqlite
def test_erasure_request_in_between(bought):
    """Between the planning and the sending of a request: it is stopped, and stays so although nobody is known any more."""
    bought.put(raw_order(1, "completed", at=bought.now))
    bought.hear()
    owe(bought)
    with bought.place.store.begin() as connection:
        connection.execute(update(OrderRow).values(stage="delivered"))
        done = erase(connection, bought.place.settings, shop="tienda", email=EMAIL, now=bought.now)
        again = erase(connection, bought.place.settings, shop="tienda", email=EMAIL, now=bought.now)
    bought.send()

    assert (done.is_done, done.orders, again.is_nobody) == (True, 1, True)
    assert outcome(bought) == "suppressed opted_out"
    assert {row.reason for row in bought.rows(SuppressionRow)} == {"erased"}
    everything = [bought.rows(mapper.class_) for mapper in Base.registry.mappers]
    for said in ("Soler", "nuria", "Carrer Nou"):
        assert said not in str(everything)

    bought.put(raw_order(9, at=bought.now, billing=raw_order(1)["billing"]))  # the same person buys again
    bought.hear()
    owe(bought, ref="9")
    bought.later(hours=1)
    bought.send()
    assert bought.owed()["9:-:received:once"] == "sent"
    assert bought.owed()[f"9:-:{ASKS}:first"] == "suppressed opted_out"


@on_sqlite
def test_with_an_open_case_or_an_order_on_its_way_nobody_is_forgotten_yet(bought):
    with bought.place.store.begin() as connection:
        new = NewCase(
            *("tienda", "complaint", "Núria", EMAIL.upper(), "es", "web", "1", "received", bought.now)
        )
        case_id = open_case(connection, new, bought.now, bought.place.settings.shop("tienda").zone).case_id
        found = erase(connection, bought.place.settings, shop="tienda", email=EMAIL, now=bought.now)
        assert (found.open_cases, found.orders_on_their_way) == (("R-2026-000001",), ("1",))
        move(connection, case_id, "closed", who="ana", now=bought.now, closed_at=bought.now)
        connection.execute(update(OrderRow).values(stage="delivered"))
    assert bought.rows(CustomerRow)[0].email == EMAIL
    with bought.place.store.begin() as connection:
        assert erase(connection, bought.place.settings, shop="tienda", email=EMAIL, now=bought.now).is_done
    assert (bought.rows(CustomerRow)[0].email, bought.rows(CaseRow)[0].email) == ("", "")
