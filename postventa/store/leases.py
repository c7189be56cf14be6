"""Turns: a run holds a lease while it works, so that two runs never do the same work side by side."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update

from postventa.store.inbox import LeaseRow
from postventa.store.senders import is_gone
from postventa.store.upsert import insert_new

HELD_FOR = timedelta(minutes=2)


def take(connection: Connection, name: str, holder: str, wall: datetime) -> bool:
    """Takes the lease `name` for `holder`, unless somebody alive holds it. Leases run on real time."""
    fresh = {"name": name, "holder": holder, "held_until": wall + HELD_FOR}
    if insert_new(connection, LeaseRow, [fresh], ("name",)):
        return True
    held = connection.execute(
        select(LeaseRow.holder, LeaseRow.held_until).where(LeaseRow.name == name).with_for_update()
    ).one_or_none()
    if held is None or (held.held_until >= wall and not is_gone(held.holder)):
        return False
    taken = connection.execute(
        update(LeaseRow)
        .where(LeaseRow.name == name, LeaseRow.holder == held.holder)
        .values(holder=holder, held_until=wall + HELD_FOR)
    )
    return taken.rowcount == 1


def renew(connection: Connection, name: str, holder: str, wall: datetime) -> None:
    """Holds the lease for a further while."""
    connection.execute(
        update(LeaseRow)
        .where(LeaseRow.name == name, LeaseRow.holder == holder)
        .values(held_until=wall + HELD_FOR)
    )


def lock(connection: Connection, name: str) -> None:
    """Lets one transaction at a time do what follows under this name; on SQLite every writer is alone anyway."""
    connection.execute(select(LeaseRow.holder).where(LeaseRow.name == name).with_for_update())


def alone(connection: Connection, name: str) -> None:
    """Lets one transaction at a time do what follows under this name, whoever holds a lease; on SQLite every writer is."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def give_back(connection: Connection, name: str, holder: str) -> None:
    """Gives the lease back, if it is still held by `holder`."""
    connection.execute(delete(LeaseRow).where(LeaseRow.name == name, LeaseRow.holder == holder))
