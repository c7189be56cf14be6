"""A complaint's story for the desk: where it stands, what was said, its clocks with their arithmetic, letters and files."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from postventa.complaint_intake import last_day_of
from postventa.settings import Settings
from postventa.store.cases import AttachmentRow, CaseEntryRow
from postventa.store.clocks import ClockRow
from postventa.store.complaints import complaint_of
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow


@dataclass(frozen=True, slots=True)
class Clock:
    """A deadline of the case and how it was counted."""

    rule_id: str
    occasion: str
    article: str
    state: str
    started_at: datetime
    due_at: datetime
    """The first instant that is too late."""
    last_day: date
    """The last good day, where the customer lives."""
    is_statutory: bool
    is_shadow: bool
    working: str


@dataclass(frozen=True, slots=True)
class Story:
    """Everything about a complaint, ready to be printed. It holds personal data."""

    case_id: int
    shop: str
    number: str
    key: str
    kind: str
    topic: str
    state: str
    outcome: str | None
    owner: str | None
    name: str
    email: str
    language: str
    region: str
    order: str | None
    received_at: datetime
    answer_by: date | None
    points: tuple[dict[str, Any], ...]
    entries: tuple[dict[str, Any], ...]
    clocks: tuple[Clock, ...]
    messages: tuple[dict[str, Any], ...]
    files: tuple[dict[str, Any], ...]

    def document(self) -> dict[str, Any]:
        """As JSON tells it."""
        told = asdict(self)
        for clock in told["clocks"]:
            clock["last_day"] = clock["last_day"].isoformat()
        return told | {"answer_by": self.answer_by.isoformat() if self.answer_by else None}

    def text(self) -> str:
        """As a person reads it."""
        about = f"about order {self.order}" if self.order else "about no order"
        owner = f"owned by {self.owner}" if self.owner else "owned by nobody"
        outcome = f", {self.outcome}" if self.outcome else ""
        due = f"To be answered by {self.answer_by}." if self.answer_by else "No deadline runs."
        whose = f"From {self.name or 'nobody named'} <{self.email or 'no address'}>, in {self.language}"
        what = f"{self.number} ({self.kind}, {self.topic}) of {self.shop}, {about}"
        lines = [
            f"{what}: {self.state}{outcome}, {owner}.".replace("_", " "),
            f"{whose}; the key is {self.key}.",
            f"Filed {_written(self.received_at)}. {due}",
        ]
        lines += ["", "Points"]
        for number, point in enumerate(self.points, 1):
            lines += [f"{number:3}. {point['text']}"] + (
                [f"     {point['reason']}"] if point["reason"] else []
            )
        lines += ["", "What was said"]
        for entry in self.entries:
            lines.append(f"{_written(entry['at'])}  {entry['kind']} by {entry['author']}")
            lines += [f"    {line}" for line in entry["text"].splitlines()]
        lines += ["", "Clocks"]
        for clock in self.clocks:
            again = f" ({clock.occasion})" if clock.occasion else ""
            aside = ", in the shadow of a stricter one" if clock.is_shadow else ""
            lines.append(
                f"{clock.rule_id}{again}, {clock.article}: {clock.state}, last day {clock.last_day}{aside}"
            )
            lines.append(f"    {clock.working}")
        lines += ["", "Letters"]
        for message in self.messages:
            to = f" to {message['recipient']}" if message["recipient"] else ""
            reason = f" ({message['reason']})" if message["reason"] else ""
            lines.append(
                f"{_written(message['owed_at'])}  {message['message']}{to}: {message['outcome']}{reason}"
            )
        lines += ["", "Files"] + [
            f"{file['role']}  {file['name']}  {file['size']} bytes" for file in self.files
        ]
        return "\n".join(lines)


def case_story(connection: Connection, case_id: int, settings: Settings) -> Story:
    """Reads a complaint's story. The case must be a complaint."""
    row: Any = complaint_of(connection, case_id)
    zone = ZoneInfo(row.zone) if row.zone else settings.shop(row.shop).zone
    order = select(OrderRow.shop, OrderRow.ref).where(OrderRow.id == row.order_id)
    about = connection.execute(order).one_or_none() if row.order_id else None
    return Story(
        case_id=row.id,
        shop=row.shop,
        number=row.number,
        key=row.key,
        kind=row.kind,
        topic=row.topic,
        state=row.state,
        outcome=row.outcome,
        owner=row.owner,
        name=row.name,
        email=row.email,
        language=row.language,
        region=row.region,
        order=f"{about.shop}:{about.ref}" if about else None,
        received_at=row.opened_at,
        answer_by=last_day_of(connection, settings, case_id),
        points=tuple(row.points),
        entries=_rows(connection, CaseEntryRow, case_id, "id at kind author text details"),
        clocks=_clocks(connection, case_id, zone),
        messages=_rows(
            connection, OutboxRow, case_id, "message recipient outcome reason owed_at due_at settled_at"
        ),
        files=_rows(connection, AttachmentRow, case_id, "role name media_type size digest"),
    )


def _rows(connection: Connection, table: Any, case_id: int, columns: str) -> tuple[dict[str, Any], ...]:
    wanted = select(*(getattr(table, name) for name in columns.split()))
    found = connection.execute(wanted.where(table.case_id == case_id).order_by(table.id))
    return tuple(dict(row._mapping) for row in found)  # noqa: SLF001 - SQLAlchemy's public name


def _clocks(connection: Connection, case_id: int, zone: ZoneInfo) -> tuple[Clock, ...]:
    clocks: Any = ClockRow.__table__
    wanted = clocks.select().where(clocks.c.case_id == case_id).order_by(clocks.c.due_at, clocks.c.id)
    return tuple(
        Clock(
            row.rule_id,
            row.occasion,
            row.article,
            row.state,
            row.started_at,
            row.due_at,
            (row.due_at.astimezone(ZoneInfo(row.zone) if row.zone else zone) - timedelta(seconds=1)).date(),
            row.is_statutory,
            row.is_shadow,
            row.working,
        )
        for row in connection.execute(wanted)
    )


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
