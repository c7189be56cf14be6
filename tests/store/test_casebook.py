"""Cases: numbers without gaps, the same words once, and letters owed to customers and to the desk."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from some_orders import MONDAY
from sqlalchemy import select

from postventa.store import casebook, claims
from postventa.store.casebook import NewCase
from postventa.store.cases import CaseEntryRow, CaseLogRow, CaseRow
from postventa.store.messages import OutboxRow

MADRID = ZoneInfo("Europe/Madrid")
NEW = NewCase(
    shop="tienda",
    family="complaint",
    name="Ana Puig",
    email="ana@correo.example",
    language="ca",
    source="web",
    source_ref="ticket-1",
    state="received",
    opened_at=MONDAY,
)


def opened(store, **changes):
    with store.begin() as connection:
        return casebook.open_case(connection, replace(NEW, **changes), MONDAY, MADRID)


def test_numbers_follow_each_other_for_each_shop_family_and_year(store):
    numbers = [opened(store, source_ref=f"t{n}").number for n in range(3)]
    assert numbers == ["R-2026-000001", "R-2026-000002", "R-2026-000003"]
    assert opened(store, source_ref="r", family="return").number == "D-2026-000001"
    assert opened(store, source_ref="o", shop="otra").number == "R-2026-000001"
    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # in Madrid it is 2027 already
    assert opened(store, source_ref="y", opened_at=new_year).number == "R-2027-000001"


def test_the_same_words_from_the_same_source_are_one_case(store):
    first, again = opened(store), opened(store)
    assert (again.case_id, again.number, again.key) == (first.case_id, first.number, first.key)
    assert (first.is_new, again.is_new) == (True, False)
    assert opened(store, source_ref="ticket-2").number == "R-2026-000002"


def test_no_two_references_are_taken_for_one_whatever_they_look_like(store):
    long = "x" * 200
    refs = ["<a@b>", "<c@d>", "", "crm 1", "crm  1", "crm\x001", long, f"{long}y", f"{long}z", "\ud800"]
    first = [opened(store, source_ref=ref).case_id for ref in refs]
    assert len(set(first)) == len(refs)
    assert [opened(store, source_ref=ref).case_id for ref in refs] == first


def test_a_transaction_that_fails_leaves_no_gap(store):
    with store.connect() as connection:
        assert casebook.open_case(connection, NEW, MONDAY, MADRID).number == "R-2026-000001"
        connection.rollback()
    assert opened(store, source_ref="after").number == "R-2026-000001"


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_fifty_intakes_at_once_leave_no_gap_and_no_double(store):
    """Half of them say what another one says at the same moment."""
    with ThreadPoolExecutor(10) as desks:
        cases = list(desks.map(lambda n: opened(store, source_ref=f"t{n % 25}"), range(50)))
    assert sorted({case.number for case in cases}) == [f"R-2026-{n:06}" for n in range(1, 26)]
    assert sum(case.is_new for case in cases) == 25


def test_a_case_is_found_by_its_number_its_key_and_its_id(store):
    case = opened(store)
    spoken = f"{case.key[:4].lower()} {case.key[4:8]}-{case.key[8:]}"
    with store.begin() as connection:
        for reference in (
            case.number,
            case.number.lower(),
            case.key,
            spoken,
            str(case.case_id),
            f"tienda:{case.number}",
        ):
            found = casebook.case_of(connection, reference)
            assert found is not None, reference
            assert found.id == case.case_id
        assert casebook.case_of(connection, "R-2026-000009") is None


def test_a_number_that_two_shops_have_is_nobodys_without_its_shop(store):
    mine, theirs = opened(store), opened(store, shop="otra")
    with store.begin() as connection:
        assert casebook.case_of(connection, mine.number) is None
        assert casebook.case_of(connection, f"otra:{theirs.number}").id == theirs.case_id


def test_what_is_said_twice_is_said_once_and_logged_once(store):
    case = opened(store)
    with store.begin() as connection:
        for _ in range(2):
            casebook.say(
                connection,
                case.case_id,
                kind="statement",
                author="customer",
                text="El plato llegó roto",
                at=MONDAY,
                now=MONDAY,
                occasion="statement",
            )
        assert len(connection.execute(select(CaseEntryRow.id)).all()) == 1
        lines = connection.execute(select(CaseLogRow.what).order_by(CaseLogRow.position)).scalars().all()
    assert lines == ["opened", "statement"]


def test_moving_a_case_sets_what_goes_with_it_and_logs_it(store):
    case = opened(store)
    with store.begin() as connection:
        casebook.move(connection, case.case_id, "in_progress", who="ana", now=MONDAY, owner="ana")
        row = connection.execute(select(CaseRow.__table__)).one()
        last = connection.execute(select(CaseLogRow.__table__).order_by(CaseLogRow.position.desc())).first()
    assert (row.state, row.owner, row.log_length) == ("in_progress", "ana", 2)
    assert last.details == {"state": "in_progress", "who": "ana", "owner": "ana"}
    assert last.hash == row.log_head


def test_a_letter_is_owed_once_and_to_each_reader_by_itself(store):
    case = opened(store)
    with store.begin() as connection:
        owed = [
            casebook.owe(connection, case.case_id, "complaint_received", "first", MONDAY),
            casebook.owe(connection, case.case_id, "complaint_received", "first", MONDAY),
            casebook.owe(connection, case.case_id, "desk_escalation", "owner", MONDAY, recipient="ana"),
            casebook.owe(connection, case.case_id, "desk_escalation", "owner", MONDAY, recipient="pau"),
        ]
        keys = connection.execute(select(OutboxRow.key).order_by(OutboxRow.id)).scalars().all()
    assert owed == [True, False, True, True]
    assert keys == [
        "tienda:R-2026-000001:complaint_received:first",
        "tienda:R-2026-000001:desk_escalation:owner@ana",
        "tienda:R-2026-000001:desk_escalation:owner@pau",
    ]


def test_letters_of_cases_are_claimed_before_those_of_orders_and_case_by_case(store, owing):
    owing(1, ("received", "paid"))
    one, two = opened(store), opened(store, source_ref="other")
    with store.begin() as connection:
        for case, message in ((one, "a"), (two, "a"), (one, "b")):
            casebook.owe(connection, case.case_id, message, "first", MONDAY + timedelta(hours=1))
    taken = []
    for _ in range(3):
        with store.begin() as connection:
            later = MONDAY + timedelta(hours=2)
            taken.append(
                [(r.case_id, r.message) for r in claims.claim(connection, "me:1:x", later, later, 50)]
            )
    assert taken[0] == [(one.case_id, "a"), (one.case_id, "b"), (two.case_id, "a")]
    assert taken[1] == [(None, "received"), (None, "paid")]
    assert taken[2] == []
