"""The book of consents: what customers agreed and objected to, and what follows at once for whatever waits for them.

Who objects, objects to the whole company (GDPR 21.3): to every shop in the configuration. Who agrees, agrees with
the shop that asked.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select

from postventa.cards import cards
from postventa.clock_law import read_up
from postventa.contacts import contacts_of
from postventa.objection_clocks import start_objection
from postventa.rules.consents import ALL, ASKED_FOR, Basis, Entry, Said, covers, standing
from postventa.settings import Settings
from postventa.store.casebook import next_number
from postventa.store.consents import (
    ConsentRow,
    SuppressionRow,
    customers_with,
    latest_order_id,
    said_by,
    stop_queues,
    suppressed,
)
from postventa.store.orders import OrderRow
from postventa.store.owing import owe_message
from postventa.store.upsert import Row, insert_new

CONFIRMED = "opt_out_confirmed"
OBJECTED = "objected"
ERASED = "erased"
ONE_SAYING = ("shop", "source", "source_ref", "message_class")
"""What makes the same words, heard twice, one entry of the book."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What may be sent to somebody by one shop, by class, and everything that was said about it by all shops."""

    contact: str
    bases: dict[str, Basis]
    suppressed: frozenset[str]
    said: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Yes:
    """What somebody agreed to, when, where, and to which version of which words; a no is `object_to`'s."""

    shop: str
    email: str
    message_class: str
    source: str
    source_ref: str
    said_at: datetime
    said: Said = Said.CONSENTED
    wording: str = ""


@dataclass(frozen=True, slots=True)
class Objected:
    """An objection under its reference; `is_new` is False where nothing was left to object to."""

    reference: str
    is_new: bool
    is_confirmed: bool
    """Whether a mail confirms it: somebody unknown has no order to whose address one could go."""


def consent_of(connection: Connection, settings: Settings, shop: str, email: str) -> Consent:
    """How somebody stands with a shop. What objected in another shop of the company counts here too."""
    contacts = contacts_of(settings, email)
    said = said_by(connection, contacts.items())
    kept = suppressed(connection, [(shop, contacts[shop])])
    return Consent(
        contacts[shop], bases_of(said, contacts[shop]), frozenset(name for _, name in kept), tuple(said)
    )


def bases_of(said: Any, contact: str) -> dict[str, Basis]:
    """By class, whether the shop that knows somebody as `contact` may write, of what they said in any shop."""
    return standing(
        Entry(row.message_class, Said(row.said), row.source, row.said_at)
        for row in said
        if row.contact == contact or row.said == OBJECTED
    )


def record(connection: Connection, settings: Settings, yes: Yes, now: datetime) -> bool:
    """Writes down that somebody agreed; False if that was written down before."""
    contacts = contacts_of(settings, yes.email)
    mine = contacts[yes.shop]
    _hold(connection, contacts)
    if not insert_new(connection, ConsentRow, [row_of(yes, mine, now)], ONE_SAYING):
        return False
    bases = bases_of(said_by(connection, contacts.items()), mine)
    lifted = [name for name in ASKED_FOR if bases[name] is not Basis.OBJECTED]
    connection.execute(
        delete(SuppressionRow).where(
            SuppressionRow.shop == yes.shop,
            SuppressionRow.contact == mine,
            SuppressionRow.message_class.in_(lifted),
            SuppressionRow.reason.in_((OBJECTED, ERASED)),
        )
    )
    return True


def row_of(yes: Yes, contact: str, now: datetime) -> Row:
    """The row of somebody's yes. Its reference is its own, and nobody is given it."""
    mark = hashlib.blake2b(
        f"{yes.source}\x00{yes.source_ref}\x00{yes.message_class}".encode(), digest_size=12
    )
    return {
        "shop": yes.shop,
        "reference": f"y-{mark.hexdigest()}",
        "contact": contact,
        "customer_id": None,
        "message_class": yes.message_class,
        "said": yes.said,
        "source": yes.source,
        "source_ref": yes.source_ref[:128],
        "wording": yes.wording[:64],
        "said_at": yes.said_at,
        "recorded_at": now,
    }


def object_to(
    connection: Connection,
    settings: Settings,
    *,
    shop: str,
    email: str,
    source: str,
    source_ref: str,
    now: datetime,
    scope: str = ALL,
) -> Objected:
    """Writes an objection to `scope` (a class, or `all`) down under its number, stops what waits, owes its receipt.

    Everything in the caller's transaction, so that nobody is written to from its end on. Who has objected to all
    of this before is given the same reference.
    """
    contacts = contacts_of(settings, email)
    read_up(settings)
    _hold(connection, contacts)
    said = said_by(connection, contacts.items())
    known = [row for row in said if row.said == OBJECTED]
    people = customers_with(connection, settings.shops, email)
    classes = ASKED_FOR if scope == ALL else (scope,)
    stop_queues(connection, [person.id for person in people], email, messages_of(classes), now)
    if known and all(covers(bases_of(said, contact), scope) for contact in contacts.values()):
        return Objected(known[-1].reference, is_new=False, is_confirmed=False)
    no = Yes(shop, email, scope, source, source_ref, now, Said.OBJECTED)
    reference = write_down(connection, settings, no, contacts[shop])
    kept = [
        {
            "shop": name,
            "contact": contact,
            "message_class": one,
            "reason": OBJECTED,
            "reference": reference,
            "since_at": now,
        }
        for name, contact in contacts.items()
        for one in classes
    ]
    insert_new(connection, SuppressionRow, kept, ("shop", "contact", "message_class"))
    here = [person.id for person in people if person.shop == shop] or [person.id for person in people]
    order_id = latest_order_id(connection, here)
    if order_id is not None:
        _owe_receipt(connection, order_id, reference, scope, now)
    start_objection(connection, settings, shop=shop, order_id=order_id, reference=reference, now=now)
    return Objected(reference, is_new=True, is_confirmed=order_id is not None)


def messages_of(classes: Collection[str]) -> list[str]:
    """The messages of these classes, by name."""
    return [card.message for card in cards() if card.message_class in classes]


def write_down(connection: Connection, settings: Settings, no: Yes, contact: str) -> str:
    """The objection's row under the next number of its shop and year; answers the number."""
    book: Any = ConsentRow.__table__.c
    year = no.said_at.astimezone(settings.shop(no.shop).zone).year
    reference = next_number(connection, no.shop, "objection", year)
    ref = no.source_ref[:96]
    same = book.source_ref.startswith(ref, autoescape=True)
    times = select(func.count()).where(book.shop == no.shop, book.source == no.source, same)
    before = connection.execute(times).scalar_one()
    # The same link may say no again, after a yes in between: that is another objection.
    marked = replace(no, source_ref=f"{ref}#{before + 1}" if before else ref)
    row = row_of(marked, contact, no.said_at) | {"reference": reference}
    connection.execute(ConsentRow.__table__.insert(), row)  # type: ignore[attr-defined]  # a mapped class's table is a Table
    return reference


def _owe_receipt(connection: Connection, order_id: int, reference: str, scope: str, now: datetime) -> None:
    orders: Any = OrderRow.__table__.c
    shop, ref = connection.execute(select(orders.shop, orders.ref).where(orders.id == order_id)).one()
    owe_message(
        connection,
        CONFIRMED,
        f"{shop}:{ref}:-:{CONFIRMED}:{reference}",
        now,
        occasion=reference,
        order_id=order_id,
        facts={"reference": reference, "scope": scope, "objected_at": now.isoformat()},
    )


def _hold(connection: Connection, contacts: dict[str, str]) -> None:
    """Two who write about the same person at once: the second waits for the first."""
    if connection.dialect.name != "sqlite":
        mark = min(contacts.values())
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(mark, 0))))
