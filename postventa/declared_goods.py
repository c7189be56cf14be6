"""What a customer's statement means: which order, and how much of which line."""

from decimal import Decimal

from sqlalchemy import Connection, select

from postventa.declarations import Declaration
from postventa.sales import coming_back
from postventa.store.orders import CustomerRow, order_id_of
from postventa.store.sales import Sale, hold_order, sales


class NoSuchLine(ValueError):
    """The statement names a line, or more of it, that the order does not have."""


def meant_sale(connection: Connection, declaration: Declaration, *, hold: bool) -> Sale | None:
    """The order that is meant, held until the transaction ends if it is to change; None where it is not known to be
    this customer's.
    """
    found = order_id_of(connection, f"{declaration.shop}:{declaration.order_ref}")
    if len(found) != 1:
        return None
    order_id = found[0][0]
    sale = held_sale(connection, order_id) if hold else sales(connection, [order_id])[order_id]
    if declaration.is_verified:
        return sale
    theirs = connection.execute(
        select(CustomerRow.email).where(CustomerRow.id == sale.order.customer_id)
    ).scalar_one()
    given = declaration.email.strip().casefold()
    return sale if given and given == theirs.strip().casefold() else None


def held_sale(connection: Connection, order_id: int) -> Sale:
    """A sale that nobody else changes until the transaction ends: two statements cannot both have the last of a line."""
    hold_order(connection, order_id)
    return sales(connection, [order_id])[order_id]


def wanted_goods(sale: Sale, declaration: Declaration) -> dict[int, Decimal]:
    """How much of each line (by its id) comes back by this statement: never more than is left."""
    if declaration.is_in_words:
        return {}
    gone = coming_back(sale)
    left = {line.ref: line.quantity - gone.get(line.id, Decimal(0)) for line in sale.lines}
    asked = left if declaration.lines is None else declaration.lines
    for ref, quantity in asked.items():
        if ref not in left or quantity < 0:
            raise NoSuchLine(
                f"order {declaration.shop}:{declaration.order_ref} has no line {ref!r} of which {quantity} could come back"
            )
    return {
        line.id: q for line in sale.lines if (q := min(asked.get(line.ref, Decimal(0)), left[line.ref])) > 0
    }
