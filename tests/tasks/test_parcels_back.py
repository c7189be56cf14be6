"""Parcels on their way back: the first scan is proof, arrival is a note to the desk, and nobody confirms but a person."""

from datetime import timedelta

import pytest
from a_sale import ARRIVED, DAY, ASale

from postventa import clock, returns
from postventa.store.cases import CaseEntryRow
from postventa.store.inbox import QuarantineRow
from tasks import parcels_back
from tasks.parcels_back import look_at_parcels_back

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
TOLD = ARRIVED + DAY


@pytest.fixture
def sale(village):
    """A withdrawal whose parcel was told of an hour ago."""
    a_sale = ASale(village.place).sell({"JD1": ARRIVED})
    a_sale.declare(TOLD)
    village.now = TOLD + timedelta(hours=1)
    with village.place.store.begin() as connection:
        returns.track(connection, a_sale.case.id, "DHL", "JD9", who="ana", now=village.now)
    return a_sale


@pytest.fixture
def look(village):
    def looked(**later):
        with clock.clock_set_to(village.later(**later)):
            return look_at_parcels_back.fn("dhl")

    return looked


def test_a_parcel_back_is_proof_once_it_is_in_the_carriers_hands_and_a_person_says_that_it_is_here(
    sale, village, look
):
    assert look() == []
    assert (sale.money.proof_at, sale.money.look_at) == (None, village.now + timedelta(hours=2))
    village.scan("JD9", "transit", "on the way", after=timedelta(hours=1))
    asked = len(village.asked)
    assert look(minutes=119) == []
    assert len(village.asked) == asked, "it is not due"
    assert look(minutes=1) == []
    proof = TOLD + timedelta(hours=2)
    assert (sale.money.proof_at, sale.clocks["R-WDR-RET"]) == (proof, "met")
    village.scan("JD9", "delivered", "delivered", after=timedelta(hours=1))
    assert look(hours=2) == look(hours=2) == []
    notes = [row.text for row in sale.rows(CaseEntryRow) if row.kind == "note"]
    assert len(notes) == 1
    assert "confirm that they are here" in notes[0]
    assert (sale.money.goods_received_at, sale.money.look_at, sale.money.proof_at) == (None, None, proof)


def test_the_number_of_the_parcel_that_brought_the_goods_proves_nothing(sale, village, look):
    village.scan("JD9", "delivered", "delivered", after=-2 * DAY)
    assert look() == []
    assert sale.money.proof_at is None
    assert not [row for row in sale.rows(CaseEntryRow) if row.kind == "note"]


def test_a_code_that_nobody_knows_is_set_aside_once(sale, village, look):
    village.scan("JD9", "abducted", "by whom?")
    assert look() == ["dhl sent the status code 'abducted', which has no row in its table"]
    assert look(hours=3) == []
    (aside,) = sale.rows(QuarantineRow)
    assert (aside.kind, aside.ref) == ("status code", "abducted")


def test_goods_that_are_here_are_asked_about_no_more(sale, village, look):
    with village.place.store.begin() as connection:
        at = village.now
        returns.receive(connection, village.place.settings, sale.case.id, at=at, who="ana", now=at)
    assert look() == []
    assert sale.money.look_at is None


def test_a_return_that_cannot_be_heard_of_is_put_off_and_named_by_its_case(sale, village, look, monkeypatch):
    def fails(*_, **__):
        raise ValueError("núria@client.example")

    monkeypatch.setattr(parcels_back, "hear", fails)
    assert look() == [f"the parcel of return case {sale.case.id} could not be heard of: ValueError"]
    assert sale.money.look_at == village.now + DAY
