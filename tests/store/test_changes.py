"""Saving news: what belongs together is saved once, and what news can cure is owed again."""

from datetime import timedelta
from decimal import Decimal

import pytest
from some_orders import MONDAY, ORDER
from sqlalchemy import func, select

from postventa.chain import Course, Logged, Owe
from postventa.rules.messages import Outcome
from postventa.rules.orders import Stage
from postventa.store.changes import CURED_BY_NEWS, Change, save
from postventa.store.orders import CustomerRow, EventRow, LineRow, OrderRow, RefundRow
from postventa.store.shipments import ShipmentRow
from postventa.store.standings import standings

LATER = MONDAY + timedelta(hours=1)
PERSON = {
    "identity": "ana@correo.example",
    "ref": None,
    "email": "ana@correo.example",
    "name": "Ana",
    "phone": "",
    "einvoice_consent_at": None,
    "hard_bounced_at": None,
}
PARCEL = {
    "tracking_number": "A1",
    "carrier_word": "DHL",
    "carrier": "dhl",
    "tracking_url": "",
    "shipped_at": MONDAY,
    "delivered_at": None,
    "status": "pending",
    "raw_code": "",
    "raw_text": "",
    "mapped_by": "",
    "first_estimated_at": None,
    "estimated_at": None,
    "pickup_point": "",
    "last_news_at": MONDAY,
    "look_at": None,
    "looked_at": None,
}
REFUND = {"ref": "77", "amount": Decimal("5.00"), "reason": "", "refunded_at": MONDAY}


def _line(name: str) -> dict:
    amounts = dict.fromkeys(("quantity", "net_before", "tax_before", "net", "tax"), Decimal(1))
    return {"ref": "1", "product_ref": "9", "sku": "", "name": name, **amounts}


def _change(ref="1", stage=Stage.PAID, course=None, customer=PERSON, **facts) -> Change:
    saved = {"lines": None, "refunds": [], "withdrawn": frozenset(), "parcels": []}
    more = {key: facts.pop(key) for key in list(facts) if key in saved}
    order = {**ORDER, "ref": ref, "number": f"N{ref}", "stage": stage, **facts}
    return Change(
        shop="tienda",
        ref=ref,
        customer=customer,
        order=order,
        course=course or Course(stage, (), ()),
        **{**saved, **more},
    )


PAID = Course(
    Stage.PAID,
    (Logged("order_placed", MONDAY, None, Stage.RECEIVED, ""),),
    (Owe("received", MONDAY), Owe("shipped", MONDAY, "A1", wait=timedelta(hours=4))),
)


@pytest.fixture
def saved(store):
    def save_all(*changes, now=MONDAY) -> int:
        with store.begin() as connection:
            return save(connection, changes, now)

    return save_all


def _count(store, table) -> int:
    with store.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_an_order_is_saved_with_its_log_its_parcels_and_what_it_owes(store, saved, box):
    assert saved(_change(course=PAID, parcels=[PARCEL], lines=[_line("Taza")], refunds=[REFUND])) == 2
    assert [_count(store, t) for t in (OrderRow, LineRow, RefundRow, EventRow, ShipmentRow)] == [1] * 5
    received, shipped = box()
    assert received.key == "tienda:1:-:received:once"
    assert (shipped.key, shipped.due_at) == ("tienda:1:A1:shipped:once", MONDAY + timedelta(hours=4))
    assert (received.shipment_id, shipped.shipment_id) == (None, 1)


def test_saving_the_same_news_twice_owes_nothing_twice(saved, box):
    change = _change(course=PAID, parcels=[PARCEL])
    assert saved(change) == 2
    assert saved(change) == 0
    assert len(box()) == 2


def test_the_log_of_an_order_only_grows_whatever_becomes_of_the_order(store, saved):
    """Nothing that was written down is taken back or put right later: it is said again."""

    def log():
        with store.connect() as connection:
            return [
                tuple(row) for row in connection.execute(select(EventRow.__table__).order_by(EventRow.id))
            ]

    before = []
    for number, (event, stage) in enumerate(
        [
            ("order_placed", Stage.RECEIVED),
            ("parcel_shipped", Stage.SHIPPED),
            ("cancelled", Stage.CANCELLED),
            ("reopened", Stage.RECEIVED),
            ("cancelled", Stage.CANCELLED),
        ]
    ):
        at = MONDAY + timedelta(hours=number)
        course = Course(stage, (Logged(event, at, None, stage, ""),), ())
        saved(_change(stage=stage, course=course, lines=[_line(event)], refunds=[REFUND][:number]), now=at)
        assert log()[: len(before)] == before
        before = log()
    assert len(before) == 5


def test_a_message_that_is_suppressed_from_the_start_is_settled_from_the_start(saved, box):
    course = Course(Stage.SHIPPED, (), (Owe("in_preparation", MONDAY, reason="superseded"),))
    saved(_change(course=course))
    (row,) = box()
    assert (row.outcome, row.reason, row.settled_at) == ("suppressed", "superseded", MONDAY)


def test_news_that_lacks_an_instant_does_not_take_it_away(store, saved):
    saved(_change(shipped_at=MONDAY, invoice_number="F1"))
    saved(_change(shipped_at=None, invoice_number=None, paid_at=None))
    with store.connect() as connection:
        columns = (OrderRow.shipped_at, OrderRow.invoice_number, OrderRow.paid_at)
        kept = connection.execute(select(*columns)).one()
    assert kept == (MONDAY, "F1", MONDAY)


def test_changed_lines_take_the_place_of_the_old_ones(store, saved):
    saved(_change(lines=[_line("Taza"), {**_line("Plato"), "ref": "2"}]))
    saved(_change(lines=[_line("Jarra")]))
    saved(_change(lines=None))
    with store.connect() as connection:
        assert list(connection.execute(select(LineRow.name)).scalars()) == ["Jarra"]


def test_a_refund_that_the_shop_deletes_is_kept_as_withdrawn(store, saved):
    saved(_change(refunds=[REFUND]))
    saved(_change(withdrawn=frozenset({"77"})), now=LATER)
    with store.connect() as connection:
        assert connection.execute(select(RefundRow.withdrawn_at)).scalar_one() == LATER
        assert standings(connection, "tienda", ["1"])["1"].refunds == frozenset()


def test_two_orders_of_one_guest_in_one_batch_make_one_customer(store, saved):
    saved(_change("1"), _change("2", customer={**PERSON, "name": "Ana P."}))
    assert (_count(store, OrderRow), _count(store, CustomerRow)) == (2, 1)


def test_a_bounce_is_not_forgotten_when_the_customer_orders_again(store, saved):
    saved(_change("1", customer={**PERSON, "hard_bounced_at": MONDAY}))
    saved(_change("2"))
    with store.connect() as connection:
        assert connection.execute(select(CustomerRow.hard_bounced_at)).scalar_one() == MONDAY


def test_a_consent_is_not_withdrawn_by_an_order_that_says_nothing_of_it(store, saved):
    saved(_change("1", customer={**PERSON, "einvoice_consent_at": MONDAY}))
    saved(_change("2"))
    with store.connect() as connection:
        assert connection.execute(select(CustomerRow.einvoice_consent_at)).scalar_one() == MONDAY


@pytest.mark.parametrize("reason", CURED_BY_NEWS)
def test_what_was_kept_back_for_a_reason_that_news_can_cure_is_owed_again(saved, box, reason):
    saved(_change(course=PAID))
    box(1, "received", outcome=Outcome.SUPPRESSED, reason=reason, settled_at=MONDAY)
    saved(_change(), now=LATER)
    row = box()[0]
    assert (row.outcome, row.reason, row.due_at, row.settled_at) == ("waiting", "", LATER, None)


@pytest.mark.parametrize("reason", ["superseded", "stale_event", "backfill_cutoff", "already_sent"])
def test_what_was_kept_back_for_good_stays_so(saved, box, reason):
    saved(_change(course=PAID))
    box(1, "received", outcome=Outcome.SUPPRESSED, reason=reason)
    saved(_change())
    assert box()[0].outcome == "suppressed"


def test_a_message_that_failed_is_not_owed_again_by_news(saved, box):
    saved(_change(course=PAID))
    box(1, "received", outcome=Outcome.FAILED, reason="hard_bounce")
    saved(_change())
    assert box()[0].outcome == "failed"


def test_further_news_of_a_cancelled_order_owes_nothing_again(saved, box):
    saved(_change(course=PAID))
    box(1, "received", outcome=Outcome.SUPPRESSED, reason="order_cancelled")
    saved(_change(stage=Stage.CANCELLED))
    assert box()[0].outcome == "suppressed"
