"""A shop whose customers may be asked for reviews, and the runs that ask them."""

from collections.abc import Mapping
from datetime import datetime
from email import message_from_bytes, policy
from typing import Any

from a_mailbox import AMailbox, Letter
from a_sale import ARRIVED, ASale
from an_order import fill, raw_order
from sqlalchemy import select, update

from postventa import clock
from postventa.after_sales import keep
from postventa.consents import Yes, record
from postventa.outlook import outlook
from postventa.rules.consents import Said
from postventa.store.asks import AskRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow
from postventa.store.sales import sales
from postventa.store.shipments import ShipmentRow
from postventa.workplace import Workplace
from tasks.messages import send_messages
from tasks.reviews import Asked, ask_for_reviews

WEB = {"url": "https://postventa.tienda.example"}
REVIEWS = {"review_url": "https://tienda.example/{product_ref}#reviews", "review_days": {"MOB-*": 14}}
EMAIL = "nuria.7@client.example"


def read(letter: Letter) -> str:
    """What a letter says, as text."""
    body = message_from_bytes(letter.raw, policy=policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


class AReviewShop(ASale):
    """Sales whose customers may be asked."""

    def __init__(self, place: Workplace, mailbox: AMailbox) -> None:
        super().__init__(place)
        self.mailbox = mailbox

    def arrived(self, at: datetime = ARRIVED, ref: int = 7, **order: Any) -> "AReviewShop":
        """An order whose one parcel arrived then, and whose mails of the chain were sent long ago."""
        billing = {**raw_order(ref)["billing"], "email": EMAIL}
        fill(self.place, [raw_order(ref, "completed", parcels=[f"A{ref}"], billing=billing, **order)], at)
        with self.place.store.begin() as connection:
            self.order_id = connection.execute(
                select(OrderRow.id).where(OrderRow.ref == str(ref))
            ).scalar_one()
            waiting = update(OutboxRow).where(OutboxRow.outcome == "waiting")
            connection.execute(waiting.values(outcome="suppressed", reason="backfill_cutoff"))
        self.scan(f"A{ref}", "delivered", at)
        self.look(at)
        self.agree()
        return self

    def agree(self, email: str = EMAIL, shop: str = "tienda") -> None:
        yes = Yes(shop, email, "relationship", "order", email, ARRIVED, Said.SOFT_OPT_IN)
        with self.place.store.begin() as connection:
            record(connection, self.place.settings, yes, ARRIVED)

    def look(self, now: datetime) -> None:
        """The look at every sale."""
        with self.place.store.begin() as connection:
            ids = [row.id for row in connection.execute(OrderRow.__table__.select())]
            for sale in sales(connection, ids).values():
                keep(connection, self.place.settings, sale, now)

    def another_parcel(self, number: str, status: str, at: datetime | None, now: datetime) -> None:
        """The order's shop names one parcel more."""
        with self.place.store.begin() as connection:
            row = connection.execute(ShipmentRow.__table__.select()).first()
            values: Mapping[str, Any] = row._asdict()
            fields = {key: value for key, value in values.items() if key != "id"}
            fields |= {"tracking_number": number, "status": status, "delivered_at": at}
            connection.execute(ShipmentRow.__table__.insert(), fields)
        self.look(now)

    def ask(self, now: datetime) -> Asked:
        """The run that asks."""
        with clock.clock_set_to(now):
            return ask_for_reviews.fn()

    def plan(self, now: datetime, until: datetime | None = None) -> list[tuple[Any, ...]]:
        """What `postventa plan` says of reviews: (key, when, outcome, reason)."""
        with self.place.reading() as connection, clock.clock_set_to(now):
            planned = outlook(connection, self.place.settings, now, until)
        return [
            (one.key, one.at, one.outcome, one.reason) for one in planned if one.message.startswith("review_")
        ]

    def send(self, now: datetime) -> None:
        with clock.clock_set_to(now):
            send_messages.fn("email")

    def run(self, *nows: datetime) -> None:
        """Both, at each of these instants."""
        for now in nows:
            self.ask(now)
            self.send(now)

    @property
    def asks(self) -> list[Any]:
        return self.rows(AskRow)

    @property
    def stands(self) -> list[tuple[str, str]]:
        """Each ask's state with its reason."""
        return [(ask.state, ask.reason) for ask in self.asks]

    @property
    def owed_requests(self) -> list[tuple[str, str, str]]:
        """The requests and reminders, and what became of them."""
        return [
            (row.message, row.outcome, row.reason)
            for row in self.rows(OutboxRow)
            if row.message.startswith("review_")
        ]
