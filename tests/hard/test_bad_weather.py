"""The sandbox at its worst: answers that fail or never come, rows doubled and shuffled, scans lost; we end where it ends."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from postventa import clock
from postventa.connectors import http
from postventa.connectors.errors import ConnectorError
from postventa.sandbox.server import Sandbox
from postventa.sandbox.settings import Faults, SandboxSettings
from postventa.store.ledger import ledger
from postventa.store.orders import OrderRow
from postventa.store.shipments import ShipmentRow
from tasks.messages import send_messages
from tasks.orders import move_orders, poll_orders, poll_refunds, reread_orders
from tasks.promise import is_temporary
from tasks.shipments import look_at_parcels

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
START = datetime(2026, 11, 2, 8, tzinfo=UTC)
WORST = Faults(
    http_429=0.08,
    http_500=0.08,
    timeouts=0.02,
    html_200=0.03,
    duplicates=0.3,
    reordered_pages=True,
    lost_scans=0.2,
    smtp_451=0.1,
)
A_ROUND = (
    (poll_orders, "tienda"),
    (poll_refunds, "tienda"),
    (reread_orders, "tienda"),
    (move_orders, "tienda"),
    (look_at_parcels, "dhl"),
    (send_messages, "email"),
)


@pytest.fixture
def hurried(monkeypatch):
    """Doors that wait for nothing but half a second for an answer."""
    patience = http.Patience
    monkeypatch.setattr(
        http, "Patience", lambda: patience(first_pause=0.001, longest_pause=0.01, longest_retry_after=0)
    )
    monkeypatch.setitem(http.Door.__init__.__kwdefaults__, "timeouts", (0.5, 0.5))


def test_a_shop_and_a_carrier_that_misbehave_in_every_way_are_followed_to_the_truth(house, hurried):
    met: Counter[str] = Counter()
    with Sandbox(SandboxSettings(orders=20, start=START, faults=WORST)) as sandbox:
        place = house(sandbox.url, f"{sandbox.url}/dhl", sandbox.smtp_port)
        for hours in range(4, 24 * 8, 16):
            sandbox.set_faults(WORST if hours < 24 * 7 else Faults())
            now = START + timedelta(hours=hours)
            sandbox.watch.set_to(now)
            with clock.clock_set_to(now):
                for work, name in A_ROUND:
                    met += _done(work, name)
        shop = {str(order.id): order.happened.status for order in sandbox.shop.placed()}
        carrier = {
            number: sandbox.carrier.told(parcel)[-1].said
            for number, parcel in sandbox.shop.parcel_table().items()
            if sandbox.carrier.told(parcel)
        }
        mails = sandbox.mailbox.mails()

    assert met.total() > 2, "hardly anything outlasted a door's patience"
    with place.reading() as connection:
        ours = connection.execute(select(OrderRow.ref, OrderRow.raw_status)).tuples().all()
        parcels = connection.execute(select(ShipmentRow.tracking_number, ShipmentRow.status)).tuples().all()
        book = ledger(connection)
    assert dict(ours) == shop
    arrived = {number for number, status in parcels if status == "delivered"}
    assert arrived == {number for number, said in carrier.items() if said in {"delivered", "collected"}}
    assert book.is_balanced
    assert book.sent == len(mails) == len({mail.header("Message-ID") for mail in mails}) > 60
    told = Counter((mail.order, mail.message) for mail in mails if mail.message in {"received", "paid"})
    assert set(told.values()) == {1}


def _done(work, name) -> Counter[str]:
    """Does it as often as Prefect would; answers what went wrong meanwhile."""
    met: Counter[str] = Counter()
    for _ in range(4):
        try:
            work.fn(name)
        except ConnectorError as wrong:
            if not is_temporary(wrong):
                raise
            met[type(wrong).__name__] += 1
        else:
            break
    return met
