"""Reasons that carriers give in words: each phrase means one thing, and nothing where nothing went wrong."""

import pytest

from postventa.connectors.carriers import dhl
from postventa.connectors.carriers._reasons import REASONS, WENT_WRONG, reason_in
from postventa.rules.incidents import IncidentReason as Why
from postventa.rules.shipments import ShipmentStatus as Is


def test_each_phrase_gives_its_reason_for_what_went_wrong_and_none_for_the_rest():
    told = [(why, phrase) for why, any_of in REASONS for phrase in any_of]
    assert len({phrase for _, phrase in told}) == len(told) > 40
    said = [f"X {phrase.upper()} y" for _, phrase in told]
    for status in Is:
        wanted = [why if status in WENT_WRONG else None for why, _ in told]
        assert [reason_in(status, words) for words in said] == wanted, status


@pytest.mark.parametrize(
    ("code", "said", "why"),
    [
        ("transit", "The shipment could not be delivered: recipient not available", Why.CONSIGNEE_NOT_HOME),
        ("failure", "The recipient refused delivery. The shipment is being returned", Why.CONSIGNEE_REFUSED),
        ("transit", "Die Sendung befindet sich in der Zollbeschau", Why.CUSTOMS_INSPECTION),
        ("failure", "Dirección incorrecta. No se ha podido entregar", Why.CONSIGNEE_INCORRECT_ADDRESS),
        ("failure", "The shipment could not be delivered", None),
        ("transit", "The shipment was delayed by adverse weather", None),
        ("delivered", "Delivered to a neighbour: nobody at home", None),
    ],
)
def test_what_dhl_says_of_an_incident_has_its_reason(code, said, why):
    assert reason_in(dhl.status_of(code, said), said) is why
