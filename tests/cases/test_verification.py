"""A case's log shows every change that was made behind its back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, update

from postventa.store.casebook import NewCase, move, open_case, owe, say
from postventa.store.cases import CaseEntryRow, CaseLogRow, CaseRow
from postventa.verification import NoSuchCase, verify_log

AT = datetime(2026, 11, 2, 8, 15, 30, 250_000, tzinfo=UTC)


@pytest.fixture
def case_id(store) -> int:
    """A case with a log of seven lines: opened, two entries, two states, a letter owed, an answer."""
    new = NewCase("tienda", "complaint", "Ana", "ana@correo.example", "es", "web", "w-1", "received", AT)
    with store.begin() as connection:
        case = open_case(connection, new, AT, ZoneInfo("Europe/Madrid")).case_id
        for number, (kind, author, text) in enumerate(
            [
                ("statement", "customer", "La taza llegó rota."),
                ("note", "ana", "Visto."),
                ("answer", "ana", "Sí."),
            ]
        ):
            at = AT + timedelta(hours=number)
            say(
                connection,
                case,
                kind=kind,
                author=author,
                text=text,
                at=at,
                now=at,
                occasion=kind,
                details={"n": 1},
            )
        move(connection, case, "in_progress", who="ana", now=AT)
        owe(connection, case, "complaint_received", "once", AT)
        move(connection, case, "resolved", who="ana", now=AT, closed_at=AT)
    return case


def test_a_log_that_nobody_touched_is_whole(store, case_id):
    with store.connect() as connection:
        assert verify_log(connection, case_id) == []


def line(position: int):
    return CaseLogRow.position == position


TAMPERED = {
    "a line was changed": (
        [
            update(CaseLogRow)
            .where(line(2))
            .values(details={"entry": 1, "author": "customer", "digest": "0" * 64})
        ],
        "line 2 of the log (statement) was changed",
    ),
    "a line's instant was changed": (
        [update(CaseLogRow).where(line(5)).values(at=AT + timedelta(days=1))],
        "line 5 of the log (state) was changed",
    ),
    "a line in the middle was removed": (
        [delete(CaseLogRow).where(line(5))],
        "line 5 is missing",
    ),
    "the last line was removed": ([delete(CaseLogRow).where(line(7))], "its end is missing"),
    "the last line was removed and the count corrected": (
        [delete(CaseLogRow).where(line(7)), update(CaseRow).values(log_length=6)],
        "the head that the case remembers is not the hash of line 6",
    ),
    "all lines were removed": ([delete(CaseLogRow)], "the log ends at line 0"),
    "two lines were swapped": (
        [
            update(CaseLogRow).where(line(5)).values(position=99),
            update(CaseLogRow).where(line(6)).values(position=5),
            update(CaseLogRow).where(line(99)).values(position=6),
        ],
        "line 5 of the log does not follow",
    ),
    "an entry's text was changed": (
        [update(CaseEntryRow).where(CaseEntryRow.kind == "answer").values(text="No.")],
        "(answer) says was changed",
    ),
    "an entry was given to somebody else": (
        [update(CaseEntryRow).where(CaseEntryRow.kind == "answer").values(author="joan")],
        "author or time of entry",
    ),
    "an entry was removed": (
        [delete(CaseEntryRow).where(CaseEntryRow.kind == "note")],
        "(note), recorded in line 3",
    ),
    "the head was changed": ([update(CaseRow).values(log_head="f" * 64)], "the head that the case remembers"),
    "the case was put into another state": (
        [update(CaseRow).values(state="closed")],
        "is closed, and its log left it",
    ),
    "the case was given another number": (
        [update(CaseRow).values(number="R-2026-000009")],
        "opened as R-2026-000001",
    ),
}


ONCE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
"""What is compared in Python needs one database."""


@ONCE
@pytest.mark.parametrize("how", TAMPERED)
def test_it_shows_when(how, store, case_id):
    changes, sentence = TAMPERED[how]
    with store.begin() as connection:
        for change in changes:
            assert connection.execute(change).rowcount
        found = verify_log(connection, case_id)
    assert any(sentence in problem for problem in found), found


@ONCE
def test_a_line_put_behind_the_last_one_shows(store, case_id):
    with store.begin() as connection:
        last = connection.execute(CaseLogRow.__table__.select().where(line(7))).one()
        row = {
            "case_id": case_id,
            "position": 8,
            "at": AT,
            "what": "note",
            "details": {},
            "hash_before": last.hash,
        }
        connection.execute(CaseLogRow.__table__.insert(), row | {"hash": "0" * 64})
        found = verify_log(connection, case_id)
    assert [problem for problem in found if "lines were added beside it" in problem]


@ONCE
def test_an_entry_put_beside_the_log_shows(store, case_id):
    row = {"case_id": case_id, "occasion": "late", "kind": "note", "author": "ana", "text": "", "details": {}}
    with store.begin() as connection:
        connection.execute(CaseEntryRow.__table__.insert(), row | {"at": AT, "recorded_at": AT})
        assert ["added beside it" in problem for problem in verify_log(connection, case_id)] == [True]


@ONCE
def test_a_case_that_is_not_there_is_named(store):
    with store.connect() as connection, pytest.raises(NoSuchCase, match="no case 12"):
        verify_log(connection, 12)
