"""The desk is told of an order that nothing is heard of: once, in working days of its destination, and not if it spoke."""

import copy
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from an_office import DESK, at
from an_order import raw_order

from postventa import clock
from postventa.silence_letters import rows_of
from postventa.silences import silent_orders
from tasks.reconciliation import tell_silences

SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@pytest.fixture
def configuration(configuration):
    configuration["desk"] = copy.deepcopy(DESK)
    configuration["shops"]["tienda"]["silence"] = {"label_days": 3, "handover_days": 2, "scan_days": 3}
    return configuration


def told(village, now):
    village.now = at(now)
    village.look()
    with clock.clock_set_to(village.now):
        return tell_silences.fn("tienda")


def letters(village):
    return sorted(key for key in village.owed() if "desk_silence" in key)


@SQLITE
def test_each_silence_is_told_once_and_weekends_and_holidays_do_not_count(village):
    """All heard on Monday 2 November; a label and a scan count from then, and Sunday is nobody's fault."""
    village.put(
        raw_order(1),
        raw_order(2, "completed", at=village.now, parcels=["JD2"]),
        raw_order(3, "completed", at=village.now, parcels=["JD3"]),
    )
    village.scan("JD3", "transit", "On its way")
    village.hear()
    village.look()
    assert told(village, "2026-11-03 12:00") == []
    assert letters(village) == []
    told(village, "2026-11-04 12:00")
    assert letters(village) == ["2:-:desk_silence:not_handed_over:1:2026-11-02T08:00@ana"]
    told(village, "2026-11-05 12:00")
    told(village, "2026-11-08 12:00")
    assert [key.split(":")[3] for key in letters(village)] == ["no_label", "not_handed_over", "no_scan"]

    village.scan("JD3", "transit", "Still on its way")
    village.look()
    told(village, "2026-11-10 12:00")
    assert len(letters(village)) == 3, "two working days since the new scan"
    told(village, "2026-11-11 12:00")
    assert len(letters(village)) == 4, "a silence that begins anew is told anew"
    with village.place.reading() as connection:
        rows = rows_of(
            village.place.settings, silent_orders(connection, village.place.settings, "tienda", village.now)
        )
    assert [(row["order"], row["what"], row["working days"], row["told"]) for row in rows] == [
        ("tienda:1", "no label", 7, "ana"),
        ("tienda:2", "not handed over", 7, "ana"),
        ("tienda:3", "no scan", 3, "ana"),
    ]


def test_the_letter_says_what_is_silent_and_what_to_do_and_goes_only_while_it_is_so(village):
    village.put(raw_order(1), raw_order(2))
    village.hear()
    told(village, "2026-11-05 12:00")
    village.put(raw_order(2, "completed", at=village.now, parcels=["JD2"]))
    village.hear()
    village.send()
    assert village.owed()["2:-:desk_silence:no_label:-:2026-11-02T07:00@ana"] == "suppressed superseded"
    (letter,) = [
        message_from_bytes(mail.raw, policy=default)
        for mail in village.mailbox.letters
        if mail.recipient == "ana@tienda.example"
    ]
    assert letter["Subject"] == "1: aún sin etiqueta, desde hace 3 días hábiles"
    text = letter.get_body(("plain",)).get_content()
    assert "postventa order tienda:1" in text
    assert "no consta ningún paquete" in text
    assert "Soler" not in text


@SQLITE
def test_a_carrier_that_could_not_be_asked_has_not_been_silent(village):
    village.put(raw_order(1, "completed", at=village.now, parcels=["JD1"]))
    village.hear()
    village.look()
    village.now = at("2026-11-06 12:00")
    with clock.clock_set_to(village.now):
        tell_silences.fn("tienda")
    assert letters(village) == []
    told(village, "2026-11-06 14:00")
    assert len(letters(village)) == 1


@SQLITE
def test_where_nobody_is_configured_the_run_says_so_once(village, configuration, house):
    configuration["desk"]["owner"] = ""
    configuration["desk"]["people"] = {}
    for role in ("team_lead", "manager"):
        configuration["desk"].pop(role, None)
    house()
    village.put(raw_order(1))
    village.hear()
    (said,) = told(village, "2026-11-05 12:00")
    assert said.startswith("tienda:1 is silent (no_label) and nobody is configured")
    assert told(village, "2026-11-06 12:00") == []


@SQLITE
def test_what_was_ordered_before_our_time_is_not_ours_to_ask_about(village):
    old = village.now - timedelta(days=5)
    village.put(raw_order(1, at=old, placed=old))
    village.hear()
    told(village, "2026-11-12 12:00")
    assert letters(village) == []
