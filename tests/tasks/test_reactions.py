"""What customers say reaches a person: a low score becomes one case, its owner is told once, and the glad are offered."""

from datetime import timedelta

import pytest
from an_ask import an_ask
from an_office import DESK
from an_order import fill, raw_order
from sqlalchemy import select

from postventa import clock
from postventa.complaint_intake import Statement, file_complaint
from postventa.rules.complaints import Kind, Topic
from postventa.store.asks import AnswerRow
from postventa.store.cases import CaseEntryRow, CaseRow
from postventa.store.complaints import ComplaintRow
from postventa.store.messages import OutboxRow
from postventa.store.reviews import ReviewRow
from postventa.surveys import record
from tasks.reactions import react_to_voices

QUARTER = timedelta(minutes=15)


@pytest.fixture
def staffed(house, configuration, monday):
    configuration["desk"] = DESK
    place = house()
    fill(place, [raw_order(7)], monday)
    return place


def rows(place, table):
    with place.reading() as connection:
        return connection.execute(select(table.__table__).order_by(table.id)).all()


def told(place):
    return [(row.message, row.recipient) for row in rows(place, OutboxRow) if row.message == "low_score"]


def answer(place, ask_id, now, **said):
    with place.store.begin() as connection:
        record(connection, place.settings, ask_id, {name: str(one) for name, one in said.items()}, now)


def react(now):
    with clock.clock_set_to(now):
        return react_to_voices.fn()


def test_a_low_score_becomes_one_case_once_its_customer_has_stopped_writing(staffed, monday):
    place = staffed
    ask_id = an_ask(place, monday)
    answer(place, ask_id, monday, order_condition=1, comment="Llegó rota y nadie contesta.")
    answer(place, ask_id, monday + timedelta(minutes=5), what_was_wrong="damaged")

    assert react(monday + QUARTER).read == 0
    assert react(monday + timedelta(minutes=20)).opened == 1
    assert react(monday + timedelta(minutes=30)).read == 0

    (case,) = rows(place, CaseRow)
    assert (case.source, case.source_ref, case.order_id, case.email) == (
        *("survey", str(ask_id), 1, "nuria.7@client.example"),
    )
    with place.reading() as connection:
        (filed,) = connection.execute(select(ComplaintRow.__table__)).all()
    assert (filed.kind, filed.topic, filed.text) == (
        Kind.INCIDENT,
        Topic.PRODUCT,
        "Llegó rota y nadie contesta.",
    )
    assert told(place) == [("low_score", "ana")]
    (owed,) = [row for row in rows(place, OutboxRow) if row.message == "low_score"]
    assert owed.facts["scores"] == [{"question": "order_condition", "number": 1, "most": 5}]
    assert owed.facts["topics"] == ["damaged", "care"]

    later = monday + timedelta(hours=2)
    answer(place, ask_id, later, overall_experience=1)
    assert react(later + QUARTER).joined == 1
    assert len(rows(place, CaseRow)) == 1
    assert len(told(place)) == 2


def test_a_low_score_joins_the_case_that_is_open_and_moves_nothing_in_it(staffed, monday):
    place = staffed
    said = Statement(
        shop="tienda",
        kind=Kind.CLAIM,
        topic=Topic.PRODUCT,
        text="Rota.",
        language="es",
        name="",
        email="nuria.7@client.example",
        order_ref="7",
        source="web",
        source_ref="1",
        received_at=monday,
    )
    with place.store.begin() as connection:
        file_complaint(connection, place.settings, said, monday)
    answer(place, an_ask(place, monday), monday, delivery_time=2)

    assert react(monday + QUARTER).joined == 1
    (case,) = rows(place, CaseRow)
    assert case.state == "received"
    assert [row.text for row in rows(place, CaseEntryRow) if row.kind == "survey"] == ["delivery_time 2/5"]
    assert told(place) == [("low_score", "ana")]


def test_the_glad_are_offered_and_the_rest_are_let_be(staffed, monday):
    place = staffed
    answer(place, an_ask(place, monday), monday, overall_experience=5, comment="Perfecto, gracias.")
    lukewarm = an_ask(place, monday, subject="order:2", order_id=None)
    answer(place, lukewarm, monday, nps=6, comment="Normal.")
    review = {
        "shop": "tienda",
        "source": "shop",
        "product_ref": "7",
        "order_id": 1,
        "customer_id": None,
        "language": "es",
        "is_verified": True,
        "is_incentivised": False,
        "status": "approved",
        "written_at": monday,
        "heard_at": monday,
        "repeats": False,
        "testimonial": "",
        "reacted_at": None,
    }
    with place.store.begin() as connection:
        for ref, rating, text in (("1", 5, "Genial"), ("2", 1, "Un timo")):
            connection.execute(
                ReviewRow.__table__.insert(), review | {"ref": ref, "rating": rating, "text": text}
            )
    done = react(monday + QUARTER)

    assert (done.read, done.opened, done.offered, done.trouble) == (4, 1, 2, [])
    assert {row.question for row in rows(place, AnswerRow) if row.testimonial} == {"comment"}
    assert [row.testimonial for row in rows(place, ReviewRow)] == ["offered", ""]
    (case,) = rows(place, CaseRow)
    assert case.source_ref == "review:shop:2"


def test_a_desk_without_people_turns_the_run_red_by_name(house, configuration, monday):
    place = house()
    fill(place, [raw_order(7)], monday)
    answer(place, an_ask(place, monday), monday, overall_experience=1)

    assert "fill in [desk]" in react(monday + QUARTER).trouble[0]
    assert len(rows(place, CaseRow)) == 1
