"""Erasure (GDPR 17): who somebody was and what was said is forgotten, that they are not to be written to is not.

Where the law or the person themself still needs it (an open case, an order on its way) nothing is forgotten yet
(GDPR 17.3): they are written to about nothing else, and the reasons are answered.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from postventa.consents import messages_of
from postventa.contacts import contact_of
from postventa.rules.consents import ASKED_FOR
from postventa.settings import Settings
from postventa.store.casebook import log
from postventa.store.consents import SuppressionRow, customers_with, stop_queues
from postventa.store.erasure import NOBODY, cases_of, forget, is_on_its_way, orders_of
from postventa.store.upsert import insert_new


@dataclass(frozen=True, slots=True)
class Erased:
    """What was found of a person in one shop, and what must stay for now and why."""

    shop: str
    orders: int
    cases: int
    open_cases: tuple[str, ...]
    orders_on_their_way: tuple[str, ...]
    files: tuple[str, ...] = ()
    """The digests of files that no case needs any more: to be deleted once the erasure is saved."""

    @property
    def is_done(self) -> bool:
        return not self.open_cases and not self.orders_on_their_way

    @property
    def is_nobody(self) -> bool:
        """Whether nobody with this address was known."""
        return not self.orders and not self.cases


def erase(connection: Connection, settings: Settings, *, shop: str, email: str, now: datetime) -> Erased:
    """Forgets somebody in one shop, or says what stands in the way. Run again later, it does the rest."""
    people = [person.id for person in customers_with(connection, [shop], email)]
    orders = orders_of(connection, people)
    cases = cases_of(connection, shop, people, email)
    live = [case for case in cases if case.closed_at is None]
    going = [order for order in orders if is_on_its_way(order, now)]
    found = Erased(
        shop,
        len(orders),
        len(cases),
        tuple(case.number for case in live),
        tuple(order.number for order in going),
    )
    stop_queues(connection, people, email, messages_of(ASKED_FOR), now)
    if found.is_nobody:
        return found
    contact = contact_of(settings, shop, email)
    kept = [
        {
            "shop": shop,
            "contact": contact,
            "message_class": name,
            "reason": NOBODY,
            "reference": "",
            "since_at": now,
        }
        for name in ASKED_FOR
    ]
    insert_new(connection, SuppressionRow, kept, ("shop", "contact", "message_class"))
    for case in cases:
        log(connection, case.id, "erasure_requested", now, {"is_done": found.is_done})
    if found.is_done:
        files = forget(connection, customer_ids=people, orders=orders, cases=cases, now=now)
        return replace(found, files=tuple(files))
    return found
