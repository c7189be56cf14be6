"""The end of the demo: where complaints and returns stand, where they have been, and what is due."""

from collections import Counter
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, func, select

from postventa.desk import When, due_list, refunds_due
from postventa.rules.complaints import State
from postventa.rules.returns import ReturnState
from postventa.store.cases import CaseLogRow, CaseRow
from postventa.verification import verify_log
from postventa.workplace import open_workplace

FAMILIES = {"complaint": tuple(State), "return": tuple(ReturnState)}
_CASES: Any = CaseRow.__table__.c
_LOG: Any = CaseLogRow.__table__.c


def tell_cases(console: Console, now: datetime) -> bool:
    """Prints how cases stand and what is due; answers whether every case's log is whole."""
    place = open_workplace()
    with place.reading() as connection:
        stand, been = _standing(connection), _been(connection)
        due = due_list(connection, ZoneInfo(place.settings.desk.timezone), now)
        everyone = connection.execute(select(_CASES.id)).scalars().all()
        broken = [case_id for case_id in everyone if verify_log(connection, case_id)]
    table = Table(
        *("case", "state", "stand there", "have been there"),
        title="Where complaints and returns stand",
        title_justify="left",
    )
    for family, states in FAMILIES.items():
        for number, state in enumerate(states):
            # every case begins in its family's first state, before its log speaks of one
            passed = sum(stand[family, other] for other in states) if number == 0 else been[family, state]
            table.add_row(family, state.replace("_", " "), str(stand[family, state]), str(passed))
    console.print(table)
    console.print(f"  {_gaps(stand)}")
    counts = Counter(one.when for one in due)
    said = ", ".join(f"{counts[when]} {when.replace('_', ' ')}" for when in When if counts[when])
    console.print(f"  Deadlines of the desk: {said or 'none within a week'}.")
    for currency, sums in refunds_due(due).items():
        money = ", ".join(
            f"{amount:.2f} {currency} {when.replace('_', ' ')}" for when, amount in sums.items()
        )
        console.print(f"  Refunds due: {money}.")
    verdict = "[bold red]BROKEN[/]" if broken else "[green]whole[/]"
    console.print(f"  The logs of {len(everyone)} cases are {verdict}.")
    return not broken


def _gaps(stand: Counter[tuple[str, str]]) -> str:
    """Whether the story shows every state at its end; a short one, or one of few orders, may not."""
    empty = [
        f"{family} {state.replace('_', ' ')}"
        for family, states in FAMILIES.items()
        for state in states
        if not stand[family, state]
    ]
    return f"Nothing stands in: {', '.join(empty)}." if empty else "Every state has a case that stands in it."


def _standing(connection: Connection) -> Counter[tuple[str, str]]:
    kinds = select(_CASES.family, _CASES.state, func.count()).group_by(_CASES.family, _CASES.state)
    return Counter({(family, state): count for family, state, count in connection.execute(kinds)})


def _been(connection: Connection) -> Counter[tuple[str, str]]:
    """By family and state, how many cases' logs say that they came there."""
    moved = select(_CASES.family, _LOG.case_id, _LOG.details).join(CaseLogRow, _LOG.case_id == _CASES.id)
    rows = connection.execute(moved.where(_LOG.what == "state"))
    return Counter(
        (family, state)
        for family, state, _ in {(row.family, row.details["state"], row.case_id) for row in rows}
    )
