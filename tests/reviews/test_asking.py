"""Asking for a review, from the last parcel to the mail: who is asked, who waits, who is left alone and why."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from a_sale import ARRIVED, DAY, ASale, line
from sqlalchemy import update

from postventa import clock
from postventa.after_sales import keep
from postventa.consents import Yes, record
from postventa.rules.consents import Said
from postventa.store.asks import AskRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow
from postventa.store.sales import sales
from tasks.messages import send_messages
from tasks.reviews import ask_for_reviews

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
WEEK = timedelta(days=7)
DAY_7 = ARRIVED + WEEK


def read(letter):
    """What a letter says, as text."""
    return message_from_bytes(letter.raw, policy=policy.default).get_body(("plain",)).get_content()


@pytest.fixture
def configuration(configuration, monkeypatch):
    monkeypatch.setenv("POSTVENTA_WEB_SECRET", "k" * 40)
    configuration["web"] = {"url": "https://postventa.tienda.example"}
    configuration["shops"]["tienda"] |= {
        "review_url": "https://tienda.example/{product_ref}#reviews",
        "review_days": {"MOB-*": 14},
    }
    return configuration


@pytest.fixture
def shop(house, mailbox):
    return AShop(house(smtp_port=mailbox.port), mailbox)


class AShop(ASale):
    """A sale whose customer may be asked, and the runs that ask."""

    def __init__(self, place, mailbox):
        super().__init__(place)
        self.mailbox = mailbox

    def arrived(self, at=ARRIVED, **order):
        self.sell({"A1": at}, line_items=[line(71), line(72, sku="MOB-9")], **order)
        self.settle(at)
        with self.place.store.begin() as connection:
            connection.execute(update(OutboxRow).values(outcome="suppressed", reason="backfill_cutoff"))
        self.agree()
        return self

    def agree(self, email="nuria.7@client.example"):
        yes = Yes("tienda", email, "relationship", "order", email, ARRIVED, Said.SOFT_OPT_IN)
        with self.place.store.begin() as connection:
            record(connection, self.place.settings, yes, ARRIVED)

    def settle(self, now):
        """The look at every sale."""
        with self.place.store.begin() as connection:
            for sale in sales(connection, [row.id for row in self.rows(OrderRow)]).values():
                keep(connection, self.place.settings, sale, now)

    def run(self, now):
        with clock.clock_set_to(now):
            asked = ask_for_reviews.fn()
            send_messages.fn("email")
        return asked

    @property
    def ask(self):
        return self.rows(AskRow)[0]

    @property
    def stands(self):
        return self.ask.state, self.ask.reason

    @property
    def asked(self):
        """The requests and reminders, and what became of them."""
        return [
            (row.message, row.outcome, row.reason)
            for row in self.rows(OutboxRow)
            if row.message.startswith("review_")
        ]


def test_a_customer_is_asked_once_reminded_once_and_left_alone(shop):
    shop.arrived()
    assert shop.ask.next_at == ARRIVED + 2 * WEEK  # the slowest product's days
    first, second = ARRIVED + 2 * WEEK, ARRIVED + 3 * WEEK + timedelta(hours=1)
    for now in (first - DAY, first, first + timedelta(hours=2), second, second + timedelta(hours=2)):
        shop.run(now)
    assert shop.asked == [("review_requested", "sent", ""), ("review_reminder", "sent", "")]
    request, reminder = shop.mailbox.letters
    for written in (request, reminder):
        text = read(written)
        assert "https://tienda.example/71#reviews" in text
        assert "https://tienda.example/72#reviews" in text
        assert b"List-Unsubscribe-Post:" in written.raw
    shop.run(ARRIVED + 31 * DAY)
    assert shop.stands == ("closed", "")
    assert len(shop.mailbox.letters) == 2
