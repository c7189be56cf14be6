"""Complaints in the store: what coming in, answering, asking, lapsing and opening again leave behind."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from zoneinfo import ZoneInfo

import pytest
from an_order import fill, raw_order
from sqlalchemy import select

from postventa import clock_law, complaint_intake, complaints
from postventa.case_story import case_story
from postventa.clocks import end_clocks
from postventa.complaints import NotAnswered, NotDone, Statement
from postventa.files import Cabinet
from postventa.reminders import remind
from postventa.rules.complaints import Kind, Outcome, State, Topic
from postventa.settings import settings_from
from postventa.store.cases import CaseRow
from postventa.store.clocks import ClockRow
from postventa.store.complaints import complaint_of
from postventa.store.messages import OutboxRow
from postventa.workplace import Workplace

NOON = datetime(2026, 11, 2, 11, tzinfo=UTC)
DAY = timedelta(days=1)
STATEMENT = Statement(
    shop="tienda",
    kind=Kind.CLAIM,
    topic=Topic.PRODUCT,
    text="1. La caja llegó rota\n2. Falta una taza",
    language="",
    name="Núria Soler",
    email="Nuria.7@client.example",
    source="web",
    source_ref="ticket-1",
    received_at=NOON,
)
REASONS = (
    "La foto enseña el golpe del camión: mañana sale otra caja hacia Girona.",
    "Al salir pesaba lo que pesan seis tazas, y el precinto llegó entero.",
)


@pytest.fixture
def configuration(configuration, tmp_path):
    configuration["files"] = {"path": str(tmp_path / "files")}
    configuration["desk"] = {
        "owner": "ana",
        "people": {
            "ana": {"name": "Ana Pons", "email": "ana@tienda.example"},
            "pau": {"name": "Pau Vila", "email": "pau@tienda.example"},
        },
    }
    configuration["adr"] = {"entity": "Junta Arbitral", "url": "https://adr.example"}
    return configuration


class Bench:
    """A complaint on the desk: each act in a transaction of its own, and what the store says afterwards."""

    def __init__(self, place: Workplace) -> None:
        self.place, self.case_id = place, 0

    def file(self, now=NOON, **changes):
        statement = replace(STATEMENT, **{"received_at": now, **changes})
        with self.place.store.begin() as connection:
            filed = complaints.file_complaint(connection, self.place.settings, statement, now)
        self.case_id = filed.case_id
        return filed

    def do(self, act, *words, **more):
        with self.place.store.begin() as connection:
            return act(connection, self.place.settings, self.case_id, *words, **more)

    def answer(self, now=NOON + DAY, outcome=Outcome.PARTLY_UPHELD, reasons=REASONS, **more):
        self.do(complaints.answer, outcome=outcome, reasons=reasons, by="ana", now=now, **more)

    @property
    def story(self):
        with self.place.reading() as connection:
            return case_story(connection, self.case_id, self.place.settings)

    @property
    def row(self):
        with self.place.reading() as connection:
            return complaint_of(connection, self.case_id)

    def clocks(self):
        """`rule` or `rule occasion` -> (state, last day)."""
        return {
            f"{clock.rule_id} {clock.occasion}".strip(): (clock.state, clock.last_day)
            for clock in self.story.clocks
        }

    def fix(self):
        """The clock of what the customer was asked for."""
        wanted = select(ClockRow.__table__).where(ClockRow.rule_id == "R-CMP-FIX")
        with self.place.reading() as connection:
            return connection.execute(wanted).one()

    def letters(self):
        return [message["message"] for message in self.story.messages]


@pytest.fixture
def desk(place):
    return Bench(place)


def on_one_database(test):
    """For what the rules and the clocks decide, whatever the database."""
    return pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)(test)


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


@on_one_database
def test_who_lives_in_the_canaries_has_the_canaries_day(desk):
    shipping = {"address_1": "Calle 1", "city": "Las Palmas", "country": "ES", "state": "GC"}
    fill(desk.place, [raw_order(7, shipping=shipping)], NOON)
    filed = desk.file(datetime(2026, 11, 21, 23, 30, tzinfo=UTC), order_ref="7")
    assert (desk.row.region, desk.row.zone) == ("ES-CN", "Atlantic/Canary")
    assert filed.answer_by == date(2026, 12, 6)  # in Madrid it was the 22nd already


@on_one_database
def test_filed_at_23_30_utc_counts_as_the_next_day_in_madrid(desk):
    madrid = {"zone": "Europe/Madrid"}
    early = desk.file(datetime(2026, 11, 21, 22, 30, tzinfo=UTC), source_ref="an hour before", **madrid)
    assert early.answer_by == date(2026, 12, 6)
    late = desk.file(datetime(2026, 11, 21, 23, 30, tzinfo=UTC), **madrid)
    assert late.answer_by == date(2026, 12, 7)
    assert desk.clocks()["R-CMP-ANS"] == ("running", date(2026, 12, 7))
    somewhere = desk.file(datetime(2026, 11, 21, 23, 30, tzinfo=UTC), zone="", source_ref="from somewhere")
    assert somewhere.answer_by == date(
        2026, 12, 6
    )  # in the Canaries it was the 21st: nobody is promised a day too many


@on_one_database
def test_filed_on_28_december_2025_minus_one_second_has_a_month_and_a_second_later_15_days(desk):
    midnight = datetime(2025, 12, 28, tzinfo=ZoneInfo("Europe/Madrid"))
    before = desk.file(midnight - timedelta(seconds=1), zone="Europe/Madrid", source_ref="before")
    assert before.answer_by == date(2026, 1, 27)
    assert desk.clocks()["R-CMP-ANS"][1] == desk.clocks()["R-CMP-ADR-MAX"][1] == date(2026, 1, 27)
    after = desk.file(midnight, zone="Europe/Madrid", source_ref="after")
    assert after.answer_by == date(2026, 1, 12)
    assert desk.clocks()["R-CMP-ADR-MAX"] == ("running", date(2026, 1, 28))


@on_one_database
def test_an_answer_one_second_late_is_late(desk):
    too_late = datetime(2026, 11, 18, tzinfo=ZoneInfo("Europe/Madrid"))
    desk.file(zone="Europe/Madrid", source_ref="in time")
    desk.answer(too_late - timedelta(seconds=1))
    assert desk.clocks()["R-CMP-ANS"][0] == "met"
    desk.file(zone="Europe/Madrid", source_ref="late", text="No me dejan entrar en mi cuenta desde ayer")
    desk.answer(
        too_late, reasons=["La contraseña había caducado, y el aviso se quedó en el correo no deseado."]
    )
    assert desk.clocks()["R-CMP-ANS"][0] == "missed"
    assert desk.clocks()["R-CMP-ADR-MAX"][0] == "met"
    assert desk.clocks()["R-CMP-ADR-YEAR"][0] == "running"  # it is the customer's


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


@on_one_database
def test_a_holding_reply_stops_no_clock(desk):
    desk.file()
    before = desk.clocks()
    desk.do(complaints.hold, "Hemos preguntado al transportista.", by="pau", now=NOON + DAY)
    assert desk.clocks() == before
    assert (desk.row.state, desk.letters()[-1]) == (State.IN_PROGRESS, "complaint_holding")
    with pytest.raises(NotDone, match="it advertises"):
        desk.do(complaints.hold, "Mira nuestras ofertas especiales", by="pau", now=NOON + DAY)


@on_one_database
def test_an_incomplete_complaint_waits_ten_working_days_and_the_15_days_run_on(desk):
    desk.file(zone="Europe/Madrid", region="ES-CT")
    asked = NOON + DAY
    until = desk.do(complaints.ask_for_more, "Una foto de la caja", by="ana", now=asked)
    assert until == datetime(2026, 11, 18, tzinfo=ZoneInfo("Europe/Madrid"))
    assert desk.clocks()["R-CMP-FIX asked_for_more:1"] == ("running", date(2026, 11, 17))
    assert desk.clocks()["R-CMP-ANS"] == ("running", date(2026, 11, 17))
    with pytest.raises(NotDone, match="the customer has time until 2026-11-17 23:00 UTC"):
        desk.do(complaints.lapse, by="ana", now=until - timedelta(seconds=1))
    words = {"at": asked + DAY, "now": asked + DAY, "occasion": "mail:1"}
    assert desk.do(complaints.add_to_case, "Aquí está", **words)
    assert desk.do(complaints.add_to_case, "Aquí está", **words) is None
    assert desk.row.state == State.IN_PROGRESS
    assert desk.clocks()["R-CMP-FIX asked_for_more:1"][0] == "met"
    assert desk.clocks()["R-CMP-ANS"] == ("running", date(2026, 11, 17))


@on_one_database
@pytest.mark.parametrize(
    ("region", "is_official_form", "answer_by"),
    [
        ("ES-CB", False, date(2026, 11, 16)),  # ten working days, a day before the fifteen natural ones
        ("ES-AN", True, date(2026, 11, 16)),
        ("ES-AN", False, date(2026, 11, 17)),
        ("ES-CT", True, date(2026, 11, 17)),  # its month is longer than the State's law
    ],
)
def test_where_a_region_is_stricter_the_earlier_deadline_is_promised_and_watched(
    desk, region, is_official_form, answer_by
):
    filed = desk.file(zone="Europe/Madrid", region=region, is_official_form=is_official_form)
    assert filed.answer_by == answer_by
    assert desk.clocks()["R-CMP-ANS"] == ("running", date(2026, 11, 17))
    assert desk.clocks()["R-CMP-ADR-MAX"] == ("running", date(2026, 12, 2))


@on_one_database
def test_a_towns_holiday_lengthens_what_the_customer_has_and_no_duty(desk, configuration):
    configuration["policy"] = {"large_company": True, "local_holidays": {"ES-CT": [date(2027, 2, 10)]}}
    desk.place = Workplace(settings_from(configuration), desk.place.store)
    filed = datetime(2027, 2, 1, 11, tzinfo=UTC)
    for region, until in (("ES-CT", date(2027, 2, 17)), ("ES-MD", date(2027, 2, 16))):
        desk.file(filed, zone="Europe/Madrid", region=region, source_ref=region)
        assert desk.clocks()["R-CMP-ANS-L"] == ("running", date(2027, 2, 22))
        desk.do(complaints.ask_for_more, "Una foto", by="ana", now=filed + DAY)
        assert desk.clocks()["R-CMP-FIX asked_for_more:1"] == ("running", until)


@on_one_database
def test_who_is_asked_for_more_is_reminded_once_at_half_of_the_time(desk):
    desk.file()
    desk.do(complaints.ask_for_more, "¿De qué color era?", by="ana", now=NOON)
    right = desk.fix()
    half = right.started_at + (right.due_at - right.started_at) / 2
    assert right.next_at == half
    for now in (half, half + DAY):
        with desk.place.store.begin() as connection:
            remind(connection, right, now)
    wanted = select(OutboxRow.__table__).where(OutboxRow.message == "complaint_more_needed")
    with desk.place.reading() as connection:
        asked = connection.execute(wanted.order_by(OutboxRow.id)).all()
    assert [row.facts.pop("is_reminder") for row in asked] == [False, True]
    assert asked[0].facts == asked[1].facts
    assert desk.fix().next_at == right.due_at


@on_one_database
def test_want_of_a_reply_resolves_after_the_warning_and_the_customer_reopens_it_by_a_word(desk):
    desk.file()
    with pytest.raises(NotDone, match="was not asked for anything"):
        desk.do(complaints.lapse, by="ana", now=NOON + 30 * DAY)
    until = desk.do(complaints.ask_for_more, "Una foto de la caja", by="ana", now=NOON + DAY)
    with desk.place.store.begin() as connection:  # the clock's own run comes first
        over = {"rule_ids": ["R-CMP-FIX"], "state": "not_applicable"}
        assert end_clocks(connection, case_id=desk.case_id, now=until, at=until, **over) == 1
    desk.do(complaints.lapse, by="ana", now=until)
    assert (desk.row.state, desk.row.outcome) == (State.RESOLVED, "no_reply_from_customer")
    assert desk.clocks()["R-CMP-ANS"][0] == "missed"  # nothing but an answer stops it
    assert desk.clocks()["R-CMP-ADR-MAX"][0] == "running"
    later = until + DAY
    desk.do(complaints.add_to_case, "Perdón, estaba fuera: la caja", at=later, now=later, occasion="mail:9")
    assert (desk.row.state, desk.row.outcome) == (State.REOPENED, None)


@on_one_database
def test_a_large_companys_own_period_starts_when_the_complaint_is_complete_and_no_other_does(
    desk, configuration
):
    configuration["policy"] = {"large_company": True}
    desk.place = Workplace(settings_from(configuration), desk.place.store)
    filed = datetime(2027, 2, 1, 11, tzinfo=UTC)
    desk.file(filed, zone="Europe/Madrid")
    assert desk.clocks()["R-CMP-ANS-L"] == ("running", date(2027, 2, 22))
    desk.do(complaints.ask_for_more, "Una foto", by="ana", now=filed + DAY)
    at = filed + 3 * DAY
    desk.do(complaints.add_to_case, "Aquí va", at=at, now=at, occasion="mail:1")
    states = {name: state for name, (state, _) in desk.clocks().items()}
    assert states["R-CMP-ANS-L"] == "not_applicable"
    assert desk.clocks()[f"R-CMP-ANS-L completed:{at:%Y-%m-%dT%H:%M:%S}"] == ("running", date(2027, 2, 25))
    assert desk.clocks()["R-CMP-ANS"] == ("running", date(2027, 2, 16))
    assert [name for name in states if "completed" in name] == ["R-CMP-ANS-L completed:2027-02-04T11:00:00"]


OWN = """
[[rule]]
rule_id = "P-REPLY"
title = "A first reply"
trigger = "complaint.received"
length = 4
unit = "business_hour"
counting = "BH"
direction = "trader_duty"
article = "our terms, 4"
met_by = "reply"

[[rule]]
rule_id = "P-ANSWER"
title = "An answer within sixteen hours at the desk"
trigger = "complaint.received"
length = 16
unit = "business_hour"
counting = "BH"
direction = "trader_duty"
article = "our terms, 5"
may_pause = true
"""


@pytest.fixture
def promising(desk, configuration, tmp_path):
    """The desk of a shop that promises a first reply in 4 of its hours and an answer in 16."""
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    configuration["policy"] = {"rules": str(tmp_path / "own.toml")}
    desk.place = Workplace(settings_from(configuration), desk.place.store)
    desk.file(zone="Europe/Madrid")  # on a Monday at noon in Madrid
    return desk


def own_clock(desk, rule_id):
    wanted = select(ClockRow.__table__).where(ClockRow.rule_id == rule_id)
    with desk.place.reading() as connection:
        return connection.execute(wanted).one()


@on_one_database
def test_a_promise_of_the_shop_stands_still_while_the_customer_is_asked_and_the_law_runs_on(promising):
    hour = timedelta(hours=1)
    assert own_clock(promising, "P-ANSWER").due_at == datetime(2026, 11, 4, 9, 0, 1, tzinfo=UTC)
    law = promising.clocks()["R-CMP-ANS"]
    promising.do(complaints.ask_for_more, "Una foto", by="ana", now=NOON + 2 * hour)
    stopped = own_clock(promising, "P-ANSWER")
    assert (stopped.state, stopped.next_at) == ("paused", None)
    assert promising.clocks()["R-CMP-ANS"] == law
    back = NOON + 3 * DAY
    words = {"at": back, "now": back + hour, "occasion": "mail:1"}
    promising.do(complaints.add_to_case, "Aquí está", **words)
    again = own_clock(promising, "P-ANSWER")
    assert again.state == "running"
    # Two of sixteen hours were gone: six of the others are Thursday's and eight Friday's.
    assert again.due_at == datetime(2026, 11, 6, 16, 0, 1, tzinfo=UTC)
    assert "It stood still from 2026-11-02 14:00:00 to 2026-11-05 12:00:00" in again.working
    assert promising.clocks()["R-CMP-ANS"] == law


@on_one_database
def test_a_promise_that_stands_still_is_kept_by_an_answer(promising):
    promising.do(complaints.ask_for_more, "Una foto", by="ana", now=NOON + timedelta(hours=2))
    promising.answer(NOON + 6 * DAY)
    assert own_clock(promising, "P-ANSWER").state == "met"
    assert "paused" not in {state for state, _ in promising.clocks().values()}


@on_one_database
@pytest.mark.parametrize("act", [complaints.hold, complaints.ask_for_more])
def test_a_promised_reply_is_kept_by_the_first_words_of_a_person_and_no_answer_is(promising, act):
    promising.do(act, "Hemos preguntado al transportista.", by="ana", now=NOON + timedelta(hours=1))
    assert own_clock(promising, "P-REPLY").state == "met"
    assert own_clock(promising, "P-ANSWER").state in {"running", "paused"}
    assert promising.clocks()["R-CMP-ANS"][0] == "running"


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
