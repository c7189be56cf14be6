"""A request about personal data has a month, two more if they are taken in time, and calls the desk like any deadline."""

import copy

import pytest
from an_office import DESK, Office, at
from an_order import fill, raw_order

from postventa.cli import run as command
from postventa.clocks import end_clocks
from postventa.data_requests import NoSuchRequest, answer, extend, open_request, open_requests
from postventa.store import migrate
from postventa.store.clocks import ClockRow
from postventa.store.messages import OutboxRow

SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
CAME, MONTH, THREE = at("2026-11-30 23:59"), at("2026-12-31 00:00"), at("2027-03-01 00:00")


@pytest.fixture
def office(configuration, house):
    configuration["desk"] = copy.deepcopy(DESK)
    office = Office(house())
    fill(office.place, [raw_order(7)], CAME)
    return office


def asked(office, email="nuria.7@client.example"):
    with office.place.store.begin() as connection:
        return open_request(
            connection, office.place.settings, shop="tienda", email=email, received_at=CAME, now=CAME
        )


@SQLITE
def test_a_request_of_the_30th_is_answered_until_the_30th_and_calls_its_three_people_before(office):
    request = asked(office)
    assert (request.reference, request.due_at) == ("P-2026-000001", MONTH)
    office.run(MONTH)
    office.run(MONTH)
    assert [to for _, to in office.called("R-DP-DSR")] == ["ana", "marta", "pau", "pau"]
    letters = office.rows(OutboxRow, message="desk_order")
    assert {row.facts["duty"] for row in letters} == {"R-DP-DSR"}
    with office.place.store.begin() as connection:
        answer(connection, "p-2026-000001", MONTH, MONTH)
        assert open_requests(connection) == []
    assert office.the(ClockRow, rule_id="R-DP-DSR").state == "missed"


@SQLITE
def test_two_further_months_are_taken_once_and_only_within_the_first(office):
    asked(office)
    with office.place.store.begin() as connection:
        assert extend(connection, office.place.settings, "P-2026-000001", CAME).due_at == THREE
        with pytest.raises(NoSuchRequest, match="no further extension"):
            extend(connection, office.place.settings, "P-2026-000001", CAME)
    assert office.the(ClockRow, rule_id="R-DP-DSR").state == "met"
    asked(office)
    with office.place.store.begin() as connection:
        with pytest.raises(NoSuchRequest, match="month of P-2026-000002 is over"):
            extend(connection, office.place.settings, "P-2026-000002", MONTH)
        assert end_clocks(connection, now=CAME, at=CAME, subject="request:P-2026-000002") == 1
        with pytest.raises(NoSuchRequest, match="no open request"):
            answer(connection, "P-2026-000002", CAME, CAME)


@SQLITE
def test_who_has_no_order_can_ask_too_and_the_run_says_who_is_waited_for(office):
    asked(office, "unknown@client.example")
    trouble = office.run(MONTH).trouble
    assert trouble[-1].startswith("R-DP-DSR of tienda, request:P-2026-000001: overdue:1")
    assert office.rows(OutboxRow, message="desk_order") == []


@SQLITE
def test_the_command_opens_lists_and_answers(office, capsys, monkeypatch):
    monkeypatch.setattr(migrate, "version", lambda _store: migrate.Version("head", "head"))
    words = ["data-request", "open", "--email", "a@client.example", "--now", CAME.isoformat()]
    assert command(words) == 0
    assert command(["data-request", "list"]) == 0
    assert capsys.readouterr().out.count("P-2026-000001 is to be answered until 2026-12-30 22:59 UTC") == 2
    assert command(["data-request", "answer", "P-2026-000001", "--now", MONTH.isoformat()]) == 0
    assert "too late" in capsys.readouterr().out
    assert command(["data-request", "answer", "P-2026-000001"]) == 1
    assert command(["data-request", "extend", "P-2026-000001"]) == 1
