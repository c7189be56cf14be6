"""A case's log: each line's hash covers the line and the hash before it, so that nothing is changed or taken out unseen.

The log holds ids, states, instants and digests. What was said is kept in the entries, whose digests are here.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select, update

from postventa.store.cases import CaseLogRow, CaseRow

BEGINNING = "0" * 64
"""The hash before the first line."""
ATTACHED = "attached"
"""What the log calls a file that came to the case; it names its role and its digest."""
ERASED = "erased"
"""What the log calls an entry or a file whose words are gone for good (GDPR 17); it names the entry, or the file's role."""
_CASES: Any = CaseRow.__table__
_LOG: Any = CaseLogRow.__table__


def log(connection: Connection, case_id: int, what: str, at: datetime, details: Mapping[str, Any]) -> None:
    """Adds a line to the case's log. `details` holds ids, states, instants and digests; never what was said."""
    lock(connection, case_id)
    cases = _CASES.c
    length, head = connection.execute(
        select(cases.log_length, cases.log_head).where(cases.id == case_id)
    ).one()
    line = {
        "case_id": case_id,
        "position": length + 1,
        "at": at.astimezone(UTC).replace(microsecond=0),
        "what": what,
        "details": dict(details),
        "hash_before": head,
    }
    line["hash"] = hash_of(line)
    connection.execute(_LOG.insert(), line)
    connection.execute(
        update(CaseRow).where(CaseRow.id == case_id).values(log_length=length + 1, log_head=line["hash"])
    )


def lock(connection: Connection, case_id: int) -> None:
    """Whoever writes in a case holds it until the transaction ends; on SQLite the write lock is held already."""
    if connection.dialect.name != "sqlite":
        connection.execute(select(_CASES.c.id).where(_CASES.c.id == case_id).with_for_update(key_share=True))


def erased_on(at: datetime) -> str:
    """What stands in the place of words that were erased."""
    return f"erased on {at.astimezone(UTC):%Y-%m-%d}"


def hash_of(line: Mapping[str, Any]) -> str:
    """The hash of a log line: SHA-256 of its fields as JSON, the hash before it among them."""
    return hashlib.sha256(line_bytes(line)).hexdigest()


def line_bytes(line: Mapping[str, Any]) -> bytes:
    """What the hash of a log line is taken of, byte for byte."""
    covered = {name: line[name] for name in ("case_id", "position", "what", "details", "hash_before")}
    covered["at"] = line["at"].astimezone(UTC).isoformat()
    return canonical(covered).encode()


def digest_of(text: str, details: Mapping[str, Any]) -> str:
    """The digest by which the log knows what an entry said."""
    return hashlib.sha256(said_bytes(text, details)).hexdigest()


def said_bytes(text: str, details: Mapping[str, Any]) -> bytes:
    """What the digest of an entry is taken of, byte for byte."""
    return canonical({"text": text, "details": dict(details)}).encode()


def canonical(value: Any) -> str:
    """The one way in which a value is written before it is hashed."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
