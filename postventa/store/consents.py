"""Consent and contact: what customers have agreed or objected to, as a book that is only added to, and who is never written to.

The suppression list knows people by a keyed hash of their address, so that it outlives their erasure.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from postventa.rules.messages import Outcome
from postventa.store.base import Base, BigId
from postventa.store.cases import CaseRow
from postventa.store.messages import OPEN_OF_CASES, OutboxRow
from postventa.store.orders import CustomerRow, OrderRow


class ConsentRow(Base):
    """One thing a customer agreed or objected to, when, where and in which words; rows are only ever added."""

    __tablename__ = "consents"
    __table_args__ = (
        UniqueConstraint("shop", "reference"),
        UniqueConstraint("shop", "source", "source_ref", "message_class"),
        Index("ix_consents_shop_contact", "shop", "contact"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    shop: Mapped[str] = mapped_column(String(64))
    reference: Mapped[str] = mapped_column(String(32))
    """The number the customer gets, gapless, as `O-2026-000123` (LGDCU art. 96.5)."""
    contact: Mapped[str] = mapped_column(String(64))
    """The keyed hash of the address."""
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id", ondelete="SET NULL"))
    message_class: Mapped[str] = mapped_column(String(16))
    """`relationship`, `commercial`, or `all` of the two."""
    said: Mapped[str] = mapped_column(String(16))
    """`consented`, `soft_opt_in`, `objected`."""
    source: Mapped[str] = mapped_column(String(32))
    """`order`, `page`, `one_click`, `mail`, `desk`, `import`."""
    source_ref: Mapped[str] = mapped_column(String(128))
    wording: Mapped[str] = mapped_column(String(64))
    """The version of the text that was agreed to; empty for an objection."""
    said_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class SuppressionRow(Base):
    """Somebody who is not written to any more, by class; kept for good, and by nothing but a hash."""

    __tablename__ = "suppressions"

    shop: Mapped[str] = mapped_column(String(64), primary_key=True)
    contact: Mapped[str] = mapped_column(String(64), primary_key=True)
    message_class: Mapped[str] = mapped_column(String(16), primary_key=True)
    reason: Mapped[str] = mapped_column(String(32))
    """`objected`, or `erased`: who asked to be forgotten is not asked for an opinion either."""
    reference: Mapped[str] = mapped_column(String(32))
    since_at: Mapped[datetime]


class BounceRow(Base):
    """A mail that came back, by what its receiver's server said."""

    __tablename__ = "bounces"
    __table_args__ = (UniqueConstraint("source_ref"), Index("ix_bounces_contact", "shop", "contact"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    shop: Mapped[str] = mapped_column(String(64))
    contact: Mapped[str] = mapped_column(String(64))
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id", ondelete="SET NULL"))
    source_ref: Mapped[str] = mapped_column(String(200))
    code: Mapped[str] = mapped_column(String(16))
    """The enhanced status code, as `5.1.1`."""
    is_hard: Mapped[bool]
    words: Mapped[str] = mapped_column(String(400))
    bounced_at: Mapped[datetime]


Contacts = Iterable[tuple[str, str]]
"""Shops, each with the hash by which it knows somebody."""


def said_by(connection: Connection, contacts: Contacts) -> Sequence[Any]:
    """What these contacts have said, in the sequence in which it was recorded."""
    book = ConsentRow.__table__
    return connection.execute(book.select().where(_among(book.c, contacts)).order_by(book.c.id)).all()


def suppressed(connection: Connection, contacts: Contacts) -> set[tuple[str, str]]:
    """Who of these contacts is not written to any more: (contact, class)."""
    kept: Any = SuppressionRow.__table__.c
    found = select(kept.contact, kept.message_class).where(_among(kept, contacts))
    return {(row.contact, row.message_class) for row in connection.execute(found)}


def came_back(connection: Connection, contacts: Contacts, since: datetime) -> dict[str, tuple[bool, int]]:
    """Of these contacts, whether a mail came back for good, and how many came back for now since an instant."""
    rows: Any = BounceRow.__table__.c
    found = select(rows.contact, rows.is_hard, func.count().label("times")).where(
        _among(rows, contacts), or_(rows.is_hard, rows.bounced_at >= since)
    )
    back: dict[str, tuple[bool, int]] = {}
    for contact, is_hard, times in connection.execute(found.group_by(rows.contact, rows.is_hard)):
        was_hard, soft = back.get(contact, (False, 0))
        back[contact] = (was_hard or bool(is_hard), soft if is_hard else soft + times)
    return back


def _among(table: Any, contacts: Contacts) -> Any:
    """Said of both columns, for that is how the indexes go."""
    known = list(contacts)
    shops = {shop for shop, _ in known}
    return table.shop.in_(shops) & table.contact.in_({contact for _, contact in known})


def customers_with(connection: Connection, shops: Iterable[str], email: str) -> Sequence[Any]:
    """Who has this address, in any of these shops."""
    people = CustomerRow.__table__
    wanted = people.select().where(
        people.c.shop.in_(list(shops)), people.c.identity == email.strip().lower()[:320]
    )
    return connection.execute(wanted.order_by(people.c.id)).all()


def stop_queues(
    connection: Connection,
    customer_ids: Collection[int],
    email: str,
    messages: Collection[str],
    now: datetime,
) -> int:
    """Suppresses what of these messages still waits for these people, whoever has claimed it; answers how many.

    A sender asks for its claim once more before it hands a message over: taken away here, it does not go.
    """
    box: Any = OutboxRow.__table__.c
    waits = box.outcome.in_((Outcome.WAITING, Outcome.DEFERRED)) & box.message.in_(messages)
    orders = select(OrderRow.id).where(OrderRow.customer_id.in_(customer_ids))
    cases = (
        select(box.id)
        .join(CaseRow, CaseRow.id == box.case_id)
        .where(
            text(OPEN_OF_CASES), box.message.in_(messages), func.lower(CaseRow.email) == email.strip().lower()
        )
    )
    waiting = connection.execute(
        select(box.id).where(box.order_id.in_(orders), waits).union_all(cases)
    ).scalars()
    ids = list(waiting)
    if ids:
        stopped = update(OutboxRow).where(box.id.in_(ids), waits)
        connection.execute(
            stopped.values(
                outcome=Outcome.SUPPRESSED,
                reason="opted_out",
                settled_at=now,
                sender=None,
                claimed_until=None,
            )
        )
    return len(ids)


def latest_order_id(connection: Connection, customer_ids: Collection[int]) -> int | None:
    """The order that was placed last by any of these customers."""
    placed = select(OrderRow.id).where(OrderRow.customer_id.in_(customer_ids))
    return connection.execute(
        placed.order_by(OrderRow.placed_at.desc(), OrderRow.id.desc()).limit(1)
    ).scalar()
