"""What a mail belongs to: the case or the order that it answers or names, and which of its words are new."""

import re
from typing import Any

from sqlalchemy import Connection, select

from postventa.connectors.incoming import Mail
from postventa.store.casebook import case_of
from postventa.store.cases import CaseRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import CustomerRow, OrderRow
from postventa.store.references import kept_reference

_NUMBER = re.compile(r"\b[RD]-\d{4}-\d{6}\b", re.IGNORECASE)
_KEY = re.compile(r"\b(?:[A-HJKMNP-Z2-9]{4}[- ]?){3}[A-HJKMNP-Z2-9]{4}\b")
_LOOKED_AT = 20_000
"""Characters of a text in which numbers and keys are looked for."""
_AT_MOST = 20
_OWN_ORDERS = 200
_CASES: Any = CaseRow.__table__
_BOX: Any = OutboxRow.__table__.c
_ORDERS: Any = OrderRow.__table__.c
_CUSTOMERS: Any = CustomerRow.__table__.c

_QUOTE_BEGINS = re.compile(
    r"^\s*-{2,}\s*(?:original message|mensaje original|missatge original|forwarded message).*$"
    r"|^(?:on|el|il|le) .{5,200}(?:wrote|escribi[óo]|va escriure|ha escrit):\s*$"
    r"|^(?:from|de): .+\n(?:sent|enviado|enviat|date|fecha|data)(?: el)?: .+$",
    re.IGNORECASE | re.MULTILINE,
)


def case_answered(connection: Connection, shop: str, mail: Mail, sender: str) -> Any | None:
    """The case that a mail goes on with; None if it begins one.

    An answer to a letter of ours and the case's key prove themselves. A number can be guessed: it counts only in
    a mail from the address of that case.
    """
    found = _by_references(connection, shop, mail.references)
    if found is not None:
        return found
    said = f"{mail.subject}\n{mail.text[:_LOOKED_AT]}"
    for key in _KEY.findall(said)[:_AT_MOST]:
        case = case_of(connection, key)
        if case is not None and case.shop == shop and case.key == re.sub("[- ]", "", key):
            return case
    for number in _NUMBER.findall(said)[:_AT_MOST]:
        case = case_of(connection, f"{shop}:{number}")
        if case is not None and case.email.casefold() == sender:
            return case
    return None


def order_named(connection: Connection, shop: str, mail: Mail, sender: str) -> str | None:
    """The shop's id of the sender's own order that a mail answers or names; nobody else's is looked at."""
    own = (
        select(_ORDERS.id, _ORDERS.ref, _ORDERS.number)
        .join(CustomerRow, _CUSTOMERS.id == _ORDERS.customer_id)
        .where(_CUSTOMERS.shop == shop, _CUSTOMERS.identity == sender)
        .order_by(_ORDERS.id.desc())
        .limit(_OWN_ORDERS)
    )
    orders = connection.execute(own).all()
    if not orders:
        return None
    if mail.references:
        answered = select(_BOX.order_id).where(
            _BOX.order_id.in_([order.id for order in orders]),
            _BOX.message_id.in_(_bracketed(mail.references)),
        )
        order_id = connection.execute(answered.limit(1)).scalar_one_or_none()
        if order_id is not None:
            return str(next(order.ref for order in orders if order.id == order_id))
    said = f"{mail.subject}\n{mail.text[:_LOOKED_AT]}"
    places = [(place, order.ref) for order in orders if (place := _place_of(order, said)) is not None]
    return str(min(places)[1]) if places else None


def new_words(text: str) -> str:
    """What an answer says itself, without the letter quoted under or between it; all of it if nothing else is left."""
    begins = _QUOTE_BEGINS.search(text)
    own = text[: begins.start()] if begins else text
    own = "\n".join(line for line in own.splitlines() if not line.startswith(">")).strip()
    return own or text


def _by_references(connection: Connection, shop: str, references: tuple[str, ...]) -> Any | None:
    """The case whose letter, or whose own first mail, is among the mails that this one answers."""
    if not references:
        return None
    letters = (
        select(_BOX.case_id)
        .where(_BOX.case_id.is_not(None), _BOX.message_id.in_(_bracketed(references)))
        .order_by(_BOX.id.desc())
    )
    first_mails = select(_CASES.c.id).where(
        _CASES.c.shop == shop,
        _CASES.c.source == "mail",
        _CASES.c.source_ref.in_(map(kept_reference, references)),
    )
    for question in (letters, first_mails):
        case_id = connection.execute(question.limit(1)).scalar_one_or_none()
        if case_id is not None:
            wanted = _CASES.select().where(_CASES.c.id == case_id, _CASES.c.shop == shop)
            return connection.execute(wanted).one_or_none()
    return None


def _bracketed(references: tuple[str, ...]) -> list[str]:
    """As the outbox has them."""
    return [f"<{reference}>" for reference in references]


def _place_of(order: Any, said: str) -> int | None:
    """Where a text names an order; a number of less than four digits only where it is called one."""
    for name in {order.number, order.ref}:
        called = r"(?:pedido|comanda|order|n[ºo.]*|#)\W{0,3}" if len(name) < 4 else ""
        found = re.search(rf"(?<![\w-]){called}{re.escape(name)}(?![\w-])", said, re.IGNORECASE)
        if found:
            return found.start()
    return None
