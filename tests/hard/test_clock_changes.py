"""The two nights of the year on which local clocks repeat an hour or leave one out."""

import email
import json
import re
from datetime import UTC, datetime, timedelta
from email import policy

import pytest
from an_order import fill, raw_order
from sqlalchemy import select
from werkzeug import Response

from postventa import clock
from postventa.store.inbox import CursorRow, InboxRow
from postventa.store.shipments import ScanRow
from tasks.messages import send_messages
from tasks.orders import move_orders, poll_orders
from tasks.shipments import look_at_parcels

HALF_HOUR = timedelta(minutes=30)
BACK = datetime(2026, 10, 25, 0, tzinfo=UTC)
FORWARD = datetime(2027, 3, 28, 0, tzinfo=UTC)
NIGHTS = {"back": BACK, "forward": FORWARD}


@pytest.fixture
def shop(httpserver, house, configuration, mailbox):
    """A shop in Madrid with the orders that a test puts into it."""
    orders: list = []
    questions: list = []

    def answer(request):
        questions.append(dict(request.args))
        found = [row for row in orders if row["date_modified_gmt"] > request.args["modified_after"]]
        if request.args.get("status") != "any" or request.args["page"] != "1":
            found = []
        headers = {"X-WP-Total": str(len(found))}
        return Response(json.dumps(found), headers=headers, content_type="application/json")

    httpserver.expect_request(re.compile("^/wp-json")).respond_with_handler(answer)
    configuration["shops"]["tienda"]["backfill_since"] = datetime(2026, 10, 1, tzinfo=UTC)
    configuration["shops"]["tienda"]["overlap_minutes"] = 0
    url = httpserver.url_for("").rstrip("/")
    return orders, questions, house(shop_url=url, carrier_url=f"{url}/dhl", smtp_port=mailbox.port)


@pytest.mark.parametrize("night", NIGHTS)
def test_orders_of_the_night_are_heard_once_and_none_is_missed(shop, place, mailbox, night):
    orders, questions, _ = shop
    start = NIGHTS[night]
    for half in range(8):  # midnight to four, by Greenwich
        at = start + half * HALF_HOUR
        orders.append(raw_order(half + 1, at=at, placed=at))
        with clock.clock_set_to(at + timedelta(minutes=1)):
            assert poll_orders.fn("tienda").news == 1
            move_orders.fn("tienda")
            send_messages.fn("email")
    assert [mailbox.of(ref) for ref in range(1, 9)] == [["received", "paid"]] * 8
    assert all(asked["dates_are_gmt"] == "true" for asked in questions)
    assert all("Z" not in asked["modified_after"] for asked in questions)
    with place.reading() as connection:
        assert connection.execute(select(CursorRow.at)).scalar_one() == start + 7 * HALF_HOUR
        stamps = connection.execute(select(InboxRow.modified_at).order_by(InboxRow.id)).scalars().all()
    assert stamps == [start + half * HALF_HOUR for half in range(8)]


@pytest.mark.parametrize(
    ("at", "local"),
    [
        (BACK + HALF_HOUR, "02:30"),
        (BACK + 3 * HALF_HOUR, "02:30"),  # the hour that comes twice
        (BACK + 5 * HALF_HOUR, "03:30"),
        (FORWARD + HALF_HOUR, "01:30"),
        (FORWARD + 3 * HALF_HOUR, "03:30"),  # the hour that is left out
    ],
    ids=lambda value: value if isinstance(value, str) else value.isoformat(timespec="minutes"),
)
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)  # what is printed asks no database
def test_a_mail_of_the_night_tells_the_time_that_clocks_showed(shop, mailbox, at, local):
    with clock.clock_set_to(at):
        fill(shop[2], [raw_order(1, "pending", at=at, placed=at)], at)
        send_messages.fn("email")
    mail = email.message_from_bytes(mailbox.letters[0].raw, policy=policy.default)
    text = mail.get_body(("plain",)).get_content()
    written = re.search(r"\b0?(\d:\d\d)\b", text)
    assert written
    assert written[1].zfill(5) == local
    assert mail["Date"].datetime == at


def test_scans_without_a_zone_in_the_hour_that_comes_twice_are_told_once(shop, place, httpserver, mailbox):
    events = [
        {
            "timestamp": written,
            "statusCode": "transit",
            "status": "Processed",
            "description": words,
            "location": {},
        }
        for written, words in [
            ("2026-10-25T03:10:00", "after the change"),
            ("2026-10-25T02:30:00", "in the hour that comes twice"),
            ("2026-10-25T01:50:00", "before the change"),
        ]
    ]
    shipment = {"id": "JD1", "status": events[0], "events": events}
    httpserver.expect_request("/dhl/track/shipments").respond_with_json({"shipments": [shipment]})
    noon = BACK + timedelta(hours=12)
    fill(shop[2], [raw_order(1, "completed", at=BACK, placed=BACK, parcels=["JD1"])], BACK)
    for hours in range(0, 9, 3):
        with clock.clock_set_to(noon + timedelta(hours=hours)):
            assert look_at_parcels.fn("dhl").asked == 1
    with place.reading() as connection:
        told = connection.execute(select(ScanRow.scanned_at, ScanRow.zone_known)).all()
    assert len(told) == 3
    assert [row.scanned_at for row in told] == sorted(row.scanned_at for row in told)
    assert not any(row.zone_known for row in told)
    assert told[0].scanned_at == datetime(2026, 10, 24, 23, 50, tzinfo=UTC)
    assert told[2].scanned_at == datetime(2026, 10, 25, 2, 10, tzinfo=UTC)
