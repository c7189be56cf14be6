"""Parcels on their way back to the shop: what their carriers' words mean for the returns that they belong to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from postventa.news import NotUnderstood, TrackingNews
from postventa.returns import note, prove, the_return
from postventa.rules.returns import NOTHING_COMES_BACK
from postventa.rules.shipments import MOVING, ShipmentStatus, next_look
from postventa.settings import Settings
from postventa.store.casebook import say
from postventa.store.filing import quarantine
from postventa.store.returns import ReturnRow

ARRIVED = "The carrier says that the goods of this return arrived at the shop. Look, and confirm that they are here."
_RETURNS: Any = ReturnRow.__table__


def due_returns(connection: Connection, carrier: str, now: datetime, limit: int) -> Sequence[Any]:
    """The returns whose parcel `carrier` must be asked about now, longest due first."""
    returns = _RETURNS.c
    wanted = select(returns.case_id, returns.tracking_number).where(
        returns.look_at.is_not(None), returns.look_at <= now, func.lower(returns.carrier) == carrier.lower()
    )
    return connection.execute(wanted.order_by(returns.look_at, returns.case_id).limit(limit)).all()


def hear(
    connection: Connection,
    settings: Settings,
    carrier: str,
    due: Any,
    said: TrackingNews | NotUnderstood | None,
    *,
    now: datetime,
) -> list[str]:
    """Applies what a carrier said of a return's parcel; answers sentences that need a person.

    The first scan in the carrier's hands proves that the goods were sent. That they arrived is said to the desk:
    a person confirms what is in the parcel.
    """
    row = the_return(connection, due.case_id)
    if row.goods_received_at is not None or row.state in NOTHING_COMES_BACK:
        note(connection, row.case_id, look_at=None)
        return []
    if row.tracking_number != due.tracking_number:
        return []  # told anew meanwhile: it is due again by itself
    if isinstance(said, NotUnderstood):
        note(connection, row.case_id, look_at=None)
        reason = f"{carrier} says of the parcel of return {row.number}: {said}"
        quarantine(
            connection, source=carrier, kind="return parcel", ref=row.number, reason=reason, raw="", now=now
        )
        return [f"{carrier} says of the parcel of return {row.shop}:{row.number} what nobody understands"]
    unknown = _apply(connection, settings, row, said, now) if said is not None else []
    status, heard_at = _standing(row, said)
    note(connection, row.case_id, look_at=next_look(status, now, heard_at))
    return [reason for code, words in unknown if (reason := _unknown(connection, carrier, code, words, now))]


def _apply(
    connection: Connection, settings: Settings, row: Any, said: TrackingNews, now: datetime
) -> list[tuple[str, str]]:
    """Notes proof and arrival; answers the codes that are in no table, with the carrier's words.

    What is older than the statement is another journey: of the parcel that brought the goods, by a number mistaken.
    """
    scans = [(scan.status, scan.at) for scan in said.scans] or [(said.status, said.at or now)]
    scans = [(status, at) for status, at in scans if at >= row.informed_at]
    handed_over = [at for status, at in scans if status in MOVING]
    if handed_over:
        prove(connection, settings, row.case_id, at=min(handed_over), who="carrier", now=now)
    arrived = [at for status, at in scans if status is ShipmentStatus.DELIVERED]
    if arrived:
        say(
            connection,
            row.case_id,
            kind="note",
            author="clock",
            text=ARRIVED,
            at=min(arrived),
            now=now,
            occasion="parcel back",
        )
    codes = [(scan.status, scan.raw_code, scan.raw_text) for scan in said.scans]
    codes = codes or [(said.status, said.raw_code, said.raw_text)]
    return [(code, words) for status, code, words in codes if status is ShipmentStatus.UNKNOWN]


def _standing(row: Any, said: TrackingNews | None) -> tuple[ShipmentStatus, datetime]:
    """How the parcel stands and since when; one that is not known yet waits since the statement."""
    if said is None:
        return ShipmentStatus.PENDING, row.informed_at
    if not said.scans:
        return said.status, said.at or row.informed_at
    newest = max(said.scans, key=lambda scan: scan.at)
    return newest.status, newest.at


def _unknown(connection: Connection, carrier: str, code: str, words: str, now: datetime) -> str:
    """Sets a code aside as for any parcel; answers the sentence the first time."""
    reason = f"{carrier} sent the status code {code!r}, which has no row in its table"
    is_first = quarantine(
        connection, source=carrier, kind="status code", ref=code, reason=reason, raw=words, now=now
    )
    return reason if is_first else ""
