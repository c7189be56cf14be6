"""What a carrier of Spain says on its way into the store: reasons, unknown codes, deliveries of a part, numbers used before."""

from datetime import timedelta

import pytest
from an_order import PLACED, fill, raw_order
from some_carriers import XML, gls_event, gls_payload, soap
from sqlalchemy import select

from postventa import clock
from postventa.store.inbox import QuarantineRow
from postventa.store.orders import OrderRow
from postventa.store.shipments import ScanRow, ShipmentRow
from tasks.shipments import look_at_parcels

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
NUMBER = "61143283984788"
NOW = PLACED + timedelta(days=3)


@pytest.fixture
def gls(configuration, house, httpserver, monkeypatch):
    """GLS Spain answers for the parcel of one order; answers what a look at it brings, and the store."""
    monkeypatch.setenv("GLS_UID", "clave")
    carrier = {"adapter": "gls_spain", "url": httpserver.url_for("/"), "key_env": "GLS_UID"}
    configuration["carriers"]["dhl"] = carrier | {"requests_per_second": 1000}
    place = house()
    with clock.clock_set_to(PLACED):
        fill(place, [raw_order(7, "completed", parcels=[NUMBER])], PLACED)

    def look(*events, at=NOW):
        httpserver.clear()
        httpserver.expect_request("/b2b.asmx").respond_with_data(gls_payload(list(events)), content_type=XML)
        with clock.clock_set_to(at):
            looked = look_at_parcels.fn("dhl")
        with place.reading() as connection:
            parcel = connection.execute(select(ShipmentRow.__table__)).one()
            scans = connection.execute(select(ScanRow.__table__).order_by(ScanRow.scanned_at)).all()
            stage = connection.execute(select(OrderRow.stage)).scalar_one()
            set_aside = connection.execute(select(QuarantineRow.__table__)).all()
        return looked, parcel, scans, stage, set_aside

    return look


def test_a_delivery_of_a_part_and_a_parcel_shop_deliver_nothing_and_the_last_part_does(gls):
    way = [
        gls_event("6", "EN REPARTO", "2026-11-03T09:00:00"),
        gls_event("8", "ENTREGA PARCIAL", "2026-11-03T12:00:00"),
        gls_event("22", "ENTREGADO EN ASM PARCELSHOP", "2026-11-03T18:00:00"),
    ]
    _, parcel, scans, stage, _ = gls(*way)
    assert (parcel.status, parcel.delivered_at, stage, len(scans)) == ("in_transit", None, "shipped", 3)
    assert (parcel.mapped_by, parcel.raw_code) == ("gls-spain/2026-11", "22")
    _, parcel, _, stage, _ = gls(
        *way, gls_event("7", "ENTREGADO", "2026-11-05T10:00:00"), at=NOW + timedelta(1)
    )
    assert (parcel.status, stage) == ("delivered", "delivered")


def test_a_reason_is_kept_with_its_scan_and_an_unknown_code_is_told_once(gls):
    events = [
        gls_event("11", "PENDIENTE DATOS", "2026-11-03T09:00:00"),
        gls_event("77", "ALGO NUEVO", "2026-11-03T10:00:00"),
    ]
    looked, parcel, scans, _, set_aside = gls(*events)
    assert looked.unknown_codes == ["77"]
    assert [(scan.status, scan.incident_reason) for scan in scans] == [
        ("on_hold", "retailer_incorrect_data"),
        ("unknown", ""),
    ]
    assert (parcel.status, [(row.kind, row.ref) for row in set_aside]) == ("on_hold", [("status code", "77")])
    looked, *_, set_aside = gls(
        *events, gls_event("77", "ALGO NUEVO", "2026-11-04T10:00:00"), at=NOW + timedelta(hours=6)
    )
    assert (looked.unknown_codes, len(set_aside)) == ([], 1)


def test_a_number_that_was_used_a_year_before_waits_for_its_own_journey(gls):
    old = gls_event("7", "ENTREGADO", "2025-10-20T12:00:00")
    looked, parcel, scans, stage, _ = gls(old)
    assert (looked.asked, parcel.status, scans, stage) == (1, "pending", [], "shipped")
    _, parcel, scans, _, _ = gls(
        old, gls_event("2", "EN TRANSITO", "2026-11-04T09:00:00"), at=NOW + timedelta(1)
    )
    assert (parcel.status, [scan.raw_code for scan in scans]) == ("in_transit", ["2"])


def test_an_answer_that_is_no_tracking_sets_the_parcel_aside_with_its_order(gls, httpserver):
    httpserver.clear()
    httpserver.expect_request("/b2b.asmx").respond_with_data(soap("Other", ""), content_type=XML)
    with clock.clock_set_to(NOW):
        assert look_at_parcels.fn("dhl").set_aside == ["tienda:7"]
