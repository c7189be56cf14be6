"""What a carrier's word changes: numbers that are given out again, and carriers that take back what they said."""

from datetime import UTC, datetime, timedelta

from a_house import Parcel

from postventa.news import ScanNews, TrackingNews
from postventa.rules.happenings import Known
from postventa.rules.incidents import IncidentReason
from postventa.rules.orders import Stage
from postventa.rules.shipments import ShipmentStatus as Is
from postventa.tracking import change_by

NUMBER = "PQ856C0710027820144566Q"
PLACED = datetime(2026, 11, 2, 8, tzinfo=UTC)
NOW = PLACED + timedelta(days=4)
KNOWN = Known(stage=Stage.PAID, is_all_shipped=True, parcels={NUMBER: Is.PENDING})


def scan(status: Is, at: datetime, reason: IncidentReason | None = None) -> ScanNews:
    return ScanNews(status, status, "", at, True, "", reason)


def news(*scans: ScanNews, estimated_at: datetime | None = None) -> TrackingNews:
    last = scans[-1]
    return TrackingNews(NUMBER, last.status, last.raw_code, "", last.at, estimated_at, "", "", scans, "x/1")


def heard(said: TrackingNews, parcel: Parcel | None = None, known: Known = KNOWN):
    parcel = parcel or Parcel(NUMBER, PLACED)
    return change_by(said, parcel, known, set(), backfill_since=PLACED, placed_at=PLACED, now=NOW)


LAST_YEAR = (
    scan(Is.IN_TRANSIT, PLACED - timedelta(days=372)),
    scan(Is.DELIVERED, PLACED - timedelta(days=370)),
)


def test_a_tracking_number_that_is_used_again_after_a_year_is_not_delivered_by_its_first_parcel():
    change = heard(news(*LAST_YEAR, estimated_at=PLACED - timedelta(days=371)))
    assert (change.shipment["status"], change.shipment["delivered_at"]) == (Is.PENDING, None)
    assert change.shipment["first_estimated_at"] is None
    assert (change.scans, change.course.logged, change.course.owed) == ((), (), ())
    assert change.shipment["look_at"] > NOW


def test_of_a_number_that_is_used_again_only_the_new_journey_is_told():
    new = (scan(Is.PICKED_UP, NOW - timedelta(days=1)), scan(Is.OUT_FOR_DELIVERY, NOW))
    change = heard(news(*LAST_YEAR, *new, estimated_at=PLACED - timedelta(days=371)))
    assert change.shipment["status"] is Is.OUT_FOR_DELIVERY
    assert change.shipment["first_estimated_at"] is None
    assert [row["status"] for row in change.scans] == [Is.PICKED_UP, Is.OUT_FOR_DELIVERY]


def test_a_carrier_without_scans_is_not_believed_about_last_year_either():
    said = TrackingNews(NUMBER, Is.DELIVERED, "D", "", LAST_YEAR[-1].at, None, "", "", (), "x/1")
    assert heard(said).shipment["status"] is Is.PENDING


def test_a_carrier_that_goes_back_from_delivered_changes_nothing_but_what_is_recorded():
    back = (scan(Is.DELIVERY_FAILED, NOW, IncidentReason.CONSIGNEE_NOT_HOME), scan(Is.IN_TRANSIT, NOW))
    there = Parcel(
        NUMBER,
        NOW - timedelta(hours=5),
        status=Is.DELIVERED,
        raw_code="D",
        shipped_at=PLACED,
        delivered_at=NOW - timedelta(hours=5),
    )
    known = Known(
        stage=Stage.DELIVERED, is_all_shipped=True, parcels={NUMBER: Is.DELIVERED}, was_delivered=True
    )
    change = heard(news(*back), there, known)
    assert (change.shipment["status"], change.shipment["delivered_at"]) == (Is.DELIVERED, there.delivered_at)
    assert (change.course.stage, change.course.logged, change.course.owed) == (Stage.DELIVERED, (), ())
    assert [row["incident_reason"] for row in change.scans] == ["consignee_not_home", ""]
    returned = heard(news(scan(Is.RETURN_TO_SENDER, NOW)), there, known)
    assert returned.shipment["status"] is Is.RETURN_TO_SENDER
