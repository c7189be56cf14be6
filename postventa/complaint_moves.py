"""What every act on a complaint needs: the complaint held, the table asked, a person named, and the round's number."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select, update

from postventa.clock_law import pack_or_nothing
from postventa.clocks import TICKING, end_clocks, start_clocks
from postventa.plain_text import plain_text
from postventa.rules.commercial import out_of_place
from postventa.rules.complaints import Act, State, move
from postventa.rules.escalation import ClockState
from postventa.rules.statutes import Direction
from postventa.settings import Settings
from postventa.store import casebook
from postventa.store.caselog import lock
from postventa.store.cases import CaseEntryRow
from postventa.store.clocks import ClockRow
from postventa.store.complaints import ComplaintRow, complaint_of

CUSTOMER, CLOCK = "customer", "clock"
ACK, ADR, FIX = "R-CMP-ACK", "R-CMP-ADR-MAX", "R-CMP-FIX"
WITHOUT_A_CALENDAR = timedelta(days=28)
"""What a customer is given where the working days of a year are not known: more than ten of them for certain."""
_ENTRIES: Any = CaseEntryRow.__table__
_CLOCKS: Any = ClockRow.__table__


class NotDone(ValueError):
    """A complaint cannot be moved on so; the sentence says why and what to do."""


def held(connection: Connection, case_id: int) -> Any:
    """The complaint, held until the transaction ends. Raises NotDone if the case is none."""
    lock(connection, case_id)
    row = complaint_of(connection, case_id)
    if row is None:
        raise NotDone(f"case {case_id} is no complaint")
    return row


def act_on(connection: Connection, row: Any, act: Act, *, who: str, now: datetime, **columns: Any) -> State:
    """Moves the complaint by the table. Raises NotDone with the table's reason."""
    answer = move(State(row.state), act)
    if answer.state is None:
        raise NotDone(f"{row.number}: {answer.reason}")
    casebook.move(connection, row.id, answer.state, who=who, now=now, **columns)
    return answer.state


def check_person(settings: Settings, name: str) -> None:
    """Raises NotDone where nobody of that name is at the desk."""
    if name not in settings.desk.people:
        known = ", ".join(sorted(settings.desk.people)) or "nobody yet"
        raise NotDone(f"there is no [desk.people.{name}] in the configuration: it knows {known}")


def words_of(text: str, what: str) -> str:
    """What somebody wrote as it is kept. Raises NotDone if there are no words in it."""
    words = plain_text(text).text
    if not words:
        raise NotDone(f"there are no words in it: say {what}")
    return words


def our_words(text: str, what: str) -> str:
    """What the desk writes to a customer. Raises NotDone if it is empty, or has no place in a complaint."""
    words = words_of(text, what)
    refused = out_of_place(words)
    if refused:
        raise NotDone(f"the letter may not leave: {refused}")
    return words


def say_next(connection: Connection, case_id: int, kind: str, *, by: str, text: str, now: datetime) -> str:
    """Adds an entry of the desk's and answers its occasion: `holding:2` is the second of its kind."""
    said = select(func.count()).where(_ENTRIES.c.case_id == case_id, _ENTRIES.c.kind == kind)
    occasion = f"{kind}:{connection.execute(said).scalar_one() + 1}"
    casebook.say(connection, case_id, kind=kind, author=by, text=text, at=now, now=now, occasion=occasion)
    return occasion


def write(connection: Connection, case_id: int, **columns: Any) -> None:
    """Sets columns of the complaint's own row."""
    connection.execute(update(ComplaintRow).where(ComplaintRow.case_id == case_id).values(columns))


def start(
    connection: Connection,
    settings: Settings,
    row: Any,
    *,
    trigger: str,
    at: datetime,
    now: datetime,
    occasion: str,
    only: Collection[str] = (),
) -> None:
    """Starts this complaint's clocks for something that happened at `at`."""
    start_clocks(
        connection,
        settings,
        trigger=trigger,
        shop=row.shop,
        events=[at],
        now=now,
        case_id=row.id,
        topic=row.topic,
        region=row.region,
        zone=row.zone,
        occasion=occasion,
        is_official_form=row.is_official_form and trigger == "complaint.received",
        only=only,
    )


def end_duties(
    connection: Connection,
    case_id: int,
    *,
    at: datetime,
    now: datetime,
    state: str | None = None,
    but: Collection[str] = (),
) -> None:
    """Ends the shop's duties that are not done, by name where some of them must run on."""
    names = _of_the_shop(connection, case_id)
    end_clocks(connection, now=now, at=at, case_id=case_id, rule_ids=names - {*but}, state=state)


def replied(connection: Connection, settings: Settings, case_id: int, *, now: datetime) -> None:
    """A person has written to the customer: promises of a reply are kept, and those of an answer run on."""
    pack = pack_or_nothing(settings)
    names = {rule.rule_id for rule in pack if rule.met_by == "reply"}
    end_clocks(connection, now=now, at=now, case_id=case_id, rule_ids=names)


def _of_the_shop(connection: Connection, case_id: int) -> set[str]:
    """The rules of the duties of a case that are not done: one that stands still is none of them less."""
    mine = (_CLOCKS.c.case_id == case_id) & (_CLOCKS.c.direction == Direction.TRADER_DUTY)
    wanted = select(_CLOCKS.c.rule_id).where(mine, _CLOCKS.c.state.in_((*TICKING, ClockState.PAUSED)))
    return set(connection.execute(wanted).scalars())


def asked_until(connection: Connection, case_id: int, asked_at: datetime) -> tuple[datetime, date]:
    """The end of the customer's time to complete what they said (exclusive), and its last day where they live."""
    fix = (_CLOCKS.c.case_id == case_id) & (_CLOCKS.c.rule_id == FIX)
    wanted = _CLOCKS.select().where(fix, _CLOCKS.c.started_at >= asked_at.replace(microsecond=0))
    clock = connection.execute(wanted.order_by(_CLOCKS.c.id.desc()).limit(1)).one_or_none()
    due_at: datetime = clock.due_at if clock else asked_at + WITHOUT_A_CALENDAR
    zone = ZoneInfo(clock.zone if clock else "UTC")
    return due_at, (due_at.astimezone(zone) - timedelta(seconds=1)).date()


def receipt_sent(connection: Connection, case_id: int, *, at: datetime, now: datetime) -> None:
    """The receipt has left: the complaint is acknowledged. Twice is once."""
    row = held(connection, case_id)
    if row.acknowledged_at is None:
        write(connection, case_id, acknowledged_at=at)
    if move(State(row.state), Act.ACKNOWLEDGE).state is not None:
        act_on(connection, row, Act.ACKNOWLEDGE, who=CLOCK, now=now)
