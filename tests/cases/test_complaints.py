"""Complaints in the store: what coming in, answering, asking, lapsing and opening again leave behind."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes

import pytest
from a_complaint import DAY, NOON, REASONS, STATEMENT, Bench, on_one_database, with_a_desk
from an_order import fill, raw_order
from sqlalchemy import select

from postventa import clock_law, complaint_intake, complaints
from postventa.complaints import NotAnswered, NotDone
from postventa.files import Cabinet
from postventa.rules.complaints import Outcome, State
from postventa.settings import settings_from
from postventa.store.cases import CaseRow
from postventa.store.messages import OutboxRow
from postventa.workplace import Workplace


@pytest.fixture
def configuration(configuration, tmp_path):
    return with_a_desk(configuration, tmp_path)


@pytest.fixture
def desk(place):
    return Bench(place)


def test_a_complaint_has_number_key_owner_clocks_receipt_and_points_at_once(desk):
    filed = desk.file()
    assert (filed.number, filed.is_new, filed.answer_by) == ("R-2026-000001", True, date(2026, 11, 17))
    row, story = desk.row, desk.story
    assert (row.state, row.owner, row.language, len(row.key)) == (State.RECEIVED, "ana", "es", 16)
    assert [point["text"] for point in row.points] == ["La caja llegó rota", "Falta una taza"]
    assert desk.letters() == ["complaint_received"]
    assert desk.clocks()["R-CMP-ANS"] == ("running", date(2026, 11, 17))
    assert desk.clocks()["R-CMP-ADR-MAX"] == ("running", date(2026, 12, 2))
    assert [entry["text"] for entry in story.entries] == [STATEMENT.text]
    again = desk.file()
    assert (again.is_new, again.number, again.key) == (False, filed.number, filed.key)
    assert len(desk.letters()) == 1


@on_one_database
def test_a_reference_in_angle_brackets_is_kept_whole(desk):
    first = desk.file(source="api", source_ref="<a@b>")
    other = desk.file(source="api", source_ref="<c@d>")
    again = desk.file(source="api", source_ref="<a@b>")
    assert (other.is_new, again.is_new, again.case_id) == (True, False, first.case_id)


@on_one_database
def test_the_law_and_the_calendars_are_read_before_the_series_is_held(desk, monkeypatch):
    def hold(*_words):
        raise InterruptedError(clock_law._holidays.cache_info().currsize)

    clock_law._holidays.cache_clear()
    monkeypatch.setattr(complaint_intake, "open_case", hold)
    with pytest.raises(InterruptedError, match=r"[1-9]"):
        desk.file()


def test_an_order_is_linked_for_its_customer_and_nobody_else(desk):
    fill(
        desk.place,
        [raw_order(7, shipping={"address_1": "Carrer Nou 1", "country": "ES", "state": "GI"})],
        NOON,
    )
    desk.file(order_ref="#7", source_ref="hers")
    assert (desk.story.order, desk.row.region, desk.row.zone) == ("tienda:7", "ES-CT", "Europe/Madrid")
    desk.file(order_ref="7", email="otra@client.example", source_ref="a stranger's")
    assert (desk.story.order, desk.row.region, desk.row.zone) == (None, "", "")
    because = "the e-mail address is not that of the order's customer"
    assert desk.story.entries[0]["details"]["no_order_because"] == because
    desk.file(order_ref="7", email="", name="", source="desk", source_ref="by telephone")
    assert (desk.story.order, desk.row.email, desk.row.name) == (
        "tienda:7",
        "nuria.7@client.example",
        "Núria Soler 7",
    )
    desk.file(order_ref="7", email="otra@client.example", is_order_proven=True, source_ref="by a signed link")
    assert desk.story.order == "tienda:7"
    desk.file(order_ref="8", source_ref="no such order")
    assert desk.story.entries[0]["details"]["no_order_because"] == "no order has this number"


def test_an_answer_tells_every_point_its_reason_and_settles_the_case(desk):
    desk.file()
    desk.answer(text="Gracias por las fotos.", remedy={"text": "Le devolvemos:", "money_amount": "4.84"})
    row = desk.row
    assert (row.state, row.outcome, row.answered_at) == (State.RESOLVED, "partly_upheld", NOON + DAY)
    assert [point["reason"] for point in row.points] == list(REASONS)
    with desk.place.reading() as connection:
        wanted = select(OutboxRow.facts).where(OutboxRow.message == "complaint_answered")
        facts = connection.execute(wanted).scalar_one()
    assert [point["text"] for point in facts["points"]] == ["La caja llegó rota", "Falta una taza"]
    assert (facts["tells_of_adr"], facts["remedy"]["money_amount"]) == (True, "4.84")
    with pytest.raises(NotDone, match="R-2026-000001: it is resolved; reopen it first"):
        desk.answer()


@on_one_database
def test_an_answer_that_may_not_leave_changes_nothing(desk):
    desk.file()
    with pytest.raises(NotAnswered) as refused:
        desk.answer(reasons=["Lamentamos las molestias ocasionadas", "No"])
    assert len(refused.value.faults) == 2
    with pytest.raises(NotDone, match=r"no \[desk.people.eva\] in the configuration: it knows ana, pau"):
        desk.do(complaints.take, "eva", by="ana", now=NOON)
    assert (desk.row.state, desk.letters()) == (State.RECEIVED, ["complaint_received"])
    desk.answer()
    desk.file(source_ref="another")
    with pytest.raises(NotAnswered, match="the same as an answer to another case"):
        desk.answer()


@on_one_database
def test_an_answer_in_another_language_than_the_customers_does_not_leave(desk):
    desk.file(text="La caixa ha arribat trencada i ningú no contesta al telèfon des de dilluns")
    assert desk.row.language == "ca"  # nothing but the words says so
    with pytest.raises(NotAnswered, match="it is written in es, and the customer writes in ca"):
        desk.answer(reasons=REASONS[:1])
    desk.answer(reasons=["La foto ensenya el cop del camió: demà surt una altra caixa cap a Girona."])
    assert desk.row.state == State.RESOLVED


@on_one_database
def test_nobodys_complaint_is_taken_before_it_is_answered(desk, configuration):
    configuration["desk"]["owner"] = ""
    desk.place = Workplace(settings_from(configuration), desk.place.store)
    desk.file()
    with pytest.raises(NotAnswered, match="nobody owns it"):
        desk.answer()
    desk.do(complaints.take, "pau", by="pau", now=NOON)
    desk.answer()
    assert desk.row.owner == "pau"


def test_a_reopened_complaint_has_clocks_of_its_own_and_its_history(desk):
    desk.file(zone="Europe/Madrid")
    desk.answer()
    desk.do(complaints.close, by="ana", now=NOON + 2 * DAY)
    assert desk.row.closed_at == NOON + 2 * DAY
    later = NOON + 20 * DAY
    thanks = {"at": later, "now": later, "occasion": "mail:thanks"}
    desk.do(complaints.add_to_case, "Gracias", **thanks)
    assert desk.row.state == State.CLOSED
    desk.do(complaints.add_to_case, "La nueva caja también está rota", **thanks | {"occasion": "mail:2"})
    row = desk.row
    assert (row.state, row.reopened, row.reopened_at, row.closed_at) == (State.REOPENED, 1, later, None)
    assert row.points == [{"text": "La nueva caja también está rota", "reason": ""}]
    assert desk.clocks()["R-CMP-ANS"][0] == "met"
    assert desk.clocks()["R-CMP-ANS reopened:1"] == ("running", date(2026, 12, 7))
    assert desk.letters()[-1] == "complaint_reopened"
    desk.answer(
        later + DAY, Outcome.UPHELD, ["El segundo camión volcó en Lleida, y devolvemos todo el importe."]
    )
    assert [entry["kind"] for entry in desk.story.entries].count("answer") == 2
    desk.do(complaints.refer, by="ana", now=later + 2 * DAY)
    desk.do(
        complaints.reopen, "El árbitro pide otra respuesta", by="pau", at=later + 3 * DAY, now=later + 3 * DAY
    )
    assert desk.row.reopened == 2


@on_one_database
def test_who_takes_a_complaint_back_ends_its_clocks(desk):
    desk.file()
    desk.do(complaints.set_points, ["Todo llegó roto"], by="ana", now=NOON)
    assert [point["text"] for point in desk.row.points] == ["Todo llegó roto"]
    desk.do(complaints.withdraw, by="ana", now=NOON + DAY)
    assert desk.row.state == State.WITHDRAWN_BY_CUSTOMER
    assert desk.clocks()["R-CMP-ANS"][0] == "not_applicable"
    with pytest.raises(NotDone, match="its points are answered"):
        desk.do(complaints.set_points, ["Otra cosa"], by="ana", now=NOON)


@on_one_database
def test_a_receipt_that_was_sent_acknowledges_once(desk):
    desk.file()
    sent = NOON + timedelta(minutes=2)
    for _ in range(2):
        with desk.place.store.begin() as connection:
            complaints.receipt_sent(connection, desk.case_id, at=sent, now=NOON + DAY)
    assert (desk.row.state, desk.row.acknowledged_at) == (State.ACKNOWLEDGED, sent)


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_html_control_characters_and_20_mb_break_nothing(desk):
    hostile = (
        "<p>La <b>caja</b>\x00 llegó rota</p><script>alert('x')</script>\ud83d\u202e"
        + "<i>ñ</i>\x07 " * 2_000_000
    )
    assert len(hostile) > 20_000_000
    filed = desk.file(text=hostile, name="Núria\r\nBcc: x@y.example", phone="\x00" * 9)
    row, story = desk.row, desk.story
    assert row.text.startswith("La caja llegó rota")
    assert "alert" not in row.text
    assert len(row.text) <= 20_000
    assert story.entries[0]["details"]["is_whole"] is False
    assert row.name == "Núria Bcc: x@y.example"
    files = [file for file in story.files if file["role"] == "statement"]
    assert sum(file["size"] for file in files) > 20_000_000
    first = message_from_bytes(Cabinet(desk.place.settings.files).read(files[0]["digest"]))
    assert first.get_payload(decode=True).decode().startswith("<p>La <b>caja</b>\x00 llegó rota</p><script>")
    assert filed.answer_by == date(2026, 11, 17)


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_fifty_complaints_at_once_have_numbers_without_gap_and_double(desk):
    def one(number: int) -> str:
        statement = replace(STATEMENT, source_ref=f"ticket-{number % 45}")  # five of them come twice
        with desk.place.store.begin() as connection:
            return complaints.file_complaint(connection, desk.place.settings, statement, NOON).number

    with ThreadPoolExecutor(50) as crowd:
        numbers = set(crowd.map(one, range(50)))
    with desk.place.reading() as connection:
        kept = connection.execute(select(CaseRow.number)).scalars().all()
    assert sorted(numbers) == sorted(kept) == [f"R-2026-{number:06}" for number in range(1, 46)]
