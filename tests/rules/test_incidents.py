"""Why parcels are held up, and who answers for it."""

import pytest

from postventa.rules.compensation import FAULT, Fault, fault_of
from postventa.rules.incidents import IncidentReason, Party, party_of, who_answers

R = IncidentReason


def test_every_reason_has_the_party_that_its_first_word_names():
    named = {reason: party_of(reason) for reason in R}
    assert [
        reason for reason in R if reason.startswith("carrier_") and named[reason] is not Party.CARRIER
    ] == []
    assert named[R.RETAILER_NOT_READY] is Party.RETAILER
    assert named[R.CONSIGNEE_REFUSED] is Party.CONSIGNEE
    assert named[R.CUSTOMS_INSPECTION] is Party.CUSTOMS
    assert {named[reason] for reason in (R.WEATHER_DELAY, R.FORCE_MAJEURE, R.SECURITY_ISSUE)} == {
        Party.NOBODY
    }
    assert named[R.PARCEL_BEING_RESEARCHED] is Party.CARRIER
    assert [reason for reason in R if named[reason] is None] == [R.UNKNOWN]
    assert len(R) == 35


def test_every_party_answers_for_somebody_in_compensation():
    assert set(FAULT) == set(Party)


@pytest.mark.parametrize(
    ("recorded", "fault"),
    [
        ([], Fault.CARRIER),
        ([R.UNKNOWN], Fault.CARRIER),
        ([R.CONSIGNEE_NOT_HOME], Fault.CUSTOMER),
        ([R.WEATHER_DELAY], Fault.NOBODY),
        ([R.RETAILER_INCORRECT_DATA], Fault.SHOP),
        ([R.CONSIGNEE_NOT_HOME, R.WEATHER_DELAY], Fault.NOBODY),
        ([R.CONSIGNEE_NOT_HOME, R.RETAILER_INCORRECT_DATA], Fault.SHOP),
        ([R.CONSIGNEE_NOT_HOME, R.CUSTOMS_DELAY, R.CARRIER_SORTING_ERROR], Fault.CARRIER),
    ],
)
def test_a_late_delivery_is_laid_on_the_customer_only_where_nobody_else_had_a_part(recorded, fault):
    assert fault_of("late_delivery", recorded) is fault


@pytest.mark.parametrize("incident", ["damaged_item", "missing_item", "lost_parcel", "bad_service"])
def test_scans_say_nothing_of_what_only_the_customer_has_seen(incident):
    assert fault_of(incident, [R.CONSIGNEE_NOT_HOME]) is fault_of(incident)


def test_an_incident_of_a_carriers_own_words_has_the_fault_of_its_party():
    wrong = [reason for reason in R if (party := party_of(reason)) and fault_of(reason) is not FAULT[party]]
    assert wrong == []
    assert who_answers([]) is None
