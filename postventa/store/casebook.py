"""The casebook: opening a case under the next number, saying something in it, moving it on, and owing its letters.

Everything works inside the caller's transaction, and leaves its line in the case's log.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from secrets import choice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, func, or_, select, update

from postventa.store.caselog import BEGINNING, digest_of, lock, log
from postventa.store.cases import CaseEntryRow, CaseRow, SeriesRow
from postventa.store.owing import owe_message
from postventa.store.references import kept_reference
from postventa.store.upsert import insert_new

__all__ = ["NewCase", "Opened", "case_of", "log", "move", "next_number", "open_case", "owe", "say"]

PREFIX = {"complaint": "R", "return": "D", "objection": "O", "data": "P"}
"""What its number begins with: reclamación, devolución, oposición, protección de datos."""
_LEGIBLE = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without what is mistaken for something else when it is read out on the telephone."""
_CASES: Any = CaseRow.__table__
_ENTRIES: Any = CaseEntryRow.__table__


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case to be opened; see `CaseRow` for what its fields mean."""

    shop: str
    family: str
    name: str
    email: str
    language: str
    source: str
    source_ref: str
    state: str
    opened_at: datetime
    order_id: int | None = None
    customer_id: int | None = None
    phone: str = ""
    region: str = ""
    zone: str = ""
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A case by its three names; `is_new` is False where the same words had opened it before."""

    case_id: int
    number: str
    key: str
    is_new: bool


def open_case(connection: Connection, new: NewCase, now: datetime, zone: ZoneInfo) -> Opened:
    """Opens a case under the next number of its shop, family and year (of `zone`); the same source is the same case.

    The number is taken last and with the series locked until the caller's transaction ends, so that the series
    has no gap and no double, and waits for nobody longer than it must.
    """
    source_ref = kept_reference(new.source_ref)
    _lock_source(connection, f"{new.shop}:{new.source}:{source_ref}")
    known = connection.execute(
        _CASES.select().where(
            _CASES.c.shop == new.shop,
            _CASES.c.source == new.source,
            _CASES.c.source_ref == source_ref,
        )
    ).one_or_none()
    if known is not None:
        return Opened(known.id, known.number, known.key, is_new=False)
    year = new.opened_at.astimezone(zone).year
    number = next_number(connection, new.shop, new.family, year)
    columns = asdict(new) | {
        "source_ref": source_ref,
        "name": new.name[:400],
        "email": new.email[:320],
        "phone": new.phone[:64],
        "number": number,
        "key": "".join(choice(_LEGIBLE) for _ in range(16)),
        "recorded_at": now,
        "closed_at": None,
        "log_length": 0,
        "log_head": BEGINNING,
    }
    case_id = int(connection.execute(_CASES.insert().returning(_CASES.c.id), columns).scalar_one())
    opened = {"number": number, "source": new.source, "order_id": new.order_id, "owner": new.owner}
    log(connection, case_id, "opened", new.opened_at, opened)
    return Opened(case_id, number, columns["key"], is_new=True)


def case_of(connection: Connection, reference: str) -> Row[Any] | None:
    """The case that somebody names by its number, its key or its id. A number that two shops have is nobody's."""
    given = reference.strip()
    named = [
        _CASES.c.number == given.upper(),
        _CASES.c.key == given.upper().replace("-", "").replace(" ", ""),
    ]
    if given.isdecimal() and len(given) < 19:
        named.append(_CASES.c.id == int(given))
    shop, _, number = given.rpartition(":")
    wanted = _CASES.select().where(or_(*named))
    if shop:
        wanted = _CASES.select().where(_CASES.c.shop == shop, _CASES.c.number == number.upper())
    found = connection.execute(wanted.limit(2)).all()
    return found[0] if len(found) == 1 else None


def say(
    connection: Connection,
    case_id: int,
    *,
    kind: str,
    author: str,
    text: str,
    at: datetime,
    now: datetime,
    occasion: str,
    details: Mapping[str, Any] | None = None,
) -> int | None:
    """Adds an entry and its line in the log; None if this occasion has been entered before."""
    lock(connection, case_id)
    facts = dict(details or {})
    row = {
        "case_id": case_id,
        "occasion": occasion[:200],
        "kind": kind,
        "author": author,
        "at": at,
        "recorded_at": now,
        "text": text,
        "details": facts,
    }
    if insert_new(connection, CaseEntryRow, [row], ("case_id", "occasion")) == 0:
        return None
    entry = _ENTRIES.c
    entry_id = connection.execute(
        select(entry.id).where(entry.case_id == case_id, entry.occasion == row["occasion"])
    ).scalar_one()
    said = {"entry": entry_id, "author": author, "digest": digest_of(text, facts)}
    log(connection, case_id, kind, at, said)
    return int(entry_id)


def move(
    connection: Connection, case_id: int, state: str, *, who: str, now: datetime, **columns: Any
) -> None:
    """Puts a case into `state`, sets further columns of its row with it, and logs both."""
    lock(connection, case_id)
    connection.execute(update(CaseRow).where(CaseRow.id == case_id).values(state=state, **columns))
    written = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in columns.items()
    }
    log(connection, case_id, "state", now, {"state": state, "who": who} | written)


def owe(
    connection: Connection,
    case_id: int,
    message: str,
    occasion: str,
    now: datetime,
    *,
    due_at: datetime | None = None,
    recipient: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> bool:
    """Owes a letter about a case, to its customer or to somebody in [desk.people]; False if it was owed before."""
    cases = _CASES.c
    shop, number = connection.execute(select(cases.shop, cases.number).where(cases.id == case_id)).one()
    whose = f"{occasion}@{recipient}" if recipient else occasion
    is_new = owe_message(
        connection,
        message,
        f"{shop}:{number}:{message}:{whose}",
        now,
        occasion=occasion,
        case_id=case_id,
        recipient=recipient,
        facts=facts or {},
        due_at=due_at,
    )
    if not is_new:
        return False
    log(
        connection,
        case_id,
        "owed",
        now,
        {"message": message, "occasion": occasion, "to": recipient or "customer"},
    )
    return True


def next_number(connection: Connection, shop: str, family: str, year: int) -> str:
    """The next number of a series, locked until the caller's transaction ends: no gap and no double."""
    name = f"{shop}:{family}:{year}"
    insert_new(connection, SeriesRow, [{"name": name, "last": 0}], ("name",))
    taken = connection.execute(
        update(SeriesRow)
        .where(SeriesRow.name == name)
        .values(last=SeriesRow.last + 1)
        .returning(SeriesRow.last)
    ).scalar_one()
    return f"{PREFIX[family]}-{year}-{taken:06}"


def _lock_source(connection: Connection, mark: str) -> None:
    """Two that file the same words at once: the second waits, and finds the first one's case."""
    if connection.dialect.name != "sqlite":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(mark, 0))))
