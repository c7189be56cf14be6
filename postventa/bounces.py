"""Delivery reports about our own letters: whose address does not exist, and in which case nobody was reached.

Anybody can send a mail that looks like a delivery report. One counts only if it names a letter of ours by a
Message-ID that nobody can guess, and the address that letter went to.
"""

import logging
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from postventa.connectors.incoming import Bounce
from postventa.contacts import contact_of
from postventa.message_ids import is_guessable
from postventa.settings import BadConfiguration, Settings
from postventa.store.casebook import say
from postventa.store.cases import CaseRow
from postventa.store.consents import BounceRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import CustomerRow, OrderRow
from postventa.store.upsert import insert_new

NO_SUCH_ADDRESS = "5.1."
_BOX: Any = OutboxRow.__table__.c
_ORDERS: Any = OrderRow.__table__.c
_CASES: Any = CaseRow.__table__.c
_CUSTOMERS: Any = CustomerRow.__table__.c

log = logging.getLogger(__name__)


def note_bounce(connection: Connection, settings: Settings, bounce: Bounce, now: datetime) -> bool:
    """Writes down what a report says; answers whether it was about a letter of ours."""
    letter = _letter(connection, bounce)
    if letter is None:
        return False
    if is_guessable(bounce.message_id, letter.key):
        log.warning("a report about a letter of an earlier version is not believed: its name can be guessed")
        return False
    is_ours = False
    for address, status in bounce.failed:
        if address not in {letter.case_email.casefold(), letter.customer_email.casefold()} - {""}:
            continue
        is_ours = True
        _count(connection, settings, letter, address, status, now)
        if status.startswith(NO_SUCH_ADDRESS) and address == letter.customer_email.casefold():
            connection.execute(
                update(CustomerRow)
                .where(_CUSTOMERS.id == letter.customer_id, _CUSTOMERS.hard_bounced_at.is_(None))
                .values(hard_bounced_at=now)
            )
            log.warning("customer %s has an address that does not exist (%s)", letter.customer_id, status)
        if letter.case_id is not None:
            say(
                connection,
                letter.case_id,
                kind="note",
                author="clock",
                text=f"The letter {letter.message} did not reach its recipient: the mail server reports {status}.",
                at=now,
                now=now,
                occasion=f"bounce:{letter.id}",
            )
    return is_ours


def _count(  # noqa: PLR0917 - what a row says
    connection: Connection, settings: Settings, letter: Any, address: str, status: str, now: datetime
) -> None:
    """Keeps a report by the hash of its address: what nobody waits for does not go where mails keep coming back."""
    try:
        contact = contact_of(settings, letter.shop, address)
    except BadConfiguration as wrong:
        log.warning("a mail that came back is not counted: %s", wrong)
        return
    row = {
        "shop": letter.shop,
        "contact": contact,
        "outbox_id": letter.id,
        "source_ref": f"outbox:{letter.id}:{status}",
        "code": status[:16],
        "is_hard": status.startswith(NO_SUCH_ADDRESS),
        "words": "",
        "bounced_at": now,
    }
    insert_new(connection, BounceRow, [row], ("source_ref",))


def _letter(connection: Connection, bounce: Bounce) -> Any | None:
    """The letter that came back, with its customer. Never searched among all: by its order, or among those of cases."""
    if not bounce.message_id:
        return None
    of_an_order = (
        select(
            _BOX.id, _BOX.key, _BOX.message, _BOX.case_id, _CUSTOMERS.id.label("customer_id"), _ORDERS.shop
        )
        .add_columns(_CUSTOMERS.email.label("customer_email"), _CUSTOMERS.email.label("case_email"))
        .join(OrderRow, _ORDERS.id == _BOX.order_id)
        .join(CustomerRow, _CUSTOMERS.id == _ORDERS.customer_id)
        .where(
            _ORDERS.shop == bounce.shop,
            _ORDERS.ref == bounce.order,
            _BOX.message_id == f"<{bounce.message_id}>",
        )
    )
    of_a_case = (
        select(_BOX.id, _BOX.key, _BOX.message, _BOX.case_id, _CASES.customer_id, _CASES.shop)
        .add_columns(
            func.coalesce(_CUSTOMERS.email, "").label("customer_email"), _CASES.email.label("case_email")
        )
        .join(CaseRow, _CASES.id == _BOX.case_id)
        .outerjoin(CustomerRow, _CUSTOMERS.id == _CASES.customer_id)
        .where(
            _BOX.case_id.is_not(None), _BOX.recipient.is_(None), _BOX.message_id == f"<{bounce.message_id}>"
        )
    )
    return connection.execute(of_an_order).first() or connection.execute(of_a_case).first()
