"""Why a parcel is held up or lost, grouped by who answers for it: the words that carriers' codes are translated into."""

from collections.abc import Iterable
from enum import StrEnum


class IncidentReason(StrEnum):
    """What a carrier gives as the reason of an incident; the first word is the party that answers for it."""

    CARRIER_DAMAGED_PARCEL = "carrier_damaged_parcel"
    CARRIER_SORTING_ERROR = "carrier_sorting_error"
    CARRIER_ADDRESS_NOT_FOUND = "carrier_address_not_found"
    CARRIER_PARCEL_LOST = "carrier_parcel_lost"
    CARRIER_NOT_ENOUGH_TIME = "carrier_not_enough_time"
    CARRIER_VEHICLE_ISSUE = "carrier_vehicle_issue"
    CARRIER_CAPACITY_EXCEEDED = "carrier_capacity_exceeded"
    CARRIER_MECHANICAL_DELAY = "carrier_mechanical_delay"
    RETAILER_CANCELLED = "retailer_cancelled"
    RETAILER_INCORRECT_DATA = "retailer_incorrect_data"
    RETAILER_NOT_READY = "retailer_not_ready"
    RETAILER_INCORRECT_PARCEL = "retailer_incorrect_parcel"
    RETAILER_INCORRECT_DIMENSIONS = "retailer_incorrect_dimensions"
    RETAILER_PACKAGING_ISSUE = "retailer_packaging_issue"
    CONSIGNEE_REFUSED = "consignee_refused"
    CONSIGNEE_BUSINESS_CLOSED = "consignee_business_closed"
    CONSIGNEE_NOT_AVAILABLE = "consignee_not_available"
    CONSIGNEE_NOT_HOME = "consignee_not_home"
    CONSIGNEE_CANCELLED = "consignee_cancelled"
    CONSIGNEE_VERIFICATION_FAILED = "consignee_verification_failed"
    CONSIGNEE_INCORRECT_ADDRESS = "consignee_incorrect_address"
    CONSIGNEE_ACCESS_RESTRICTED = "consignee_access_restricted"
    CONSIGNEE_SAFE_PLACE_UNAVAILABLE = "consignee_safe_place_unavailable"
    CUSTOMS_DELAY = "customs_delay"
    CUSTOMS_DOCUMENTATION = "customs_documentation"
    CUSTOMS_DUTIES_UNPAID = "customs_duties_unpaid"
    CUSTOMS_PROHIBITED = "customs_prohibited"
    CUSTOMS_INSPECTION = "customs_inspection"
    WEATHER_DELAY = "weather_delay"
    NATURAL_DISASTER = "natural_disaster"
    FORCE_MAJEURE = "force_majeure"
    PARCEL_BEING_RESEARCHED = "parcel_being_researched"
    SECURITY_ISSUE = "security_issue"
    REGULATORY_HOLD = "regulatory_hold"
    UNKNOWN = "unknown"


class Party(StrEnum):
    """Who answers for an incident. For some reasons nobody does, and for `unknown` nobody can say."""

    CARRIER = "carrier"
    RETAILER = "retailer"
    CONSIGNEE = "consignee"
    CUSTOMS = "customs"
    NOBODY = "nobody"


_BY_FIRST_WORD = {party.value: party for party in Party}
_OTHERWISE = {IncidentReason.PARCEL_BEING_RESEARCHED: Party.CARRIER}
"""A parcel that its carrier looks for is in its carrier's hands."""


def party_of(reason: IncidentReason) -> Party | None:
    """Who answers for it; None where the reason is unknown."""
    if reason is IncidentReason.UNKNOWN:
        return None
    return _OTHERWISE.get(reason) or _BY_FIRST_WORD.get(reason.partition("_")[0], Party.NOBODY)


MOST_FAVOURABLE = (Party.CARRIER, Party.RETAILER, Party.CUSTOMS, Party.NOBODY, Party.CONSIGNEE)
"""Where several parties answer for a delay, the first of these counts: what two caused is not laid on the customer."""


def who_answers(reasons: Iterable[IncidentReason]) -> Party | None:
    """Who answers for all of them together; None where nobody can say."""
    parties = {party_of(reason) for reason in reasons}
    return next((party for party in MOST_FAVOURABLE if party in parties), None)
