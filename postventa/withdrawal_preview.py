"""What a withdrawal would start, before anybody has declared it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection

from postventa.declarations import Declaration, Filing
from postventa.declared_goods import meant_sale, wanted_goods
from postventa.settings import Settings
from postventa.windows import window_of


@dataclass(frozen=True, slots=True)
class LineToGo:
    """How much of a line would go back, by the shop's id of it."""

    ref: str
    name: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Preview:
    """What a statement would start."""

    lines: tuple[LineToGo, ...]
    amount: Decimal | None
    currency: str
    closes_on: date | None
    """The last day of the right; None where its period has not begun, or the order is not known."""
    waits_for: tuple[str, ...]
    """Why a person would have to decide; empty where the law has."""


def preview(connection: Connection, settings: Settings, declaration: Declaration, now: datetime) -> Preview:
    """What `declare` would make of a statement. Writes and holds nothing; raises NoSuchLine as it does."""
    sale = meant_sale(connection, declaration, hold=False)
    wanted = wanted_goods(sale, declaration) if sale else {}
    filing = Filing(connection, settings, declaration, sale, wanted, now)
    window = window_of(connection, settings, sale.order.id, now) if sale else None
    lines = sale.lines if sale else ()
    return Preview(
        lines=tuple(LineToGo(one.ref, one.name, wanted[one.id]) for one in lines if one.id in wanted),
        amount=filing.amount,
        currency=filing.currency,
        closes_on=window.closes_on if window else None,
        waits_for=filing.what_a_person_decides(),
    )
