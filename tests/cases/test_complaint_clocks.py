"""The clocks of complaints: which day a hand-in counts from, what runs on, what stands still and what lapses."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from a_complaint import DAY, NOON, Bench, on_one_database, with_a_desk
from an_order import fill, raw_order
from sqlalchemy import select

from postventa import complaints
from postventa.clocks import end_clocks
from postventa.complaints import NotDone
from postventa.reminders import remind
from postventa.rules.complaints import State
from postventa.settings import settings_from
from postventa.store.clocks import ClockRow
from postventa.store.messages import OutboxRow
from postventa.workplace import Workplace


@pytest.fixture
def configuration(configuration, tmp_path):
    return with_a_desk(configuration, tmp_path)


@pytest.fixture
def desk(place):
    return Bench(place)


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
