"""The proof of completeness: what each poll brought how late, each comparison with a shop, and what it found."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, String, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from postventa.rules.reconciliation import Lag, lag_of
from postventa.store.base import Base, BigId
from postventa.store.inbox import InboxRow

KEPT_FOR = timedelta(days=90)
"""How long it is said of each poll how late it was."""
FOUND, ASKED = "found", "asked"
REPAIRED, NOT_REPAIRABLE, UNEXPLAINED = "repaired", "not_repairable", "unexplained"
NOT_FOLLOWED = "no further look was planned"
"""Said of a parcel that is on its way and that nobody would have asked about any more."""
_INBOX: Any = InboxRow.__table__.c


class PollRow(Base):
    """A poll that brought news, and how long after its change in the shop each piece of it was with us."""

    __tablename__ = "polls"
    __table_args__ = (Index("ix_polls_shop_ended_at", "shop", "ended_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    shop: Mapped[str] = mapped_column(String(64))
    walk: Mapped[str] = mapped_column(String(16))
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    news: Mapped[int]
    lag_p50_seconds: Mapped[float]
    lag_p95_seconds: Mapped[float]
    lag_max_seconds: Mapped[float]
    cursor_at: Mapped[datetime]
    """Where the poll's cursor stood afterwards, in the shop's own stamps."""


class ReconciliationRow(Base):
    """One comparison of a shop's orders with ours."""

    __tablename__ = "reconciliations"
    __table_args__ = (Index("ix_reconciliations_shop_day_began_at", "shop", "day_began_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    shop: Mapped[str] = mapped_column(String(64))
    day_began_at: Mapped[datetime]
    """The midnight with which the last day that was over then began, by the shop's own clock: whose row this is."""
    since: Mapped[datetime]
    """Orders changed in the shop since then were compared."""
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    orders_in_shop: Mapped[int]
    orders_in_ours: Mapped[int]
    """How many of those we held before anything was repaired."""
    set_aside: Mapped[int]
    """How many were heard of in time and wait for a person."""
    parcels_asked: Mapped[int]
    """How many parcels' carriers have answered for this comparison."""
    parcels_fresh: Mapped[int | None]
    """How many had been asked by the usual round within the hour before; None, as the next, where nobody counted."""
    parcels_left: Mapped[int | None]
    """How many could not be compared: beyond a budget, set aside, or the carrier did not answer in time."""
    parcels_without_carrier: Mapped[int | None]
    """How many are with carriers that nobody can be asked about."""
    left_because: Mapped[str] = mapped_column(String(500), default="", server_default="")
    """Why parcels were left, by carrier."""


class FindingRow(Base):
    """One difference that a comparison found, and what became of it."""

    __tablename__ = "reconciliation_findings"
    __table_args__ = (Index("ix_reconciliation_findings_reconciliation_id", "reconciliation_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    reconciliation_id: Mapped[int] = mapped_column(ForeignKey("reconciliations.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    """`missed`, `stale`, `gone`, `gap`, `parcel`."""
    ref: Mapped[str] = mapped_column(String(64))
    """The shop's id of the order; the numbers of a gap."""
    shipment_id: Mapped[int | None] = mapped_column(ForeignKey("shipments.id", ondelete="CASCADE"))
    changed_at: Mapped[datetime | None]
    """The shop's stamp of what we lacked; of a parcel, our last look before."""
    late_seconds: Mapped[float | None]
    """From that change to when it was found here; of a parcel, from its carrier's word."""
    outcome: Mapped[str] = mapped_column(String(16))
    """`found` or `asked`, then `repaired`, `not_repairable` or `unexplained`."""
    said: Mapped[str] = mapped_column(String(300))
    """What the shop said (its status), or why it could not be repaired."""


def newest_in_inbox(connection: Connection) -> int:
    """The number of the last payload that was filed: what has a higher one later on is news of the meantime."""
    return int(connection.execute(select(func.coalesce(func.max(_INBOX.id), 0))).scalar_one())


def lag_since(connection: Connection, shop: str, kind: str, after: int) -> tuple[int, Lag | None]:
    """How many payloads of this kind were filed after that one, and how late.

    What had changed before we first listened to the shop is no news, and nobody was late for it.
    """
    first = select(_INBOX.heard_at).where(_INBOX.shop == shop).order_by(_INBOX.id).limit(1)
    listening_since = connection.execute(first).scalar_one_or_none()
    if listening_since is None:
        return 0, None
    wanted = select(_INBOX.heard_at, _INBOX.modified_at).where(
        _INBOX.id > after,
        _INBOX.shop == shop,
        _INBOX.kind == kind,
        _INBOX.modified_at >= listening_since,
    )
    late = [(heard - changed).total_seconds() for heard, changed in connection.execute(wanted)]
    return len(late), lag_of(late)


def forget_polls(connection: Connection, shop: str, now: datetime) -> None:
    """Leaves out what is said of polls that nobody asks for any more."""
    connection.execute(delete(PollRow).where(PollRow.shop == shop, PollRow.ended_at < now - KEPT_FOR))


def findings_of(connection: Connection, reconciliation_id: int, *, but: str = "") -> Sequence[Any]:
    """What a comparison found, in the sequence in which it did; without those of one outcome, if it is named."""
    rows: Any = FindingRow.__table__
    wanted = rows.select().where(rows.c.reconciliation_id == reconciliation_id, rows.c.outcome != but)
    return connection.execute(wanted.order_by(rows.c.id)).all()
