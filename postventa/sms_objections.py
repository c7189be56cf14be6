"""No more texts: somebody's number goes onto the list of who gets none, of whatever class; their mails go on as before.

The list knows the number as it knows addresses, by a keyed hash that outlives their erasure.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from postventa.consents import OBJECTED, ONE_SAYING, Objected, Yes, row_of, write_down
from postventa.contacts import contacts_of
from postventa.rules.consents import Said
from postventa.rules.messages import Outcome
from postventa.settings import Settings
from postventa.store.consents import ConsentRow, SuppressionRow, suppressed
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow
from postventa.store.upsert import insert_new

CLASS = "sms"
_KEPT: Any = SuppressionRow.__table__.c


def object_to_texts(
    connection: Connection,
    settings: Settings,
    *,
    shop: str,
    number: str,
    source: str,
    source_ref: str,
    now: datetime,
    customer_ids: Collection[int] = (),
) -> Objected:
    """Writes it down under its number for every shop of the company, and stops what waits for these customers.

    Whoever has said so before is given the same reference.
    """
    contacts = contacts_of(settings, number)
    _stop(connection, customer_ids, now)
    known = select(_KEPT.reference).where(
        _KEPT.shop == shop, _KEPT.contact == contacts[shop], _KEPT.message_class == CLASS
    )
    before = connection.execute(known).scalar()
    if before is not None:
        return Objected(before, is_new=False, is_confirmed=False)
    no = Yes(shop, number, CLASS, source, source_ref, now, Said.OBJECTED)
    reference = write_down(connection, settings, no, contacts[shop])
    kept = [
        {
            "shop": name,
            "contact": contact,
            "message_class": CLASS,
            "reason": OBJECTED,
            "reference": reference,
            "since_at": now,
        }
        for name, contact in contacts.items()
    ]
    insert_new(connection, SuppressionRow, kept, ("shop", "contact", "message_class"))
    return Objected(reference, is_new=True, is_confirmed=False)


def allow_texts(connection: Connection, settings: Settings, yes: Yes, now: datetime) -> bool:
    """Somebody wants texts after all, and has said so; False if that was written down before."""
    mine = contacts_of(settings, yes.email)[yes.shop]
    if not insert_new(connection, ConsentRow, [row_of(yes, mine, now)], ONE_SAYING):
        return False
    lifted = delete(SuppressionRow).where(
        _KEPT.shop == yes.shop, _KEPT.contact == mine, _KEPT.message_class == CLASS
    )
    connection.execute(lifted)
    return True


def wants_no_texts(connection: Connection, settings: Settings, shop: str, number: str) -> bool:
    """Whether this number is on the list."""
    contact = contacts_of(settings, number)[shop]
    return (contact, CLASS) in suppressed(connection, [(shop, contact)])


def _stop(connection: Connection, customer_ids: Collection[int], now: datetime) -> None:
    """What waits as a text for these people, whoever has claimed it."""
    if not customer_ids:
        return
    box: Any = OutboxRow.__table__.c
    orders = select(OrderRow.id).where(OrderRow.customer_id.in_(customer_ids))
    stopped = update(OutboxRow).where(
        box.order_id.in_(orders),
        box.channel == CLASS,
        box.outcome.in_((Outcome.WAITING, Outcome.DEFERRED)),
    )
    connection.execute(
        stopped.values(
            outcome=Outcome.SUPPRESSED, reason="opted_out", settled_at=now, sender=None, claimed_until=None
        )
    )
