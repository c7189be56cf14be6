"""Due deadlines: what a look at a hundred of them costs among a thousand and among a million that run."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Integer, String, case, cast, func, literal, select, text, update
from stand import Stand, WrongResult

from postventa import clock
from postventa.clock_law import desk_hours, rule_of
from postventa.desk_page import desk_page
from postventa.settings import ENVIRONMENT_KEY
from postventa.store.cases import CaseRow
from postventa.store.clocks import ClockRow, EscalationRow, due_clocks
from tasks.complaints import ring_clocks

NOW = datetime(2026, 11, 16, 11, tzinfo=UTC)
DUE = 100
TIMES = 20
PEOPLE = {
    "# ana =": "ana =",
    'owner = "" ': 'owner = "ana" ',
    'team_lead = ""': 'team_lead = "ana"',
    'manager = ""': 'manager = "ana"',
}


def look(stand: Stand, database: str, clocks: int) -> dict[str, Any]:
    """Fills a store with complaints whose clocks run, a hundred of which are due, and lets the flow's task look."""
    house = stand.house(database)
    written = house.config.read_text(encoding="utf-8")
    for example, ours in PEOPLE.items():
        written = written.replace(example, ours)
    house.config.write_text(written, encoding="utf-8")
    os.environ[ENVIRONMENT_KEY] = str(house.config)
    store, zone = house.place.store, ZoneInfo("Europe/Madrid")
    with store.begin() as connection:
        _fill(connection, clocks)
    with store.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    with clock.clock_set_to(NOW):
        with house.place.reading() as connection:
            found = due_clocks(connection, NOW, 2 * DUE)
            finding = median_ms(lambda: due_clocks(connection, NOW, DUE))
            page = median_ms(lambda: desk_page(connection, zone, NOW))
        rule_of(house.place.settings, found[0])  # the law and the holidays are read once in a process
        desk_hours(house.place.settings)
        rung, calling = measured(ring_clocks.fn)
        with store.begin() as connection:
            connection.execute(update(ClockRow).where(ClockRow.id <= DUE).values(next_at=NOW))
        again, looking = measured(ring_clocks.fn)
        nothing = median_ms(ring_clocks.fn)
        with house.place.reading() as connection:
            calls = connection.execute(select(func.count()).select_from(EscalationRow)).scalar_one()
    done = (len(found), rung.looked_at, rung.calls, rung.trouble, again.looked_at, again.calls, calls)
    if done != (DUE, DUE, DUE, [], DUE, 0, DUE):
        raise WrongResult(f"of {DUE} due: found, looked at, called, trouble and so again: {done}")
    return {
        "clocks": clocks,
        "due": DUE,
        "ms_to_find_the_due": finding,
        "cpu_ms_to_look_at_the_due": looking,
        "cpu_ms_to_look_and_make_a_call_each": calling,
        "ms_when_nothing_is_due": nothing,
        "ms_for_the_managers_page": page,
    }


def _fill(connection: Connection, count: int) -> None:
    """As many complaints with a running clock; the databases write the rows themselves."""
    numbers = numbers_to(count)
    number = numbers.c.n
    started = NOW - timedelta(days=8)
    complaint = {
        "id": number,
        "shop": "tienda",
        "family": "complaint",
        "number": literal("R-2026-") + cast(number, String),
        "key": literal("K") + cast(number, String),
        **dict.fromkeys(("name", "email", "phone", "region", "zone"), ""),
        "language": "es",
        "source": "web",
        "source_ref": cast(number, String),
        "state": "acknowledged",
        "owner": "ana",
        "opened_at": started,
        "recorded_at": started,
        "log_length": 0,
        "log_head": "0" * 64,
    }
    running = {
        "id": number,
        "subject": literal("case:") + cast(number, String),
        "case_id": number,
        "shop": "tienda",
        "rule_id": "R-CMP-ANS",
        **dict.fromkeys(("occasion", "region", "currency"), ""),
        "article": "LGDCU 21.3",
        "severity": "minor",
        "is_statutory": True,
        "is_shadow": False,
        "direction": "trader_duty",
        "zone": "Europe/Madrid",
        "started_at": started,
        "due_at": _spread(number, timedelta()),
        "working": "Fifteen natural days.",
        "state": "running",
        "next_at": _spread(number, -timedelta(hours=12)),
    }
    for table, values in ((CaseRow.__table__, complaint), (ClockRow.__table__, running)):
        write(connection, table, values, numbers)
    due = update(ClockRow).where(ClockRow.id <= DUE)
    connection.execute(due.values(due_at=NOW + timedelta(days=7), next_at=NOW))


def _spread(number: Any, earlier: timedelta) -> Any:
    """Deadlines on each of the next fifteen days, as complaints that come in every day have: half of them within a week."""
    days = (NOW + timedelta(days=day) + earlier for day in range(1, 16))
    column = ClockRow.__table__.c.due_at.type
    return case({day: literal(at, column) for day, at in enumerate(days)}, value=number % 15)


def numbers_to(count: int) -> Any:
    """The numbers from 1, as a table."""
    numbers = select(literal(1, Integer).label("n")).cte("numbers", recursive=True)
    return numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < count))


def write(connection: Connection, table: Any, values: dict[str, Any], numbers: Any) -> None:
    """A row for each of `numbers`; the database writes them itself."""
    columns = [
        value if hasattr(value, "label") else literal(value, table.c[name].type)
        for name, value in values.items()
    ]
    connection.execute(table.insert().from_select(list(values), select(*columns).select_from(numbers)))


def measured(act: Callable[[], Any]) -> tuple[Any, float]:
    began = time.process_time()
    did = act()
    return did, round((time.process_time() - began) * 1000, 1)


def median_ms(act: Callable[[], object]) -> float:
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return round(median(taken) * 1000, 2)
