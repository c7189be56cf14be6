"""Whether a case's log is whole: every line, every hash, every word that was said, compared with what is stored.

The log proves that nothing was changed or taken out since it was written. Whoever rewrote all of it, head and
entries with it, would be betrayed only by a copy kept elsewhere: an evidence pack is one.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from postventa.store.caselog import ATTACHED, BEGINNING, ERASED, digest_of, erased_on, hash_of
from postventa.store.cases import AttachmentRow, CaseEntryRow, CaseLogRow, CaseRow

_CASES: Any = CaseRow.__table__
_ENTRIES: Any = CaseEntryRow.__table__
_LOG: Any = CaseLogRow.__table__
_FILES: Any = AttachmentRow.__table__
REPLACED = "letter"
"""A letter that was put off and written again has replaced its first version, which is gone by right."""


class NoSuchCase(LookupError):
    """There is no case under that id."""


def verify_log(connection: Connection, case_id: int) -> list[str]:
    """What is wrong with the case's log, a sentence each; nothing where it is whole. Raises NoSuchCase."""
    case = connection.execute(_CASES.select().where(_CASES.c.id == case_id)).one_or_none()
    if case is None:
        raise NoSuchCase(f"there is no case {case_id}")
    lines = _rows(connection, _LOG, case_id, _LOG.c.position)
    return [
        *_chain(lines),
        *_end(case._asdict(), lines),
        *_said(lines, _rows(connection, _ENTRIES, case_id, _ENTRIES.c.id)),
        *_attached(lines, _rows(connection, _FILES, case_id, _FILES.c.id)),
        *_standing(case._asdict(), lines),
    ]


def _chain(lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Each line hashes to what it says, stands in its place, and covers the line before it."""
    before, expected = BEGINNING, 1
    for line in lines:
        position = line["position"]
        if position > expected:
            gone = (
                f"line {expected} is"
                if position == expected + 1
                else f"lines {expected} to {position - 1} are"
            )
            yield f"{gone} missing from the log"
        if hash_of(line) != line["hash"]:
            yield f"line {position} of the log ({line['what']}) was changed: it does not have the hash it was given"
        if position == expected and line["hash_before"] != before:
            yield f"line {position} of the log does not follow the line before it"
        before, expected = line["hash"], position + 1


def _end(case: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The case knows how many lines there are and how the last one ends, so that the last cannot vanish."""
    last = lines[-1]["position"] if lines else 0
    head = lines[-1]["hash"] if lines else BEGINNING
    if last < case["log_length"]:
        yield f"the log ends at line {last}, and the case counts {case['log_length']}: its end is missing"
    elif last > case["log_length"]:
        yield f"the log has {last} lines, and the case counts {case['log_length']}: lines were added beside it"
    elif head != case["log_head"]:
        yield f"the head that the case remembers is not the hash of line {last}"


def _said(lines: Sequence[Mapping[str, Any]], entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Every entry is in the log with its digest, and every entry that the log knows is there, if only as erased."""
    about = [line for line in lines if "entry" in line["details"]]
    erased = {line["details"]["entry"]: line for line in about if line["what"] == ERASED}
    known = {line["details"]["entry"]: line for line in about if line["what"] != ERASED}
    for entry in entries:
        line = known.pop(entry["id"], None)
        if line is None:
            yield f"entry {entry['id']} ({entry['kind']}) is not in the log: it was added beside it"
            continue
        gone = erased.get(entry["id"])
        if gone is not None and entry["text"] != erased_on(gone["at"]):
            yield f"entry {entry['id']} ({entry['kind']}) was erased by line {gone['position']} and says something again"
        elif digest_of(entry["text"], entry["details"]) != (gone or line)["details"].get("digest"):
            yield f"what entry {entry['id']} ({entry['kind']}) says was changed after line {line['position']} recorded it"
        logged = (line["what"], line["details"].get("author"), line["at"])
        if (entry["kind"], entry["author"], _to_the_second(entry["at"])) != logged:
            yield f"the kind, author or time of entry {entry['id']} differs from line {line['position']} of the log"
    for number, line in known.items():
        yield f"entry {number} ({line['what']}), recorded in line {line['position']}, was removed"


def _attached(lines: Sequence[Mapping[str, Any]], files: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Every file is in the log, and every file that the log knows is there."""
    known = {
        (line["details"]["role"], line["details"]["digest"]): line["position"]
        for line in lines
        if line["what"] == ATTACHED
    }
    for line in lines:
        if line["what"] == ERASED and "role" in line["details"]:
            known.pop((line["details"]["role"], line["details"]["digest"]), None)
    for file in files:
        if known.pop((file["role"], file["digest"]), None) is None:
            yield f"file {file['id']} ({file['role']}) is not in the log: it was added or exchanged beside it"
    for (role, digest), position in known.items():
        if role != REPLACED:
            yield f"a file ({role}, {digest[:12]}), recorded in line {position}, was removed"


def _standing(case: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The case stands where its log says, under the number it was opened with."""
    opened = next(
        (line["details"].get("number") for line in lines if line["what"] == "opened"), case["number"]
    )
    if opened != case["number"]:
        yield f"the case was opened as {opened} and is now called {case['number']}"
    states = [line["details"]["state"] for line in lines if line["what"] == "state"]
    if states and states[-1] != case["state"]:
        yield f"the case is {case['state']}, and its log left it {states[-1]}"


def _to_the_second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _rows(connection: Connection, table: Any, case_id: int, by: Any) -> list[dict[str, Any]]:
    rows = connection.execute(table.select().where(table.c.case_id == case_id).order_by(by))
    return [row._asdict() for row in rows]
